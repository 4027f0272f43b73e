"""The schemas match the code, and are closed at every level."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.codec import _STRUCTS
from contracts.generate import schema_for
from contracts.topics import TOPICS_DIR

NAMES = sorted(_STRUCTS)


def _schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((TOPICS_DIR / name / "schema.json").read_text())
    return loaded


def _objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, list):
        for n, item in enumerate(schema):
            yield from _objects(item, f"{path}/{n}")
    elif isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            yield path, schema
        for key, value in schema.items():
            yield from _objects(value, f"{path}/{key}")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_has_not_drifted_from_the_structs(name: str) -> None:
    assert schema_for(name) == _schema(name), "run `make schemas` and read the diff"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_draft_07(name: str, draft7: Any) -> None:
    schema = _schema(name)

    draft7.check_schema(schema)

    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_closed_at_every_level(name: str) -> None:
    open_ones = [path for path, found in _objects(_schema(name)) if found.get("additionalProperties") is not False]

    assert open_ones == []


def test_every_event_has_a_folder_and_every_folder_an_event() -> None:
    with_schema = {path.parent.name for path in TOPICS_DIR.glob("*/schema.json")}

    assert set(NAMES) == with_schema
