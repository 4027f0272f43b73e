"""The model is built once for all workers: it takes some seconds."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.category import linear_model
from classifier.classify import Knowledge, load_knowledge
from classifier.extractors.gazetteer import gazetteer_of, place_names
from classifier.text import plain
from classifier.training.build import build
from classifier.training.labelled_rows import Row, read_labels
from kabupaten import load
from kabupaten.lexicon import phrases_of
from kabupaten.phrases import Matches, Phrases, tokenise
from kabupaten.training import load_training

REGION = Path(__file__).parents[3] / "region" / "soppeng"
CHECK_SETS = Path(__file__).parent / "check_sets"


@pytest.fixture(scope="session")
def region() -> Path:
    return REGION


@pytest.fixture(scope="session")
def conduct() -> Phrases:
    return phrases_of(load(REGION, "conduct").conduct)


@pytest.fixture(scope="session")
def said() -> Callable[[str], Matches]:
    """What of the lexicon is found in a text."""
    region = load(REGION, "message_type", "urgency", "spam")
    phrases = phrases_of(region.message_type, region.urgency, region.spam)
    return lambda text: phrases.search(tokenise(plain(text)))


@pytest.fixture(scope="session")
def check_sets() -> Path:
    return CHECK_SETS


@pytest.fixture(scope="session")
def check_set() -> list[Row]:
    return read_labels(CHECK_SETS)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    path = root / "soppeng.model"
    with (root / "soppeng.model.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            places = place_names(gazetteer_of(load(REGION, "territory").territory))
            built = build(load_training(REGION), places, lambda _: None)
            linear_model.save(built, path)
    return path


@pytest.fixture(scope="session")
def knowledge(model_file: Path) -> Knowledge:
    return load_knowledge(model_file, REGION)
