"""Gives a complaint to the unit or office that the rules name for it, while no person has acted on it. Pure."""

from __future__ import annotations

import msgspec

from contracts.events import ComplaintClassified
from contracts.vocabulary import FINAL, URGENT, Lane, Status, Why
from router.case import Case, about_units, is_apart, names_a_place, perhaps_about, place_of, urgency_of
from router.rules import DANGER, OUTSIDE, Assignment, Rules, Understood, assign
from router.snapshot import tell_unit
from router.transfers import Result, alarmed_units, hand_over, route, triage_unit_of

_replace = msgspec.structs.replace


def is_untouched(case: Case) -> bool:
    """Whether it lies where the rules put it, and nobody there has acted."""
    return case.status == Status.ROUTED and not case.triage_acted


def give(rules: Rules, case: Case, data: ComplaintClassified) -> Result:
    """Route it by its classification, or hand it over."""
    to = assign(rules, _understood(case, data))
    if to.lane == OUTSIDE:
        return _hand_over(rules, case, to)
    if (to.unit, to.lane) == (case.unit, case.lane):  # it is there already: no second "routed" for the citizen
        return case, tell_unit(case, Why.UPDATED, reason=to.reason)
    case, outs = route(rules, case, to)
    urgency = urgency_of(case)
    if urgency in URGENT and to.lane == Lane.UNIT and (desk := triage_unit_of(rules, case)) != to.unit:
        outs += tell_unit(case, Why.URGENT, unit=desk, reason=f"mendesak ({urgency}), langsung ke {to.unit}")
    return case, outs


def raise_alarm(rules: Rules, case: Case) -> Result:
    """Make a person look at danger told in an addition. A unit that acted keeps it, and the triage unit is told."""
    if case.classified and is_untouched(case):
        return give(rules, case, case.classified)
    desk = triage_unit_of(rules, case)
    has_it = desk == case.unit and case.status not in FINAL  # it was told of the addition
    if case.status == Status.REGISTERED or has_it:
        return case, []
    return case, tell_unit(case, Why.URGENT, unit=desk, reason=f"{DANGER}, menurut tambahan pelapor")


def move_to_its_place(rules: Rules, case: Case) -> Result:
    """Give it to another unit if its place demands that, which its reporter has told only now."""
    data = case.classified
    if data is None or names_a_place(data.place) or not is_untouched(case):
        return case, []
    to = assign(rules, _understood(case, data))
    return (case, []) if (to.unit, to.lane) == (case.unit, case.lane) else give(rules, case, data)


def _understood(case: Case, data: ComplaintClassified) -> Understood:
    place = place_of(case, data)
    return Understood(
        category=data.category,
        matter=data.matter or None,
        type=data.type,
        kecamatan=place.kecamatan,
        elsewhere=place.elsewhere,
        abstained=data.abstained,
        urgency=urgency_of(case) or data.urgency,
        protected=data.protected is True,
        perhaps_accusing=data.perhaps_accusing is True or is_apart(case),
        perhaps_about=perhaps_about(case),
        apart=is_apart(case),
        apart_from=case.apart_from,
        about_units=about_units(case),  # and those that a complaint merged into it accuses
        place_conflict=place.conflict,
        spam=data.spam,
    )


def _hand_over(rules: Rules, case: Case, to: Assignment) -> Result:
    """Hand it over to an office outside, by rule. The triage unit keeps it, so that it does not lie with nobody."""
    target, forwards = rules.targets[to.unit], triage_unit_of(rules, case)
    before = [case.unit] if case.unit else alarmed_units(case)
    case = _replace(case, unit=forwards, lane=None)
    case, outs = hand_over(rules, case, target, to.reason)
    for unit in before:
        if unit != forwards:
            outs += tell_unit(case, Why.WITHDRAWN, unit=unit, reason=f"dialihkan ke {forwards}")
    return case, outs
