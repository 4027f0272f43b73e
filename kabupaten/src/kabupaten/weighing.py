"""Learns from examples how much each word speaks for something, and weighs a text by it. Pure, and reproducible.

Logistic regression over words: it learns ten thousand short examples in a second, without a library to load in services
that only ask one question.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

#: How often learning goes through all examples, how far each moves the weights at first, and how many negative examples
#: a positive one counts for. Chosen by cross-validation on the examples (docs/understanding.md).
_ROUNDS, _STEP, _FOR = 8, 2.0, 3.0
#: An example this close to its target moves nothing.
_NEAR = 0.01
#: The count of a sign in a kind without any text that has it.
_UNSEEN = 0.1
_VOWELS = re.compile("[aiueo']")


Weights = Mapping[str, float]

#: The weight of a text without a known sign. It is below 0: a text without a known sign should not count as
#: positive. It, and how much counting adds to learning, were chosen by cross-validation, too.
NOTHING_KNOWN, _COUNTED = -4.0, 1.0


def signs_of(words: Sequence[str]) -> list[str]:
    """List the signs of a text: its words, pairs of neighbours, and beginning, end and consonants of longer words.

    The latter survive a slip of the finger, a suffix or a short form.
    """
    return list(dict.fromkeys(_signs(words)))


def _signs(words: Sequence[str]) -> Iterator[str]:
    yield from words
    yield from (f"{one} {other}" for one, other in pairwise(words))
    for word in words:
        yield from _of_word(word)


@lru_cache(maxsize=50_000)
def _of_word(word: str) -> tuple[str, ...]:
    consonants = _VOWELS.sub("", word)
    signs = (len(word) > 4, f"^{word[:4]}"), (len(word) > 5, f"${word[-5:]}"), (len(consonants) > 2, f"~{consonants}")
    return tuple(sign for counts, sign in signs if counts)


def learn(examples: Iterable[tuple[Sequence[str], bool]]) -> Weights:
    """Learn the weight of each sign from ``examples``: the signs of each text, and whether it is positive."""
    places, rows = dict[str, int](), list[tuple[list[int], float, float]]()
    for signs, told in examples:
        if signs:
            its = [places.setdefault(sign, len(places)) for sign in signs]
            rows.append((its, float(told), 1 / math.sqrt(len(its))))
    weights, shuffled = [0.0] * len(places), random.Random(1)  # noqa: S311
    weight_of = weights.__getitem__
    for nth in range(_ROUNDS):
        shuffled.shuffle(rows)
        step = _STEP / (1 + nth)
        for its, is_one, scale in rows:
            score = NOTHING_KNOWN + scale * sum(map(weight_of, its))
            off = is_one - 1 / (1 + math.exp(-min(max(score, -30), 30)))
            if abs(off) > _NEAR:
                by = step * (off * _FOR if is_one else off) * scale
                for place in its:
                    weights[place] += by
    return dict(zip(places, weights, strict=True))


def weigh(weights: Weights, signs: Sequence[str]) -> float:
    """Weigh a text by its signs: above 0 it is more likely positive. A sign that no example has weighs nothing."""
    return NOTHING_KNOWN + sum(weights.get(sign, 0.0) for sign in signs) / math.sqrt(len(signs) or 1)


class Share(NamedTuple):
    """How common each sign is among the texts of one kind, as a logarithm, and how common an unseen one is."""

    of: Mapping[str, float]
    unseen: float


def shares(texts: Mapping[str, Iterable[Sequence[str]]]) -> dict[str, Share]:
    """Count the signs of ``texts``, by their kind (naive Bayes)."""
    counts = {kind: Counter(sign for signs in its for sign in signs) for kind, its in texts.items()}
    known = len({sign for counted in counts.values() for sign in counted})
    totals = {kind: counted.total() + _UNSEEN * known for kind, counted in counts.items()}
    return {
        kind: Share(
            {sign: math.log((count + _UNSEEN) / totals[kind]) for sign, count in counted.items()},
            math.log(_UNSEEN / totals[kind]),
        )
        for kind, counted in counts.items()
    }


def likeliest(known: Mapping[str, Share], signs: Sequence[str]) -> tuple[str, float]:
    """Return the kind whose texts have most of these ``signs``, and its lead over the next.

    All kinds count as equally likely. The lead is the logarithm of how many times likelier the first is.
    """
    scores = {kind: sum(share.of.get(sign, share.unseen) for sign in signs) for kind, share in known.items()}
    first, second = sorted(scores, key=lambda kind: scores[kind], reverse=True)[:2]
    return first, scores[first] - scores[second]


def learn_and_count(examples: Iterable[tuple[Sequence[str], bool]]) -> Weights:
    """Learn as :func:`learn` does, and add how much commoner each sign is in positive texts (naive Bayes).

    The two err on different texts, so that together they miss fewer.
    """
    told = list(examples)
    weights = learn(told)
    one, other = shares(
        {str(kind): [signs for signs, told_so in told if told_so is kind] for kind in (True, False)}
    ).values()
    commoner = {sign: one.of.get(sign, one.unseen) - other.of.get(sign, other.unseen) for sign in {*one.of, *other.of}}
    return {sign: weight + _COUNTED * commoner.get(sign, 0.0) for sign, weight in weights.items()}
