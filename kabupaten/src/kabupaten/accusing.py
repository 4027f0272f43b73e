"""Tells from the words of what a citizen adds whether it may accuse people who work for the government.

Said at the door, as danger is, and not after it: what is added goes to the unit that works on the complaint, and that
may be who is accused. Whom it accuses, and who looks at it, is understood later, of a complaint of its own.
"""

from __future__ import annotations

from functools import cached_property, partial

from contracts.masking import mask
from kabupaten.accused_units import tells_of_misconduct, unit_names, units_accused, units_named
from kabupaten.conduct import ACCUSES
from kabupaten.conduct_weight import signs_in
from kabupaten.kept import kept
from kabupaten.lexicon import Abbreviations as Short
from kabupaten.lexicon import Conduct, phrases_of
from kabupaten.sentences import abbreviations_of, joined
from kabupaten.units import Units
from kabupaten.weighing import Weights, learn_and_count, weigh

#: From this weight on an addition may accuse. How many of every day are held back by it, and how many that accuse are
#: found: docs/benchmarks.md. It is higher than the bound of whole complaints: those lose a look, this their way.
MAY_ACCUSE = 1.0
#: So few words say too little to be weighed ("rahasia lah pak"): only phrases accuse.
_FEW = 3
#: An addition has few words, and few of them are in whole complaints: each example of one counts so often.
_COUNTS = 4
#: Whom a deed is told of without a name: any unit, for it only counts whether there is one.
_SOMEBODY = "?"


class AccusingWords:
    """The words of additions that accuse, of a region."""

    def __init__(self, lists: Conduct, units: Units, short: Short) -> None:
        self._lists, self._phrases, self._units = lists, phrases_of(lists), unit_names(units)
        self._abbreviations = abbreviations_of(short.before, short.behind, short.openers)

    def may_accuse(self, text: str) -> bool:
        """Tell whether ``text`` accuses somebody, or may: phrases say so, or it weighs enough."""
        masked = mask(text)
        written = joined(self._abbreviations, masked).lower()
        return (
            tells_of_misconduct(self._phrases, written)
            or bool(units_accused(self._phrases, self._units, written, _SOMEBODY))
            or self._weighs_enough(masked)
        )

    def named(self, text: str) -> frozenset[str]:
        """Give the units that ``text`` names by themselves or by their people."""
        return units_named(self._phrases, self._units, joined(self._abbreviations, mask(text)).lower())

    def _weighs_enough(self, text: str) -> bool:
        if self._weights is None or len(text.split()) <= _FEW:
            return False
        return weigh(self._weights, signs_in(text)) > MAY_ACCUSE

    def learn(self) -> None:
        """Learn from the examples now, and not with the first message: it takes a second where none are kept."""
        _ = self._weights

    @cached_property
    def _weights(self) -> Weights | None:
        # Without everyday complaints their most usual words would weigh as an accusation.
        return kept(self._lists, __file__, partial(_learned, self._lists)) if self._lists.ordinary else None


def _learned(lists: Conduct) -> Weights:
    told = [(text, kind == ACCUSES) for kind, texts in lists.examples.items() for text in texts]
    told += [(text, False) for text in lists.ordinary]
    told += [(text, kind == ACCUSES) for kind, texts in lists.additions.items() for text in texts] * _COUNTS
    return learn_and_count((signs_in(text), accuses) for text, accuses in told)
