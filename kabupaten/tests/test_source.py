"""The YAML files of a region: found, extended, and told apart by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import RegionError
from kabupaten.source import Source, folders, region_file


@pytest.fixture
def region(tmp_path: Path) -> Path:
    for name in ("base", "fast"):
        (tmp_path / name).mkdir()
    (tmp_path / "base" / "units.yaml").write_text("units: [PU]")
    (tmp_path / "base" / "sla.yaml").write_text("stages: []")
    (tmp_path / "fast" / "sla.yaml").write_text("extends: ../base")
    return tmp_path / "fast"


def test_a_region_takes_what_it_lacks_from_the_one_it_extends(region: Path) -> None:
    assert region_file(region, "sla.yaml") == region / "sla.yaml"
    assert Source.read(region, "units.yaml").content == {"units": ["PU"]}


@pytest.mark.parametrize("policy", ["", "extends: ../nowhere", "extends: ["])
def test_a_region_that_can_not_be_used_says_which_file(region: Path, policy: str) -> None:
    (region / "sla.yaml").write_text(policy)
    with pytest.raises(RegionError, match=r"\.yaml"):
        Source.read(region, "units.yaml")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "c stands twice"),
        ("a: &x {c: 1}\nb: {<<: *x, c: 2}\nc: [{d: 1, d: 1}]\n", 3, "d stands twice"),
        ("a: 1\nb: 2026-13-01\n", 2, "not valid YAML: 2026-13-01"),
        ("a: 1\nb: [\n", 3, "not valid YAML"),
    ],
)
def test_mistakes_in_a_region_file_are_told_with_their_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    (tmp_path / "units.yaml").write_text(text)
    with pytest.raises(RegionError, match=f"units.yaml, line {line}: {says}.*Remedy: ."):
        Source.read(tmp_path, "units.yaml")


def test_a_folder_that_is_extended_and_is_not_there_is_named_with_its_line(region: Path) -> None:
    (region / "sla.yaml").write_text("default: x\nextends: ../nowhere")
    with pytest.raises(RegionError, match=r"sla\.yaml, line 2: extends: there is no folder \.\./nowhere. Remedy: ."):
        region_file(region, "units.yaml")


def test_a_region_that_extends_nothing_is_one_folder(region: Path) -> None:
    base = region.parent / "base"
    assert ([region, base], [base], [base / "x"]) == (folders(region), folders(base), folders(base / "x"))


def test_the_line_is_that_of_the_deepest_part_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("rows:\n- name: x\n  list:\n  - 1\n  - 2\n")
    source = Source.read(tmp_path, "a.yaml")
    assert [5, 2, 1, None] == [
        source.line(where) for where in (("rows", 0, "list", 1), ("rows", 0, "none"), ("rows", 7), ("none",))
    ]


def test_unreadable_region_files_are_named(region: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mounted folder that the container's user may not enter."""
    with pytest.raises(RegionError, match=r"fast: it can't be read: Is a directory. Remedy: let everybody read it"):
        Source.parse(region)

    def closed(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", closed)
    with pytest.raises(RegionError, match=r"units.yaml: it can't be read: Permission denied"):
        region_file(region, "units.yaml")
