"""Tells the full stop that ends a sentence from that of an abbreviation, a title or a number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_END = re.compile(r"[.!?;\n]+")
_IN_NUMBER = re.compile(r"(?<=\d)\.(?=\d)")
_GOES_ON = re.compile(r"\s*[,:)/]")
_NEXT_WORD = re.compile(r"[\s(\"']*(\w+)")


@dataclass(frozen=True)
class Abbreviations:
    """``found`` matches an abbreviation with its full stop; those in ``before`` precede a name or a number.

    All others follow one. ``openers`` are words that begin a sentence and are not a name.
    """

    found: re.Pattern[str]
    before: frozenset[str]
    openers: frozenset[str]


def abbreviations_of(before: Iterable[str], behind: Iterable[str], openers: Iterable[str]) -> Abbreviations:
    """Prepare for :func:`joined` lists of words in lower case, each without its last full stop."""
    before = frozenset(map(_bare, before))
    written = sorted({*before, *map(_bare, behind)}, key=len, reverse=True)
    found = "|".join(r"\.?\s?".join(map(re.escape, word.split("."))) if "." in word else word for word in written)
    return Abbreviations(re.compile(rf"(?<![\w.])({found})\.", re.IGNORECASE), before, frozenset(openers))


def _bare(word: str) -> str:
    return word.lower().rstrip(".")


def joined(abbreviations: Abbreviations, text: str) -> str:
    """Remove those full stops of ``text`` that end no sentence.

    An abbreviation that stands before a name ends a sentence only if the next word opens one; an abbreviation behind a
    name, such as a degree, also if the next word has a capital letter. A text without capital letters is read by its
    words alone.
    """
    has_capitals = any(map(str.isupper, text)) and any(map(str.islower, text))

    def written(found: re.Match[str]) -> str:
        word = re.sub(r"[.\s]", "", found[1])
        if _GOES_ON.match(text, found.end()):
            return word
        following = _NEXT_WORD.match(text, found.end())
        if following is None or following[1].lower() in abbreviations.openers:
            return f"{word}."
        leads = re.sub(r"\s", "", found[1].lower()) in abbreviations.before
        capital = has_capitals and following[1][0].isupper()
        if not leads and capital and not abbreviations.found.match(text, following.start(1)):
            return f"{word}."
        return word if text[found.end() : found.end() + 1].isspace() else f"{word} "

    return _IN_NUMBER.sub("", abbreviations.found.sub(written, text))


def sentences(text: str) -> Iterator[str]:
    """Split ``text``, which is :func:`joined`, into sentences; a line's end also ends a sentence."""
    return (sentence for sentence in _END.split(text) if sentence.strip())
