"""Acts that put complaints right: undo, reassign, instruct, correct, prioritize; and who may, until when. Pure.

The router decides (its ``powers.py`` and ``undoing.py``). This module predicts its answer as far as the desk can know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from contracts.events import ComplaintSnapshot, UnitReplied, UnitRouted
from contracts.vocabulary import ACTIVE, WITH_A_UNIT, Action, Lane, Part, StageName, Status, Urgency, Why
from unit_desk.acts import ACTS, OF_A_CONFIRMATION, OF_A_DECISION, Act
from unit_desk.people import Person, Role
from unit_desk.rules import Rules
from unit_desk.words import DONE

_said = msgspec.json.Decoder(UnitReplied)
#: The status after each act that can be undone; a returned complaint is with the unit that sorts.
_LEFT: Mapping[str, Status] = {
    Action.RESOLVE: Status.RESOLVED,
    Action.REJECT: Status.REJECTED,
    Action.HAND_OVER: Status.HANDED_OVER,
    Action.RETURN: Status.ROUTED,
}
#: News that only the clock causes: its reporter does not see it as a step of the work.
_BY_THE_CLOCK = frozenset({Why.DEADLINE_SET, Why.WARNED, Why.BREACHED, Why.RETRACTED, Why.ESCALATED})
#: The roles that act for a superior unit.
_COMMAND = frozenset({Role.PEMANTAU, Role.PIMPINAN})
#: The acts that this module offers, by address: they may be done on another unit's complaint.
SLUGS = frozenset({"batalkan", "alihkan", "arahan", "jenis", "mendesak", *OF_A_CONFIRMATION, *OF_A_DECISION})


@dataclass(frozen=True, kw_only=True)
class Last:
    """The last act of a unit, which can be undone; ``before`` is the status that an undo restores."""

    action: str
    at: datetime
    before: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """Facts besides the complaint: the last act of one's own unit; since ``when`` it has its status, and which
    it had ``before``; whether its delay was ``escalated`` to one's own unit; and in ``worked_at`` when its reporter was
    told that it is worked on, if nothing was told since."""

    last: Last | None = None
    when: datetime | None = None
    before: str = ""
    escalated: bool = False
    worked_at: datetime | None = None

    def told_today(self, rules: Rules, now: datetime) -> bool:
        """Whether its reporter was told today that it is worked on, and nothing since."""
        at = self.worked_at
        return at is not None and at.astimezone(rules.zone).date() == now.astimezone(rules.zone).date()


def known(
    events: Sequence[Mapping[str, Any]],
    replies: Sequence[Mapping[str, Any]],
    heard: Sequence[Mapping[str, Any]],
    unit: str,
) -> Known:
    """Collect what people of ``unit`` know, from the complaint's ``events``, the ``replies``, and the escalations that
    the unit ``heard`` of, each the latest first."""
    status = events[0]["status"] if events else ""
    same = next((n for n, row in enumerate(events) if row["status"] != status), len(events))
    return Known(
        last=_last(events, [row for row in replies if row["unit"] == unit]),
        when=events[same - 1]["at"] if events else None,
        before=events[same]["status"] if same < len(events) else "",
        escalated=_is_escalated(heard),
        worked_at=_worked_at(events, {str(row["id"]): row for row in replies}),
    )


def _worked_at(events: Sequence[Mapping[str, Any]], replies: Mapping[str, Mapping[str, Any]]) -> datetime | None:
    """Return when progress was told, if nothing was told since; refused replies and the clock's news don't count."""
    for event in events:
        reply = replies.get(event["reply_id"] or "")
        if event["why"] in _BY_THE_CLOCK or (reply and not reply["accepted"]):
            continue
        at: datetime = event["at"]
        worked = event["status"] == Status.IN_PROGRESS
        return at if worked and reply and _said.decode(reply["said"]).action == Action.PROGRESS else None
    return None


def _last(events: Sequence[Mapping[str, Any]], replies: Sequence[Mapping[str, Any]]) -> Last | None:
    row = next((row for row in replies if row["accepted"]), None)
    action = _said.decode(row["said"]).action if row else ""
    if row is None or action not in _LEFT:
        return None
    answered = next((n for n, event in enumerate(events) if event["reply_id"] == str(row["id"])), len(events))
    before = events[answered + 1]["status"] if answered + 1 < len(events) else ""
    return Last(action=action, at=row["at"], before=before)


def _is_escalated(heard: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a delay was escalated and not retracted; the delay of a rights request gives nobody power."""
    stages = {row["stage"] for row in heard} - {StageName.RIGHTS.value}
    return any(next(row["why"] for row in heard if row["stage"] == stage) == Why.ESCALATED for stage in stages)


def more(told: UnitRouted, person: Person, what: Known, rules: Rules, now: datetime) -> list[Act]:
    """List what ``person`` may put right about ``told``, besides the acts of its unit."""
    complaint = told.complaint
    if not complaint or complaint.erased:
        return []
    found = [act for act in (_undo(told, complaint, person, what, rules, now),) if act]
    if complaint.status not in WITH_A_UNIT:
        return [*found, *_decides(told, complaint, person, what, rules)]
    if _sorts_others(complaint, person, rules):
        found += [ACTS["alihkan"], ACTS["jenis"]]
    elif _is_above(complaint, person, what, rules):
        found += [ACTS["arahan"], ACTS["alihkan"]]
    elif _leads(told, complaint, person):
        found += [ACTS["jenis"]]
    among = _levels(told, complaint, person, what, rules)
    return [*found, replace(ACTS["mendesak"], among=among)] if among else found


