"""Finds the narrower subject of a complaint: the one whose words, listed in ``categories.yaml``, say most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from classifier.text import words
from kabupaten.categories import Category

#: Other words between the words of a cue that may stand in any order.
BETWEEN = 4


@dataclass(frozen=True)
class _Words:
    exact: frozenset[str]
    stems: tuple[str, ...]

    def at(self, text: Sequence[str]) -> list[int]:
        return [n for n, word in enumerate(text) if word in self.exact or word.startswith(self.stems)]


@dataclass(frozen=True, kw_only=True)
class _Cues:
    """What gives one matter away, as it reads in a normalised text; ``scattered`` in any order, ``unless`` cancels."""

    name: str
    phrases: tuple[str, ...]
    scattered: tuple[tuple[_Words, ...], ...]
    unless: tuple[_Words, ...]


@dataclass(frozen=True, kw_only=True)
class Matters:
    """For each category its matters."""

    cues: dict[str, tuple[_Cues, ...]]


def matters_of(categories: Mapping[str, Category]) -> Matters:
    """Give the matters of ``categories``."""
    return Matters(
        cues={
            name: tuple(_cues(matter, given) for matter, given in category.matters.items())
            for name, category in categories.items()
            if category.matters
        }
    )


def matter_of(matters: Matters, category: str, text: str) -> str | None:
    """The matter of ``category`` that ``text`` names with the most words; None when it names none."""
    cues = matters.cues.get(category)
    if cues is None:
        return None
    read = words(text)
    spaced = _spaced(read)
    best = max(cues, key=lambda one: _weight(one, read, spaced))
    return best.name if _weight(best, read, spaced) else None


def _cues(name: str, given: Iterable[str]) -> _Cues:
    given = tuple(given)
    plain = [cue for cue in given if "+" not in cue and not cue.startswith("!")]
    return _Cues(
        name=name,
        phrases=tuple(dict.fromkeys(_spaced(words(cue)) for cue in plain)),
        scattered=tuple(tuple(map(_words, cue.split("+"))) for cue in given if "+" in cue),
        unless=tuple(_words(cue[1:]) for cue in given if cue.startswith("!")),
    )


def _words(alternatives: str) -> _Words:
    given = [word.strip() for word in alternatives.split("/")]
    return _Words(
        frozenset(word for word in given if not word.endswith("*")),
        tuple(word[:-1] for word in given if word.endswith("*")),
    )


def _weight(cues: _Cues, text: Sequence[str], spaced: str) -> int:
    """How many words of ``text`` speak for a matter."""
    found = sum(cue.count(" ") - 1 for cue in cues.phrases if cue in spaced)
    found += sum(len(cue) for cue in cues.scattered if _stands(cue, text))
    return 0 if found and any(word.at(text) for word in cues.unless) else found


def _stands(cue: Sequence[_Words], text: Sequence[str]) -> bool:
    """Each word of ``cue`` is in ``text``, not farther than ``BETWEEN`` words from the first of them."""
    firsts, *others = (word.at(text) for word in cue)
    return any(all(any(abs(at - first) <= BETWEEN + 1 for at in places) for places in others) for first in firsts)


def _spaced(found: Sequence[str]) -> str:
    """Normalised words, each between blanks, so that a cue is found as whole words only."""
    return f" {' '.join(found)} "
