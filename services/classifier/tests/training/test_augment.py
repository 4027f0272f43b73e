"""Practice complaints around the seeds: reproducible, and each in the category of its seed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from classifier.training.augment import dress, synthesise
from classifier.training.synthetic_phrases import ASIDES, GAPS
from kabupaten.categories import UNKNOWN
from kabupaten.training import TaughtCategory

PLACES = ("Cabenge", "Takkalala")


def taught(name: str, *seeds: str, **more: Any) -> TaughtCategory:
    return TaughtCategory(id=name, name=name, seeds=seeds, **{"terms": (), "lapor": (), **more})


ROAD = taught("jalan", "jalan berlubang di depan rumah", "aspal hancur", terms=("jembatan",), edges=("trotoar",))
WATER = taught("air", "air pdam mati")


def test_the_same_seeds_give_the_same_texts_and_other_categories_change_none_of_them() -> None:
    alone, both = synthesise([WATER], PLACES), synthesise([ROAD, WATER], PLACES)

    assert both == synthesise([ROAD, WATER], PLACES)
    assert alone[0] == [text for text, label in zip(*both, strict=True) if label == "air"]


def test_each_seed_is_there_as_it_is_and_dressed_and_each_term_half_as_often() -> None:
    texts, labels = synthesise([ROAD, WATER], PLACES, copies=4)

    assert {"jalan": 2 + 2 * 4 + 2 * 2, "air": 1 + 4} == Counter(labels)
    assert [*ROAD.seeds] == texts[:2]


def test_unknown_category_gets_no_synthetic_texts() -> None:
    assert ([], []) == synthesise([taught(UNKNOWN, "entah apa")], PLACES)


def test_a_dressed_text_still_says_what_it_is_about_and_leaves_no_gap_open() -> None:
    dressed = dress(["kata"] * 300, PLACES)

    assert [] == [text for text in dressed if "{" in text or "  " in text]
    assert 0.9 < sum("kata" in text.split() for text in dressed) / len(dressed)
    assert len({*dressed}) > 250
    assert any(place in text for text in dressed for place in PLACES)


def test_every_gap_of_a_phrase_can_be_filled() -> None:
    written = [*ASIDES, *(phrase for phrases in GAPS.values() for phrase in phrases)]
    gaps = {gap.split("}")[0] for phrase in written for gap in phrase.split("{")[1:]}

    assert set(GAPS) == gaps
