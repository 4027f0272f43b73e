"""How a story begins: registered, understood, routed. Pure: a case and an event in, the case and what to tell out.

Every step has the next ``seq``. A wish that can't be granted is answered by ``noted``, never by silence.
"""

from __future__ import annotations

import msgspec

from contracts.events import ComplaintClassified, ComplaintReceived, Support
from contracts.vocabulary import URGENT, WITH_A_UNIT, Lane, Status, UpdateKind, Why
from router import appeals
from router.by_rule import give, is_untouched
from router.case import Case, Out, about_units, advance, is_alarm, perhaps_about, supporters
from router.follow_ups import on_followed_up
from router.rules import DANGER, Assignment, Rules, triage
from router.snapshot import tell_unit
from router.transfers import (
    Result,
    kept_from,
    route,
    triage_unit_of,
    withdraw_from_accused,
)

_replace = msgspec.structs.replace

UNCLASSIFIED = "belum dikenali dalam batas waktu"


def apart(case: Case, first: Case | None) -> Case:
    """Keep ``case``, which is being registered and was added to ``first``, from the units that worked on ``first``.

    It is also kept from the units that ``first`` is kept from, but not from those that only sorted ``first``.
    While ``first`` is not known (None), no unit is barred.
    """
    if first is None or case.received is not None:
        return case
    units = (*first.had, *supporters(first), *about_units(first), *perhaps_about(first))
    return _replace(case, apart_from=list(dict.fromkeys(units)))


def on_received(rules: Rules, case: Case, data: ComplaintReceived) -> Result:
    """Register it, and apply the events that came early. A second ``received`` changes nothing."""
    if case.received is not None:
        return case, []
    early, followed_up = case.classified, case.followed_up
    case, registered = advance(_replace(case, received=data, classified=None, followed_up=None), UpdateKind.REGISTERED)
    outs: list[Out] = [registered]
    if early:
        case, more = on_classified(rules, case, early)
        outs += more
    if followed_up:
        changes, more = on_followed_up(rules, {}, case, followed_up)
        case = changes[case.ticket]
        outs += more
    return case, outs


def on_classified(rules: Rules, case: Case, data: ComplaintClassified) -> Result:
    """Route it. A late classification re-routes it only while no person has acted on it."""
    data = _replace(data, type=case.type) if case.type else data
    if case.received is None:
        return _replace(case, classified=data), []
    waiting = case.status == Status.REGISTERED
    untouched = case.classified is None and is_untouched(case)
    case = _replace(case, classified=data, category=case.category or data.category)
    if not (waiting or untouched):
        case, outs = _away(rules, case)
        if data.urgency in URGENT and case.status in WITH_A_UNIT and not outs:
            outs = tell_unit(case, Why.UPDATED, reason=f"mendesak ({data.urgency})")
        return case, outs
    return give(rules, case, data)


def _away(rules: Rules, case: Case) -> Result:
    """Take it from a unit that it accuses, or may accuse, according to this late classification.

    If the accusation is not sure, a unit that a person chose keeps it; a unit that only sorted it got it by rule.
    """
    if case.status == Status.APPEALED:
        return appeals.away_from_accused(rules, case)
    chosen = case.triage_acted and (case.lane == Lane.UNIT or bool(case.had))
    after, outs = withdraw_from_accused(rules, _replace(case, triage_acted=chosen))
    return (after if after.unit != case.unit else _replace(after, triage_acted=case.triage_acted)), outs


def on_unclassified(rules: Rules, case: Case) -> Result:
    """Give it to a person, because the classifier did not answer in time."""
    if case.status != Status.REGISTERED:
        return case, []
    reason = DANGER if is_alarm(case) else UNCLASSIFIED  # the intake found danger in its words
    return route(rules, case, triage(rules, kept_from(rules, case), reason))


def on_unit_ended(rules: Rules, case: Case) -> Result:
    """Replace an ended unit that has it, or helps: its successor goes on, or a person decides."""
    ended = case.unit
    if case.status == Status.APPEALED:
        return appeals.on_judge_ended(rules, case)
    if ended is None or case.status not in WITH_A_UNIT | {Status.MERGED}:
        return case, []
    if ended in rules.units:
        return _helpers_ended(rules, case)
    successor = rules.heirs.get(ended, ended)
    if case.status == Status.MERGED:  # a unit must still be able to unmerge it
        return _replace(case, unit=successor if successor in rules.units else triage_unit_of(rules, case)), []
    barred = kept_from(rules, case)
    to = triage(rules, barred, f"{ended} tidak berlaku lagi dan belum punya pengganti")
    if successor in rules.units and successor not in barred:
        reason = f"{ended} menjadi {successor}"
        to = Assignment(lane=case.lane or Lane.UNIT, unit=successor, reason=reason, support=supporters(case))
    return (case, []) if to.unit == ended else route(rules, case, to)


def _helpers_ended(rules: Rules, case: Case) -> Result:
    """Replace ended helpers by their successors; if a successor may not help, the lead goes on without it."""
    outs: list[Out] = []
    for ended in [unit for unit in supporters(case) if unit not in rules.units]:
        heir = rules.heirs.get(ended, ended)
        helps = heir in rules.units and heir not in (case.unit, *supporters(case), *kept_from(rules, case))
        new = [Support(unit=heir, request=old.request) for old in case.support if old.unit == ended and helps]
        support = [each for old in case.support for each in (new if old.unit == ended else [old])]
        case, reason = (
            _replace(case, support=support),
            f"{ended} menjadi {heir}" if helps else f"{ended} tidak ada lagi",
        )
        if helps:
            outs += tell_unit(case, Why.ROUTED, unit=heir, reason=reason)
        outs += tell_unit(case, Why.WITHDRAWN, unit=ended, reason=reason)
        outs += tell_unit(case, Why.UPDATED, unit=case.unit, reason=reason)
    return case, outs
