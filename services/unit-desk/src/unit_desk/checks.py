"""Checks of a program's reply before it is sent, as ``acts.py`` checks those of people. Pure.

The router accepts more than is checked here: it alone judges the acts of ``powers.py``, such as ``undo``.
"""

from __future__ import annotations

from contracts.events import UnitReplied, UnitRouted
from contracts.vocabulary import Action
from unit_desk import acts
from unit_desk.acts import GAP, Act, Typed
from unit_desk.rules import Rules

#: Whether these are allowed depends on more than the reply: on the person and the time.
_LEFT = {Action.UNDO, Action.REASSIGN, Action.INSTRUCT, Action.PRIORITIZE}
# Where several acts have one action, the first counts: it needs only fields that a reply has.
_ACTS: dict[str, Act] = {
    each.action.value: each for each in reversed([*acts.ACTS.values()]) if each.action not in _LEFT
}


def not_now(said: UnitReplied, told: UnitRouted, rules: Rules) -> bool:
    """Whether the complaint's state bars its unit from this act; the acts of superior units are not checked here."""
    act = _ACTS.get(said.action)
    if act is None or told.unit == rules.sorting or told.unit in rules.watching:
        return False
    return act not in acts.offered(told, rules)


def wrong(said: UnitReplied, told: UnitRouted, rules: Rules) -> dict[str, str]:
    """Say what is wrong with each field of ``said``."""
    act = _ACTS.get(said.action)
    if act is None or (act.action == Action.CORRECT and said.type):  # it corrects the type, not the category
        return {}
    words = {"message": said.message, "reason": said.reason}.get(act.words) or ""
    typed = Typed(
        # A gap is the mark of a ready sentence; in a program's text it is just dots.
        words=words.replace(GAP, "..."),
        to=said.to or "",
        unit=said.unit or "",
        support=tuple(said.support),
        category=said.category or "",
        into=said.into or "",
        photos=tuple(said.evidence),
    )
    missing = acts.missing(act, typed, told, rules)
    found = {act.words if field == "words" else field: why for field, why in missing.items()}
    for n, proof in enumerate(said.evidence if "evidence" in act.optional else []):
        if why := acts.wrong_proof(proof, rules):
            found[f"evidence/{n}"] = why
    return found
