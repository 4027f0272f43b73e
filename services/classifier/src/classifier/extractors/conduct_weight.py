"""Weigh whether a text accuses people who work for the government, by all its words together.

The phrases of ``accused_units`` are certain and say whom; people tell of misconduct in more ways than any list has.
"""

from __future__ import annotations

from functools import partial

from kabupaten.conduct import ACCUSES
from kabupaten.kept import kept
from kabupaten.lexicon import Conduct
from kabupaten.phrases import tokenise
from kabupaten.weighing import Weights, learn, signs_of, weigh

#: From this weight on it accuses, though no phrase says so (docs/understanding.md says how each was chosen).
SURE = 0.75
#: From this one a person looks first, and from the other where it names people who work for the government.
DOUBTFUL, DOUBTFUL_OF_PEOPLE = -1.5, -3.0
#: Up to this weight a phrase is no accusation.
UNLIKELY = -0.5


class ConductWords:
    """The words of accusing messages of a region, as its examples teach."""

    def __init__(self, lists: Conduct) -> None:
        # Without everyday complaints their most usual words would weigh as an accusation.
        self._weights = kept(lists, __file__, partial(_learned, lists)) if lists.ordinary else None

    def weigh(self, text: str) -> float | None:
        """Weigh a text in lower case: the more, the more it accuses. None: nothing was learned, the phrases decide."""
        return None if self._weights is None else weigh(self._weights, _signs(text))


def _learned(lists: Conduct) -> Weights:
    told = [(text, kind == ACCUSES) for kind, texts in lists.examples.items() for text in texts]
    told += [(text, False) for text in lists.ordinary]
    return learn((_signs(text), accuses) for text, accuses in told)


def _signs(text: str) -> list[str]:
    return signs_of(tokenise(text.lower()).words)
