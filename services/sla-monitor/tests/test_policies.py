"""Requests for rights, the choice of a policy, and changes of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import msgspec
import pytest
from msgspec import structs
from told import MONDAY, SOPPENG, Step, story, told, walk, wita

from contracts.events import SlaUpdated
from contracts.vocabulary import DayKind
from kabupaten.calendar import LocalDay
from kabupaten.sla import Policy, Variant
from sla_monitor.clock import decide, due, recalendared
from sla_monitor.deadlines import deadline
from sla_monitor.handlers import to_emit
from sla_monitor.rules import Rules
from sla_monitor.state import SlaEvent

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
    """Rules with two days instead of three from 1 January 2027 on."""
    old = structs.replace(SOPPENG.policies["standar-3-hari"], valid_until=date(2026, 12, 31))
    shorter = structs.replace(old.stages["completion"], amount=2)
    new = Policy(name="baru", stages={**old.stages, "completion": shorter}, valid_from=date(2027, 1, 1))
    return replace(SOPPENG, policies={"lama": structs.replace(old, name="lama"), "baru": new}, default=("lama", "baru"))


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
    """Rules with ten days for complaints about corruption."""
    policy = SOPPENG.policies["standar-3-hari"]
    longer = Variant(amount=10, warn_ratio=1, category=frozenset({"aparatur_korupsi"}))
    completion = structs.replace(policy.stages["completion"], variants=(longer,))
    policies = {"standar-3-hari": structs.replace(policy, stages={**policy.stages, "completion": completion})}
    return replace(SOPPENG, policies=policies)


def test_danger_that_is_told_of_later_has_its_term_from_then_on() -> None:
    clock, _ = decide(None, Step(0, "registered", MONDAY), MONDAY, SOPPENG)
    later = wita("2026-02-04T10:00")
    clock, events = decide(clock, Step(1, "noted", later, urgency="darurat"), later, SOPPENG)
    moved = [e for e in events if e.kind == "rescheduled" and e.running.stage == "completion"]
    assert [wita("2026-02-04T22:00")] == [e.running.deadline_at for e in moved]
    _, events = decide(clock, Step(2, "noted", later, urgency="darurat"), wita("2026-02-04T12:00"), SOPPENG)
    assert "rescheduled" not in [e.kind for e in events]


@pytest.mark.parametrize(("urgency", "within"), [("darurat", timedelta(minutes=30)), ("tinggi", timedelta(hours=1))])
def test_short_acknowledgement_deadline_is_announced_from_the_start(urgency: str, within: timedelta) -> None:
    steps = (("registered", MONDAY), ("routed/unit", MONDAY), ("acknowledged", MONDAY))
    loud, quiet = (story(SOPPENG, *steps, urgency=each) for each in (urgency, "sedang"))

    assert [("started", MONDAY + within), ("met", MONDAY + within)] == acknowledgements(loud)
    assert [] == acknowledgements(quiet)


def acknowledgements(events: list[SlaEvent]) -> list[tuple[str, datetime]]:
    """The announcements about the unit's first word, with their deadlines."""
    return [(e.kind, e.running.deadline_at) for e in events if e.running.stage == "acknowledgement" and e.audible]


def test_changed_acknowledgement_deadline_is_announced() -> None:
    clock, _ = walk(SOPPENG, ("registered", MONDAY), ("routed/unit", MONDAY))
    changed = []
    for seq, urgency in ((2, "tinggi"), (3, "sedang")):
        clock, events = decide(clock, Step(seq, "noted", MONDAY, urgency=urgency), MONDAY, SOPPENG)
        changed += acknowledgements(events)

    by = (MONDAY + timedelta(hours=1), wita("2026-02-04T00:00"))
    assert [("rescheduled", each) for each in by] == changed


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
    told_so = to_emit(events[0]).data
    assert isinstance(told_so, SlaUpdated)
    assert told_so.promise == "10 hari kerja"
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


def test_a_changed_calendar_moves_no_deadline_that_has_passed_and_not_rung_yet() -> None:
    clock, _ = walk(SOPPENG, ("registered", MONDAY))
    assert recalendared(clock, wita("2026-02-06T08:00"), off_on(date(2026, 2, 4)))[1] == []
    assert recalendared(clock, wita("2026-02-05T08:00"), off_on(date(2026, 2, 4)))[1] != []


def off_on(day: date) -> Rules:
    local = {day: LocalDay(working=False, reason="Hari Jadi")}
    return replace(SOPPENG, calendar=replace(SOPPENG.calendar, local=local))


def test_a_changed_calendar_moves_no_running_deadline_at_a_question_or_its_answer() -> None:
    """Monday; asked on Tuesday, answered on Wednesday: 4, 5, 6 February. That the 5th is off is known only then."""
    rules, asked, answered = off_on(date(2026, 2, 5)), wita("2026-02-03T10:00"), wita("2026-02-04T10:00")
    clock, _ = walk(SOPPENG, ("registered", MONDAY), ("routed/unit", MONDAY))
    clock, paused = decide(clock, Step(2, "waiting_for_reporter", MONDAY), asked, rules)
    clock, resumed = decide(clock, Step(3, "in_progress", MONDAY), answered, rules)
    assert [e.kind for e in paused + resumed] == ["paused", "resumed"]
    assert resumed[0].running.deadline_at == wita("2026-02-07T00:00")
    assert [day.reason for day in resumed[0].running.derivation if day.counted] == [
        "hari kerja 1", "hari kerja 2", "hari kerja 3"
    ]  # fmt: skip


