"""Find the narrower subject of a complaint: the one whose phrases in ``categories.yaml`` match most words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from classifier.text import words
from kabupaten.categories import Category
from kabupaten.phrases import Phrases, one_sentence

#: The matters of each category.
Matters = dict[str, Phrases]


def matters_of(categories: Mapping[str, Category]) -> Matters:
    """Build the phrases of all matters of ``categories``."""
    matters: Matters = {}
    for name, category in categories.items():
        for matter, phrases in category.matters.items():
            written = filter(None, dict.fromkeys(map(_normalised, phrases)))
            matters.setdefault(name, Phrases()).add(matter, written, {})
    return matters


def matter_of(matters: Matters, category: str, text: str) -> str | None:
    """Return the matter of ``category`` whose phrases match the most words of ``text``; None if no phrase matches."""
    phrases = matters.get(category)
    if phrases is None:
        return None
    found = phrases.search(one_sentence(words(text)))
    weights = {name: sum({one.order: one.size for one in found[name]}.values()) for name in phrases.names}
    best = max(weights, key=weights.__getitem__)
    return best if weights[best] else None


def _normalised(phrase: str) -> str:
    """Normalize a phrase of plain words like a text; leave one with signs of the phrase language as it is."""
    return " ".join(words(phrase)) if re.fullmatch(r"[\w\s-]+", phrase) else phrase
