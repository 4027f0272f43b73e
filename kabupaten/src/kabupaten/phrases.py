"""Finds the phrases of a region's files in a text.

``lexicon/README.md``, beside the files, explains the phrase language; ``tests/test_phrases.py`` shows each sign of it.
Punctuation is ignored, but no phrase runs over the end of a sentence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"\w+(?:'\w*)?")
#: A masked identifier stands by itself, as a sentence does.
_SENTENCE_END = re.compile(r"[.!?;\[\]]")
_GAP, _GAP_ANY_ORDER = 3, 4
_ANY = re.compile(r".*")
_REMEMBERED = 50_000


@dataclass(frozen=True)
class Tokens:
    """The words of ``text``; for each its first character and the one behind it, and the number of its sentence.

    ``asked`` are the words before a question mark.
    """

    text: str
    words: Sequence[str]
    spans: Sequence[tuple[int, int]]
    sentences: Sequence[int]
    asked: frozenset[int]

    def cut(self, start: int, end: int) -> Tokens:
        """Take the words from ``start`` to before ``end``."""
        asked = frozenset(at - start for at in self.asked)
        return Tokens("", self.words[start:end], self.spans[start:end], self.sentences[start:end], asked)


class PhraseError(ValueError):
    """A phrase that can never be found; the text says why."""


class Found(NamedTuple):
    """A phrase from word ``start`` to before word ``end``; ``order`` is its place in its list, ``size`` its words."""

    start: int
    end: int
    order: int
    size: int

    def overlaps(self, other: Found) -> bool:
        """Whether the two share a word."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Matches:
    """The phrases found in ``tokens``, by their lists."""

    tokens: Tokens
    found: Mapping[str, Sequence[Found]]

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def __getitem__(self, name: str) -> Sequence[Found]:
        return self.found.get(name, ())

    def words(self, one: Found) -> str:
        """Return the words of the text that ``one`` covers."""
        return " ".join(self.tokens.words[one.start : one.end])

    def apart(self, name: str) -> list[Found]:
        """List matches that don't overlap: the one that begins first counts, and of several the first of the list."""
        kept: list[Found] = []
        for one in sorted(self[name], key=lambda one: (one.start, one.order)):
            if not kept or one.start >= kept[-1].end:
                kept.append(one)
        return kept

    def count(self, name: str) -> int:
        """Count the matches apart, each wording once."""
        return len({self.words(one) for one in self.apart(name)}) if name in self.found else 0


@dataclass(frozen=True)
class _Part:
    """A word of a phrase; ``gap`` other words may stand before it."""

    exact: frozenset[str]
    stems: tuple[str, ...]
    pattern: re.Pattern[str] | None
    optional: bool
    asked: bool
    gap: int = 0

    @property
    def shortest(self) -> int:
        """The number of letters in its shortest word."""
        return 0 if self.pattern else min(map(len, (*self.exact, *self.stems)))

    def fits(self, word: str) -> bool:
        if word in self.exact or word.startswith(self.stems):
            return True
        return self.pattern is not None and self.pattern.fullmatch(word) is not None

    def stands(self, tokens: Tokens, at: int) -> bool:
        return self.fits(tokens.words[at]) and (not self.asked or at in tokens.asked)


@dataclass(frozen=True)
class _Phrase:
    name: str
    order: int
    parts: tuple[_Part, ...]
    #: The part used for lookups: the one with the longest words, since these are the rarest.
    anchor: int
    any_order: bool = False
    before: _Part | None = None
    after: tuple[tuple[_Part, ...], ...] = ()
    first: bool = False
    last: bool = False


def tokenise(text: str) -> Tokens:
    """Read the words of ``text``, which is lower case with one kind of apostrophe."""
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    sentences: list[int] = []
    asked: list[int] = []
    sentence = end = 0
    for found in _WORD.finditer(text):
        start = found.start()
        between = text[end:start]
        if words and between != " ":
            sentence += _SENTENCE_END.search(between) is not None
            if "?" in between:
                asked.append(len(words) - 1)
        words.append(found[0])
        spans.append(found.span())
        sentences.append(sentence)
        end = found.end()
    if "?" in text[end:]:
        asked.append(len(words) - 1)
    return Tokens(text, words, spans, sentences, frozenset(asked))


