"""Reads from an SMS alone what its citizen wants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from intake.reading import commands
from intake.reading.commands import Command, is_thanks, read_command, read_marked, starts_with_ticket
from intake.reading.marks import Marked, read_marks
from kabupaten.spelling import nearly

Kind = commands.Kind | Literal["complaint", "help", "hint", "thanks", "early", "over"]

#: A keyword of at least this many letters is recognised even with a typo, or without a blank after it. A shorter one is
#: not: LAPOR is in "laporan" and one letter from "lapar".
LONG_KEYWORD = 7
#: Without a keyword, this many words or letters make a complaint; a shorter text gets the hint how to write.
ENOUGH_WORDS, ENOUGH_LETTERS = 3, 20

_SEPARATORS = r"[\s#:,.*!/_+-]*"
# Some people type the "(spasi)" of the instructions, too.
_AFTER_KEYWORD = _SEPARATORS + r"(?:(?:\(\s*spasi\s*\)|<\s*spasi\s*>|spasi\b)" + _SEPARATORS + ")?"
_SEPARATED = re.compile(_AFTER_KEYWORD, re.IGNORECASE)
_FIRST = re.compile(r"[^\W_]+")
_WORD_ENDS = r"(?![^\W_])"
_HELP = frozenset({"help", "bantuan", "info", "format", "cara lapor", "?"})


@dataclass(frozen=True, kw_only=True)
class LongSms:
    """The position of a part in a long SMS, where the gateway joins none; ``ref`` is the same for all its parts."""

    ref: str
    number: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Mo:
    """An SMS from a citizen. ``sender`` is in E.164 if ``repliable``, else as the operator gave it.

    ``id`` is the id of the SMS at ``gateway``, the same when it is brought again.
    """

    id: str
    sender: str
    repliable: bool
    text: str
    gateway: str = "kannel"
    part: LongSms | None = None


@dataclass(frozen=True)
class Wish:
    """The wish of an SMS: the ``text`` of a complaint, or the ``command`` about one, with its text and ticket.

    ``bare``: it has neither keyword nor ticket nor command, so it may as well answer a question. ``rahasia``,
    ``anonim``: the complaint is marked so.
    """

    kind: Kind
    text: str = ""
    ticket: str = ""
    command: Command | None = field(default=None, compare=False)
    bare: bool = field(default=False, compare=False)
    rahasia: bool = False
    anonim: bool = False


def read(text: str, keywords: Sequence[str]) -> Wish:
    """Return the wish of ``text``. ``keywords`` are the words that may stand before a complaint, longest first."""
    body, prefixed = _without_keywords(text.strip(), keywords)
    marked = read_marks(body)
    if command := (read_marked if marked.rahasia else read_command)(marked.text):
        # An addition behind the mark RAHASIA asks for it, too: for the whole complaint, not for these words alone.
        secret = marked.rahasia and command.kind == "addition"
        return Wish(command.kind, command.text, command.ticket, command, rahasia=secret)
    return _marked(body, marked, prefixed=prefixed) if marked.any else _plain(body, prefixed=prefixed)


def body_of(text: str, keywords: Sequence[str]) -> str:
    """Return ``text`` without its leading keywords."""
    return _without_keywords(text.strip(), keywords)[0]


def read_complaint(text: str, keywords: Sequence[str]) -> Wish:
    """Read ``text`` from a sender who can't be answered, and so can only complain."""
    body, _ = _without_keywords(text.strip(), keywords)
    wish = _marked(body, read_marks(body), prefixed=True)
    return wish if wish.rahasia or wish.anonim else Wish("complaint", text)


def _marked(body: str, marked: Marked, *, prefixed: bool) -> Wish:
    """Make a complaint of the text behind its marks. A short one may as well be an answer, marks included."""
    if not any(letter.isalnum() for letter in marked.text):
        return Wish("help") if prefixed else Wish("hint", body, bare=True)
    if not (prefixed or _is_enough(body)):
        return Wish("hint", body, bare=True)
    bare = not (prefixed or _is_enough(marked.text))
    return Wish("complaint", marked.text, bare=bare, rahasia=marked.rahasia, anonim=marked.anonim)


def _plain(body: str, *, prefixed: bool) -> Wish:
    said = any(letter.isalnum() for letter in body)
    if body.casefold() in _HELP or (prefixed and not said):
        return Wish("help")
    if prefixed:
        return Wish("complaint", body)
    if is_thanks(body):
        return Wish("thanks", body, bare=True)
    return Wish("complaint" if _is_enough(body) else "hint", body, bare=said)


def _is_enough(body: str) -> bool:
    words = [word for word in body.split() if any(letter.isalpha() for letter in word)]
    return len(words) >= ENOUGH_WORDS or sum(map(str.isalpha, body)) >= ENOUGH_LETTERS


def _without_keywords(text: str, keywords: Sequence[str]) -> tuple[str, bool]:
    """Return ``text`` without its leading keywords, and whether it had any. A ticket may begin like a keyword."""
    prefixed = False
    while not starts_with_ticket(text):
        rest = _without_one(text, keywords)
        if rest is None:
            break
        text, prefixed = rest, True
    return text, prefixed


def _without_one(text: str, keywords: Sequence[str]) -> str | None:
    """Return ``text`` without one keyword, even with a typo or without the blank; None if it has no keyword."""
    if not keywords:
        return None
    long = tuple(keyword for keyword in keywords if len(keyword) >= LONG_KEYWORD and " " not in keyword)
    match = _any_of(tuple(keywords), _WORD_ENDS).match(text)
    if not match and (first := _FIRST.match(text)) and any(nearly(first[0], keyword) for keyword in long):
        match = _SEPARATED.match(text, first.end())
    if not match and long:
        match = _any_of(long, "").match(text)
    return text[match.end() :] if match else None


@cache
def _any_of(keywords: tuple[str, ...], ends: str) -> re.Pattern[str]:
    """Compile the pattern for any of ``keywords``, each followed by ``ends``, and for the separators behind it."""
    spaced = "|".join(r"\s+".join(map(re.escape, word.split())) for word in keywords)
    return re.compile(f"(?:{spaced}){ends}{_AFTER_KEYWORD}", re.IGNORECASE)
