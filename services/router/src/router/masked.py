"""What a unit wrote, as it may be published: without identifiers of citizens. Pure."""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from contracts import ticket as tickets
from contracts.events import UnitReplied
from contracts.masking import mask
from router.rules import Rules

_TOKEN = re.compile(r"\[[A-Z]+\]")


def masked(rules: Rules, data: UnitReplied) -> tuple[UnitReplied, list[str]]:
    """``data`` with every text masked, and the tokens that are new in it, such as ``[NIK]``."""
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if _is_text(value)}
    said = {name: mask(value, rules.contacts) for name, value in given.items()}
    support = [mask(each, rules.contacts) for each in data.support]
    new = _tokens(*said.values(), *support) - _tokens(*given.values(), *data.support)
    return msgspec.structs.replace(data, **said, support=support), list(new)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not tickets.parse(value)


def _tokens(*texts: str) -> Counter[str]:
    return Counter(_TOKEN.findall("\n".join(texts)))
