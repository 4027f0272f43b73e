"""Tells from the words of an addition to a complaint whether it may accuse people who work for the government.

The door decides this, as it does danger: an addition goes straight to the unit that works on the complaint, and that
may be the accused one. Which unit it accuses, and who looks at it, is decided later, as for a complaint of its own.
"""

from __future__ import annotations

from functools import cached_property, partial

from contracts.masking import mask
from kabupaten.accused_units import tells_of_misconduct, unit_names, units_accused, units_named
from kabupaten.cache import cached
from kabupaten.conduct import ACCUSES
from kabupaten.conduct_weight import signs_in
from kabupaten.lexicon import Abbreviations as Short
from kabupaten.lexicon import Conduct, phrases_of
from kabupaten.sentences import abbreviations_of, joined
from kabupaten.units import Units
from kabupaten.weighing import Weights, learn_and_count, weigh

#: Above this weight an addition may accuse. docs/benchmarks.md says how many everyday additions it holds back, and how
#: many accusing ones it finds. It is higher than the bound for whole complaints: a false alarm there costs a look, here
#: it keeps the addition from its unit.
MAY_ACCUSE = 1.0
#: Texts of at most this many words say too little to be weighed ("rahasia lah pak"): only phrases accuse.
_FEW = 3
#: Additions are short, and few of their words occur in whole complaints: each of their examples counts this often.
_COUNTS = 4
#: The unit of a deed without a named doer: any name will do, since only its existence counts.
_SOMEBODY = "?"


class AccusingWords:
    """The words of accusing additions in a region."""

    def __init__(self, lists: Conduct, units: Units, short: Short) -> None:
        self._lists, self._phrases, self._units = lists, phrases_of(lists), unit_names(units)
        self._abbreviations = abbreviations_of(short.before, short.behind, short.openers)

    def may_accuse(self, text: str) -> bool:
        """Whether ``text`` accuses somebody, or may: its phrases say so, or it weighs enough."""
        masked = mask(text)
        written = joined(self._abbreviations, masked).lower()
        return (
            tells_of_misconduct(self._phrases, written)
            or bool(units_accused(self._phrases, self._units, written, _SOMEBODY))
            or self._weighs_enough(masked)
        )

    def named(self, text: str) -> frozenset[str]:
        """Name the units that ``text`` mentions by name or through their people."""
        return units_named(self._phrases, self._units, joined(self._abbreviations, mask(text)).lower())

    def _weighs_enough(self, text: str) -> bool:
        if self._weights is None or len(text.split()) <= _FEW:
            return False
        return weigh(self._weights, signs_in(text)) > MAY_ACCUSE

    def learn(self) -> None:
        """Learn from the examples now rather than with the first message: it takes a second where nothing is cached."""
        _ = self._weights

    @cached_property
    def _weights(self) -> Weights | None:
        # Without everyday complaints to compare with, the most common words would weigh as an accusation.
        return cached(self._lists, __file__, partial(_learned, self._lists)) if self._lists.ordinary else None


def _learned(lists: Conduct) -> Weights:
    told = [(text, kind == ACCUSES) for kind, texts in lists.examples.items() for text in texts]
    told += [(text, False) for text in lists.ordinary]
    told += [(text, kind == ACCUSES) for kind, texts in lists.additions.items() for text in texts] * _COUNTS
    return learn_and_count((signs_in(text), accuses) for text, accuses in told)
