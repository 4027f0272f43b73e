"""Read the request in a post. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from intake.reading import commands
from intake.reading.commands import Command, find_ticket, is_thanks, read_command, read_marked
from intake.reading.marks import Marked, read_marks

#: Hashtags that only address us; other hashtags are words of the sentence, often its place.
_OURS = r"#(?:lapor(?:soppeng)?!?|soppeng|1708)(?!\w)"
_CALLS = re.compile(rf"(?:@\w+|{_OURS})[\s:,]*", re.IGNORECASE)
_CALLS_LAST = re.compile(_OURS, re.IGNORECASE)
_CALLED = re.compile(rf"{_OURS}|\bSPG[- ]?[0-9A-Z]{{4}}|^\s*@?lapor\b", re.IGNORECASE)
_TAG = re.compile(r"#([^\W\d_]\w*)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_KEYWORD = re.compile(r"^\s*(?:LAPOR!?\s+)?SOPPENG\b[\s#:,.-]*", re.IGNORECASE)
_MARK_TAG = re.compile(r"\s*(?<![\w/.])#(rahasia|anonim)(?!\w)", re.IGNORECASE)
_HELP = frozenset({"help", "bantuan", "info", "?"})


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The request in a post: a complaint, a ``command`` about one, help, or nothing. ``text`` is without addresses.

    ``rahasia``, ``anonim``: the complaint was marked so.
    """

    kind: commands.Kind | Literal["complaint", "help", "thanks"]
    text: str
    ticket: str = ""
    command: Command | None = None
    rahasia: bool = False
    anonim: bool = False


def read(text: str, known: str = "") -> Wish:
    """Read a post that mentions us; ``known`` is the reporter's own complaint whose conversation it continues."""
    marked = _marked(text, known)
    bare = marked.text
    if bare.casefold() in _HELP:
        return Wish(kind="help", text=bare)
    # Many people know the instructions for SMS, so these are followed here, too.
    command = (read_marked if marked.rahasia else read_command)(_KEYWORD.sub("", bare), known)
    # In a conversation "rahasia" may be the answer to a question, and whether one is open is not known here.
    if command and (command.kind != "confidential" or find_ticket(bare)):
        secret = marked.rahasia and command.kind == "addition"  # then the complaint becomes confidential, too
        return Wish(kind=command.kind, text=command.text, ticket=command.ticket, command=command, rahasia=secret)
    if not known and is_thanks(bare):
        return Wish(kind="thanks", text=bare)
    return Wish(kind="complaint", text=bare, rahasia=marked.rahasia, anonim=marked.anonim)


def calls_us(text: str) -> bool:
    """Whether a comment under our own post is meant for us: by #LAPOR, the keyword, a mark, a ticket or a command."""
    return bool(_CALLED.search(text) or _KEYWORD.match(text) or _MARK_TAG.search(text) or read_command(text))


def said(text: str, known: str = "") -> str:
    """Return the words of a post, without what addresses us, its marks and the keyword."""
    return _KEYWORD.sub("", _marked(text, known).text)


def _marked(text: str, known: str) -> Marked:
    """Return the sentence without what addresses us, and its marks: the first words, or hashtags anywhere.

    In a conversation the first word does not count as a mark: it may be the answer to a question.
    """
    tags = {tag.casefold() for tag in _MARK_TAG.findall(text)}
    bare = _without_calls(_MARK_TAG.sub("", text))
    forms = [] if known else [read_marks(bare), read_marks(_KEYWORD.sub("", bare))]
    first = next((each for each in forms if each.any), Marked(text=bare))
    return replace(first, rahasia=first.rahasia or "rahasia" in tags, anonim=first.anonim or "anonim" in tags)


def _without_calls(text: str) -> str:
    """Return the sentence: "@LaporSoppeng #JalanRusak di #Cabenge #LAPOR" becomes "Jalan Rusak di Cabenge"."""
    text = text.strip()
    while call := _CALLS.match(text):
        text = text[call.end() :]
    while (words := text.rsplit(None, 1)) and _CALLS_LAST.fullmatch(words[-1]):
        text = words[0] if len(words) > 1 else ""
    return _TAG.sub(lambda tag: _CAMEL.sub(" ", tag[1]), text).strip()
