"""Words are weighed as the examples teach, the same each time."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from kabupaten.weighing import NOTHING_KNOWN, Weights, learn, learn_and_count, likeliest, shares, signs_of, weigh

FOR = ["rumah api besar", "api di dapur", "asap api tebal", "ada api pasar"]
AGAINST = ["jalan rusak besar", "lampu di jalan mati", "air di dapur macet", "ada sampah pasar"]
EXAMPLES = [*((signs_of(text.split()), True) for text in FOR), *((signs_of(text.split()), False) for text in AGAINST)]


def test_signs_shared_by_the_positive_examples_weigh_most() -> None:
    weights = learn(EXAMPLES)
    assert weigh(weights, signs_of(["api", "mati"])) > 0 > weigh(weights, signs_of(["jalan", "mati"]))
    assert weights["api"] == max(weights.values())


def test_learning_twice_gives_the_same() -> None:
    assert learn(EXAMPLES) == learn(EXAMPLES)


def test_counting_adds_to_what_is_learned() -> None:
    learned, both = learn(EXAMPLES), learn_and_count(EXAMPLES)

    assert both["api"] > learned["api"] > 0 > learned["jalan"] > both["jalan"]


@pytest.mark.parametrize("teach", [learn, learn_and_count])
def test_unknown_signs_lower_the_weight_and_alone_make_it_negative(
    teach: Callable[[list[tuple[list[str], bool]]], Weights],
) -> None:
    weights = teach(EXAMPLES)

    assert weigh(weights, []) == weigh(weights, signs_of(["tidak", "dikenal"])) == NOTHING_KNOWN < 0
    assert weigh(weights, ["api", "tidak"]) < weigh(weights, ["api"])


def test_a_word_leaves_its_beginning_its_end_and_its_consonants() -> None:
    assert signs_of(["kebakaran", "besar", "ini"]) == [
        *("kebakaran", "besar", "ini"),
        *("kebakaran besar", "besar ini"),
        *("^keba", "$karan", "~kbkrn", "^besa", "~bsr"),
    ]


def test_the_kind_is_that_whose_texts_have_most_of_the_signs() -> None:
    known = shares({"fire": [["api", "asap"], ["api"]], "rescue": [["air", "arus"], ["air", "besar"]]})
    assert likeliest(known, ["api", "besar"])[0] == "fire"
    assert likeliest(known, ["arus"])[0] == "rescue"
    assert likeliest(known, ["api", "asap"])[1] > likeliest(known, ["api"])[1] > likeliest(known, ["besar"])[1] >= 0
    assert (
        sum(map(math.exp, known["fire"].of.values()))
        < 1
        == pytest.approx(
            sum(
                math.exp(known["fire"].of.get(sign, known["fire"].unseen))
                for sign in ("api", "asap", "air", "arus", "besar")
            )
        )
    )
