"""Masks a unit's words before others read them: identifiers of citizens, and links to unknown hosts. Pure."""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from contracts.events import UnitReplied
from contracts.links import mask_links
from contracts.masking import mask
from router.rules import Rules

#: The fields in which a reply has words of its own; the others are codes, and don't leave the router.
_WORDS = ("message", "reason", "to")
_TOKEN = re.compile(r"\[[A-Z]+\]")


def masked(rules: Rules, data: UnitReplied) -> tuple[UnitReplied, list[str]]:
    """Return ``data`` with its words masked, and the tokens that are new in them, such as ``[NIK]``."""
    given = {name: value for name in _WORDS if (value := getattr(data, name))}
    said = {name: _masked(rules, value) for name, value in given.items()}
    return msgspec.structs.replace(data, **said), list(_tokens(said) - _tokens(given))


def _masked(rules: Rules, text: str) -> str:
    return mask_links(mask(text, rules.contacts), rules.evidence_hosts, rules.contacts)


def _tokens(texts: dict[str, str]) -> Counter[str]:
    return Counter(_TOKEN.findall("\n".join(texts.values())))


def brief(code: str) -> str:
    """Mask and shorten text given as a code, for the refusal that names it: its length has no limit."""
    return mask(code[:200])[:40]
