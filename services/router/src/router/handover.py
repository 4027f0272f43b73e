"""Checks a hand-over: it is final, so a unit must not use it to get rid of a complaint. Pure."""

from __future__ import annotations

import re

from kabupaten.hand_over_reason import says_why
from kabupaten.routing import Target
from router.refusal import Refusal
from router.rules import Rules


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def target(rules: Rules, to: str) -> Target | None:
    """Find the office of the routing table that ``to`` names by its code or its name."""
    said = _words(to)
    return next(
        (each for code, each in rules.targets.items() if said in (_words(code), _words(each.name))),
        None,
    )


def is_handed_to(rules: Rules, handed_to: str | None, to: str) -> bool:
    """Whether ``to`` names the office that a complaint was ``handed_to``, by its code or its name."""
    found = target(rules, to)
    return bool(handed_to) and _words(found.name if found else to) == _words(handed_to or "")


def why_not(rules: Rules, to: str, reason: str, *, triage: bool) -> Refusal | None:
    """Say why it can't be handed over to ``to`` for ``reason``; None if it can.

    ``triage``: in the triage lane, a person may name an office that is not in the routing table.
    """
    said = _words(to)
    ours = [*rules.heirs, *(name for unit in rules.units.values() for name in (unit.code, unit.name))]
    if any(said == _words(name) for name in ours):
        return Refusal("own_unit", f"{to[:40]} unit kabupaten ini; pakai return, meja triase meneruskannya")
    if not target(rules, to) and not (triage and said):
        there = ", ".join(rules.targets) or "tidak ada"
        why_not = (
            f"{to[:40]!r} bukan tujuan pelimpahan; yang ada: {there}. Bila bukan itu, pakai return dengan alasannya"
        )
        return Refusal("unknown_target", why_not)
    if not says_why(reason):
        why_not = "alasan pelimpahan terlalu singkat; tulis urusan siapa dan mengapa, sebab pelapor membacanya"
        return Refusal("short_reason", why_not)
    return None
