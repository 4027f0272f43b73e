"""The shared fixtures of the contracts' tests: the examples, and the codes of a kabupaten's units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.topics import TOPICS_DIR, Topic, load_topics

UNITS_FILE = Path(__file__).parents[2] / "region" / "soppeng" / "units.yaml"


@pytest.fixture(scope="session")
def units() -> list[str]:
    return [unit["code"] for unit in yaml.safe_load(UNITS_FILE.read_text())["units"]]


@pytest.fixture(scope="session")
def topics(units: list[str]) -> list[Topic]:
    return load_topics(units)


@pytest.fixture(scope="session")
def draft7() -> Any:
    """jsonschema's validator, imported lazily: that takes a second, and every worker collects every test."""
    from jsonschema import Draft7Validator

    return Draft7Validator


@pytest.fixture(scope="session")
def examples() -> list[Path]:
    return sorted(TOPICS_DIR.glob("*/examples/*.json"))
