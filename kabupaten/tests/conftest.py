"""A small region folder to break, and Soppeng's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kabupaten import load
from kabupaten.lexicon import phrases_of
from kabupaten.phrases import Phrases

REGIONS = Path(__file__).parents[2] / "region"
#: Changes a file of the folder and returns the line of the change.
Spoil = Callable[[str, str, str], int]


@pytest.fixture
def soppeng() -> Path:
    return REGIONS / "soppeng"


@pytest.fixture(scope="session")
def region() -> Path:
    return REGIONS / "soppeng"


@pytest.fixture(scope="session")
def conduct() -> Phrases:
    return phrases_of(load(REGIONS / "soppeng", "conduct").conduct)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of Soppeng's folder."""
    return Path(shutil.copytree(REGIONS / "soppeng", tmp_path / "kabupaten"))


@pytest.fixture
def spoil(folder: Path) -> Spoil:
    def change(name: str, old: str, new: str) -> int:
        path = folder / name
        text = path.read_text()
        assert old in text, f"{name} has no {old!r} any more"
        path.write_text(text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1

    return change
