"""The model is built once for all workers, and kept for the next run: it takes many seconds."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.category import linear_model
from classifier.classify import Knowledge, load_knowledge
from classifier.text import plain
from classifier.training.build import build
from classifier.training.labelled_rows import Row, read_labels
from kabupaten import load
from kabupaten.danger import DangerWords
from kabupaten.gazetteer import gazetteer_of, place_names
from kabupaten.lexicon import phrases_of
from kabupaten.phrases import Matches, Phrases, tokenise
from kabupaten.training import load_training
from lapor.servers.classifier_model import key

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
def model_file() -> Path:
    """The model of the region; built when its inputs, the code or a pinned library changed, and by one worker."""
    kept, pins = ROOT / "build" / "model-of-tests", ROOT / "requirements" / "classifier.txt"
    kept.mkdir(parents=True, exist_ok=True)
    path = kept / f"{hashlib.sha256(key(REGION).encode() + pins.read_bytes()).hexdigest()}.model"
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            for old in kept.glob("*.model"):
                old.unlink()
            places = place_names(gazetteer_of(load(REGION, "territory").territory))
            linear_model.save(build(load_training(REGION), places, lambda _: None), kept / "new")
            (kept / "new").replace(path)
    return path


@pytest.fixture(scope="session")
def knowledge(model_file: Path) -> Knowledge:
    return load_knowledge(model_file, REGION)
