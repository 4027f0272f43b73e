"""Fixtures: the whole system, once with Soppeng's deadlines and once with deadlines in seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from harness import ROOT, System, running

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test of a whole system the time to start one: its first test is charged with that."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """The system as Soppeng runs it."""
    yield from running("soppeng", ROOT / "region" / "soppeng")


@pytest.fixture(scope="module")
def quick_system() -> Iterator[System]:
    """The system with deadlines in seconds."""
    yield from running("seconds", ROOT / "region" / "seconds")
