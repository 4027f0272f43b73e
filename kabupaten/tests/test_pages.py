"""The owner of the service, and the pages of its website about itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from kabupaten import RegionError, load
from kabupaten.pages import NAMES, Pages

SOPPENG = Path(__file__).parents[2] / "region" / "soppeng"


def pages_of(folder: Path) -> Pages:
    return load(folder, "pages").pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("pages.yaml", "lambang.svg"):
        shutil.copy(SOPPENG / name, tmp_path)
    return tmp_path


def test_every_page_that_a_service_needs_is_there_and_says_something() -> None:
    pages = pages_of(SOPPENG)

    assert set(NAMES) == set(pages.pages)
    for page in pages.pages.values():
        assert page.sections
        assert all(each.text or each.points for each in page.sections)
    assert pages.arms.startswith(b"<svg")


def test_a_variant_takes_the_pages_and_the_coat_of_arms_of_the_region_it_extends(folder: Path, tmp_path: Path) -> None:
    variant = tmp_path / "variant"
    variant.mkdir()
    (variant / "sla.yaml").write_text("extends: ..\n")

    assert pages_of(folder) == pages_of(variant)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("\n  kontak:\n", "\n  kontakt:\n", "kontakt"),
        ("{owner}, melalui", "{penguasa}, melalui", "nobody fills {penguasa}"),
        ("{owner}, melalui", "{owner, melalui", "write placeholders as {owner}"),
        ("arms: lambang.svg", "arms: ../lambang.svg", "write the name of an SVG file"),
        ("arms: lambang.svg", "arms: garuda.svg", "garuda.svg"),
        ("{kind: telepon, confirmed: false}", "{kind: telepon}", "it has no value"),
    ],
)
def test_mistakes_in_pages_yaml_are_named(folder: Path, old: str, new: str, says: str) -> None:
    text = (folder / "pages.yaml").read_text()
    assert old in text
    (folder / "pages.yaml").write_text(text.replace(old, new, 1))

    with pytest.raises(RegionError) as refused:
        pages_of(folder)

    assert any(says in f"{problem}" for problem in refused.value.problems), refused.value.problems


def test_a_page_that_is_missing_is_named(folder: Path) -> None:
    content = yaml.safe_load((folder / "pages.yaml").read_text())
    del content["pages"]["privasi"]
    (folder / "pages.yaml").write_text(yaml.safe_dump(content))

    with pytest.raises(RegionError, match="privasi is missing"):
        pages_of(folder)
