"""The ready sentences of the desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten.checks import problems
from kabupaten.load import load
from kabupaten.problems import RegionError


def test_a_region_may_have_none(folder: Path) -> None:
    (folder / "replies.yaml").unlink()

    assert () == load(folder, "replies").replies


def test_a_sentence_is_for_some_categories_or_for_all(soppeng: Path) -> None:
    sentences = load(soppeng, "replies").replies

    assert {True, False} == {bool(each.categories) for each in sentences}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("action: ask", "action: erase", "sentences.4.action: erase is not done with words"),
        ("[penerangan_jalan]", "[penerangan]", "sentences.7.categories.0: categories.yaml does not have penerangan"),
    ],
)
def test_a_slip_is_named_with_its_line(folder: Path, old: str, new: str, said: str) -> None:
    path = folder / "replies.yaml"
    path.write_text(path.read_text().replace(old, new, 1))

    found = problems(folder)

    assert [(str(path), said)] == [(each.file, each.problem) for each in found]
    assert found[0].line is not None


def test_a_mistake_stops_who_reads_it(folder: Path) -> None:
    (folder / "replies.yaml").write_text("sentences: [{action: ask}]")

    with pytest.raises(RegionError):
        load(folder, "replies")