def one_sentence(words: Sequence[str]) -> Tokens:
    """Treat ``words`` as one sentence, with nothing between them."""
    return Tokens("", words, (), (0,) * len(words), frozenset())


class Phrases:
    """Lists of phrases, each by its name; ``groups`` are words that one name in capitals stands for."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._exact: dict[str, list[_Phrase]] = defaultdict(list)
        # By the first letter that a word must have; parts that fit any first letter stand under "".
        self._inexact: dict[str, list[tuple[int, _Part, _Phrase]]] = defaultdict(list)
        self._vetoes: list[tuple[str, _Part]] = []
        self._by_word: dict[str, tuple[_Phrase, ...]] = {}
        self._count = 0

    def add(self, name: str, phrases: Iterable[str], groups: Mapping[str, Iterable[str]]) -> None:
        """Add a list; ``groups`` are words that a name in capitals stands for.

        Raises:
            PhraseError: a phrase does not follow the phrase language.
        """
        self.names.append(name)
        for order, written in enumerate(phrases):
            if written.startswith("!") and " " not in written[1:].strip():
                self._vetoes.append((name, _part(written[1:], groups)))
                continue
            phrase = _any_order(name, order, written, groups) if "+" in written else _row(name, order, written, groups)
            anchor = phrase.parts[phrase.anchor]
            for word in anchor.exact:
                self._exact[word].append(phrase)
            letters = {""} if anchor.pattern else {stem[:1] for stem in anchor.stems}
            for letter in letters:
                self._inexact[letter].append((self._count, replace(anchor, exact=frozenset()), phrase))
            self._count += 1

    def search(self, tokens: Tokens) -> Matches:
        """Find every phrase in ``tokens``, each where it stands, in the order of the words."""
        found: dict[str, list[Found]] = {}
        for at, word in enumerate(tokens.words):
            phrases = self._by_word.get(word)
            for phrase in self._look_up(word) if phrases is None else phrases:
                span = _stands_near(tokens, at, phrase) if phrase.any_order else _stands(tokens, at, phrase)
                if span:
                    found.setdefault(phrase.name, []).append(Found(*span, phrase.order, len(phrase.parts)))
        for name, part in self._vetoes if found else ():
            if name in found and any(map(part.fits, tokens.words)):
                del found[name]
        return Matches(tokens, found)

    def _look_up(self, word: str) -> tuple[_Phrase, ...]:
        inexact = (*self._inexact.get(word[:1], ()), *self._inexact.get("", ()))
        fit = sorted((nth, phrase) for nth, part, phrase in inexact if part.fits(word))
        found = (*self._exact.get(word, ()), *(phrase for _, phrase in fit))
        if len(self._by_word) < _REMEMBERED:
            self._by_word[word] = found
        return found


def _any_order(name: str, order: int, written: str, groups: Mapping[str, Iterable[str]]) -> _Phrase:
    return _Phrase(name, order, tuple(_part(part, groups) for part in written.split("+")), 0, any_order=True)


def _row(name: str, order: int, written: str, groups: Mapping[str, Iterable[str]]) -> _Phrase:
    row, *behind = written.split(" !")
    before, parts, gap = None, list[_Part](), 0
    for part in row.split():
        if part.startswith("~"):
            if not re.fullmatch(r"~\d*", part):
                raise PhraseError(f"has {part}: behind ~ stands a number, or nothing")
            gap = int(part[1:] or _GAP)
        elif part.startswith("!"):
            before = _part(part[1:], groups)
        elif part not in ("^", "$"):
            parts.append(replace(_part(part, groups), gap=gap))
            gap = 0
    firm = [n for n, part in enumerate(parts) if not part.optional and part.pattern is not _ANY]
    if not firm:
        raise PhraseError("names no word by which it could be found")
    anchor = max(firm, key=lambda n: parts[n].shortest)
    after = tuple(tuple(_part(part, groups) for part in words.split()) for words in behind)
    return _Phrase(name, order, tuple(parts), anchor, False, before, after, row.startswith("^ "), row.endswith(" $"))


def _part(written: str, groups: Mapping[str, Iterable[str]]) -> _Part:
    return _without_groups(written) if written == written.lower() else _read_part(written, groups)


@lru_cache(20_000)
def _without_groups(written: str) -> _Part:
    """Read a part without a name in capitals.

    Cached: every part is read twice, to check it and to use it, and many stand in several lists.
    """
    return _read_part(written, {})


def _read_part(written: str, groups: Mapping[str, Iterable[str]]) -> _Part:
    written = written.strip()
    bare = written.strip("()?")
    words = [one for word in bare.split("/") for one in groups.get(word.strip(), (word.strip(),))]
    if unknown := [word for word in words if word.replace("ANGKA", "") != word.replace("ANGKA", "").lower()]:
        raise PhraseError(f"has {', '.join(unknown)}, which is no group and is not written in lower case")
    odd = [word for word in words if "*" in word[:-1] or word == "*" or "ANGKA" in word]
    return _Part(
        exact=frozenset(word for word in words if word not in odd and not word.endswith("*")),
        stems=tuple(word[:-1] for word in words if word not in odd and word.endswith("*")),
        pattern=(_ANY if odd == ["*"] else _pattern(odd)) if odd else None,
        optional=written.startswith("("),
        asked=written.endswith("?"),
    )


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word).replace(r"\*", ".*").replace("ANGKA", r"\d+") for word in words))


def _stands(tokens: Tokens, at: int, phrase: _Phrase) -> tuple[int, int] | None:
    """Locate the phrase whose anchor is the word ``at``; None if the phrase does not stand there."""
    anchor = phrase.parts[phrase.anchor]
    if anchor.asked and at not in tokens.asked:
        return None
    start = _start(tokens, at, phrase.parts, phrase.anchor, anchor.gap)
    end = None if start is None else _end(tokens, at, phrase.parts, phrase.anchor + 1)
    if start is None or end is None or (phrase.first and start) or (phrase.last and end < len(tokens.words)):
        return None
    if phrase.before and start and _joined(tokens, start - 1, start) and phrase.before.stands(tokens, start - 1):
        return None
    if any(_end(tokens, end - 1, behind, 0) for behind in phrase.after):
        return None
    return start, end


def _start(tokens: Tokens, at: int, parts: Sequence[_Part], count: int, gap: int) -> int | None:
    """Locate the start of the first ``count`` of ``parts``, the last of them at most ``gap`` words before ``at``."""
    if count == 0:
        return at
    part = parts[count - 1]
    for near in range(at - 1, max(-1, at - 2 - gap), -1):
        if part.stands(tokens, near) and _joined(tokens, near, at):
            start = _start(tokens, near, parts, count - 1, part.gap)
            if start is not None:
                return start
    return _start(tokens, at, parts, count - 1, max(gap, part.gap)) if part.optional else None


def _end(tokens: Tokens, at: int, parts: Sequence[_Part], first: int, gap: int = 0) -> int | None:
    """Locate the end of the ``parts`` from ``first`` on, which must stand behind the word ``at``."""
    if first == len(parts):
        return at + 1
    part = parts[first]
    gap = max(gap, part.gap)
    for near in range(at + 1, min(len(tokens.words), at + 2 + gap)):
        if part.stands(tokens, near) and _joined(tokens, at, near):
            end = _end(tokens, near, parts, first + 1)
            if end is not None:
                return end
    return _end(tokens, at, parts, first + 1, gap) if part.optional else None


def _joined(tokens: Tokens, one: int, other: int) -> bool:
    return tokens.sentences[one] == tokens.sentences[other]


def _stands_near(tokens: Tokens, at: int, phrase: _Phrase) -> tuple[int, int] | None:
    """Return the span of the word ``at``, if it is the first part and all others stand around it."""
    near = tokens.words[max(0, at - 1 - _GAP_ANY_ORDER) : at + 2 + _GAP_ANY_ORDER]
    return (at, at + 1) if all(any(map(part.fits, near)) for part in phrase.parts[1:]) else None
