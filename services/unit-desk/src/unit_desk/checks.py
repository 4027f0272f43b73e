"""What is wrong with a reply that a program sends, before it is sent: what ``acts.py`` says to people. Pure.

The router takes more than is checked here: what ``powers.py`` offers to people, such as ``undo``, is left to it.
"""

from __future__ import annotations

from contracts.events import UnitReplied, UnitRouted
from contracts.vocabulary import Action
from unit_desk import acts
from unit_desk.acts import GAP, Act, Typed
from unit_desk.rules import Rules

#: Who may do these, and until when, follows from more than a reply has.
_LEFT = {Action.UNDO, Action.REASSIGN, Action.INSTRUCT, Action.PRIORITIZE}
# Of several that are one action, the first asks for nothing that a reply does not have.
_ACTS: dict[str, Act] = {
    each.action.value: each for each in reversed([*acts.ACTS.values()]) if each.action not in _LEFT
}


def not_now(said: UnitReplied, told: UnitRouted, rules: Rules) -> bool:
    """Whether the complaint is not in a state in which its unit can do that; who acts from above is not asked here."""
    act = _ACTS.get(said.action)
    if act is None or told.unit == rules.sorting or told.unit in rules.watching:
        return False
    return act not in acts.offered(told, rules)


def wrong(said: UnitReplied, told: UnitRouted, rules: Rules) -> dict[str, str]:
    """Say what is wrong with each field of ``said``."""
    act = _ACTS.get(said.action)
    if act is None or (act.action == Action.CORRECT and said.type):  # the type is mended, and no category
        return {}
    words = {"message": said.message, "reason": said.reason}.get(act.words) or ""
    typed = Typed(
        # Only who fills in a ready sentence can forget its gap.
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
