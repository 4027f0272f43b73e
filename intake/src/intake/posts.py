"""Splits a notice into the posts of a social network, each distinguishable from all others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from intake.notices import Notice, NoticeKind

#: The notices that are told apart by their key, and the words of texts.yaml for that.
_NUMBERED = {NoticeKind.STEP: "nth_step", NoticeKind.ANSWER: "nth_answer"}
#: The longest post. Facebook takes far more than X, Messenger and WhatsApp less than Facebook.
#: https://developers.facebook.com/docs/messenger-platform/reference/send-api/ and
#: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages#text-object
ROOM = {"x": 280, "facebook": 8_000, "messenger": 2_000, "whatsapp": 4_096}
#: Networks that let us say the same twice; there we do not search for an earlier post.
_REPEATABLE = frozenset({"whatsapp"})
#: The most posts for one text, and what is appended to each of several.
_MOST_PARTS, _PART = 4, " ({n}/{all})"
# Characters that X counts once; all others (emoji, far scripts, even "…") count twice.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
# X counts every link as this long.
_LINK = re.compile(r"https?://\S+")
_LINK_WEIGHT = 23


def weight(text: str) -> int:
    """Return the length of ``text`` as X counts it."""
    rest, links = _LINK.subn("", text)
    return links * _LINK_WEIGHT + sum(1 if any(low <= ord(c) <= high for low, high in _LIGHT) else 2 for c in rest)


def with_page(notice: Notice, say: Mapping[str, str], page: str, channel: str = "x") -> Notice:
    """Append to a receipt the link to its complaint on the website at ``page``, if there is room."""
    if notice.kind != NoticeKind.RECEIPT or not page:
        return notice
    text = f"{notice.text} {say['page'].format(where=f'{page}/laporan/{notice.ticket}')}"
    return replace(notice, text=text) if weight(text) <= ROOM[channel] else notice


def posts(notice: Notice, say: Mapping[str, str], channel: str = "x") -> list[str]:
    """Return the posts of :func:`fitted`, without what was left out."""
    return fitted(notice, say, channel)[0]


def fitted(notice: Notice, say: Mapping[str, str], channel: str = "x") -> tuple[list[str], str]:
    """Split the text of ``notice`` into replies on ``channel``, numbered in the words of ``say``; return also what is
    cut.

    Most networks keep us from saying the same twice, so each reply ends with a number.

    A step of the story has its own number; an answer has the end of the number of the post that it answers. A text too
    long for one post continues in the next, marked (1/2), (2/2). Continuations name the ticket, because two citizens
    may be told the same. The last post may be cut.
    """
    text, about = notice.text, notice.ticket
    form = None if channel in _REPEATABLE else _NUMBERED.get(NoticeKind(notice.kind))
    nth = f" {say[form].format(n=notice.key[-4:])}" if form else ""
    if weight(text + nth) <= ROOM[channel]:
        return [text + nth], ""
    parts: list[str] = []
    rest, end = text, len(nth) + len(_PART.format(n=1, all=1))
    while rest and len(parts) < _MOST_PARTS:
        start = f"{about}: " if about and parts else ""
        part = _beginning(rest, ROOM[channel] - len(start) - end - 3)
        rest = rest[len(part) :].lstrip()
        parts.append(start + part.rstrip() + ("..." if rest else ""))
    return [part + nth + _PART.format(n=n, all=len(parts)) for n, part in enumerate(parts, 1)], rest


def _beginning(text: str, room: int) -> str:
    """Return as many whole words of ``text`` as weigh at most ``room``; if the first is longer, its beginning."""
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
