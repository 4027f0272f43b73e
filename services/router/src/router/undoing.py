"""Undoes a unit's mistake: the unit itself may for some minutes, the triage unit for some days. Pure.

Acts are told immediately, so everybody who was told is now told that it was a mistake: docs/why.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from contracts.vocabulary import FINAL, Action, Note, Status, UpdateKind, Why
from router.case import Case, Out, Undoable, about_units, advance, is_rahasia, may_be_undone, supporters
from router.refusal import Refusal, missing
from router.reply_context import Outcome, ReplyContext
from router.rules import triage
from router.snapshot import tell_unit
from router.transfers import Changes, kept_from, route, triage_unit_of
from router.unit_words import STATUS_WORDS

_replace = msgspec.structs.replace

#: The acts that can be undone.
UNDOABLE = frozenset({Action.RESOLVE, Action.REJECT, Action.HAND_OVER, Action.RETURN})
#: The acts that are repeated in the stories of merged complaints.
_TOLD_TO_ALL = UNDOABLE - {Action.RETURN}


def remembered(given: ReplyContext, after: Case) -> Case:
    """Return ``after`` with all that an undo needs to restore the case of ``given``."""
    if given.data.action not in UNDOABLE:
        return after
    before = given.case
    return _replace(
        after,
        undo=Undoable(
            action=given.data.action,
            by=given.by,
            at=given.now,
            left=(after.status, after.unit, after.lane),
            status=before.status,
            unit=before.unit,
            lane=before.lane,
            support=before.support,
            returns=before.returns,
            had=before.had,
        ),
    )


def is_by_actor(given: ReplyContext) -> bool:
    """Whether the unit that did it wants to undo it, whichever unit has the complaint now."""
    undo = given.case.undo
    return given.data.action == Action.UNDO and undo is not None and undo.by == given.by


def undo(given: ReplyContext) -> Outcome:
    """Restore the complaint as it was before the last act."""
    case, made = _with_accusations(given), given.case.undo
    if case.parent:  # alone it would have no clock: the parent's counts for both
        return Refusal("nothing_to_undo", f"laporan ini mengikuti {case.parent}; batalkan di sana")
    if made is None or not may_be_undone(case):
        return _undo_by_rule(given) if case.status == Status.HANDED_OVER else _nothing(case)
    if refused := _may_not(given, made.by, made.at):
        return refused
    barred = kept_from(given.rules, case)
    if made.unit not in given.rules.units or made.unit in barred:
        return Refusal("nothing_to_undo", f"laporan ini tidak dapat kembali ke {made.unit}")
    had = {case.unit, *supporters(case)}
    said_since = {name for word in made.untold for name in (word.clock, f"late {word.about}")}
    case = _replace(
        case,
        **{name: getattr(made, name) for name in ("unit", "lane", "returns", "had")},
        support=[each for each in made.support if each.unit in given.rules.units and each.unit not in barred],
        resolved_seq=None,
        mark=None,
        # Now somebody has to hear the clock's words since that act.
        held=sorted([*case.held, *made.untold], key=lambda word: word.number),
        clocks={name: last for name, last in case.clocks.items() if name not in said_since},
    )
    case, update = advance(case, made.status, note=Note.UNDONE, reason=given.data.reason or None, by=given.by)
    reason = f"{made.action} dibatalkan {given.by}" + (f": {given.data.reason}" if given.data.reason else "")
    outs: list[Out] = [update, *tell_unit(case, Why.UNDONE, reason=reason)]
    now = {case.unit, *supporters(case)}
    if made.action == Action.HAND_OVER and (desk := triage_unit_of(given.rules, case)) not in now:
        outs += tell_unit(case, Why.UNDONE, unit=desk, reason=reason)
    for unit in sorted(filter(None, had - now)):
        outs += tell_unit(case, Why.WITHDRAWN, unit=unit, reason=reason)
    outs = [out for out in outs if getattr(out, "unit", None) != given.by or out is update]
    changes, more = _with_children(given, update.kind) if made.action in _TOLD_TO_ALL else ({}, [])
    return {**changes, case.ticket: case}, [*outs, *more]


def _undo_by_rule(given: ReplyContext) -> Outcome:
    """Give a complaint that a rule handed over to a person; its clock starts again, because no unit ever had it."""
    case, rules = _with_accusations(given), given.rules
    done = [past.at for past in case.history if past.kind == UpdateKind.HANDED_OVER]
    if case.undo or not done:
        return _nothing(case)
    if refused := _may_not(given, "", done[-1]):
        return refused
    reason = f"pelimpahan dibatalkan {given.by}: {given.data.reason}"
    case, update = advance(case, UpdateKind.REOPENED, note=Note.UNDONE, reason=given.data.reason, by=given.by)
    case, outs = route(rules, case, triage(rules, kept_from(rules, case), reason), by=given.by)
    changes, more = _with_children(given, UpdateKind.REOPENED)
    return {**changes, case.ticket: case}, [update, *outs, *more]


def _with_accusations(given: ReplyContext) -> Case:
    """Return the case with the accusations of its children, which may have been classified after it was over."""
    case = given.case
    children = (each for each in given.cases.values() if each.parent == case.ticket)
    also = dict.fromkeys([*case.also_about, *(unit for child in children for unit in about_units(child))])
    return _replace(case, also_about=list(also))


def _may_not(given: ReplyContext, actor: str, at: datetime) -> Refusal | None:
    powers, by, desk = given.rules.powers, given.by, triage_unit_of(given.rules, given.case)
    if by in kept_from(given.rules, given.case) and by != desk:
        return Refusal("accused", f"laporan ini tentang {by}, yang tidak bertindak atasnya")
    if by == actor and given.now - at <= timedelta(minutes=powers.undo_minutes):
        return None
    if by != desk:
        if by == actor:
            return Refusal("too_late", f"sudah lewat {powers.undo_minutes} menit; minta {desk} membatalkannya")
        return Refusal("not_allowed", f"yang membatalkan: {actor or desk}, atau {desk}")
    if given.now - at > timedelta(days=powers.undo_days):
        return Refusal("too_late", f"sudah lewat {powers.undo_days} hari")
    return None if (given.data.reason or "").strip() else missing(given.data.action, "reason")


def _nothing(case: Case) -> Refusal:
    words = STATUS_WORDS.get(case.status, case.status)
    return Refusal("nothing_to_undo", f"tidak ada yang dapat dibatalkan: laporan {words}, dan itu bukan karena balasan")


def _with_children(given: ReplyContext, kind: str) -> tuple[Changes, list[Out]]:
    """Tell the undo in the stories of its children, too; those that ended with the act follow it again."""
    changes: Changes = {}
    outs: list[Out] = []
    for ticket, child in sorted(given.cases.items()):
        if child.parent == given.case.ticket and child.status in FINAL | {Status.MERGED}:
            reason = None if is_rahasia(given.case) else given.data.reason or None
            changes[ticket], update = advance(child, kind, Status.MERGED, note=Note.UNDONE, reason=reason, by=given.by)
            outs.append(update)
    return changes, outs
