"""How a complaint changes hands, whoever decided it: to a unit and its helpers, or away from them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from contracts.events import Support
from contracts.sentences import SentenceCode
from contracts.vocabulary import WITH_A_UNIT, Lane, Status, UpdateKind, Why
from kabupaten.desks import triage_unit
from kabupaten.routing import Target
from router.case import Case, Out, about_units, advance, perhaps_about, supporters
from router.rules import Assignment, Rules, accused, triage
from router.snapshot import tell_support, tell_unit

Result = tuple[Case, list[Out]]
Changes = dict[str, Case]
_replace = msgspec.structs.replace


def accused_units(rules: Rules, case: Case) -> list[str]:
    """Return the units that ``case`` surely accuses, with their present heirs: nobody may give it to them."""
    return accused(rules, about_units(case))


def kept_from(rules: Rules, case: Case) -> list[str]:
    """Return the units that no rule and no clock gives ``case`` to: those that it accuses or, in doubt, may accuse."""
    return accused(rules, [*about_units(case), *perhaps_about(case)])


def triage_unit_of(rules: Rules, case: Case) -> str:
    """Return the triage unit for ``case``, whichever unit has it now."""
    return triage_unit(rules, kept_from(rules, case))


def route(rules: Rules, case: Case, to: Assignment, *, by: str | None = None, why: str = "") -> Result:
    """Give it to a unit and its helpers, and take it from all others that had it: they are told ``why``."""
    before = {case.unit, *supporters(case), *([] if case.unit else alarmed_units(case))} - {None}
    named = (rules.heirs.get(each, each) for each in to.support)
    helpers = dict.fromkeys(
        each for each in named if each in rules.units and each not in (to.unit, *accused_units(rules, case))
    )
    # The lead's requests hold while it leads.
    asked = {each.unit: each.request for each in case.support if case.unit == to.unit}
    support = [Support(unit=each, request=asked.get(each, UNSET)) for each in helpers]
    case = _replace(case, unit=to.unit, lane=to.lane, support=support)
    if to.lane == Lane.UNIT:
        case = _replace(case, had=[*case.had, to.unit])
    case, update = advance(case, UpdateKind.ROUTED, reason=to.reason, by=by)
    outs: list[Out] = [update, *tell_unit(case, Why.ROUTED, reason=to.reason)]
    for unit in sorted(each for each in before if each and each not in (to.unit, *helpers)):
        outs += tell_unit(case, Why.WITHDRAWN, unit=unit, reason=f"dialihkan ke {to.unit}{f': {why}' if why else ''}")
    return case, outs


def alarmed_units(case: Case) -> list[str]:
    """Return the units that were told that it is late. While nobody has it, they count as having it."""
    return sorted({unit for levels in case.breach_recipients.values() for units in levels.values() for unit in units})


def release(case: Case, reason: str) -> Result:
    """Release all helpers, and tell them the reason."""
    told = tell_support(case, Why.WITHDRAWN, reason=reason)
    return (_replace(case, support=[]) if case.support else case), told


def withdraw_from_accused(rules: Rules, case: Case) -> Result:
    """Take it from units that have it, or help, and that it accuses or may accuse, as was classified late."""
    barred = kept_from(rules, case)
    to = triage(rules, barred, f"laporan ini ternyata tentang {case.unit}")
    if case.unit in barred and case.unit != to.unit and case.status in WITH_A_UNIT:
        return route(rules, case, to)
    before, helpers = case, [each for each in case.support if each.unit not in barred]
    case = _replace(case, support=helpers)
    if case.unit in barred and case.status in (
        Status.RESOLVED,
        Status.MERGED,
    ):  # its status stays; another unit does what is still to come
        case = _replace(case, unit=to.unit, lane=to.lane)
    told = tell_unit(case, Why.UPDATED, reason=to.reason) if case.unit != before.unit else []
    for unit in sorted(filter(None, {before.unit, *supporters(before)} - {case.unit, *supporters(case)})):
        told += tell_unit(case, Why.WITHDRAWN, unit=unit, reason=f"dialihkan ke {case.unit}")
    return case, told


def noted(case: Case, note: str, *, code: SentenceCode | None = None, **facts: Any) -> Result:
    """Tell the citizen without changing the status: a unit's ``message``, or the sentence of a ``code``."""
    case, update = advance(case, UpdateKind.NOTED, case.status, note=note, code=code, **facts)
    return case, [update]


def hand_over(
    rules: Rules, case: Case, to: Target, reason: str, *, message: str | UnsetType = UNSET, by: str | None = None
) -> Result:
    """Hand it over to an office outside the kabupaten, for good; the triage unit is told, because it forwards it."""
    forwards = triage_unit_of(rules, case)
    case, update = advance(
        _replace(case, target=to.name, forwards=forwards),
        UpdateKind.HANDED_OVER,
        target=to.name,
        contact=to.contact,
        reason=reason,
        message=message,
        by=by,
    )
    case, outs = release(case, f"dilimpahkan ke {to.name}")
    if by != forwards:  # it did so itself, and knows
        outs += tell_unit(case, Why.HANDED_OVER, unit=forwards, reason=f"teruskan ke {to.name}: {reason}")
    return case, [update, *outs]
