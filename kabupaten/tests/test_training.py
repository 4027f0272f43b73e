"""The training data of the classifier is read whole, and all mistakes in it are reported together."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import RegionError, load
from kabupaten.categories import UNKNOWN
from kabupaten.training import load_training


def test_every_category_but_the_unknown_one_has_phrases(soppeng: Path) -> None:
    taught = load_training(soppeng)
    assert list(load(soppeng, "categories").categories) == [category.id for category in taught]
    assert [UNKNOWN] == [category.id for category in taught if not category.seeds]
    assert taught == load_training(soppeng.parent / "seconds")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A region of two categories, without messages."""
    (tmp_path / "training").mkdir()
    (tmp_path / "categories.yaml").write_text("categories: {jalan: {lapor: [Jalan Rusak]}, air: {}, lainnya: {}}")
    (tmp_path / "training" / "jalan.yaml").write_text("seeds: [a, b, c, d, e]\nnegatives: {air: [f], lainnya: [g]}")
    (tmp_path / "training" / "air.yaml").write_text("seeds: [a, b, c, d, e]\nnegatives: {lainnya: [h]}")
    return tmp_path


def test_negative_examples_teach_the_category_they_belong_to(small: Path) -> None:
    jalan, air, unknown = load_training(small)
    assert ((), ("f",), ("g", "h")) == (jalan.edges, air.edges, unknown.edges)
    assert (("jalan rusak",), "jalan", ()) == (jalan.lapor, jalan.name, jalan.messages)


def test_all_that_is_wrong_is_named_at_once(small: Path) -> None:
    (small / "messages").mkdir()
    (small / "training" / "jalan.yaml").write_text("seeds: [a, b, c, d, e]\nnegatives: {sihir: [f]}")
    (small / "training" / "air.yaml").write_text("seeds: [a]")
    (small / "messages" / "jalan.jsonl").write_text('{"text": "x", "category": "air"}\n{rusak\n')
    (small / "messages" / "jln.jsonl").touch()
    (small / "categories.yaml").write_text("categories: {jalan: {}, air: {}, lampu: {}}")

    with pytest.raises(RegionError) as refused:
        load_training(small)

    assert {
        ("jln.jsonl", None),
        ("jalan.yaml", 2),
        ("jalan.jsonl", 1),
        ("jalan.jsonl", 2),
        ("air.yaml", 1),
        ("lampu.yaml", None),
    } == {(Path(each.file).name, each.line) for each in refused.value.problems}
