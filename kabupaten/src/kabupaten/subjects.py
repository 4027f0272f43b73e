"""Guesses at a door what a message is about, by its words alone: good enough to suggest, and never to decide.

The classifier decides, with a model of its own. A door has no model, and must not wait for the classifier.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kabupaten.categories import UNKNOWN
from kabupaten.phrases import tokenise
from kabupaten.problems import RegionError
from kabupaten.spelling import unified
from kabupaten.training import TaughtCategory, load_training
from kabupaten.weighing import Share, likeliest, shares, signs_of

#: One category must lead by this much, or nothing is suggested. On the check sets of the classifier 0.95 of all
#: messages get a suggestion, and 0.91 of these the right one (docs/understanding.md).
CLEAR = 3.0


class Subjects:
    """The subjects of messages, by the ``known`` shares of words; with fewer than two, nothing is ever suggested."""

    def __init__(self, known: Mapping[str, Share]) -> None:
        self._known = known

    def guess(self, text: str) -> str | None:
        """Name the category that ``text`` is most likely about; None if no category leads clearly."""
        signs = _signs(text)
        if len(self._known) < 2 or not signs:
            return None
        category, lead = likeliest(self._known, signs)
        return category if lead > CLEAR else None


@cache
def subjects_of(region: Path) -> Subjects:
    """Learn from the classifier's training data in the folder ``region``, in half a second, once in a process.

    With bad training data nothing is suggested: `lapor region check` reports what is wrong, and no door stays shut.
    """
    try:
        taught = load_training(region)
    except RegionError:
        return Subjects({})
    return Subjects(
        shares({each.id: map(_signs, texts) for each in taught if each.id != UNKNOWN and (texts := _texts(each))})
    )


def _texts(taught: TaughtCategory) -> list[str]:
    return [*taught.seeds, *taught.terms, *taught.edges, *(message.text for message in taught.messages)]


def _signs(text: str) -> list[str]:
    return signs_of(tokenise(unified(text)).words)
