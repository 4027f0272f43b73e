"""Acts that put complaints right: each with its persons, complaints and time limit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from contracts.events import Confirmation, UnitReplied, UnitRouted
from testing.events import NOW, a_snapshot
from unit_desk.people import Person
from unit_desk.powers import Known, Last, known, more, too_late
from unit_desk.rules import Rules

MINUTE, REPLY = timedelta(minutes=1), UUID(int=7)


def person(unit: str = "PUPR", role: str = "petugas") -> Person:
    return Person(id=UUID(int=1), email="a@b.id", name="A", unit=unit, role=role)


CLERK, HEAD, OTHER = person(), person(role="pimpinan"), person("DLH")
OPERATOR, SORTER = person("DISKOMINFO", "operator"), person("DISKOMINFO")
WATCHER, CLERK_ABOVE = person("SETDA", "pemantau"), person("SETDA")
NOTHING, LATE = Known(), Known(escalated=True)


def told(unit: str = "PUPR", why: str = "routed", of: str = "PUPR", **facts: Any) -> UnitRouted:
    return UnitRouted(why=why, unit=of, complaint=a_snapshot(unit=unit, **facts))


def may(
    record: UnitRouted, who: Person, what: Known = NOTHING, *, rules: Rules, now: datetime = NOW
) -> dict[str, tuple[str, ...]]:
    return {act.slug: act.among for act in more(record, who, what, rules, now)}


def last(action: str, minutes: int, before: str = "acknowledged") -> Known:
    return Known(last=Last(action=action, at=NOW - minutes * MINUTE, before=before), when=NOW - minutes * MINUTE)


@pytest.mark.parametrize(
    ("who", "what", "found"),
    [
        (CLERK, NOTHING, {"jenis": (), "mendesak": ("tinggi", "darurat")}),
        (OPERATOR, NOTHING, {"alihkan": (), "jenis": (), "mendesak": ("rendah", "tinggi", "darurat")}),
        (SORTER, NOTHING, {}),
        (WATCHER, NOTHING, {}),
        (WATCHER, LATE, {"arahan": (), "alihkan": (), "mendesak": ("rendah", "tinggi", "darurat")}),
        (person("SETDA", "pimpinan"), LATE, {"arahan": (), "alihkan": (), "mendesak": ("rendah", "tinggi", "darurat")}),
        (CLERK_ABOVE, LATE, {}),
        (person("DLH", "pimpinan"), LATE, {}),
        (OTHER, NOTHING, {}),
    ],
)
def test_each_role_may_correct_only_its_share_of_an_open_complaint(
    who: Person, what: Known, found: dict[str, tuple[str, ...]], rules: Rules
) -> None:
    assert found == may(told(urgency="sedang"), who, what, rules=rules)


@pytest.mark.parametrize(
    ("who", "what", "among"),
    [
        (CLERK, NOTHING, None),
        (OPERATOR, NOTHING, ("rendah", "sedang", "tinggi")),
        (WATCHER, LATE, None),
    ],
)
def test_operator_lowers_a_danger_but_its_unit_and_superior_do_not(
    who: Person, what: Known, among: tuple[str, ...] | None, rules: Rules
) -> None:
    assert among == may(told(urgency="darurat"), who, what, rules=rules).get("mendesak")


def test_the_unit_for_danger_lowers_its_own(rules: Rules) -> None:
    mine = told("BPBD", of="BPBD", urgency="darurat")

    assert ("rendah", "sedang", "tinggi") == may(mine, person("BPBD"), rules=rules)["mendesak"]


def test_complaint_in_triage_gets_type_and_urgency_but_no_reassignment(rules: Rules) -> None:
    mine = told("DISKOMINFO", of="DISKOMINFO", lane="triage", urgency="tinggi")

    assert {"jenis": (), "mendesak": ("rendah", "sedang", "darurat")} == may(mine, OPERATOR, rules=rules)


@pytest.mark.parametrize("status", ["resolved", "closed", "rejected", "handed_over", "merged"])
def test_ended_complaint_offers_at_most_an_undo(status: str, rules: Rules) -> None:
    for who, what in ((OPERATOR, NOTHING), (WATCHER, LATE), (CLERK, Known())):
        assert set() == may(told(status=status), who, what, rules=rules).keys() - {"batalkan"}


def test_appeal_is_decided_by_its_units_pemantau_or_by_a_superior_once_late(rules: Rules) -> None:
    mine, theirs = told("SETDA", of="SETDA", status="appealed"), told(status="appealed")

    assert {"terima-keberatan", "tolak-keberatan"} == may(mine, WATCHER, rules=rules).keys()
    assert {"terima-keberatan", "tolak-keberatan"} == may(theirs, WATCHER, LATE, rules=rules).keys()
    assert set() == may(theirs, WATCHER, NOTHING, rules=rules).keys() | may(theirs, OPERATOR, LATE, rules=rules).keys()


def test_late_confirmation_is_decided_by_a_superior(rules: Rules) -> None:
    waits = told(status="resolved", confirmation=Confirmation(since=NOW))

    assert {"sesuai", "belum-sesuai"} == may(waits, WATCHER, LATE, rules=rules).keys()
    assert set() == may(waits, WATCHER, NOTHING, rules=rules).keys()


def test_erased_complaint_offers_no_acts(rules: Rules) -> None:
    gone = told(status="resolved", erased=True)

    assert {} == may(gone, CLERK, last("resolve", 1), rules=rules)
    assert "" == too_late(gone, CLERK, last("resolve", 11), rules, NOW)


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("resolve", {"status": "resolved"}),
        ("reject", {"status": "rejected"}),
        ("hand-over", {"status": "handed_over"}),
        ("return", {"unit": "DISKOMINFO", "lane": "triage", "status": "routed"}),
    ],
)
@pytest.mark.parametrize(("minutes", "there"), [(0, True), (10, True), (11, False)])
def test_unit_undoes_its_last_act_for_ten_minutes_then_reads_who_can(
    action: str, facts: dict[str, Any], minutes: int, there: bool, rules: Rules
) -> None:
    what, record = last(action, minutes), told(**facts)

    assert there == ("batalkan" in may(record, CLERK, what, rules=rules))
    said = too_late(record, CLERK, what, rules, NOW)
    assert there != ("Sudah lewat 10 menit" in said and "Dinas Kominfo" in said)


def test_it_is_said_until_when(rules: Rules) -> None:
    (undo,) = more(told(status="resolved"), CLERK, last("resolve", 1), rules, NOW)

    until = (NOW + 9 * MINUTE).astimezone(rules.zone)
    assert f"Anda menyelesaikan laporan. Sampai pukul {until:%H.%M}" in undo.says
    assert not undo.must_say


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (told(status="closed"), last("resolve", 1)),
        (told(status="appealed", unit="SETDA"), last("resolve", 1)),
        (told(status="in_progress", why="undone"), last("resolve", 1)),
        (told(status="routed"), last("return", 1)),
        (told(status="resolved"), NOTHING),
        (told(status="resolved", of="DLH"), last("resolve", 1)),
    ],
)
def test_undo_is_offered_only_for_the_units_own_latest_act(record: UnitRouted, what: Known, rules: Rules) -> None:
    assert "batalkan" not in may(record, CLERK, what, rules=rules)
    assert "" == too_late(record, CLERK, what, rules, NOW + timedelta(days=1))


@pytest.mark.parametrize("status", ["resolved", "rejected", "handed_over"])
def test_operator_undoes_the_act_of_a_unit_for_thirty_days_with_a_reason(status: str, rules: Rules) -> None:
    record, days = told(status=status), timedelta(days=29)

    (undo,) = more(record, OPERATOR, Known(when=NOW - days), rules, NOW)
    assert ("batalkan", True) == (undo.slug, undo.must_say)
    assert {} == may(record, OPERATOR, Known(when=NOW - timedelta(days=31)), rules=rules)
    assert {} == may(record, WATCHER, LATE, rules=rules)


def test_last_act_is_found_in_received_events_and_own_replies() -> None:
    def event(why: str, status: str, minute: int, **facts: Any) -> dict[str, Any]:
        return {"why": why, "status": status, "at": NOW + minute * MINUTE, "reply_id": None, **facts}

    def reply(action: str, **facts: Any) -> dict[str, Any]:
        said = msgspec.json.encode(UnitReplied(ticket="SPG-S000-00007", action=action))
        return {"id": REPLY, "unit": "PUPR", "said": said, "at": NOW, "accepted": True, **facts}

    events = [
        event("updated", "resolved", 5),
        event("replied", "resolved", 4, reply_id=str(REPLY)),
        event("replied", "in_progress", 3),
        event("routed", "routed", 1),
    ]
    taken, refused = reply("resolve"), reply("return", accepted=False)

    found = known(events, [refused, taken], [], "PUPR")

    assert Last(action="resolve", at=NOW, before="in_progress") == found.last
    assert (NOW + 4 * MINUTE, "in_progress", False) == (found.when, found.before, found.escalated)
    assert None is known(events, [reply("undo"), taken], [], "PUPR").last
    assert None is known(events, [taken], [], "DISKOMINFO").last


@pytest.mark.parametrize(
    ("later", "action", "hours", "today"),
    [
        ([], "progress", 1, True),
        ([("breached", "in_progress", None), ("escalated", "in_progress", None)], "progress", 1, True),
        ([("replied", "in_progress", "refused")], "progress", 1, True),
        ([], "progress", 24, False),
        ([], "acknowledge", 1, False),
        ([("followed-up", "in_progress", None)], "progress", 1, False),
    ],
)
def test_whether_its_reporter_was_told_today_that_it_is_worked_on(
    later: list[tuple[str, str, str | None]], action: str, hours: int, today: bool, rules: Rules
) -> None:
    """The intakes do the same: progress is told once a day, unless something else was told since."""
    no = UUID(int=9)
    said = {
        each: msgspec.json.encode(UnitReplied(ticket="SPG-S000-00007", action=name))
        for each, name in ((REPLY, action), (no, "resolve"))
    }
    replies: list[dict[str, Any]] = [
        {"id": id_, "unit": "PUPR", "said": said[id_], "at": NOW, "accepted": id_ == REPLY} for id_ in (no, REPLY)
    ]
    events: list[dict[str, Any]] = [
        *(
            {"why": why, "status": status, "at": NOW, "reply_id": str(no) if by else None}
            for why, status, by in reversed(later)
        ),
        {"why": "replied", "status": "in_progress", "at": NOW, "reply_id": str(REPLY)},
        {"why": "routed", "status": "routed", "at": NOW, "reply_id": None},
    ]

    found = known(events, replies, [], "PUPR")

    assert today == found.told_today(rules, NOW + hours * 60 * MINUTE)


@pytest.mark.parametrize(
    ("heard", "escalated"),
    [
        ([], False),
        ([("escalated", "completion")], True),
        ([("retracted", "completion"), ("escalated", "completion")], False),
        ([("escalated", "completion"), ("retracted", "completion")], True),
        ([("retracted", "completion"), ("escalated", "acknowledgement")], True),
        ([("escalated", "rights")], False),
    ],
)
def test_a_delay_that_was_none_and_one_of_a_rights_request_give_no_power(
    heard: list[tuple[str, str]], escalated: bool
) -> None:
    rows = [{"why": why, "stage": stage} for why, stage in heard]

    assert escalated == known([], [], rows, "SETDA").escalated
