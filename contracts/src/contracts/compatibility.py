"""Checks whether a schema change breaks a reader: ``python -m contracts.compatibility`` compares with git.

A writer is closed (it sends nothing undeclared), a reader is open (it ignores what it doesn't know). A change is safe
when new readers can read existing records, and readers that are not updated yet can read new ones. Only the JSON Schema
that msgspec makes is understood; anything else in it is an error rather than a guess.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.topics import TOPICS_DIR

Schema = dict[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_SAYS_NOTHING = {"$schema", "$id", "title", "description", "default", "definitions", "additionalProperties", "examples"}
_KNOWN = {"$ref", "anyOf", "type", "enum", "pattern", "format", "properties", "required", "items", *_LOWER, *_UPPER}

#: Whether v1 is declared stable (README, "Changing an event"). Until then only existing records must stay readable.
STABLE = False
REMEDY = (
    "Make a new field optional (`T | UnsetType = UNSET`), leave a field you no longer send declared, and for anything "
    "else open a folder `….v2` beside it and write both until the last reader has moved."
)


def broken(old: Schema, new: Schema, *, stable: bool = True) -> list[str]:
    """Say what the change from ``old`` to ``new`` breaks, in words; return an empty list when it is safe.

    While the shape is not ``stable``, all readers are updated at the same time, so only new readers count.

    Raises:
        NotImplementedError: a schema has a keyword that this module does not compare.
    """
    before = [f"a new reader can't read old records: {what}" for what in _refused(new, new, old, old, "")]
    if not stable:
        return before
    after = [f"an old reader can't read new records: {what}" for what in _refused(old, old, new, new, "")]
    gone = [f"{path} is no longer declared: its name must never be used again" for path in _gone(old, old, new, new)]
    return [*before, *after, *gone]


def _refused(reader: Schema, in_reader: Schema, writer: Schema, in_writer: Schema, path: str) -> Iterator[str]:
    """List values that ``writer`` may write but ``reader`` refuses. ``in_…`` are the documents that hold them."""
    reader, writer, at = _resolved(reader, in_reader), _resolved(writer, in_writer), path or "the event"
    if "anyOf" in reader or "anyOf" in writer:
        for each in writer.get("anyOf", [writer]):
            ways = reader.get("anyOf", [reader])
            tries = [list(_refused(way, in_reader, each, in_writer, path)) for way in ways]
            if all(tries):
                yield from min(tries, key=len) if len(ways) == 1 else [f"{at} may be {_kind(each, in_writer)}"]
        return
    if "type" in reader and writer.get("type") != reader["type"] and not _wider(reader, writer):
        yield f"{at} is {_kind(writer, in_writer)} to the writer and {_kind(reader, in_reader)} to the reader"
        return
    yield from _narrower(reader, writer, at)
    for name in reader.get("required", []):
        if name not in writer.get("required", []):
            yield f"{path}/{name} may be missing, and the reader needs it"
    for name, inner in reader.get("properties", {}).items():
        if name in writer.get("properties", {}):
            yield from _refused(inner, in_reader, writer["properties"][name], in_writer, f"{path}/{name}")
    if "items" in reader:
        yield from _refused(reader["items"], in_reader, writer.get("items", {}), in_writer, f"{path}[]")


def _wider(reader: Schema, writer: Schema) -> bool:
    """Whether the reader's type includes the writer's; an ``enum`` made by msgspec has no ``type``."""
    types = {type(value) for value in writer.get("enum", ())}
    named = {str: "string", int: "integer", float: "number", bool: "boolean"}
    if types and "type" not in writer:
        return {named[each] for each in types} == {reader["type"]}
    return (reader.get("type"), writer.get("type")) == ("number", "integer")


def _narrower(reader: Schema, writer: Schema, at: str) -> Iterator[str]:
    if "enum" in reader:
        strange = [value for value in writer.get("enum", ["anything"]) if value not in reader["enum"]]
        if strange:
            yield f"{at} may be {', '.join(map(repr, strange))}, which is not among the values the reader knows"
    for key in ("pattern", "format"):
        if key in reader and writer.get(key) != reader[key] and "enum" not in writer:
            yield f"{at} is not held to the reader's {key} {reader[key]!r}"
    bounds = [(key, 1) for key in _LOWER] + [(key, -1) for key in _UPPER]
    for key, sign in bounds:
        if key in reader and "enum" not in writer and (key not in writer or sign * writer[key] < sign * reader[key]):
            yield f"{at} is not held to the reader's {key} {reader[key]}"


def _gone(old: Schema, in_old: Schema, new: Schema, in_new: Schema, path: str = "") -> Iterator[str]:
    old, new = _resolved(old, in_old), _resolved(new, in_new)
    for name, inner in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from _gone(inner, in_old, new["properties"][name], in_new, f"{path}/{name}")
        elif new.get("type") == "object":
            yield f"{path}/{name}"
    if "items" in old and "items" in new:
        yield from _gone(old["items"], in_old, new["items"], in_new, f"{path}[]")


def _resolved(schema: Schema, document: Schema) -> Schema:
    if "$ref" in schema:
        return _resolved(document["definitions"][schema["$ref"].rsplit("/", 1)[1]], document)
    if strange := schema.keys() - _KNOWN - _SAYS_NOTHING:
        raise NotImplementedError(f"JSON Schema's {', '.join(sorted(strange))}")
    return schema


def _kind(schema: Schema, document: Schema) -> str:
    schema = _resolved(schema, document)
    return str(schema.get("title") or schema.get("type") or schema.get("enum") or "anything")


def at(revision: str) -> dict[str, Schema]:
    """Read the schemas of a git revision, by the name of their event.

    Raises:
        LookupError: no git, no repository, or no such revision.
    """
    names = _git("ls-tree", "-r", "--name-only", revision, ".").splitlines()
    found = [name for name in names if name.endswith("/schema.json")]
    return {name.split("/")[0]: json.loads(_git("show", f"{revision}:./{name}")) for name in found}


def on_disk() -> dict[str, Schema]:
    """Read the schemas in the working tree."""
    return {path.parent.name: json.loads(path.read_text()) for path in TOPICS_DIR.glob("*/schema.json")}


def changes(old: dict[str, Schema], new: dict[str, Schema], *, stable: bool = STABLE) -> list[str]:
    """List what breaks between two states of all schemas, each with the name of its event."""
    both = sorted(old.keys() & new.keys())
    lost = [f"{name}: the event is gone, and what was written of it can't be read" for name in old.keys() - new.keys()]
    return lost + [f"{name}: {what}" for name in both for what in broken(old[name], new[name], stable=stable)]


def _git(*arguments: str, folder: Path = TOPICS_DIR) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError) as error:
        raise LookupError(f"git {' '.join(arguments)}: {getattr(error, 'stderr', None) or error}".strip()) from error
    return done.stdout


def main() -> int:
    """Compare the working tree with a revision (default ``HEAD``); exit 1 when something breaks."""
    found = changes(at(sys.argv[1] if len(sys.argv) > 1 else "HEAD"), on_disk())
    for what in found:
        sys.stdout.write(f"{what}\n")
    if found:
        sys.stdout.write(f"{REMEDY}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
