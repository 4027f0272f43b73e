"""What teaches the classifier is read whole, and all that is wrong in it is named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import RegionError, load
from kabupaten.categories import UNKNOWN
from kabupaten.training import load_training


def test_every_category_but_the_unknown_one_has_phrases(soppeng: Path) -> None:
    categories = load(soppeng, "categories").categories
    training = load_training(soppeng, categories)
    assert list(categories) == list(training.phrases) == list(training.messages)
    assert [UNKNOWN] == [name for name, phrases in training.phrases.items() if not phrases.seeds]
    assert training == load_training(soppeng.parent / "seconds", categories)


def test_a_region_may_have_no_messages(tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "jalan.yaml").write_text("seeds: [a, b, c, d, e]\nnegatives: {lainnya: [f]}")
    training = load_training(tmp_path, ["jalan", UNKNOWN])
    assert ({"jalan": (), UNKNOWN: ()}, {UNKNOWN: ("f",)}) == (
        training.messages,
        training.phrases["jalan"].negatives,
    )


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    for name in ("training", "messages"):
        (tmp_path / name).mkdir()
    (tmp_path / "training" / "jalan.yaml").write_text("seeds: [a, b, c, d, e]\nnegatives: {sihir: [f]}")
    (tmp_path / "training" / "air.yaml").write_text("seeds: [a]")
    (tmp_path / "messages" / "jalan.jsonl").write_text('{"text": "x", "category": "air"}\n{rusak\n')
    (tmp_path / "messages" / "jln.jsonl").touch()

    with pytest.raises(RegionError) as refused:
        load_training(tmp_path, ["jalan", "air", "lampu"])

    assert {
        ("jln.jsonl", None),
        ("jalan.yaml", 2),
        ("jalan.jsonl", 1),
        ("jalan.jsonl", 2),
        ("air.yaml", 1),
        ("lampu.yaml", None),
    } == {(Path(each.file).name, each.line) for each in refused.value.problems}
