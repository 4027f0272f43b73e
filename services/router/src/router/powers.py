"""Acts from above a unit: take a complaint from it, instruct it, set the urgency, decide an appeal. Pure.

The triage unit may take a complaint from any unit. A superior (``powers`` in ``routing.yaml``) may act once the delay
was escalated to it. No superior acts on a complaint that accuses it.
"""

from __future__ import annotations

import msgspec

from contracts.vocabulary import URGENT, Action, Lane, Note, StageName, UpdateKind, Urgency, Why
from router import appeals
from router.case import Case, Out, advance, supporters, urgency_of
from router.masked import brief
from router.refusal import Refusal
from router.reply_context import Outcome, ReplyContext, named_units
from router.snapshot import tell_unit
from router.transfers import kept_from, noted, route, triage_unit_of

_replace = msgspec.structs.replace
_LEVELS: tuple[str, ...] = tuple(Urgency)
#: The acts of a superior, whichever unit has the complaint.
_FROM_ABOVE = frozenset(
    {
        Action.REASSIGN,
        Action.INSTRUCT,
        Action.PRIORITIZE,
        Action.UPHOLD,
        Action.DISMISS,
        Action.CONFIRM,
        Action.REDO,
    }
)


def is_from_above(given: ReplyContext) -> bool:
    """Whether the unit may do it although it has nothing else to do with the complaint."""
    if given.data.action == Action.PRIORITIZE and _calms(given):
        return True
    return given.data.action in _FROM_ABOVE and _is_superior(given)


def _is_superior(given: ReplyContext) -> bool:
    """Whether the unit is a superior, had the complaint's delay escalated to it, and is not accused."""
    return given.by in given.rules.powers.superiors and _was_escalated_to(given)


def _was_escalated_to(given: ReplyContext) -> bool:
    levels = (
        heard
        for promise, heard in given.case.breach_recipients.items()
        if not promise.startswith(f"{StageName.RIGHTS} ")
    )
    heard = {unit for each in levels for level, units in each.items() if level > 0 for unit in units}
    return given.by in heard and given.by not in kept_from(given.rules, given.case)


def _calms(given: ReplyContext) -> bool:
    """Whether the unit may lower *darurat* (``powers``), and has the complaint, helps, or had its delay escalated."""
    knows = given.by in (given.case.unit, *supporters(given.case)) or _was_escalated_to(given)
    return knows and given.by in given.rules.powers.lower_darurat


def _is_admin(given: ReplyContext) -> bool:
    return given.by == triage_unit_of(given.rules, given.case)


def reassign(given: ReplyContext) -> Outcome:
    """Take it from the unit that has it and give it to another."""
    case, rules, by = given.case, given.rules, given.by
    if not (_is_admin(given) or _is_superior(given)):
        return _not_allowed(given)
    reason = f"{by}: {given.data.reason}"
    to = named_units(given, reason)
    if isinstance(to, Refusal):
        return to
    if to.unit == case.unit and sorted(to.support) == sorted(supporters(case)):
        return Refusal("already_done", f"laporan ini sudah pada {to.unit}")
    case, outs = route(rules, _replace(case, triage_acted=True), to, by=by, why=reason)
    return {case.ticket: case}, outs


def instruct(given: ReplyContext) -> Outcome:
    """Tell the units that work on it what to do, and its reporter that they were told."""
    if not _is_superior(given):
        return _not_allowed(given)
    case, outs = noted(given.case, Note.INSTRUCTED, message=given.data.message or None, by=given.by)
    return {case.ticket: case}, [*outs, *_told(given, case, Why.INSTRUCTED, f"{given.by}: {given.data.reason}")]


def prioritize(given: ReplyContext) -> Outcome:
    """Set its urgency; its clocks follow."""
    case, urgency = given.case, (given.data.urgency or "").strip()
    before = urgency_of(case) or Urgency.SEDANG
    if urgency not in _LEVELS:
        return Refusal("unknown_urgency", f"{brief(urgency)!r} tidak ada; yang ada: {', '.join(_LEVELS)}")
    if urgency == urgency_of(case):
        return Refusal("already_done", f"laporan ini sudah {urgency}")
    if refused := _may_not_lower(given, before, urgency):
        return refused
    case, update = advance(
        _replace(case, urgency=urgency),
        UpdateKind.CORRECTED,
        case.status,
        note=Note.URGENCY_CHANGED,
        reason=given.data.reason,
        by=given.by,
    )
    said = f"{urgency}, menurut {given.by}: {given.data.reason}"
    outs: list[Out] = [update, *_told(given, case, Why.UPDATED, said)]
    desk = triage_unit_of(given.rules, case)
    if urgency in URGENT and before not in URGENT and desk not in (given.by, case.unit, *supporters(case)):
        outs += tell_unit(case, Why.URGENT, unit=desk, reason=said)
    return {case.ticket: case}, outs


def _may_not_lower(given: ReplyContext, before: str, urgency: str) -> Refusal | None:
    if _LEVELS.index(urgency) > _LEVELS.index(before) or _is_admin(given):
        return None
    desk = triage_unit_of(given.rules, given.case)
    if before == Urgency.DARURAT:
        may = ", ".join(dict.fromkeys([desk, *given.rules.powers.lower_darurat]))
        return None if _calms(given) else Refusal("not_allowed", f"yang menurunkan dari darurat: {may}")
    sorts = given.case.unit == given.by and given.case.lane == Lane.TRIAGE
    if sorts or _is_superior(given):
        return None
    return Refusal("not_allowed", f"yang menurunkan: meja triase dan {desk}; unit yang menangani hanya menaikkan")


def _told(given: ReplyContext, case: Case, why: str, reason: str) -> list[Out]:
    """Build a record for each unit that works on it, except the one that replied: that one gets the answer."""
    return [out for out in tell_unit(case, why, reason=reason) if getattr(out, "unit", None) != given.by]


def uphold(given: ReplyContext) -> Outcome:
    """Have it done again, by the same unit or by another."""
    if refused := _judged(given):
        return refused
    case, data, to = given.case, given.data, None
    if data.unit:
        named = named_units(given, "")
        if isinstance(named, Refusal):
            return named
        to = named
    case, outs = appeals.uphold(given.rules, case, to, data.reason or "", data.message or None, by=given.by)
    return {case.ticket: case}, outs


def dismiss(given: ReplyContext) -> Outcome:
    """Let the resolution stand, and say why."""
    if refused := _judged(given):
        return refused
    case, outs = appeals.dismiss(given.rules, given.case, given.data.message or "", by=given.by)
    return {case.ticket: case}, outs


def _judged(given: ReplyContext) -> Refusal | None:
    """Refuse a unit that would decide about its own work, unless all others are accused."""
    made = given.case.appeal
    if made is None or given.by != made.unit or given.by == given.case.unit:
        return None
    return Refusal("not_allowed", f"keberatan ini tentang penyelesaian {given.by}; yang memutuskan {given.case.unit}")


def _not_allowed(given: ReplyContext) -> Refusal:
    above, action = ", ".join(given.rules.powers.superiors) or "tidak ada", given.data.action
    first = f"{triage_unit_of(given.rules, given.case)}, dan " if action == Action.REASSIGN else ""
    return Refusal("not_allowed", f"tindakan {action} hanya dari {first}setelah eskalasi: {above}")
