"""`lapor status`: ready when every process is, and without waiting for a service that is away."""

import os
from pathlib import Path

import pytest

from lapor.commands import dlq, status
from lapor.commands.status import in_a_word
from lapor.processes import state
from lapor.processes.data_dir import DataDir
from lapor.processes.state import Entry, State
from lapor.system import attention


@pytest.mark.parametrize(
    ("ready", "router", "says"),
    [
        (False, "starting", "starting the services"),
        (True, "ready", "ready"),
        (True, "restarting", "not ready: router restarting"),
    ],
)
def test_it_is_ready_when_every_process_is(ready: bool, router: str, says: str) -> None:
    processes = [Entry(name="kafka", state="ready"), Entry(name="router", state=router)]
    now = State(pid=1, started=1, region="r", phase="starting the services", ready=ready, processes=processes)
    assert says == in_a_word(now)


@pytest.mark.parametrize(("kafka", "asks"), [("ready", True), ("restarting", False)])
def test_dead_letters_are_looked_for_only_where_kafka_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kafka: str, asks: bool
) -> None:
    """Asking a Kafka that is away would take long, and `status` is called most when something is away."""
    asked: list[DataDir] = []

    def waiting(where: DataDir) -> dict[str, int]:
        asked.append(where)
        return {}

    here = State(pid=os.getpid(), started=state.started_at(os.getpid()) or 0, region="r")
    here.processes.append(Entry(name="kafka", state=kafka))
    state.write(DataDir(tmp_path).state, here)
    monkeypatch.setattr(attention, "outboxes", lambda _: {})
    monkeypatch.setattr(dlq, "waiting", waiting)
    status.status(data=tmp_path, as_json=True)
    assert asks is bool(asked)
