"""What a post wants from us. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from intake import commands
from intake.commands import Command, find_ticket, is_thanks, read_command, read_marked
from intake.marks import Marked, read_marks
from intake.notices import Notice, NoticeKind

#: What calls us, and says nothing; other hashtags are words of the sentence, often its place.
_OURS = r"#(?:lapor(?:soppeng)?!?|soppeng|1708)(?!\w)"
_CALLS = re.compile(rf"(?:@\w+|{_OURS})[\s:,]*", re.IGNORECASE)
_CALLS_LAST = re.compile(_OURS, re.IGNORECASE)
_CALLED = re.compile(rf"{_OURS}|\bSPG[- ]?[0-9A-Z]{{4}}|^\s*@?lapor\b", re.IGNORECASE)
_TAG = re.compile(r"#([^\W\d_]\w*)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_KEYWORD = re.compile(r"^\s*(?:LAPOR!?\s+)?SOPPENG\b[\s#:,.-]*", re.IGNORECASE)
#: The notices whose key tells them from one another, and the words of texts.yaml that say it.
_NUMBERED = {NoticeKind.STEP: "nth_step", NoticeKind.ANSWER: "nth_answer"}
_MARK_TAG = re.compile(r"\s*(?<![\w/.])#(rahasia|anonim)(?!\w)", re.IGNORECASE)
_HELP = frozenset({"help", "bantuan", "info", "?"})
#: X takes so much; Facebook far more, and Messenger and WhatsApp less of it.
#: https://developers.facebook.com/docs/messenger-platform/reference/send-api/ and
#: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages#text-object
ROOM = {"x": 280, "facebook": 8_000, "messenger": 2_000, "whatsapp": 4_096}
#: Where the same may be said twice, and is not looked for before it is said.
_REPEATABLE = frozenset({"whatsapp"})
#: A text goes on in so many posts at most; what stands behind each of them then.
_MOST_PARTS, _PART = 4, " ({n}/{all})"
# What X counts once; all else (emoji, far scripts, even "…") counts twice.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
# As much as X makes of any link.
_LINK = re.compile(r"https?://\S+")
_LINK_WEIGHT = 23


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a post wants: a complaint, a ``command`` about one, help, or nothing. ``text`` is without addresses.

    ``rahasia``, ``anonim``: the complaint was marked so.
    """

    kind: commands.Kind | Literal["complaint", "help", "thanks"]
    text: str
    ticket: str = ""
    command: Command | None = None
    rahasia: bool = False
    anonim: bool = False


def read(text: str, known: str = "") -> Wish:
    """Read a post that mentions us; ``known`` is the complaint in whose conversation its reporter wrote it."""
    marked = _marked(text, known)
    bare = marked.text
    if bare.casefold() in _HELP:
        return Wish(kind="help", text=bare)
    # The instructions for SMS are known to many, and are followed here too.
    command = (read_marked if marked.rahasia else read_command)(_KEYWORD.sub("", bare), known)
    # In a conversation "rahasia" may be the answer to a question: whether one waits is not known here.
    if command and (command.kind != "confidential" or find_ticket(bare)):
        secret = marked.rahasia and command.kind == "addition"  # also of the complaint to which these words are added
        return Wish(kind=command.kind, text=command.text, ticket=command.ticket, command=command, rahasia=secret)
    if not known and is_thanks(bare):
        return Wish(kind="thanks", text=bare)
    return Wish(kind="complaint", text=bare, rahasia=marked.rahasia, anonim=marked.anonim)


def calls_us(text: str) -> bool:
    """Whether a comment under a post of ours is meant for us: by #LAPOR, the keyword, a mark, a ticket or a command."""
    return bool(_CALLED.search(text) or _KEYWORD.match(text) or _MARK_TAG.search(text) or read_command(text))


def said(text: str, known: str = "") -> str:
    """Give the words of a post, without what calls us, its marks and the keyword."""
    return _KEYWORD.sub("", _marked(text, known).text)


def _marked(text: str, known: str) -> Marked:
    """The sentence without what calls us, and its marks: the first words, or hashtags anywhere.

    In a conversation the first word may be the answer to a question.
    """
    tags = {tag.casefold() for tag in _MARK_TAG.findall(text)}
    bare = _without_calls(_MARK_TAG.sub("", text))
    forms = [] if known else [read_marks(bare), read_marks(_KEYWORD.sub("", bare))]
    first = next((each for each in forms if each.any), Marked(text=bare))
    return replace(first, rahasia=first.rahasia or "rahasia" in tags, anonim=first.anonim or "anonim" in tags)


def _without_calls(text: str) -> str:
    """The sentence: "@LaporSoppeng #JalanRusak di #Cabenge #LAPOR" is "Jalan Rusak di Cabenge"."""
    text = text.strip()
    while call := _CALLS.match(text):
        text = text[call.end() :]
    while (words := text.rsplit(None, 1)) and _CALLS_LAST.fullmatch(words[-1]):
        text = words[0] if len(words) > 1 else ""
    return _TAG.sub(lambda tag: _CAMEL.sub(" ", tag[1]), text).strip()


def weight(text: str) -> int:
    """The length of ``text`` as X counts it."""
    rest, links = _LINK.subn("", text)
    return links * _LINK_WEIGHT + sum(1 if any(low <= ord(c) <= high for low, high in _LIGHT) else 2 for c in rest)


def with_page(notice: Notice, say: Mapping[str, str], page: str, channel: str = "x") -> Notice:
    """Add to a receipt the link to its complaint on the website at ``page``, where there is room."""
    if notice.kind != NoticeKind.RECEIPT or not page:
        return notice
    text = f"{notice.text} {say['page'].format(where=f'{page}/laporan/{notice.ticket}')}"
    return replace(notice, text=text) if weight(text) <= ROOM[channel] else notice


def posts(notice: Notice, say: Mapping[str, str], channel: str = "x") -> list[str]:
    """Give the text of ``notice`` as replies on ``channel``, with a number at the end of each, in the words of ``say``.

    Most networks keep us from saying the same twice.

    A step of the story has its own number, at once or when its due date is known; an answer the end of the number of
    the post it answers. What is too long for one post goes on in the next, (1/2), (2/2), which names its
    ticket, for two citizens may be told the same; the last may be cut.
    """
    text, about = notice.text, notice.ticket
    form = None if channel in _REPEATABLE else _NUMBERED.get(NoticeKind(notice.kind))
    nth = f" {say[form].format(n=notice.key[-4:])}" if form else ""
    if weight(text + nth) <= ROOM[channel]:
        return [text + nth]
    parts: list[str] = []
    rest, end = text, len(nth) + len(_PART.format(n=1, all=1))
    while rest and len(parts) < _MOST_PARTS:
        start = f"{about}: " if about and parts else ""
        part = _beginning(rest, ROOM[channel] - len(start) - end - 3)
        rest = rest[len(part) :].lstrip()
        parts.append(start + part.rstrip() + ("..." if rest else ""))
    return [part + nth + _PART.format(n=n, all=len(parts)) for n, part in enumerate(parts, 1)]


def _beginning(text: str, room: int) -> str:
    """As many whole words of ``text`` as weigh no more than ``room``; of a longer word its beginning."""
    if weight(text) <= room:
        return text
    part = ""
    for word in re.findall(r"\S+\s*", text):
        if weight(part + word) > room:
            break
        part += word
    if part:
        return part
    part = text[:room]
    while weight(part) > room:
        part = part[:-1]
    return part
