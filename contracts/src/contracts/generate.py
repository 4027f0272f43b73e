"""Writes the JSON Schemas and the AsyncAPI documents: ``python -m contracts.generate`` (``--check`` only compares)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from contracts.asyncapi import documents
from contracts.codec import _STRUCTS, Envelope
from contracts.topics import TOPICS_DIR


def closed(schema: Any) -> Any:
    """Return the producer's side of a schema: no undeclared property, at any level."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(value) for key, value in schema.items()}
    if out.get("type") == "object" and "properties" in out:
        out["additionalProperties"] = False
    return out


def schema_for(name: str) -> dict[str, Any]:
    """Build the draft-07 JSON Schema of the whole CloudEvent that travels on ``name``."""
    struct = _STRUCTS[name]
    (ref,), definitions = msgspec.json.schema_components(
        [Envelope[struct]],  # type: ignore[valid-type]
        ref_template="#/definitions/{name}",
    )
    root = ref["$ref"].rsplit("/", 1)[1]
    body = definitions.pop(root)
    body.pop("title", None)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"/schemas/{name}.json",
        "title": name,
        **closed(body),
        "definitions": closed(definitions),
    }


def files() -> dict[Path, str]:
    """Return every generated file: its text by its path."""
    schemas = {
        TOPICS_DIR / name / "schema.json": json.dumps(schema_for(name), indent=2, ensure_ascii=False) + "\n"
        for name in _STRUCTS
    }
    return {**schemas, **documents()}


def main() -> int:
    """Write every file; with ``--check`` exit 1 when one on disk differs."""
    check, drifted = "--check" in sys.argv, False
    for path, text in files().items():
        if path.exists() and path.read_text() == text:
            continue
        drifted = True
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        sys.stdout.write(f"{path.relative_to(TOPICS_DIR.parent)}: {'differs' if check else 'written'}\n")
    return 1 if drifted and check else 0


if __name__ == "__main__":
    sys.exit(main())
