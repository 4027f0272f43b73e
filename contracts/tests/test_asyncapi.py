"""The AsyncAPI documents: nothing drifted, nothing left out, and AsyncAPI's own parser has no complaints."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.asyncapi import ASYNCAPI_DIR, documents
from contracts.topics import TOPICS_DIR, Topic, unit_of
from testing.programs import missing
from testing.servers import npm_packages

FILES = sorted(ASYNCAPI_DIR.glob("*.yaml"))
PARSER = Path(__file__).parent / "asyncapi-parser"

Parse = Callable[..., list[dict[str, Any]]]


def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ASYNCAPI_DIR / name).read_text())
    return document


@pytest.fixture(scope="module")
def parse() -> Parse:
    """AsyncAPI's own parser; without it the test is skipped, in CI it fails."""
    try:
        home = npm_packages(PARSER)
    except LookupError as error:
        missing(f"AsyncAPI's parser: {error}")

    def run(*files: Path) -> list[dict[str, Any]]:
        command = ["node", "parse.mjs", *map(str, files)]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_a_document_is_what_the_contracts_say() -> None:
    assert documents() == {path: path.read_text() for path in FILES}, "run `make schemas` and read the diff"


@pytest.mark.slow
def test_the_official_parser_has_nothing_to_say_about_them(parse: Parse) -> None:
    said = parse(*FILES)

    assert [(path.name, True, []) for path in FILES] == [
        (Path(each["file"]).name, each["valid"], each["diagnostics"]) for each in said
    ]


@pytest.mark.slow
def test_the_official_parser_finds_every_operation_and_example(parse: Parse) -> None:
    for said in parse(*FILES):
        document = _document(Path(said["file"]).name)
        names = [name for name in document["channels"] if name not in ("dead-letters", "replays")]
        examples = [path for name in names for path in (TOPICS_DIR / name / "examples").glob("*.json")]
        assert sorted(document["operations"]) == sorted(said["operations"])
        assert sorted(json.loads(path.read_text())["id"] for path in examples) == sorted(said["examples"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("partitions: 1\n", "partitions: -6\n", id="a binding out of range"),
        pytest.param("unit.routed.v1/schema.json", "unit.vanished.v1/schema.json", id="a schema that is not there"),
        pytest.param("action: receive", "action: listen", id="an action that does not exist"),
        pytest.param("#/channels/unit.replied.v1'", "#/channels/unit.answered.v1'", id="a channel that is not there"),
    ],
)
def test_the_official_parser_refuses_what_is_wrong(parse: Parse, tmp_path: Path, right: str, wrong: str) -> None:
    text = (ASYNCAPI_DIR / "unit.yaml").read_text()
    assert right in text
    shutil.copytree(TOPICS_DIR, tmp_path / "topics")
    broken = tmp_path / "asyncapi" / "unit.yaml"
    broken.parent.mkdir()
    broken.write_text(text.replace(right, wrong))

    (said,) = parse(broken)

    assert (False, True) == (said["valid"], bool(said["diagnostics"]))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from _references(inner)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_a_document_points_at_is_there(path: Path) -> None:
    pointed_at = {ref for ref in _references(yaml.safe_load(path.read_text())) if not ref.startswith("#")}

    assert pointed_at
    assert [ref for ref in sorted(pointed_at) if not (ASYNCAPI_DIR / ref).is_file()] == []


def test_the_inside_has_one_operation_for_each_service_and_topic(topics: list[Topic], units: list[str]) -> None:
    def folder(name: str) -> str:
        for ending, directory in ((".dlq", "dead-letters"), (".replay", "replays")):
            if name.endswith(ending):
                return directory
        return re.sub(r"^unit\.[^.]+", "unit", name)

    def who(name: str) -> str:
        return "unit" if name in units else name

    declared = {(who(p), "send", folder(topic.name)) for topic in topics for p in topic.producers}
    declared |= {(who(c), "receive", folder(topic.name)) for topic in topics for c in topic.consumers}

    shown = {
        (each["tags"][0]["name"], each["action"], each["channel"]["$ref"].removeprefix("#/channels/"))
        for each in _document("inside.yaml")["operations"].values()
    }

    assert declared == shown


def test_a_unit_is_shown_its_two_topics_and_nothing_else(topics: list[Topic]) -> None:
    document = _document("unit.yaml")
    own = {topic.name for topic in topics if unit_of(topic.name) == "PUPR"}

    assert own == {channel["address"].format(code="pupr") for channel in document["channels"].values()}
    assert {("receive", "unit.routed.v1"), ("send", "unit.replied.v1")} == {
        (each["action"], each["channel"]["$ref"].removeprefix("#/channels/"))
        for each in document["operations"].values()
    }


def test_the_group_a_unit_is_told_to_use_is_one_it_may_use() -> None:
    receives = _document("unit.yaml")["operations"]["unit.receives.routed"]
    pattern = receives["bindings"]["kafka"]["groupId"]["pattern"]

    assert re.match(pattern, "unit.pupr.terima")
    assert not re.match(pattern, "unit-pupr")
    assert not re.match(pattern, "router")
