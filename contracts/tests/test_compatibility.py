"""A change of the contracts breaks no reader: neither a new one nor one that is not updated yet."""

from __future__ import annotations

import os
import subprocess
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import UNSET, Meta, Struct, UnsetType

from contracts import codec
from contracts.compatibility import REMEDY, at, broken, changes, on_disk
from contracts.generate import closed
from contracts.topics import TOPICS_DIR


class Inner(Struct):
    a: int
    b: str | UnsetType = UNSET


class InnerMore(Struct):
    a: int
    c: str
    b: str | UnsetType = UNSET


INT, TEXT = int, str


def _schema(fields: list[Any]) -> dict[str, Any]:
    """Make the closed schema of a struct with ``fields``, as the generator does."""
    struct = msgspec.defstruct("Data", fields, kw_only=True)
    (ref,), definitions = msgspec.json.schema_components([struct], ref_template="#/definitions/{name}")
    return {**closed(ref), "definitions": closed(definitions)}


OPTIONAL = ("x", str | UnsetType, UNSET)
SAFE = {
    "nothing": ([("a", int)], [("a", int)]),
    "an optional field more": ([("a", int)], [("a", int), OPTIONAL]),
    "a field with a default more": ([("a", int)], [("a", int), ("x", list[str], msgspec.field(default_factory=list))]),
    "an optional field within a field more": ([("a", list[Inner])], [("a", list[Inner]), OPTIONAL]),
    "another order": ([("a", int), ("b", str)], [("b", str), ("a", int)]),
    "a description": ([("a", int)], [("a", Annotated[int, Meta(description="The number.")])]),
}
BROKEN = {
    "a required field more": ([("a", int)], [("a", int), ("x", str)], "old records: /x may be missing"),
    "a required field within a field more": ([("a", list[Inner])], [("a", list[InnerMore])], "/a[]/c may be missing"),
    "a required field less": ([("a", int), ("x", str)], [("a", int)], "new records: /x may be missing"),
    "an optional field less": ([("a", int), OPTIONAL], [("a", int)], "/x is no longer declared"),
    "required becomes optional": ([("x", str)], [OPTIONAL], "new records: /x may be missing"),
    "optional becomes required": ([OPTIONAL], [("x", str)], "old records: /x may be missing"),
    "another type": ([("a", int)], [("a", str)], "/a is string to the writer and integer to the reader"),
    "one or many": ([("a", str)], [("a", list[str])], "/a is array to the writer and string to the reader"),
    "another type within": ([("a", list[int])], [("a", list[str])], "/a[] is integer to the writer"),
    "null where none was": ([("a", int)], [("a", int | None)], "new records: /a"),
    "no null any more": ([("a", int | None)], [("a", int)], "old records: /a"),
    "a narrower range": ([("a", int)], [("a", Annotated[int, Meta(ge=0)])], "old records: /a is not held"),
    "a wider range": ([("a", Annotated[int, Meta(le=5)])], [("a", Annotated[int, Meta(le=9)])], "maximum 5"),
    "a shorter text": (
        [("a", Annotated[str, Meta(max_length=9)])], [("a", Annotated[str, Meta(max_length=5)])], "maxLength 5",
    ),
    "at least one": ([("a", list[int])], [("a", Annotated[list[int], Meta(min_length=1)])], "minItems 1"),
    "a pattern": ([("a", str)], [("a", Annotated[str, Meta(pattern="^x")])], "pattern '^x'"),
    "one more in a closed set": ([("a", Literal["p"])], [("a", Literal["p", "q"])], "new records: /a may be 'q'"),
    "one less in a closed set": ([("a", Literal["p", "q"])], [("a", Literal["p"])], "old records: /a may be 'q'"),
    "a closed set opened": ([("a", Literal["p"])], [("a", str)], "new records: /a may be 'anything'"),
    "another name": ([("a", int)], [("b", int)], "/b may be missing"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), SAFE.values(), ids=SAFE)
def test_a_change_that_breaks_nobody_is_let_through(old: list[Any], new: list[Any]) -> None:
    assert [] == broken(_schema(old), _schema(new))


@pytest.mark.parametrize(("old", "new", "said"), BROKEN.values(), ids=BROKEN)
def test_a_change_that_breaks_somebody_is_told_in_words(old: list[Any], new: list[Any], said: str) -> None:
    assert any(said in what for what in broken(_schema(old), _schema(new)))


@pytest.mark.parametrize(("stable", "told"), [(False, []), (True, ["new records: /a may be 'anything'"])])
def test_until_it_is_declared_stable_only_what_was_written_before_must_be_read(stable: bool, told: list[str]) -> None:
    old, new = _schema([("a", Literal["p"])]), _schema([("a", str)])

    assert told == [
        what.partition("read ")[2].partition(",")[0] for what in changes({"v1": old}, {"v1": new}, stable=stable)
    ]
    assert [] != changes({"v1": new}, {"v1": old}, stable=stable)


def test_an_event_that_is_gone_is_told() -> None:
    schema = _schema([("a", int)])

    assert ["a.v1: the event is gone, and what was written of it can't be read"] == changes({"a.v1": schema}, {})
    assert [] == changes({}, {"a.v1": schema})


def test_unsupported_schema_keyword_raises_an_error() -> None:
    with pytest.raises(NotImplementedError, match="patternProperties"):
        broken({"type": "object", "patternProperties": {}}, {"type": "object"})


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=TOPICS_DIR, capture_output=True, check=True, timeout=120).stdout


def _history_of(revision: str) -> None:
    """Skip when there is no such revision to compare with; fail in CI, where that means a shallow clone."""
    try:
        at(revision)
    except LookupError as error:
        try:
            alone = [b"1", b"false"] == _git("rev-list", "--count", "HEAD").split() + _git(
                "rev-parse", "--is-shallow-repository"
            ).split()
        except (OSError, subprocess.CalledProcessError):
            alone = False
        if os.environ.get("LAPOR_REQUIRE_ALL") == "1" and not alone:
            pytest.fail(f"the history is needed (clone it whole): {error}")
        pytest.skip(f"nothing to compare with: {error}")


def test_the_last_commit_breaks_nobody() -> None:
    _history_of("HEAD~1")

    found = changes(at("HEAD~1"), at("HEAD"))

    assert found == [], REMEDY


def test_uncommitted_schema_changes_are_compatible() -> None:
    _history_of("HEAD")

    found = changes(at("HEAD"), on_disk())

    assert found == [], REMEDY


def test_every_example_that_was_ever_committed_is_still_read() -> None:
    _history_of("HEAD")
    log = _git("log", "--format=", "--raw", "--no-renames", "--no-abbrev", "--", "*/examples/*.json").decode()
    blobs = {line.split()[3] for line in log.splitlines()} - {"0" * 40}
    assert len(blobs) >= len(list(TOPICS_DIR.glob("*/examples/*.json")))

    unreadable = []
    for blob in sorted(blobs):
        try:
            codec.decode(_git("cat-file", "blob", blob))
        except codec.InvalidEvent as error:
            unreadable.append((blob, str(error)))

    assert unreadable == []
