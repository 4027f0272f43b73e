"""Which news people are told, which of them, and who is next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.events import ReplyAnswer, UnitRouted
from testing.events import a_snapshot
from unit_desk.notices import (
    OPTIONAL,
    Kind,
    Medium,
    Staff,
    at_level,
    is_at_once,
    is_stale,
    kind_of,
    next_on_duty,
    on_duty,
)

#: A Monday, ten o'clock.
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
WEEK = ("senin", "selasa", "rabu", "kamis", "jumat")
DONE_AND_UNDONE = (("routed", "resolved"), ("undone", "acknowledged"))
BOTH = (Medium.EMAIL, Medium.SMS)


def staff(n: int = 1, **given: Any) -> Staff:
    usual = {
        "email": f"a{n}@contoh.id",
        "name": f"A{n}",
        "unit": "PUPR",
        "role": "petugas",
        "phone": f"+62811000000{n}",
    }
    return Staff(id=UUID(int=n), **{**usual, **given})


def told(why: str = "routed", reply: ReplyAnswer | None = None, **facts: Any) -> UnitRouted:
    more: dict[str, Any] = {"reply": reply} if reply else {}
    return UnitRouted(why=why, unit="PUPR", complaint=a_snapshot(**facts), **more)


@pytest.mark.parametrize(
    ("why", "facts", "kind"),
    [
        ("routed", {"urgency": "darurat"}, Kind.DANGER),
        ("urgent", {"urgency": "darurat"}, Kind.DANGER),
        ("urgent", {"urgency": "tinggi"}, Kind.OTHER),
        ("undone", {"status": "in_progress"}, Kind.NEW),
        ("routed", {}, Kind.NEW),
        ("breached", {}, Kind.BREACH),
        ("escalated", {}, Kind.ESCALATION),
        ("warned", {}, Kind.DUE),
        ("followed-up", {}, Kind.ADDED),
        ("appealed", {}, Kind.APPEAL),
        ("instructed", {}, Kind.INSTRUCTION),
        ("rights-requested", {}, Kind.RIGHTS),
        ("deadline-set", {}, None),
        ("updated", {}, None),
        ("withdrawn", {}, Kind.OTHER),
        ("routed", {"erased": True}, None),
    ],
)
def test_each_word_that_asks_for_something_is_told(why: str, facts: dict[str, Any], kind: Kind | None) -> None:
    assert kind == kind_of(told("routed"), told(why, **facts), rests=False)


def test_what_another_unit_gave_back_is_told_as_such_to_who_sorts() -> None:
    back = told("routed", lane="triage", returns=1)

    assert (Kind.RETURN, Kind.NEW) == (kind_of(None, back, rests=False), kind_of(back, back, rests=False))
    assert (True, False) == (
        is_at_once(Kind.RETURN, "DISKOMINFO", "DISKOMINFO"),
        is_at_once(Kind.RETURN, "PUPR", "DISKOMINFO"),
    )


def test_a_danger_is_told_when_it_becomes_one_and_not_with_each_word_after_that() -> None:
    calm, danger = told("routed"), told("followed-up", urgency="darurat")

    assert Kind.DANGER == kind_of(calm, danger, rests=False)
    assert Kind.ADDED == kind_of(danger, danger, rests=False)


def test_of_a_danger_that_is_work_again_everybody_hears_again() -> None:
    done, again = (told(why, status=status, urgency="darurat") for why, status in DONE_AND_UNDONE)

    assert Kind.DANGER == kind_of(done, again, rests=False)


def test_nobody_is_told_of_what_there_is_nothing_to_do_with_or_of_an_answer_to_a_reply() -> None:
    answered = told("replied", reply=ReplyAnswer(event_id="1", accepted=False, reason="salah"))

    assert [None, None] == [kind_of(None, told(), rests=True), kind_of(None, answered, rests=False)]


def test_who_is_on_duty_is_told_and_all_where_nobody_ever_was() -> None:
    day = staff(1, duty_days=WEEK, duty_hours="07.30-16.00")
    night = staff(2, duty_days=WEEK, duty_hours="16.00-07.30")
    free = staff(3)

    assert [day] == on_duty([day, night, free], MONDAY)
    assert [night] == on_duty([day, night, free], MONDAY.replace(hour=20))
    assert [] == on_duty([day], MONDAY.replace(hour=20))
    assert [free, staff(4)] == on_duty([free, staff(4)], MONDAY)


def test_next_is_whose_time_begins_next() -> None:
    day = staff(1, duty_days=WEEK, duty_hours="07.30-16.00")
    night = staff(2, duty_days=WEEK, duty_hours="16.00-07.30")
    weekend = staff(3, duty_days=("sabtu", "minggu"))

    assert [night] == next_on_duty([day, night, weekend, staff(4)], MONDAY)
    assert [weekend] == next_on_duty([day, weekend], MONDAY.replace(day=6, hour=20))
    assert [] == next_on_duty([staff(4)], MONDAY)


def test_a_notice_climbs_to_the_head_and_then_to_the_operators() -> None:
    clerk, head, operator = staff(1), staff(2, role="pimpinan"), staff(3, unit="DISKOMINFO", role="operator")

    climbed = [at_level(level, [clerk, head], [operator], MONDAY) for level in range(4)]

    assert [[clerk, head], [], [head], [operator]] == climbed


def test_of_danger_everybody_hears_whatever_they_want_and_by_every_way_they_have() -> None:
    silent = staff(by_mail=False, by_sms=False, unwanted=frozenset(OPTIONAL))

    assert [Medium.EMAIL, Medium.SMS] == silent.media(Kind.DANGER, BOTH)
    assert [] == silent.media(Kind.BREACH, BOTH)
    assert Kind.DANGER not in OPTIONAL


@pytest.mark.parametrize(
    ("kind", "given", "there", "media"),
    [
        (Kind.BREACH, {}, BOTH, ["email", "sms"]),
        (Kind.BREACH, {"by_sms": False}, BOTH, ["email"]),
        (Kind.BREACH, {"by_mail": False}, BOTH, ["sms"]),
        (Kind.BREACH, {"phone": None}, BOTH, ["email"]),
        (Kind.DANGER, {}, (Medium.SMS,), ["sms"]),
        (Kind.NEW, {}, BOTH, ["email"]),  # news that can wait is not worth an SMS
        (Kind.NEW, {"unwanted": frozenset({"new"})}, BOTH, []),
    ],
)
def test_each_is_told_by_the_ways_that_they_want_and_that_there_are(
    kind: Kind, given: dict[str, Any], there: tuple[Medium, ...], media: list[str]
) -> None:
    assert media == staff(**given).media(kind, there)


@pytest.mark.parametrize(
    ("kind", "read_after", "status", "stale"),
    [
        (Kind.NEW, timedelta(minutes=5), "routed", False),
        (Kind.NEW, timedelta(hours=5), "routed", False),  # of today
        (Kind.NEW, timedelta(hours=15), "routed", True),
        (Kind.DANGER, timedelta(hours=15), "routed", False),  # nobody has touched it
        (Kind.DANGER, timedelta(hours=15), "acknowledged", True),
        (Kind.DANGER, timedelta(hours=25), "routed", True),
    ],
)
def test_what_is_read_again_is_told_only_if_it_is_of_today(
    kind: Kind, read_after: timedelta, status: str, stale: bool
) -> None:
    assert stale == is_stale(kind, MONDAY, MONDAY + read_after, status)
