"""The board shows how long each state lasts; plain lines show only changes."""

import io

import pytest
from rich.console import Console

from lapor.processes.board import duration, plain, table
from lapor.processes.state import Entry, State


def here(**words: str) -> State:
    processes = [Entry(name=name, state=word) for name, word in words.items()]
    return State(pid=1, started=1, region="r", phase="starting the services", processes=processes)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "0s"), (59.9, "59s"), (60, "1m00s"), (3599, "59m59s"), (3600, "1h00m"), (86399, "23h59m"), (90000, "1d01h")],
)
def test_a_time_is_shown_in_its_two_largest_units(seconds: float, shown: str) -> None:
    assert shown == duration(seconds)


def test_the_table_has_a_row_for_each_process_also_for_one_that_has_not_begun() -> None:
    shown = io.StringIO()
    now = here(kafka="ready", router="waiting")
    now.processes[0].pid = 4711

    Console(file=shown, width=100).print(table(now))
    rows = [line.split() for line in shown.getvalue().splitlines()]

    assert [["kafka", "ready", "4711", "0"], ["router", "waiting", "0"]] == rows[1:]


def test_plain_output_reports_each_change_once_and_omits_waiting_services() -> None:
    shown = io.StringIO()

    with plain(Console(file=shown, width=100)) as (changed, _):
        for now in (here(router="waiting"), here(router="starting"), here(router="starting"), here(router="ready")):
            changed(now)

    said = [line.split("s ", 1)[1].split(maxsplit=1) for line in shown.getvalue().splitlines()]
    assert [["lapor", "starting the services"], ["router", "starting"], ["router", "ready"]] == said
