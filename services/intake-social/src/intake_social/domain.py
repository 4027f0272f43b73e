"""What a post wants from us. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from contracts import ticket

_ADDRESS = re.compile(r"^(?:\s*[@#]\w+)+|(?:\s*#\w+)+\s*$")
_STATUS = re.compile(r"\bstatus\b", re.IGNORECASE)
#: X takes so much; Facebook far more.
ROOM = {"x": 280, "facebook": 8_000}
# What X counts once; all else (emoji, far scripts, even "…") counts twice.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
# As much as X makes of any link.
_LINK = re.compile(r"https?://\S+")
_LINK_WEIGHT = 23


@dataclass(frozen=True, kw_only=True)
class Wish:
    """``kind`` tells what; ``ticket`` is the complaint it is about, ``text`` what is left of the post."""

    kind: Literal["complaint", "status", "addition"]
    text: str
    ticket: str | None = None


def read(text: str) -> Wish:
    """Read a post that mentions us: a ticket in it makes it a question or an addition, all else is a complaint."""
    bare = _ADDRESS.sub("", text).strip()
    found = ticket.find(bare)
    if found is None:
        return Wish(kind="complaint", text=bare)
    number, rest = found
    without = _STATUS.sub("", rest).strip(" .,:?!-")
    if not without or _STATUS.search(rest):
        return Wish(kind="status", text=rest, ticket=number)
    return Wish(kind="addition", text=rest, ticket=number)


def weight(text: str) -> int:
    """The length of ``text`` as X counts it."""
    rest, links = _LINK.subn("", text)
    return links * _LINK_WEIGHT + sum(1 if any(low <= ord(c) <= high for low, high in _LIGHT) else 2 for c in rest)


def fit(text: str, reason: str, channel: str = "x") -> str:
    """``text`` as a reply on ``channel``, with a number at its end: both networks keep us from saying the same twice.

    A step of the story has its own number, an answer the end of the number of the post it answers.
    """
    kind, _, number = reason.partition("-")
    nth = f" ({number[-4:]})" if kind in ("seq", "answer") and number else ""
    room = ROOM[channel] - len(nth)
    if weight(text) <= room:
        return text + nth
    while weight(text) > room - 3:
        text = text[:-1]
    return text.rstrip() + "..." + nth
