"""The dashboards, and their panels' options, have the form of Grafana's own types (npm: @grafana/schema)."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boards import DOCUMENTS, Panel
from jsonschema import Draft7Validator, ValidationError

from testing.programs import missing
from testing.servers import npm_packages

pytestmark = pytest.mark.slow
TYPES = Path("node_modules", "@grafana", "schema", "dist", "types", "raw")
OPTIONS = sorted({panel["type"] for document in DOCUMENTS.values() for panel in document["panels"]} - {"row"})
#: Grafana itself leaves out the value of a first threshold or writes null: both mean minus infinity.
Schema = dict[str, Any]


@pytest.fixture(scope="module")
def schema_of() -> Callable[[str, Path], Schema]:
    """Makes a JSON Schema of a type in a file of Grafana's types."""
    try:
        home = npm_packages(Path(__file__).parent / "grafana-schema")
    except LookupError as error:
        missing(f"Grafana's types: {error}")

    def run(name: str, file: Path) -> Schema:
        command = ["npx", "ts-json-schema-generator", "--no-type-check", "--type", name, "--path", str(TYPES / file)]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120)
        assert 0 == done.returncode, done.stderr
        made: Schema = json.loads(done.stdout)
        return made

    return run


@pytest.fixture(scope="module")
def dashboard(schema_of: Callable[[str, Path], Schema]) -> Schema:
    return schema_of("Dashboard", Path("dashboard", "x", "types.gen.d.ts"))


def _wrong(schema: Schema, name: str, value: Any) -> list[str]:
    whole = {"$schema": schema["$schema"], "definitions": schema["definitions"], "$ref": f"#/definitions/{name}"}
    found = (leaf for error in Draft7Validator(whole).iter_errors(value) for leaf in _leaves(error))
    return [f"{leaf.json_path}: {leaf.message}" for leaf in found]


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Follow the alternative with the fewest errors, down to readable messages."""
    if not error.context:
        yield error
        return
    branches = defaultdict(list)
    for child in error.context:
        branches[child.schema_path[0]].append(child)
    for child in min(branches.values(), key=len):
        yield from _leaves(child)


@pytest.mark.parametrize("uid", DOCUMENTS)
def test_a_dashboard_has_grafanas_form(uid: str, dashboard: Schema) -> None:
    assert not _wrong(dashboard, "Dashboard", {**DOCUMENTS[uid], "panels": []})
    for panel in DOCUMENTS[uid]["panels"]:
        assert not _wrong(dashboard, "RowPanel" if panel["type"] == "row" else "Panel", panel), panel["title"]


@pytest.mark.parametrize("kind", OPTIONS)
def test_the_options_of_a_panel_have_its_plugins_form(kind: str, schema_of: Callable[[str, Path], Schema]) -> None:
    schema = schema_of("Options", Path("composable", kind, "panelcfg", "x", "types.gen.d.ts"))
    of_kind = [panel for document in DOCUMENTS.values() for panel in document["panels"] if panel["type"] == kind]
    assert of_kind
    for panel in of_kind:
        assert not _wrong(schema, "Options", panel["options"]), panel["title"]


def test_unknown_or_mistyped_panel_fields_are_found(dashboard: Schema) -> None:
    panel: Panel = DOCUMENTS["lapor-pagi"]["panels"][1]
    assert _wrong(dashboard, "Panel", {**panel, "colour": "red"})
    assert _wrong(dashboard, "Panel", {**panel, "gridPos": {"x": "0"}})
