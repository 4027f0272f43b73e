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


def test_complaint_returned_by_a_unit_is_announced_to_triage_as_a_return() -> None:
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


def test_danger_that_becomes_work_again_is_announced_again() -> None:
    done, again = (told(why, status=status, urgency="darurat") for why, status in DONE_AND_UNDONE)

    assert Kind.DANGER == kind_of(done, again, rests=False)


def test_resting_complaint_and_verdict_on_a_reply_are_not_announced() -> None:
    answered = told("replied", reply=ReplyAnswer(event_id="1", accepted=False, reason="salah"))

    assert [None, None] == [kind_of(None, told(), rests=True), kind_of(None, answered, rests=False)]


def test_people_on_duty_are_told_and_all_where_no_duty_was_ever_set() -> None:
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


def test_danger_uses_every_medium_despite_opt_outs() -> None:
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
def test_notice_uses_the_media_a_person_wants_and_the_office_has(
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
def test_late_read_news_is_stale_unless_of_today_or_an_untouched_danger(
    kind: Kind, read_after: timedelta, status: str, stale: bool
) -> None:
    assert stale == is_stale(kind, MONDAY, MONDAY + read_after, status)
