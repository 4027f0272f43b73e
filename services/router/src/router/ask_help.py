"""The lead asks another unit to help, without the triage unit. Pure.

It stays the lead, and its clock runs on. The reporter is told nothing, but the intakes hear which unit helps: it may
open what the citizen attached.
"""

from __future__ import annotations

import msgspec

from contracts.events import Support
from contracts.vocabulary import Note, Why
from router.case import supporters
from router.masked import brief
from router.refusal import Refusal
from router.reply_context import Outcome, ReplyContext
from router.snapshot import tell_unit
from router.transfers import kept_from, noted

_replace = msgspec.structs.replace


def ask_help(given: ReplyContext) -> Outcome:
    """Have the named unit help, and tell it what for; the other helpers hear of it."""
    case, by, asked = given.case, given.by, (given.data.unit or "").strip().upper()
    if refused := _may_not(given, asked):
        return refused
    request = (given.data.reason or "").strip()
    said = f"{by} meminta bantuan {asked}: {request}"
    case = _replace(case, triage_acted=True, support=[*case.support, Support(unit=asked, request=request)])
    case, outs = noted(case, Note.HELP_ASKED, by=by)
    told = [out for unit in supporters(given.case) for out in tell_unit(case, Why.UPDATED, unit=unit, reason=said)]
    return {case.ticket: case}, [*outs, *tell_unit(case, Why.ROUTED, unit=asked, reason=said), *told]


def _may_not(given: ReplyContext, asked: str) -> Refusal | None:
    if asked not in given.rules.units:
        return Refusal("unknown_unit", f"unit {brief(asked)!r} tidak ada")
    if asked == given.by:
        return Refusal("already_done", f"laporan ini sudah ditangani {asked}")
    if asked in supporters(given.case):
        return Refusal("already_done", f"{asked} sudah membantu laporan ini")
    # Also in doubt: only the triage unit may give it to a unit that it may accuse.
    if asked in kept_from(given.rules, given.case):
        return Refusal("accused", f"laporan ini tentang {asked}, atau mungkin; {asked} tidak dapat dimintai bantuan")
    return None
