"""Weighs whether a text accuses people who work for the government, by all its words together.

The phrases of ``accused_units`` are certain and name the accused; but people describe misconduct in more ways than any
list has.
"""

from __future__ import annotations

import re
from functools import partial

from kabupaten.cache import cached
from kabupaten.conduct import ACCUSES
from kabupaten.lexicon import Conduct
from kabupaten.phrases import tokenise
from kabupaten.weighing import Weights, learn_and_count, signs_of, weigh

#: Above this weight a text accuses, even if no phrase says so (docs/understanding.md says how each bound was chosen).
SURE = 3.0
#: From the first weight on a person looks at it; from the second, if it names people who work for the government, or
#: quotes somebody.
DOUBTFUL, DOUBTFUL_OF_PEOPLE = -4.0, -7.0
#: Up to this weight a phrase alone makes a text doubtful, but does not accuse.
NOT_BORNE_OUT = 0.5
#: Up to this weight a guess at conduct is not believed.
UNLIKELY = -1.0
#: An amount of money is one sign, whatever its size; so is any other number.
_MONEY = re.compile(
    r"\b\d+(?:[.,]\d+)*\s*(?:rb|ribu|jt|juta|k|rupiah|perak|sebbu|%|persen)\b|\brp\.?\s*\d[\d.,]*|\b\d{1,3}(?:\.\d{3})+\b"
)
_NUMBER = re.compile(r"\d+")
_QUOTED = re.compile(r"[\"“”]")


class ConductWords:
    """The words of accusing messages in a region, weighed as its examples teach."""

    def __init__(self, lists: Conduct) -> None:
        # Without everyday complaints to compare with, the most common words would weigh as an accusation.
        self._weights = cached(lists, __file__, partial(_learned, lists)) if lists.ordinary else None

    def weigh(self, text: str) -> float | None:
        """Weigh a text in lower case: the higher, the more it accuses. None: nothing was learned, so phrases decide."""
        return None if self._weights is None else weigh(self._weights, signs_in(text))


def quotes(text: str) -> bool:
    """Whether ``text`` quotes somebody, as people do about officials, but not about lamps and pipes."""
    return _QUOTED.search(text) is not None


def _learned(lists: Conduct) -> Weights:
    told = [(text, kind == ACCUSES) for kind, texts in lists.examples.items() for text in texts]
    told += [(text, False) for text in lists.ordinary]
    return learn_and_count((signs_in(text), accuses) for text, accuses in told)


def signs_in(text: str) -> list[str]:
    """List the signs of ``text``; an amount of money, or another number, is one sign whatever its size."""
    return signs_of(tokenise(_NUMBER.sub(" angkax ", _MONEY.sub(" uangx ", text.lower()))).words)
