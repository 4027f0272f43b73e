"""What a citizen wants with an SMS, read from its text alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contracts import ticket

Kind = Literal["complaint", "addition", "status", "cancel", "bad_ticket", "help", "hint", "thanks"]

#: A keyword of so many letters is known even with a typo, or without a blank behind it. A shorter one is not:
#: LAPOR is in "laporan" and one letter from "lapar".
LONG_KEYWORD = 7
#: Without a keyword, so many words or letters are a complaint; less gets the hint how to write.
ENOUGH_WORDS, ENOUGH_LETTERS = 3, 20
#: Behind STATUS or BATAL, more words than these and no ticket are a sentence that happens to begin so.
TICKET_WORDS = 3

_SEPARATORS = r"[\s#:,.*!/_+-]*"
# Some type the "(spasi)" of the instructions too.
_AFTER_KEYWORD = _SEPARATORS + r"(?:(?:\(\s*spasi\s*\)|<\s*spasi\s*>|spasi\b)" + _SEPARATORS + ")?"
_WORD_ENDS = r"(?![^\W_])"
_COMMAND = re.compile(rf"(STATUS|CEK|BATAL(?:KAN)?){_WORD_ENDS}{_SEPARATORS}(.*)", re.IGNORECASE | re.DOTALL)
_TICKET = re.compile(r"\bSPG[\s-]*([0-9A-Z]{4})([\s-]*)([0-9A-Z]{5})\b", re.IGNORECASE)
_MIXED = re.compile(r"(?=.*[0-9])(?=.*[a-z])", re.IGNORECASE)
_HELP = frozenset({"help", "bantuan", "info", "format", "cara lapor", "?"})
_THANKS_WORDS = """terima kasih terimakasih makasih makasi trims trimakasih tks thx thanks ok oke okay baik siap sip
mantap ya iya banyak atas bantuannya infonya pak bu bapak ibu min admin sama"""
_THANKS = frozenset(_THANKS_WORDS.split())


@dataclass(frozen=True, kw_only=True)
class Mo:
    """An SMS from a citizen. ``sender`` is in E.164 where it is ``repliable``, else as the operator gave it."""

    id: str
    sender: str
    repliable: bool
    text: str


@dataclass(frozen=True)
class Wish:
    """What an SMS asks for: ``text`` of a complaint, addition or cancellation, canonical ``ticket`` if it names one."""

    kind: Kind
    text: str = ""
    ticket: str = ""


def read(text: str, keywords: Sequence[str]) -> Wish:
    """What ``text`` asks for. ``keywords`` are the words that may stand before a complaint, longest first."""
    body, prefixed = _without_keywords(text.strip(), keywords)
    return _command(body) or _about_ticket(body) or _plain(body, prefixed=prefixed)


def _plain(body: str, *, prefixed: bool) -> Wish:
    said = any(letter.isalnum() for letter in body)
    if body.casefold() in _HELP or (prefixed and not said):
        return Wish("help")
    if prefixed:
        return Wish("complaint", body)
    words = [word for word in body.split() if any(letter.isalpha() for letter in word)]
    if words and all(word.strip(".,!").casefold() in _THANKS for word in words):
        return Wish("thanks")
    enough = len(words) >= ENOUGH_WORDS or sum(map(str.isalpha, body)) >= ENOUGH_LETTERS
    return Wish("complaint", body) if enough else Wish("hint")


def _command(body: str) -> Wish | None:
    match = _COMMAND.match(body)
    if not match:
        return None
    if found := _find(match[2]):
        number, rest = found
        return Wish("cancel", rest, number) if match[1].upper().startswith("BATAL") else Wish("status", "", number)
    if re.search(r"\bSPG", match[2], re.IGNORECASE) or len(match[2].split()) <= TICKET_WORDS:
        return Wish("bad_ticket")
    return None


def _about_ticket(body: str) -> Wish | None:
    if found := _find(body):
        number, rest = found
        return Wish("addition", rest, number) if rest else Wish("status", "", number)
    return Wish("bad_ticket") if _starts_with_ticket(body) else None


def _find(text: str) -> tuple[str, str] | None:
    """The first valid ticket in ``text``, and the text without it."""
    for match in _TICKET.finditer(text):
        if _meant(match) and (number := ticket.parse(match[0])):
            rest = f"{text[: match.start()].rstrip()} {text[match.end() :].lstrip(' #:,.*!/_+-')}"
            return number, rest.strip()
    return None


def _meant(match: re.Match[str]) -> bool:
    """Whether it is meant as a ticket: "SPG pipa bocor" has the form of one too."""
    return "-" in match[2] or bool(_MIXED.match(match[1]) or _MIXED.match(match[3]))


def _starts_with_ticket(body: str) -> bool:
    match = _TICKET.match(body)
    return match is not None and _meant(match)


def _without_keywords(text: str, keywords: Sequence[str]) -> tuple[str, bool]:
    """``text`` without the keywords it begins with, and whether it began with any. A ticket may begin like one."""
    prefixed = False
    while not _starts_with_ticket(text):
        rest = _without_one(text, keywords)
        if rest is None:
            break
        text, prefixed = rest, True
    return text, prefixed


def _without_one(text: str, keywords: Sequence[str]) -> str | None:
    """``text`` behind a keyword: as it should be written, with a typo, or with the blank forgotten."""
    long = [keyword for keyword in keywords if len(keyword) >= LONG_KEYWORD and " " not in keyword]
    first = re.match(r"[^\W_]+", text)
    typo = first[0] if first and any(nearly(first[0], keyword) for keyword in long) else None
    for words, ends in ((keywords, _WORD_ENDS), ([typo] if typo else [], _WORD_ENDS), (long, "")):
        for word in words:
            spaced = r"\s+".join(map(re.escape, word.split()))
            if match := re.match(spaced + ends + _AFTER_KEYWORD, text, re.IGNORECASE):
                return text[match.end() :]
    return None


def nearly(word: str, keyword: str) -> bool:
    """Whether one letter is missing, added or changed, or two neighbours are swapped, or nothing is wrong."""
    one, two = word.casefold(), keyword.casefold()
    same = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    one, two = one[same:], two[same:]
    swapped = one[:2] == two[:2][::-1] and one[2:] == two[2:]
    return swapped or one[1:] == two[1:] or one[1:] == two or one == two[1:]
