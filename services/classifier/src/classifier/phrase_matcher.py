"""Finds in a text the phrases that ``cues.yaml`` lists; how they are written is said there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+(?:'\w*)?")
#: Words that ``~`` stands for, at most.
_BETWEEN = 3
_REMEMBERED = 50_000


@dataclass(frozen=True)
class _Part:
    exact: frozenset[str]
    stems: tuple[str, ...]
    loose: bool

    def fits(self, word: str) -> bool:
        return word in self.exact or word.startswith(self.stems)


_Phrase = tuple[str, tuple[_Part, ...]]


@dataclass(frozen=True)
class Found:
    """A phrase of the list ``name``, as the text has it, from word ``start`` to before word ``end``."""

    name: str
    words: str
    start: int
    end: int


class PhraseMatcher:
    """Lists of phrases, each by its name. A phrase is looked up by its last word: that is the rare one."""

    def __init__(self, lists: Mapping[str, Iterable[str]], groups: Mapping[str, Iterable[str]]) -> None:
        self._exact: dict[str, list[_Phrase]] = defaultdict(list)
        self._stems: list[tuple[str, _Phrase]] = []
        self._ending: dict[str, tuple[_Phrase, ...]] = {}
        for name, phrases in lists.items():
            for phrase in phrases:
                parts = _parts(phrase, groups)
                for word in parts[-1].exact:
                    self._exact[word].append((name, parts))
                self._stems += [(stem, (name, parts)) for stem in parts[-1].stems]

    def find(self, text: str) -> Iterator[Found]:
        """Every phrase in ``text``, which is ``plain``."""
        words = _WORD.findall(text)
        for at, word in enumerate(words):
            ending = self._ending.get(word)
            for name, parts in self._look_up(word) if ending is None else ending:
                start = _start(words, at, parts)
                if start is not None:
                    yield Found(name, " ".join(words[start : at + 1]), start, at + 1)

    def _look_up(self, word: str) -> tuple[_Phrase, ...]:
        found = (*self._exact.get(word, ()), *(phrase for stem, phrase in self._stems if word.startswith(stem)))
        if len(self._ending) < _REMEMBERED:
            self._ending[word] = found
        return found


def _parts(phrase: str, groups: Mapping[str, Iterable[str]]) -> tuple[_Part, ...]:
    parts, loose = [], False
    for part in phrase.split():
        if part == "~":
            loose = True
            continue
        words = [one for word in part.split("/") for one in groups.get(word, (word,))]
        stems = tuple(word[:-1] for word in words if word.endswith("*"))
        parts.append(_Part(frozenset(word for word in words if not word.endswith("*")), stems, loose))
        loose = False
    return tuple(parts)


def _start(words: Sequence[str], at: int, parts: Sequence[_Part]) -> int | None:
    """Where the phrase begins that ends with the word ``at``; None when it does not stand there."""
    if len(parts) == 1:
        return at
    reach = _BETWEEN if parts[-1].loose else 0
    for before in range(at - 1, max(-1, at - 2 - reach), -1):
        if parts[-2].fits(words[before]):
            start = _start(words, before, parts[:-1])
            if start is not None:
                return start
    return None