def _decides(told: UnitRouted, complaint: ComplaintSnapshot, person: Person, what: Known, rules: Rules) -> list[Act]:
    """List how a superior ends an appeal or a confirmation; so does a *pemantau* of the unit that decides an appeal."""
    own = person.watches and told.unit == person.unit == complaint.unit and complaint.status == Status.APPEALED
    if not (own or _is_above(complaint, person, what, rules)):
        return []
    if complaint.status == Status.APPEALED:
        return [ACTS[slug] for slug in OF_A_DECISION]
    return [ACTS[slug] for slug in OF_A_CONFIRMATION] if complaint.confirmation else []


def _sorts_others(complaint: ComplaintSnapshot, person: Person, rules: Rules) -> bool:
    return person.role == Role.OPERATOR and person.unit == rules.sorting and complaint.unit != person.unit


def _is_above(complaint: ComplaintSnapshot, person: Person, what: Known, rules: Rules) -> bool:
    superior = person.unit in rules.powers.superiors and person.role in _COMMAND
    return superior and what.escalated and complaint.unit != person.unit


def _leads(told: UnitRouted, complaint: ComplaintSnapshot, person: Person) -> bool:
    """Whether it is their unit's turn, and they answer for it."""
    mine = told.unit == person.unit == complaint.unit and complaint.role == Part.LEAD
    return mine and person.answers and complaint.status in ACTIVE


def _levels(
    told: UnitRouted, complaint: ComplaintSnapshot, person: Person, what: Known, rules: Rules
) -> tuple[str, ...]:
    """Name the urgencies that they may set: the unit at work raises it; operators and superiors may lower it too."""
    levels, now = [each.value for each in Urgency], complaint.urgency or Urgency.SEDANG.value
    if now not in levels:
        return ()
    sorts = person.role == Role.OPERATOR and person.unit == rules.sorting
    above, leads = _is_above(complaint, person, what, rules), _leads(told, complaint, person)
    if not (_sorts_others(complaint, person, rules) or above or leads):
        return ()
    lowers = sorts or above or complaint.lane == Lane.TRIAGE
    if now == Urgency.DARURAT:
        lowers = sorts or person.unit in rules.powers.lower_darurat
    at = levels.index(now)
    return tuple(level for n, level in enumerate(levels) if n > at or (lowers and n < at))


def _undo(
    told: UnitRouted, complaint: ComplaintSnapshot, person: Person, what: Known, rules: Rules, now: datetime
) -> Act | None:
    last, undo = what.last, ACTS["batalkan"]
    if last and person.answers and _stands(told, complaint, person.unit, last.action):
        until = last.at + timedelta(minutes=rules.powers.undo_minutes)
        if now <= until:
            says = f"Anda {DONE[last.action]}. Sampai pukul {_clock(until, rules)} unit Anda dapat membatalkannya."
            return replace(undo, says=says)
        return _undo_later(last.at, rules, now) if _sorts(person, rules) else None
    final = complaint.status in (Status.RESOLVED, Status.REJECTED, Status.HANDED_OVER)
    return _undo_later(what.when, rules, now) if final and _sorts(person, rules) else None


def _undo_later(since: datetime | None, rules: Rules, now: datetime) -> Act | None:
    """Offer an operator's undo, with a reason that the reporter reads; None when it is too late."""
    if since and now - since > timedelta(days=rules.powers.undo_days):
        return None
    says = "Laporan kembali seperti sebelum tindakan terakhir. Unitnya dan warga membaca alasan Anda."
    return replace(ACTS["batalkan"], must_say=True, says=says)


def _sorts(person: Person, rules: Rules) -> bool:
    return person.role == Role.OPERATOR and person.unit == rules.sorting


def _stands(told: UnitRouted, complaint: ComplaintSnapshot, unit: str, action: str) -> bool:
    """Whether the complaint still stands as ``action`` of ``unit`` left it, as far as the unit was told."""
    if told.unit != unit or complaint.status != _LEFT[action] or told.why == Why.UNDONE:
        return False
    return action != Action.RETURN or complaint.unit != unit or complaint.lane == Lane.TRIAGE


def too_late(told: UnitRouted, person: Person, what: Known, rules: Rules, now: datetime) -> str:
    """Say that an act can't be undone any longer, and who still can; empty if that is not the case."""
    complaint, last = told.complaint, what.last
    if not complaint or complaint.erased or not last or not person.answers:
        return ""
    if not _stands(told, complaint, person.unit, last.action) or now <= last.at + timedelta(
        minutes=rules.powers.undo_minutes
    ):
        return ""
    days = rules.powers.undo_days
    if now - last.at > timedelta(days=days):
        return f"Sudah lewat {days} hari: tindakan terakhir tidak dapat dibatalkan lagi."
    if _sorts(person, rules):
        return ""
    return (
        f"Sudah lewat {rules.powers.undo_minutes} menit: unit Anda tidak dapat membatalkannya lagi. "
        f"Keliru? Minta {rules.short[rules.sorting]} membatalkannya."
    )


def before(what: Known) -> str:
    """Name the status that a complaint has again when its last act is undone."""
    return what.last.before if what.last else what.before


def _clock(at: datetime, rules: Rules) -> str:
    return f"{at.astimezone(rules.zone):%H.%M}"
