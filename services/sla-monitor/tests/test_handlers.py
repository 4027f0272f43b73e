"""The contract's events around the clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import UNSET, structs

from chassis.wire import Emit, Message, Record, outgoing
from contracts.codec import decode, encode, envelope
from contracts.events import ComplaintFollowedUp, ComplaintUpdated, Data, FollowUp, SlaBreached, SlaUpdated
from contracts.vocabulary import UpdateKind
from kabupaten.calendar import LocalDay
from kabupaten.sla import Term
from sla_monitor.app import handler_of
from sla_monitor.handlers import key, on_message, on_timer
from sla_monitor.region import load_rules
from sla_monitor.state import ComplaintClock
from testing.events import an_updated

RULES = load_rules(Path(__file__).parents[3] / "region" / "seconds")
T0 = datetime(2026, 3, 17, 2, 0, tzinfo=UTC)
TICKET = "SPG-W000-00008"


def message(data: Data, time: datetime = T0) -> Message:
    event = envelope(data, event_id="e1", source="/router", subject="c1", time=time)
    return Message(Record("complaint.updated.v1", 0, 0, b"c1", encode(event), 0), event)


def updated(seq: int, kind: str) -> ComplaintUpdated:
    return an_updated(seq, UpdateKind(kind), ticket=TICKET, received_at=T0)


@pytest.fixture
def clock() -> ComplaintClock:
    clock, _ = on_message(None, message(updated(0, "registered")), T0, rules=RULES)
    assert clock is not None
    return clock


def test_the_complaint_is_the_key() -> None:
    assert key(message(updated(0, "registered"))) == "c1"


def test_a_started_clock_is_an_sla_updated_event_that_fits_the_contract() -> None:
    _, emits = on_message(None, message(updated(0, "registered")), T0, rules=RULES)
    (record,) = outgoing(emits, service="sla-monitor", cause="e1", now=T0)
    event = decode(record.value or b"")
    assert (record.topic, record.key) == ("complaint.sla-updated.v1", b"c1")
    assert event.type == "complaint.sla-updated.started.v1"
    assert isinstance(event.data, SlaUpdated)
    assert (event.data.stage, event.data.round, event.data.based_on_seq) == ("completion", 1, 0)
    assert T0 + timedelta(seconds=25) == event.data.deadline_at


def test_the_days_of_a_deadline_carry_what_their_sentences_need() -> None:
    """Tuesday; a half Thursday that doesn't count, because a question is open then; then days with names."""
    soppeng = load_rules(Path(__file__).parents[3] / "region" / "soppeng")
    local = {date(2026, 2, 5): LocalDay(working=True, reason="menjelang libur", half=True)}
    rules = replace(soppeng, calendar=replace(soppeng.calendar, local=local))
    tuesday, clock = datetime(2026, 2, 3, 2, tzinfo=UTC), None
    emits: list[Emit] = []
    for seq, (kind, days) in enumerate((("registered", 0), ("waiting_for_reporter", 2), ("in_progress", 3))):
        at, step = tuesday + timedelta(days=days), structs.replace(updated(seq, kind), received_at=tuesday)
        clock, emits = on_message(clock, message(step, at), at, rules=rules)

    (resumed,) = (each.data for each in emits if isinstance(each.data, SlaUpdated) and each.data.kind == "resumed")

    told = [(day.code, day.amount, day.called, day.share) for day in resumed.derivation]
    assert [
        ("start", UNSET, UNSET, UNSET),
        ("working_day", 1, UNSET, UNSET),
        ("waiting", UNSET, "menjelang libur", 0.5),
        ("working_day", 2, UNSET, UNSET),
        ("weekend", UNSET, UNSET, UNSET),
        ("weekend", UNSET, UNSET, UNSET),
        ("working_day", 3, UNSET, UNSET),
    ] == told


def test_a_breach_goes_to_its_own_topic(clock: ComplaintClock) -> None:
    _, emits = on_timer(clock, T0 + timedelta(seconds=25), rules=RULES)
    records = outgoing(emits, service="sla-monitor", cause="timer", now=T0)
    assert [record.topic for record in records] == ["complaint.sla-updated.v1", "complaint.sla-breached.v1"]
    assert isinstance(decode(records[1].value or b"").data, SlaBreached)


