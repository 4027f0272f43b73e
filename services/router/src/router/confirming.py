"""A second pair of eyes: where the region demands it, a resolution is closed only when somebody has confirmed it.

That is another person than the one who resolved it, or its reporter by a good mark. The reporter loses nothing: a
complaint confirmed in time is closed when the time for objections has passed, like any other; one confirmed later is
closed immediately. Until then it is resolved, its clock runs, and the ladder hears of a delay. Pure.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from contracts.vocabulary import CONTENT, Lane, Note, UpdateKind, Why
from router.case import Case, Out, ToConfirm, advance, is_to_confirm
from router.refusal import Refusal
from router.reply_context import Outcome, ReplyContext
from router.rules import Assignment, Rules, triage
from router.snapshot import tell_unit
from router.transfers import Result, kept_from, noted, route

_replace = msgspec.structs.replace


def demanded(given: ReplyContext) -> ToConfirm | None:
    """Return what somebody else has to confirm of this resolution, or None."""
    if given.case.category not in given.rules.confirmed:
        return None
    return ToConfirm(unit=given.by, actor=_actor(given), at=given.now)


def _actor(given: ReplyContext) -> str:
    """Return a hash that tells the people of a unit apart, without keeping their names."""
    named = (given.data.actor or "").strip()
    return hashlib.sha256(f"{given.case.ticket}/{given.by}/{named}".encode()).hexdigest()[:32] if named else ""


def confirm(given: ReplyContext) -> Outcome:
    """Confirm that it is done; the person who resolved it can't."""
    case = given.case
    if refused := _may_not(given):
        return refused
    made, actor = case.to_confirm, _actor(given)
    if made and made.unit == given.by and (not actor or not made.actor or actor == made.actor):
        why_not = "yang memastikan orang lain dari yang menyelesaikannya"
        unnamed = "; sebut actor pada resolve dan confirm, dengan kode yang membedakan petugas" if not actor else ""
        return Refusal("same_person", f"{why_not}{unnamed}, atau pelapor dengan nilai {CONTENT} atau 5")
    case, outs = _confirmed(case, message=given.data.message or None, by=given.by)
    return {case.ticket: case}, outs


def redo(given: ReplyContext) -> Outcome:
    """Say that it is not as it should be: the units that worked on it go on, and read the reason."""
    if refused := _may_not(given):
        return refused
    reason = f"belum sesuai menurut {given.by}: {given.data.reason}"
    case, outs = back_to_work(
        given.rules,
        given.case,
        reason,
        note=Note.NOT_CONFIRMED,
        message=given.data.message or None,
        by=given.by,
    )
    return {case.ticket: case}, outs


def by_mark(case: Case, stars: int) -> Result:
    """Take a reporter's good mark as the confirmation."""
    return _confirmed(case) if stars >= CONTENT and is_to_confirm(case) else (case, [])


def back_to_work(
    rules: Rules, case: Case, reason: str, *, at_triage: bool = False, by: str | None = None, **facts: Any
) -> Result:
    """Reopen it for the units that worked on it, or ``at_triage``; a unit found to be accused doesn't get it back."""
    helpers = [each.unit for each in case.support]
    to = Assignment(lane=case.lane or Lane.UNIT, unit=case.unit or "", reason=reason, support=helpers)
    if at_triage or to.unit in kept_from(rules, case):  # classified so after that unit had it
        to = triage(rules, kept_from(rules, case), to.reason)
    case, update = advance(_replace(case, resolved_seq=None, mark=None), UpdateKind.REOPENED, by=by, **facts)
    case, outs = route(rules, case, to, by=by)
    return case, [update, *outs]


def _may_not(given: ReplyContext) -> Refusal | None:
    if not is_to_confirm(given.case):
        return Refusal("already_done", "laporan ini tidak menunggu untuk dipastikan")
    if given.by in kept_from(given.rules, given.case):
        return Refusal("accused", f"laporan ini tentang {given.by}, yang tidak memastikan hasilnya")
    return None


def _confirmed(case: Case, *, message: str | None = None, by: str | None = None) -> Result:
    """Close it if the time for objections is over; otherwise note it, and the clock closes it then."""
    made = case.to_confirm
    assert made is not None  # noqa: S101  (only asked for what is to be confirmed)
    if made.lapsed:
        case, update = advance(case, UpdateKind.CLOSED, code="confirmed", message=message, by=by)
        outs: list[Out] = [update]
    else:
        case = _replace(case, to_confirm=_replace(made, done=True))
        case, outs = noted(case, Note.CONFIRMED, message=message, by=by)
    if case.unit != by:
        why = Why.WITHDRAWN if made.lapsed else Why.UPDATED
        outs += tell_unit(case, why, unit=case.unit, reason=f"hasilnya dipastikan {by or 'pelapor'}")
    return case, outs
