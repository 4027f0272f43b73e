"""Generates practice complaints from the seed phrases, with openings, places, closings and typing slips around them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from classifier.training.synthetic_phrases import ASIDES, CLOSINGS, FILLERS, GAPS, OPENINGS, PREPOSITIONS
from kabupaten.categories import UNKNOWN
from kabupaten.training import TaughtCategory

SEED = 7312
PER_SEED = 1

_GAP = re.compile(r"\{(\w+)\}")


def synthesise(
    categories: Sequence[TaughtCategory], places: Sequence[str], copies: int = PER_SEED
) -> tuple[list[str], list[str]]:
    """Generate texts and their category ids: each seed as it is and dressed ``copies`` times, terms half as often.

    The same input gives the same texts, in the same order.
    """
    texts: list[str] = []
    labels: list[str] = []
    for category in categories:
        if category.id == UNKNOWN:
            continue
        rng = random.Random(f"{SEED}:{category.id}")  # noqa: S311
        rows = list(category.seeds)
        rows += [_dress(rng, _core(rng, seed, category), places) for seed in category.seeds for _ in range(copies)]
        short = (*category.terms, *category.edges)
        rows += [_dress(rng, phrase, places) for phrase in short for _ in range((copies + 1) // 2)]
        texts += rows
        labels += [category.id] * len(rows)
    return texts, labels


def dress(texts: Sequence[str], places: Sequence[str]) -> list[str]:
    """Dress the texts as citizens would send them: with a greeting, a place, asides and typing slips."""
    rng = random.Random(SEED)  # noqa: S311
    return [_dress(rng, text, places) for text in texts]


def _core(rng: random.Random, seed: str, category: TaughtCategory) -> str:
    """Leave out words of a seed, and now and then add a second phrase of the same category."""
    kept = [word for word in seed.split() if rng.random() > 0.15] or seed.split()
    parts = [" ".join(kept)]
    if rng.random() < 0.35:
        parts.append(rng.choice(category.seeds))
    if category.terms and rng.random() < 0.4:
        parts.append(rng.choice(category.terms))
    rng.shuffle(parts)
    return rng.choice((", ", ". ", " ")).join(parts)


def _dress(rng: random.Random, core: str, places: Sequence[str]) -> str:
    parts = [rng.choice(OPENINGS), core]
    if places and rng.random() < 0.6:
        parts.append(f"{rng.choice(PREPOSITIONS)} {rng.choice(places)}")
    for _ in range(rng.choice((0, 1, 2, 3, 5))):
        said = rng.choice(FILLERS) if rng.random() < 0.3 else _aside(rng)
        parts.insert(rng.randrange(len(parts) + 1), said)
    parts.append(rng.choice(CLOSINGS))
    return _slip(rng, " ".join(part for part in parts if part))


def _aside(rng: random.Random) -> str:
    text = rng.choice(ASIDES)
    while gap := _GAP.search(text):
        text = text[: gap.start()] + rng.choice(GAPS[gap.group(1)]) + text[gap.end() :]
    return text


def _slip(rng: random.Random, text: str) -> str:
    """Add typing slips: a letter lost, doubled or swapped in one of twenty-five longer words."""
    out = []
    for word in text.split():
        at = rng.randrange(len(word))
        if len(word) > 4 and rng.random() < 0.04:
            word = rng.choice((word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], _swap(word, at)))
        out.append(word)
    return " ".join(out)


def _swap(word: str, at: int) -> str:
    return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