def test_days_that_were_not_promised_yet_follow_the_new_calendar() -> None:
    """Asked on Tuesday, answered on Friday: 6, 10 and 11 February, because the 9th is off now."""
    rules, asked, answered = off_on(date(2026, 2, 9)), wita("2026-02-03T10:00"), wita("2026-02-06T10:00")
    clock, _ = walk(SOPPENG, ("registered", MONDAY), ("routed/unit", MONDAY))
    clock, _ = decide(clock, Step(2, "waiting_for_reporter", MONDAY), asked, rules)
    clock, resumed = decide(clock, Step(3, "in_progress", MONDAY), answered, rules)
    assert resumed[0].running.deadline_at == wita("2026-02-12T00:00")


def test_half_a_day_that_was_promised_stays_half_a_day_through_a_pause() -> None:
    half = {date(2026, 2, 4): LocalDay(working=True, reason="menjelang libur", half=True)}
    rules = replace(SOPPENG, calendar=replace(SOPPENG.calendar, local=half))
    clock, started = walk(rules, ("registered", MONDAY))
    asked = wita("2026-02-04T09:00")
    clock, _ = decide(clock, Step(1, "waiting_for_reporter", MONDAY), asked, SOPPENG)
    clock, resumed = decide(clock, Step(2, "in_progress", MONDAY), wita("2026-02-04T10:00"), SOPPENG)
    assert resumed[0].running.derivation == started[0].running.derivation


@pytest.mark.parametrize("words", ["menunggu jawaban pelapor (lama)", "hari kerja (penuh)", "?"])
def test_a_promised_day_is_known_by_its_kind_however_its_reason_is_worded(words: str) -> None:
    """A half Wednesday; asked before it and answered at once, the days stay what they were."""
    half = {date(2026, 2, 4): LocalDay(working=True, reason="menjelang libur", half=True)}
    rules = replace(SOPPENG, calendar=replace(SOPPENG.calendar, local=half))
    term = rules.policies["standar-3-hari"].stages["completion"].term
    paused = deadline(MONDAY, term, rules.calendar, [(MONDAY, MONDAY + timedelta(days=3))])
    plain = deadline(MONDAY, term, rules.calendar)

    reworded = tuple(msgspec.structs.replace(day, reason=words) for day in paused.derivation)
    again = deadline(MONDAY, term, SOPPENG.calendar, (), reworded)

    assert [DayKind.START, DayKind.PAUSED, DayKind.PAUSED] == [day.kind for day in paused.derivation[:3]]
    assert plain.at == again.at
    facts = [(day.kind, day.about, day.code, day.amount, day.called) for day in plain.derivation]
    assert facts == [(day.kind, day.about, day.code, day.amount, day.called) for day in again.derivation]


def test_a_calendar_changed_by_command_is_for_all_days() -> None:
    clock, _ = walk(SOPPENG, ("registered", MONDAY), ("waiting_for_reporter", MONDAY), ("in_progress", MONDAY))
    _, events = recalendared(clock, wita("2026-02-03T10:00"), off_on(date(2026, 2, 4)))
    assert [e.running.deadline_at for e in events] == [wita("2026-02-07T00:00")]


def test_a_unit_is_warned_again_when_its_deadline_moves_away() -> None:
    clock, _ = walk(SOPPENG, ("registered", MONDAY))
    warned_at = wita("2026-02-05T10:00")
    clock, warned = due(clock, warned_at, SOPPENG)
    assert [e.kind for e in warned] == ["warned"]
    clock, _ = recalendared(clock, warned_at, off_on(date(2026, 2, 5)))
    _, events = due(clock, wita("2026-02-06T23:00"), SOPPENG)
    assert [(e.kind, e.at) for e in events if not e.running.quiet] == [("warned", wita("2026-02-06T02:24"))]


@pytest.mark.parametrize("newer", ["praised", "noted/praised", "corrected"])
@pytest.mark.parametrize(
    "so_far",
    [
        ["registered"],
        ["registered", "routed/unit"],
        ["registered", "routed/unit", "waiting_for_reporter"],
        ["registered", "routed/unit", "resolved"],
        ["registered", "merged"],
    ],
    ids=lambda steps: steps[-1],
)
def test_a_step_that_a_newer_router_tells_beside_the_story_moves_no_clock(so_far: list[str], newer: str) -> None:
    steps = [(kind, MONDAY) for kind in so_far]
    clock, _ = walk(SOPPENG, *steps)
    kind, _, note = newer.partition("/")
    step = Step(len(steps), kind, MONDAY, note=note or None)

    after, events = decide(clock, step, MONDAY + timedelta(hours=1), SOPPENG)

    assert [] == events
    assert msgspec.structs.replace(clock, seq=after.seq, lane=after.lane) == after
    assert len(steps) == after.seq
