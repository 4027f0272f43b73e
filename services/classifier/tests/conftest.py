"""The classifier with the region's model and lexicons."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.classify import Knowledge, load_knowledge
from classifier.training.labelled_rows import Row, read_labels
from kabupaten import load
from kabupaten.danger import DangerWords
from kabupaten.lexicon import phrases_of
from kabupaten.phrases import Matches, Phrases, tokenise
from kabupaten.spelling import plain
from testing.model import model_of

ROOT = Path(__file__).parents[3]
REGION = ROOT / "region" / "soppeng"
CHECK_SETS = Path(__file__).parent / "check_sets"


@pytest.fixture(scope="session")
def region() -> Path:
    return REGION


@pytest.fixture(scope="session")
def conduct() -> Phrases:
    return phrases_of(load(REGION, "conduct").conduct)


@pytest.fixture(scope="session")
def danger() -> DangerWords:
    return DangerWords(load(REGION, "danger").danger)


@pytest.fixture(scope="session")
def said() -> Callable[[str], Matches]:
    """A function that finds the lexicon's phrases in a text."""
    region = load(REGION, "message_type", "urgency", "spam")
    phrases = phrases_of(region.message_type, region.urgency, region.spam)
    return lambda text: phrases.search(tokenise(plain(text)))


@pytest.fixture(scope="session")
def check_sets() -> Path:
    return CHECK_SETS


@pytest.fixture(scope="session")
def check_set() -> list[Row]:
    return read_labels(CHECK_SETS)


def blind(name: str) -> list[dict[str, Any]]:
    lines = (ROOT / "kabupaten" / "tests" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def danger_set() -> list[dict[str, Any]]:
    """The blind messages of danger, each with its kind of danger, if any."""
    return blind("danger_set.jsonl")


@pytest.fixture(scope="session")
def both_danger_sets(danger_set: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same and a second writer's messages, also everyday ones and non-complaints, each with its language."""
    return [*danger_set, *blind("danger_second_set.jsonl")]


@pytest.fixture(scope="session")
def model_file() -> Path:
    return model_of(REGION)


@pytest.fixture(scope="session")
def knowledge(model_file: Path) -> Knowledge:
    return load_knowledge(model_file, REGION)
