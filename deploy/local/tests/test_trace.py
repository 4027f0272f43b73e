"""`lapor trace` on a narrow terminal."""

import io
from datetime import datetime

import pytest
from rich.console import Console

from lapor.commands.trace import as_table

EVENTS = [
    ("complaint.received.v1", "complaint.received.v1", "sms", "received"),
    ("complaint.updated.waiting_for_reporter.v1", "complaint.updated.v1", "Di RT berapa?", "waiting_for_reporter"),
    ("complaint.sla-updated.rescheduled.v1", "complaint.sla-updated.v1", "2026-12-01", "sla-updated.rescheduled"),
    ("unit.routed.v1", "unit.dtphpkp.routed.v1", "refused: " + "panjang " * 20, "unit.dtphpkp.routed"),
]


TIME = {"time": "2026-11-25T10:00:00+08:00"}


def test_each_event_is_one_line_of_80_letters_and_its_kind_is_whole() -> None:
    rows = [
        {"type": kind, "topic": topic, "detail": detail, "partition": 11, "offset": 4711, "delta_ms": 9_999, **TIME}
        for kind, topic, detail, _ in EVENTS
    ]
    shown = io.StringIO()
    Console(file=shown, width=80).print(as_table({"ticket": "SPG-S0AB-12CDW", "events": rows}))

    _, _, *lines = shown.getvalue().rstrip().splitlines()
    assert [line.split()[2] for line in lines] == [kind for *_, kind in EVENTS]
    assert all(len(line) <= 80 and "11:4711" in line for line in lines)


@pytest.mark.parametrize(
    ("ms", "says"),
    [
        (0, "0 ms"),
        (9_999, "9999 ms"),
        (10_000, "10s"),
        (190_000, "3m10s"),
        (7_500_000, "2h05m"),
        (86_400_000, "1d00h"),
        (273_600_000, "3d04h"),
    ],
)
def test_how_long_after_the_first_is_said_for_people(ms: int, says: str) -> None:
    event = {"type": "a.b.v1", "topic": "t", "detail": "", "partition": 0, "offset": 0, "delta_ms": ms, **TIME}
    shown = io.StringIO()
    Console(file=shown, width=80).print(as_table({"ticket": "SPG-S0AB-12CDW", "events": [event]}))
    title, _, line = shown.getvalue().rstrip().splitlines()
    assert line.strip().startswith(f"{says} ")
    assert datetime.fromisoformat(TIME["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S") in title
