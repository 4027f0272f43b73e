"""What a post wants from us. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from contracts import ticket

_ADDRESS = re.compile(r"^(?:\s*[@#]\w+)+|(?:\s*#\w+)+\s*$")
_STATUS = re.compile(r"\bstatus\b", re.IGNORECASE)
_MAX_REPLY = 280


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


def fit(text: str, reason: str) -> str:
    """``text`` as a reply: X takes 280 characters, and refuses to say the same twice, so each step has its number."""
    nth = f" ({reason.removeprefix('seq-')})" if reason.startswith("seq-") else ""
    room = _MAX_REPLY - len(nth)
    return (text if len(text) <= room else text[: room - 1] + "…") + nth