def test_the_same_breach_has_the_same_id_from_the_timer_and_from_a_late_answer(clock: ComplaintClock) -> None:
    late = T0 + timedelta(seconds=26)
    _, from_timer = on_timer(clock, late, rules=RULES)
    _, from_answer = on_message(clock, message(updated(1, "resolved"), late), late, rules=RULES)
    assert from_timer == from_answer[:2]


def test_no_two_announcements_share_an_id(clock: ComplaintClock) -> None:
    late = T0 + timedelta(seconds=26)
    _, emits = on_message(clock, message(updated(1, "resolved"), late), late, rules=RULES)
    ids = [emit.event_id for emit in emits]
    assert (4, None not in ids) == (len(set(ids)), True)


def test_a_deadline_comes_with_the_length_of_its_promise_in_words() -> None:
    steps = ["registered", "waiting_for_reporter", "in_progress", "resolved"]
    said = []
    current: ComplaintClock | None = None
    for seq, kind in enumerate(steps):
        at = T0 + timedelta(seconds=seq)
        current, emits = on_message(current, message(updated(seq, kind), at), at, rules=RULES)
        said += [emit.data for emit in emits if isinstance(emit.data, SlaUpdated)]
    assert [(data.kind, data.promise) for data in said] == [
        ("started", "25 detik"), ("paused", UNSET), ("resumed", "25 detik"), ("met", UNSET), ("started", "30 detik")
    ]  # fmt: skip


def test_a_pause_tells_until_when_it_lasts_and_its_end_tells_why(clock: ComplaintClock) -> None:
    steps = ["waiting_for_reporter", "in_progress", "waiting_for_reporter", "waiting_for_reporter"]
    said: list[SlaUpdated] = []
    current = clock
    for seq, (kind, seconds) in enumerate(zip(steps, (1, 2, 3, 30), strict=True), 1):
        at = T0 + timedelta(seconds=seconds)
        moved, emits = on_message(current, message(updated(seq, kind), at), at, rules=RULES)
        assert moved
        current, said = moved, said + [emit.data for emit in emits if isinstance(emit.data, SlaUpdated)]
    told = [(data.kind, data.paused_until, data.reason) for data in said if data.kind in ("paused", "resumed")]
    assert told == [
        ("paused", T0 + timedelta(seconds=21), "menunggu jawaban pelapor"),
        ("resumed", UNSET, "pelapor menjawab"),
        ("paused", T0 + timedelta(seconds=22), "menunggu jawaban pelapor"),  # one second is used up
        ("resumed", UNSET, "batas waktu menjawab lewat"),
        ("resumed", UNSET, "waktu bertanya sudah habis, tenggat tetap"),
    ]


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (Term(amount=3, unit="working_days"), "3 hari kerja"),
        (Term(amount=14, unit="days"), "14 hari"),
        (Term(amount=10, unit="working_hours"), "10 jam kerja"),
        (Term(amount=72, unit="hours"), "72 jam"),
    ],
)
def test_a_promise_is_told_in_the_unit_it_was_made_in(term: Term, words: str) -> None:
    assert term.in_words == words


def test_follow_up_event_changes_no_clock(clock: ComplaintClock) -> None:
    data = ComplaintFollowedUp(complaint_id="c1", ticket=TICKET, items=[FollowUp(id="f1", kind="addition", at=T0)])
    assert (clock, []) == on_message(clock, message(data), T0, rules=RULES)
    assert on_message(None, message(data), T0, rules=RULES) == (None, [])


def test_complete_story_logs_no_skipped_step(caplog: pytest.LogCaptureFixture) -> None:
    decide, clocks = handler_of(RULES).decide, dict[str, ComplaintClock]()
    rung, later = T0 + timedelta(seconds=30), T0 + timedelta(seconds=40)
    clocks |= decide(clocks, message(updated(0, "registered")), T0)[0]
    clocks["c1"], _ = on_timer(clocks["c1"], rung, rules=RULES)
    for seq, kind in enumerate(("warned", "breached"), 1):
        clocks |= decide(clocks, message(updated(seq, kind), rung), rung)[0]
    decide(clocks, message(updated(3, "acknowledged"), later), later)
    assert [] == caplog.records
