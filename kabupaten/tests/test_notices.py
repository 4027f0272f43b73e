"""When people of the desk are notified."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from kabupaten.checks import problems
from kabupaten.load import load
from kabupaten.notices import Notices


def test_a_region_need_not_say_when_people_are_told(folder: Path) -> None:
    (folder / "notices.yaml").unlink()

    assert Notices() == load(folder, "notices").notices


def test_soppeng_says_when(soppeng: Path) -> None:
    said = load(soppeng, "notices").notices

    assert (time(7, 30), 3600.0, 10) == (said.morning_at, said.gathered.total_seconds(), said.climb_minutes.danger)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("gather_minutes: 60", "gather_minutes: 0", "gather_minutes"),
        ('morning: "07.30"', 'morning: "7 pagi"', "morning"),
        ("most_a_day: 12", "most_a_day: banyak", "most_a_day"),
        ("danger: 10", "bahaya: 10", "unknown field `bahaya`"),
    ],
)
def test_mistakes_in_notices_yaml_are_named(
    folder: Path, spoil: Callable[[str, str, str], int], old: str, new: str, problem: str
) -> None:
    spoil("notices.yaml", old, new)

    assert any(problem in str(each) for each in problems(folder))
