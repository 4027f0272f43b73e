"""The figures for citizens about the program's errors are those of docs/benchmarks.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

#: Rows of the benchmarks that back a sentence of the page; a group matches a figure.
STRAIGHT = r"the 460 texts of (?:.|\n)*?\*\*straight\*\*, .*?\| 0\.(\d\d) "
REAL_WAITED = r"Of those of other governments (\d+) % waited on (\d+) November"
REAL_CATEGORY = r"real complaints to other governments.*?\| (\d+) \| 0\.(\d\d) .*\| 0\.(\d\d), of them right 0\.(\d\d) "
ACCUSED = r"A, (\d+) that accuse \|(?:.|\n)*?B, (\d+) that accuse;(?:.|\n)*?\*\*today\*\*.*?, (\d+) \| .*?, (\d+) \|"
DANGER = r"of danger, both sets \((\d+)\) \| .*?, (\d+) \| .*?, (\d+) \|"
EVERY_DAY = (
    r"of every day, the second set: in Indonesian \((\d+)\) \| .*?, (\d+) \| .*?, (\d+) \|"
    r".*\n\| the same in Bugis \((\d+)\) \| .*?, (\d+) \| .*?, (\d+) \|"
    r".*\n\| the same mixed \((\d+)\) \| .*?, (\d+) \| .*?, (\d+) \|"
)


@pytest.fixture(scope="module")
def benchmarks(root: Path) -> str:
    return (root / "docs" / "benchmarks.md").read_text()


def figures(benchmarks: str, row: str) -> list[int]:
    found = re.search(row, benchmarks)
    assert found, f"docs/benchmarks.md has no such row any more: {row}"
    return [int(each) for each in found.groups()]


def told(root: Path, file: str, about: str) -> list[int]:
    """Return the figures of the one point of *cara-kerja* that contains ``about``, in order."""
    sections = yaml.safe_load((root / "region" / "soppeng" / file).read_text())["pages"]["cara-kerja"]["sections"]
    (point,) = (each for section in sections for each in section.get("points", []) if about in each)
    return [int(each) for each in re.findall(r"\d+", point)]


def both(root: Path, indonesian: str, english: str) -> list[list[int]]:
    return [told(root, "pages.yaml", indonesian), told(root, "pages.en.yaml", english)]


def test_citizens_are_told_how_many_wait_for_a_person(root: Path, benchmarks: str) -> None:
    (straight,) = figures(benchmarks, STRAIGHT)
    waited, day = figures(benchmarks, REAL_WAITED)

    assert [[460, straight, 100 - straight]] * 2 == both(root, "langsung ke unitnya", "go straight to their unit")
    assert [[waited, day, 2026]] * 2 == both(root, "menunggu orang, diukur", "waited for a person, as measured")


def test_citizens_are_told_how_often_the_category_of_real_complaints_is_wrong(root: Path, benchmarks: str) -> None:
    n, right, answered, of_them_right = figures(benchmarks, REAL_CATEGORY)

    expected = [n, 100 - right, answered, 100 - of_them_right]
    assert [expected] * 2 == both(root, "Dugaannya bisa salah", "Its guess may be wrong")


def test_citizens_are_told_how_many_accusations_reach_whom_they_accuse(root: Path, benchmarks: str) -> None:
    of_a, of_b, reach_a, reach_b = figures(benchmarks, ACCUSED)

    assert [[of_a + of_b, reach_a + reach_b]] * 2 == both(root, "Tuduhan bisa", "An accusation may")


def test_citizens_are_told_how_often_danger_is_missed_or_falsely_seen(root: Path, benchmarks: str) -> None:
    every_day = figures(benchmarks, EVERY_DAY)

    assert [figures(benchmarks, DANGER)] * 2 == both(root, "Bahaya bisa terlewat", "Danger may be missed")
    expected = [sum(every_day[n::3]) for n in range(3)]
    assert [expected] * 2 == both(root, "di tempat yang aman", "where there is none")
