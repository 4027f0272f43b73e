"""`lapor trace` on a narrow terminal."""

import io

from rich.console import Console

from lapor.story import as_table

EVENTS = [
    ("complaint.received.v1", "complaint.received.v1", "sms", "received"),
    ("complaint.updated.waiting_for_reporter.v1", "complaint.updated.v1", "Di RT berapa?", "waiting_for_reporter"),
    ("complaint.sla-updated.rescheduled.v1", "complaint.sla-updated.v1", "2026-12-01", "sla-updated.rescheduled"),
    ("unit.routed.v1", "unit.dtphpkp.routed.v1", "refused: " + "panjang " * 20, "unit.dtphpkp.routed"),
]


def test_each_event_is_one_line_of_80_letters_and_its_kind_is_whole() -> None:
    rows = [
        {"type": kind, "topic": topic, "detail": detail, "partition": 11, "offset": 4711, "delta_ms": 86_400_000}
        for kind, topic, detail, _ in EVENTS
    ]
    shown = io.StringIO()
    Console(file=shown, width=80).print(as_table({"ticket": "SPG-S0AB-12CDW", "events": rows}))

    _, _, *lines = shown.getvalue().rstrip().splitlines()
    assert [line.split()[2] for line in lines] == [kind for *_, kind in EVENTS]
    assert all(len(line) <= 80 and "11:4711" in line for line in lines)
