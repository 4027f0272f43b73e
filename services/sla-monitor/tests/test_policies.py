"""Stages beside the promise: who is silent, what is asked, whose rights, which policy."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from contracts.events import SlaBreached, SlaUpdated
from sla_monitor.calendar import LocalDay
from sla_monitor.clock import decide, due, recalendared
from sla_monitor.domain import Policy, Rules, Term, Variant
from sla_monitor.handlers import to_emit
from sla_monitor.region import load_rules
from sla_monitor.state import ComplaintClock, SlaEvent

REGION = Path(__file__).parents[3] / "region"
SOPPENG, SECONDS = load_rules(REGION / "soppeng"), load_rules(REGION / "seconds")


def wita(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@dataclass(frozen=True)
class Step:
    seq: int
    kind: str
    received_at: datetime
    lane: str | None = None
    note: str | None = None
    category: str | None = None
    type: str | None = None
    urgency: str | None = None
    unit: str | None = "PUPR"
    complaint_id: str = "c1"
    ticket: str = "SPG-W000-00008"


def story(rules: Rules, *steps: tuple[str, datetime], until: datetime | None = None, **about: str) -> list[SlaEvent]:
    """What is announced; a step is ``kind``, ``kind/lane`` or ``noted/note``, with when it happened."""
    clock, events = walk(rules, *steps, **about)
    return events + (due(clock, until, rules)[1] if until else [])


def walk(rules: Rules, *steps: tuple[str, datetime], **about: str) -> tuple[ComplaintClock, list[SlaEvent]]:
    clock: ComplaintClock | None = None
    events: list[SlaEvent] = []
    for seq, (name, at) in enumerate(steps):
        kind, _, rest = name.partition("/")
        lane, note = (None, rest or None) if kind == "noted" else (rest or None, None)
        clock, new = decide(clock, Step(seq, kind, steps[0][1], lane, note, **about), at, rules)
        events += new
    assert clock is not None
    return clock, events


def told(events: list[SlaEvent], stage: str) -> list[tuple[str, str]]:
    """Kind and moment, in WITA, of what is said about ``stage``."""
    zone = SOPPENG.calendar.timezone
    return [(e.kind, f"{e.at.astimezone(zone):%m-%d %H:%M}") for e in events if e.running.stage == stage]


MONDAY = wita("2026-02-02T09:00")


def test_who_has_it_and_says_nothing_for_a_working_day_is_reported_and_then_their_heads() -> None:
    events = story(SOPPENG, ("registered", MONDAY), ("routed/unit", MONDAY), until=wita("2026-02-06T00:00"))
    assert told(events, "acknowledgement") == [
        ("breached", "02-04 00:00"),
        ("escalated", "02-05 00:00"),
        ("escalated", "02-06 00:00"),
    ]
    assert [e.escalate_to for e in events if e.running.stage == "acknowledgement"] == [(), ("head",), ("SETDA",)]


@pytest.mark.parametrize("kind", ["acknowledged", "in_progress", "waiting_for_reporter", "resolved", "handed_over"])
def test_a_word_in_time_is_enough_and_needs_no_announcement(kind: str) -> None:
    steps = [("registered", MONDAY), ("routed/unit", MONDAY), (kind, wita("2026-02-03T16:00"))]
    assert told(story(SOPPENG, *steps, until=wita("2026-02-20T00:00")), "acknowledgement") == []


def test_a_unit_that_got_it_later_has_its_own_day() -> None:
    steps = [("registered", MONDAY), ("routed/triage", MONDAY), ("routed/unit", wita("2026-02-03T15:00"))]
    events = story(SOPPENG, *steps, until=wita("2026-02-05T00:00"))
    assert told(events, "acknowledgement") == [("breached", "02-05 00:00")]


def test_what_nobody_got_is_reported_too() -> None:
    events = story(SOPPENG, ("registered", MONDAY), until=wita("2026-02-07T00:00"))
    assert told(events, "disposition") == [("breached", "02-06 00:00"), ("escalated", "02-07 00:00")]
    assert events[-1].escalate_to == ("SETDA",)


def test_triage_that_leaves_it_lying_is_reported_though_it_said_a_word() -> None:
    steps = [("registered", MONDAY), ("routed/triage", MONDAY), ("acknowledged", MONDAY)]
    events = story(SOPPENG, *steps, until=wita("2026-02-06T00:00"))
    assert told(events, "disposition") == [("breached", "02-06 00:00")]
    assert told(events, "acknowledgement") == []


def test_a_returned_complaint_must_be_given_away_again() -> None:
    steps = [
        ("registered", MONDAY), ("routed/unit", MONDAY), ("returned", wita("2026-02-04T10:00")),
        ("routed/triage", wita("2026-02-04T10:00")),
    ]  # fmt: skip
    events = story(SOPPENG, *steps, until=wita("2026-02-10T00:00"))
    assert told(events, "disposition") == [("breached", "02-10 00:00")]
    ids = [to_emit(event).event_id for event in events]
    assert len(set(ids)) == len(ids)


def test_a_question_stops_the_clock_and_the_answer_gives_a_new_deadline() -> None:
    steps = [
        ("registered", MONDAY), ("routed/unit", MONDAY), ("waiting_for_reporter", wita("2026-02-03T10:00")),
        ("in_progress", wita("2026-02-05T09:00")),
    ]  # fmt: skip
    events = [e for e in story(SOPPENG, *steps) if e.running.stage == "completion"]
    assert [(e.kind, e.reason) for e in events[1:]] == [
        ("paused", "menunggu jawaban pelapor"),
        ("resumed", "pelapor menjawab"),
    ]
    # Asked on the 3rd, at most five working days: to the end of the 10th. The three days would be the 11th to the 13th.
    assert events[1].running.paused_until == wita("2026-02-11T00:00")
    assert [e.running.deadline_at for e in events] == [
        wita("2026-02-06T00:00"), wita("2026-02-14T00:00"), wita("2026-02-10T00:00")
    ]  # fmt: skip


def test_who_does_not_answer_waits_no_longer_than_the_bound_and_holidays_do_not_count_for_it() -> None:
    start = wita("2026-03-16T10:00")
    steps = [("registered", start), ("routed/unit", start), ("waiting_for_reporter", wita("2026-03-17T10:00"))]
    events = story(SOPPENG, *steps, until=wita("2026-04-08T00:00"))
    # The bound: 25, 26, 27, 30, 31 March. Then 1, 2, 6 April: Friday the 3rd is Wafat Yesus Kristus.
    assert told(events, "completion")[1:5] == [
        ("paused", "03-17 10:00"),
        ("resumed", "04-01 00:00"),
        ("warned", "04-06 02:24"),
        ("breached", "04-07 00:00"),
    ]
    assert "batas waktu menjawab lewat" in [e.reason for e in events]


def test_nothing_rings_while_the_clock_stands_still() -> None:
    steps = [("registered", MONDAY), ("routed/unit", MONDAY), ("waiting_for_reporter", wita("2026-02-03T10:00"))]
    clock, _ = walk(SOPPENG, *steps)
    assert [e for e in due(clock, wita("2026-02-10T23:59"), SOPPENG)[1] if e.running.stage == "completion"] == []


def test_an_answer_by_the_unit_ends_the_pause_and_is_in_time() -> None:
    steps = [("registered", MONDAY), ("waiting_for_reporter", MONDAY), ("resolved", wita("2026-02-06T10:00"))]
    events = story(SOPPENG, *steps)
    assert [kind for kind, _ in told(events, "completion")] == ["started", "paused", "met"]


def test_a_question_after_the_breach_pauses_the_ladder_and_ends_too() -> None:
    t0 = wita("2026-02-02T09:00:00")
    asked = t0 + timedelta(seconds=30)
    events = story(SECONDS, ("registered", t0), ("waiting_for_reporter", asked), until=t0 + timedelta(seconds=60))
    seconds = [(e.kind, (e.at - t0).total_seconds()) for e in events]
    assert seconds[2:] == [
        ("breached", 25), ("paused", 30), ("resumed", 50), ("escalated", 50), ("escalated", 50)
    ]  # fmt: skip


def test_two_pauses_of_one_deadline_are_two_announcements() -> None:
    t0 = wita("2026-02-02T09:00")
    moments = [t0 + timedelta(hours=n) for n in range(5)]
    kinds = ["registered", "waiting_for_reporter", "in_progress", "waiting_for_reporter", "in_progress"]
    events = story(SOPPENG, *zip(kinds, moments, strict=True))
    assert [kind for kind, _ in told(events, "completion")] == ["started", "paused", "resumed", "paused", "resumed"]
    assert len({to_emit(event).event_id for event in events}) == len(events)


def test_a_question_that_came_to_light_late_takes_the_breach_back() -> None:
    clock, _ = walk(SECONDS, ("registered", MONDAY))
    clock, _ = due(clock, MONDAY + timedelta(seconds=27), SECONDS)
    asked = MONDAY + timedelta(seconds=20)
    clock, events = decide(clock, Step(1, "waiting_for_reporter", MONDAY), asked, SECONDS)
    assert [e.kind for e in events] == ["retracted", "paused"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("handed_over", "dilimpahkan"), ("merged", "digabung dengan laporan lain"), ("cancelled", "dibatalkan pelapor")],
)
def test_what_stops_a_clock_says_why(kind: str, reason: str) -> None:
    events = story(SOPPENG, ("registered", MONDAY), (kind, MONDAY + timedelta(hours=1)))
    assert [("stopped", reason)] == [(e.kind, e.reason) for e in events if e.kind != "started"]
    data = to_emit(events[-1]).data
    assert isinstance(data, SlaUpdated)
    assert data.reason == reason


def test_a_breach_names_who_hears_of_it() -> None:
    events = story(SECONDS, ("registered", MONDAY), until=MONDAY + timedelta(seconds=70))
    breaches = [data for event in events if isinstance(data := to_emit(event).data, SlaBreached)]
    assert [(b.level, b.escalate_to) for b in breaches] == [(0, []), (1, ["head"]), (2, ["SETDA"]), (3, ["BUPATI"])]
    assert len({to_emit(event).event_id for event in events}) == len(events)


RIGHTS = wita("2026-03-20T10:00")  # cuti bersama: the law counts hours


def test_a_right_is_granted_within_72_hours_of_any_day() -> None:
    steps = [("registered", RIGHTS), ("noted/rights_requested", RIGHTS)]
    events = story(SOPPENG, *steps, until=wita("2026-03-24T00:00"))
    assert told(events, "rights") == [
        ("started", "03-20 10:00"),
        ("warned", "03-22 12:24"),
        ("breached", "03-23 10:00"),
        ("escalated", "03-23 22:00"),
    ]


@pytest.mark.parametrize("over", ["resolved", "closed", "handed_over", "merged", "cancelled"])
def test_the_end_of_a_complaint_is_not_the_end_of_a_right(over: str) -> None:
    steps = [
        ("registered", RIGHTS), ("noted/rights_requested", RIGHTS), (over, RIGHTS + timedelta(hours=1)),
        ("noted/rights_done", RIGHTS + timedelta(hours=20)),
    ]  # fmt: skip
    assert told(story(SOPPENG, *steps), "rights") == [("started", "03-20 10:00"), ("met", "03-21 06:00")]


def test_a_right_can_be_asked_for_when_the_complaint_is_over() -> None:
    steps = [("registered", RIGHTS), ("merged", RIGHTS), ("noted/rights_requested", RIGHTS + timedelta(hours=2))]
    assert told(story(SOPPENG, *steps), "rights") == [("started", "03-20 12:00")]


def test_each_request_has_its_own_72_hours_and_an_answer_is_for_the_oldest() -> None:
    steps = [
        ("registered", RIGHTS), ("noted/rights_requested", RIGHTS),
        ("noted/rights_requested", RIGHTS + timedelta(hours=10)), ("noted/rights_done", RIGHTS + timedelta(hours=30)),
    ]  # fmt: skip
    events = story(SOPPENG, *steps, until=RIGHTS + timedelta(hours=82))
    rights = [(e.kind, e.running.deadline_at) for e in events if e.running.stage == "rights"]
    first, second = RIGHTS + timedelta(hours=72), RIGHTS + timedelta(hours=82)
    assert rights == [
        ("started", first), ("started", second), ("met", first), ("warned", second), ("breached", second)
    ]  # fmt: skip
    assert len({to_emit(event).event_id for event in events}) == len(events)


def test_other_notes_do_nothing() -> None:
    assert told(story(SOPPENG, ("registered", RIGHTS), ("noted/addition", RIGHTS)), "rights") == []


def with_new_year() -> Rules:
    """Two days instead of three from 1 January 2027 on."""
    old = replace(SOPPENG.policies["standar-3-hari"], valid_until=date(2026, 12, 31))
    shorter = replace(old.stages["completion"], term=Term(amount=2, unit="working_days", warn_ratio=0.7))
    new = Policy(name="baru", stages={**old.stages, "completion": shorter}, valid_from=date(2027, 1, 1))
    return replace(SOPPENG, policies={"lama": replace(old, name="lama"), "baru": new}, default=("lama", "baru"))


@pytest.mark.parametrize(
    ("received", "policy", "end", "why"),
    [
        ("2026-12-31T23:59:59+08:00", "lama", "2027-01-08T00:00", "three days: 4, 6, 7"),
        ("2027-01-01T00:00:00+08:00", "baru", "2027-01-07T00:00", "two days: 4, 6"),
        ("2026-12-31T15:59:59+00:00", "lama", "2027-01-08T00:00", "still the old year in WITA"),
        ("2026-12-31T16:00:00+00:00", "baru", "2027-01-07T00:00", "the new year in WITA"),
    ],
)
def test_the_day_of_receipt_decides_which_policy(received: str, policy: str, end: str, why: str) -> None:
    events = story(with_new_year(), ("registered", datetime.fromisoformat(received)))
    assert (policy, wita(end)) == (events[0].clock.policy, events[0].running.deadline_at), why


def test_a_complaint_keeps_its_policy_when_another_one_comes_also_for_its_next_round() -> None:
    steps = [
        ("registered", wita("2026-12-28T10:00")), ("resolved", wita("2026-12-29T10:00")),
        ("reopened", wita("2027-01-04T10:00")),
    ]  # fmt: skip
    events = story(with_new_year(), *steps)
    # Three days as in the old year: 6, 7, 8; the 5th is Isra Mikraj.
    assert (events[-1].clock.policy, wita("2027-01-09T00:00")) == ("lama", events[-1].running.deadline_at)


def by_category() -> Rules:
    """Ten days for what has to do with corruption."""
    policy = SOPPENG.policies["standar-3-hari"]
    longer = Variant(term=Term(amount=10, unit="working_days"), category=frozenset({"aparatur_korupsi"}))
    completion = replace(policy.stages["completion"], variants=(longer,))
    policies = {"standar-3-hari": replace(policy, stages={**policy.stages, "completion": completion})}
    return replace(SOPPENG, policies=policies)


def test_a_complaint_of_some_kind_has_a_term_of_its_own() -> None:
    events = story(by_category(), ("registered", MONDAY), category="aparatur_korupsi")
    assert events[0].running.deadline_at == wita("2026-02-19T00:00")  # 3-6, 9-13, 18: Imlek on 16 and 17


def test_another_classification_counts_from_the_start_all_the_same() -> None:
    rules = by_category()
    clock, _ = decide(None, Step(0, "registered", MONDAY), MONDAY, rules)
    later = wita("2026-02-04T10:00")
    clock, events = decide(clock, Step(1, "corrected", MONDAY, category="aparatur_korupsi"), later, rules)
    assert [(e.kind, e.reason) for e in events] == [("rescheduled", "klasifikasi berubah")]
    assert events[0].running.deadline_at == wita("2026-02-19T00:00")
    # Back again would have been due on the 5th: past already, so it stays.
    _, events = decide(clock, Step(2, "corrected", MONDAY), wita("2026-02-09T10:00"), rules)
    assert "rescheduled" not in [e.kind for e in events]


def test_a_changed_calendar_moves_a_running_deadline_only_when_asked() -> None:
    clock, _ = walk(SOPPENG, ("registered", MONDAY))
    off = {date(2026, 2, 4): LocalDay(working=False, reason="Hari Jadi")}
    rules = replace(SOPPENG, calendar=replace(SOPPENG.calendar, local=off))
    assert [e.running.deadline_at for e in due(clock, wita("2026-02-06T00:00"), rules)[1]][-1] == wita(
        "2026-02-06T00:00"
    )
    moved, events = recalendared(clock, wita("2026-02-04T10:00"), rules)
    assert [(e.kind, e.reason, e.running.deadline_at) for e in events] == [
        ("rescheduled", "kalender berubah", wita("2026-02-07T00:00"))
    ]
    assert recalendared(moved, wita("2026-02-04T10:00"), rules) == (moved, [])


def test_a_changed_calendar_breaks_no_promise_that_would_be_past() -> None:
    local = {date(2026, 2, 4): LocalDay(working=False, reason="libur")}
    wrong = replace(SOPPENG, calendar=replace(SOPPENG.calendar, local=local))
    clock, _ = walk(wrong, ("registered", MONDAY))
    assert recalendared(clock, wita("2026-02-06T10:00"), SOPPENG)[1] == []


@pytest.mark.parametrize(
    ("steps", "since"),
    [
        (["registered"], 0), (["registered", "routed/unit"], 1), (["registered", "routed/unit", "acknowledged"], None),
        (["registered", "routed/unit", "noted/addition"], 1), (["registered", "routed/unit", "corrected"], 1),
        (["registered", "routed/unit", "resolved"], None), (["registered", "merged"], None),
        (["registered", "routed/unit", "returned", "routed/triage"], 3),
    ],
)  # fmt: skip
def test_whoever_has_it_owes_a_word_from_then_on(steps: list[str], since: int | None) -> None:
    moments = [MONDAY + timedelta(minutes=n) for n in itertools.islice(itertools.count(), len(steps))]
    clock, _ = walk(SOPPENG, *zip(steps, moments, strict=True))
    assert clock.waiting_since == (None if since is None else moments[since])
