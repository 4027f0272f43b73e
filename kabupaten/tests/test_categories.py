"""categories.yaml has what a kabupaten decides, and not the training data of the classifier."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import RegionError, load
from kabupaten.categories import Category, grouped


def test_a_category_needs_nothing_but_its_id(tmp_path: Path) -> None:
    (tmp_path / "categories.yaml").write_text("categories: {jalan: {}, air: {unit: PDAM, share: 2}}")
    assert {"jalan": Category(), "air": Category(unit="PDAM", share=2)} == load(tmp_path, "categories").categories


def test_a_clerk_can_own_soppengs(soppeng: Path) -> None:
    assert 22 == len(load(soppeng, "categories").categories)
    assert 380 > len((soppeng / "categories.yaml").read_text().splitlines())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{jalan: {}, air: {seeds: [a]}}", "categories.air.seeds: unknown field `seeds`"),
        ("{jalan: {share: 0}, air: {}}", "jalan.share: .* Remedy: write a number above 0"),
        ("{jalan: {matters: [a]}, air: {}}", "jalan.matters: .* Remedy: write {jalan_nasional: "),
        ("{jalan: {}}", "Remedy: write two or more"),
    ],
)
def test_mistakes_in_categories_yaml_are_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "categories.yaml").write_text(f"categories: {text}")
    with pytest.raises(RegionError, match=says):
        load(tmp_path, "categories")


def test_citizens_choose_by_group_and_not_the_unknown(soppeng: Path) -> None:
    groups = grouped(load(soppeng, "categories").categories)

    assert (True, 21, "Air bersih") == (
        all(groups),
        sum(map(len, groups.values())),
        groups["Jalan, air, dan lingkungan"]["air_bersih"],
    )
