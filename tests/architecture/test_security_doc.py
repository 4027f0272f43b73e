"""docs/security.md has a line for each finding, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_finding_has_its_line_with_a_test(root: Path) -> None:
    lines = re.findall(r"^\| (S\d+) \|.*::test_", (root / "docs" / "security.md").read_text(), re.MULTILINE)

    assert [f"S{n}" for n in range(1, 27)] == lines


def test_each_finding_of_the_second_review_has_a_test_or_is_open(root: Path) -> None:
    lines = re.findall(r"^\| (N\d+) \|.*(?:::test_|\| open)", (root / "docs" / "security.md").read_text(), re.MULTILINE)

    assert [f"N{n}" for n in range(1, 22)] == lines


def test_every_test_that_is_named_is_there(root: Path) -> None:
    path, missing = "", []
    for file, test in re.findall(r"`([\w/.-]*)::(test_\w+)`", (root / "docs" / "security.md").read_text()):
        path = file or path
        if not re.search(rf"^(async )?def {test}\(", (root / path).read_text(), re.MULTILINE):
            missing.append(f"{path}::{test}")

    assert [] == missing
