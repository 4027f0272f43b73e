"""How a notice is said on a social network: in so many posts, each told from the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from intake.notices import Notice, NoticeKind

#: The notices whose key tells them from one another, and the words of texts.yaml that say it.
_NUMBERED = {NoticeKind.STEP: "nth_step", NoticeKind.ANSWER: "nth_answer"}
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
    """Give ``notice`` as :func:`fitted`, without what is left out."""
    return fitted(notice, say, channel)[0]


def fitted(notice: Notice, say: Mapping[str, str], channel: str = "x") -> tuple[list[str], str]:
    """Give the text of ``notice`` as replies on ``channel``, with a number at the end of each, in the words of ``say``.

    Most networks keep us from saying the same twice.

    A step of the story has its own number, at once or when its due date is known; an answer the end of the number of
    the post it answers. What is too long for one post goes on in the next, (1/2), (2/2), which names its
    ticket, for two citizens may be told the same; the last may be cut, and what is left out stands beside them.
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
