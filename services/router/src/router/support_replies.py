"""The actions of a unit that helps with another's complaint: helpers answer, only the lead closes it. Pure."""

from __future__ import annotations

import msgspec

from contracts.events import UnitReplied
from contracts.vocabulary import WITH_A_UNIT, Action, SupportStatus, Why
from router.case import Case, Out
from router.refusal import Refusal, missing, no_resolution, wrong_status
from router.rules import Rules
from router.snapshot import tell_unit
from router.transfers import triage_unit_of
from router.unit_words import SUPPORT_WORDS

_replace = msgspec.structs.replace
_BECOMES: dict[str, str] = {
    Action.ACKNOWLEDGE: SupportStatus.ACKNOWLEDGED,
    Action.PROGRESS: SupportStatus.IN_PROGRESS,
    Action.RESOLVE: SupportStatus.DONE,
}
_ACTIONS = (*_BECOMES, Action.RETURN)
_NEEDS: dict[str, str] = {Action.PROGRESS: "message", Action.RESOLVE: "message", Action.RETURN: "reason"}


def on_help(rules: Rules, case: Case, unit: str, data: UnitReplied) -> tuple[Case, list[Out]] | Refusal:
    """Carry out the reply of ``unit``, which helps with ``case``, and show the lead; or refuse it."""
    if refused := _refusal(rules, case, unit, data):
        return refused
    if data.action == Action.RETURN:
        return _drop_out(rules, case, unit, data.reason or "")
    status = _BECOMES[data.action]
    support = [
        _replace(each, status=status, message=data.message) if each.unit == unit else each for each in case.support
    ]
    case = _replace(case, support=support)
    said = f"{unit}: {SUPPORT_WORDS[status]}" + (f". {data.message}" if data.message else "")
    return case, _show(case, said, but=unit)


def _refusal(rules: Rules, case: Case, unit: str, data: UnitReplied) -> Refusal | None:
    if data.action not in _ACTIONS:
        why_not = f"{unit} unit pendukung, {case.unit} unit utamanya; yang dapat: {', '.join(_ACTIONS)}"
        return Refusal("not_lead", why_not)
    if case.status not in WITH_A_UNIT:
        return wrong_status(case.status, data.action)
    needs = _NEEDS.get(data.action)
    if needs and not (getattr(data, needs) or "").strip():
        return missing(data.action, needs)
    (mine,) = (each for each in case.support if each.unit == unit)
    if data.action == Action.ACKNOWLEDGE and mine.status != SupportStatus.ASKED:
        return Refusal("already_done", f"bagian {unit} {SUPPORT_WORDS[mine.status]}")
    return no_resolution(rules, case.classified, data.message or "") if data.action == Action.RESOLVE else None


def _drop_out(rules: Rules, case: Case, unit: str, reason: str) -> tuple[Case, list[Out]]:
    """Let ``unit`` stop helping: the lead goes on without it, and the triage unit may find another."""
    case = _replace(case, support=[each for each in case.support if each.unit != unit])
    said = f"{unit} tidak ikut membantu: {reason}"
    outs = _show(case, said, but=unit)
    if triage_unit_of(rules, case) not in {case.unit, unit, *(each.unit for each in case.support)}:
        outs += tell_unit(case, Why.UPDATED, unit=triage_unit_of(rules, case), reason=said)
    return case, outs


def _show(case: Case, said: str, *, but: str) -> list[Out]:
    """Tell all units that work on it, except ``but``, whose reply it is: that one gets the answer."""
    return [out for out in tell_unit(case, Why.UPDATED, reason=said) if getattr(out, "unit", None) != but]
