"""The model is built once: it takes some seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier import learn, model
from classifier.classify import Knowledge, load_knowledge
from classifier.gazetteer import load_gazetteer, place_names
from classifier.rows import Row, read_labels
from classifier.taxonomy import load_taxonomy

REGION = Path(__file__).parents[3] / "region" / "soppeng"
CHECK_SETS = Path(__file__).parent / "check_sets"


@pytest.fixture(scope="session")
def region() -> Path:
    return REGION


@pytest.fixture(scope="session")
def check_sets() -> Path:
    return CHECK_SETS


@pytest.fixture(scope="session")
def check_set() -> list[Row]:
    return read_labels(CHECK_SETS)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "soppeng.model"
    built = learn.build(load_taxonomy(REGION), place_names(load_gazetteer(REGION)), lambda _: None)
    model.save(built, path)
    return path


@pytest.fixture(scope="session")
def knowledge(model_file: Path) -> Knowledge:
    return load_knowledge(model_file, REGION)
