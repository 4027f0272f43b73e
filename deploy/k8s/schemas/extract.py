"""Makes a file of this folder from a project's published files (listed in README.md): extract.py OUT SOURCE…

A source is a CustomResourceDefinition, or the definitions of Kubernetes. Descriptions, defaults and the status are left
out, repeated parts are written once, and an object may have only the fields that its schema names.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Schema: TypeAlias = dict[str, Any]
#: The kinds of Kubernetes itself that the manifests use.
KINDS = {
    "v1": ("Namespace", "ConfigMap", "Secret", "Service", "PersistentVolumeClaim"),
    "apps.v1": ("StatefulSet", "Deployment"),
    "policy.v1": ("PodDisruptionBudget",),
    "networking.k8s.io.v1": ("NetworkPolicy", "Ingress"),
}
_KEPT = ("type", "enum", "required", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
_SHORT = 120  # repeated parts with fewer letters are not written separately


def main() -> None:
    """Write OUT, one definition a line."""
    out, *sources = map(Path, sys.argv[1:])
    kinds: dict[str, Schema] = {}
    for source in sources:
        read: Any = json.loads if source.suffix == ".json" else yaml.safe_load
        parsed = read(source.read_text())
        kinds |= _of_kubernetes(parsed["$defs"]) if "$defs" in parsed else _of_resource(parsed)
    lines = [f"{json.dumps(name)}: {json.dumps(it, sort_keys=True)}" for name, it in _written_once(kinds).items()]
    out.write_text('{"$defs": {\n' + ",\n".join(lines) + "\n}}\n")


def _of_resource(definition: Schema) -> dict[str, Schema]:
    spec = definition["spec"]
    return {
        f"{spec['group']}.{version['name']}.{spec['names']['kind']}": _named(
            clean(version["schema"]["openAPIV3Schema"]), f"{spec['group']}/{version['name']}", spec["names"]["kind"]
        )
        for version in spec["versions"]
        if version["storage"]
    }


def _of_kubernetes(definitions: dict[str, Schema]) -> dict[str, Schema]:
    """Return the kinds that are used, with their references replaced by the referenced schemas."""

    def whole(schema: Schema) -> Schema:
        if "$ref" in schema:
            return whole(definitions[schema["$ref"].rpartition("/")[2]])
        return through(schema, whole)

    found = {}
    for version, kinds in KINDS.items():
        group = version.replace("v1", "core.v1") if version == "v1" else version.replace(".k8s.io", "")
        for kind in kinds:
            schema = clean(whole(definitions[f"io.k8s.api.{group}.{kind}"]))
            found[f"{version}.{kind}"] = _named(schema, version.replace(".v1", "/v1"), kind)
    return found


def _named(schema: Schema, version: str, kind: str) -> Schema:
    fields = {"metadata": {"type": "object"}} | {
        name: it for name, it in schema["properties"].items() if name != "status"
    }
    fields |= {"apiVersion": {"enum": [version]}, "kind": {"enum": [kind]}}
    return schema | {"properties": fields, "required": ["apiVersion", "kind", "metadata"]}


def through(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Return ``schema`` with each schema in it changed."""
    new = dict(schema)
    if "properties" in new:
        new["properties"] = {name: change(it) for name, it in new["properties"].items()}
    for name in ("items", "additionalProperties", "not"):
        if isinstance(new.get(name), dict):
            new[name] = change(new[name])
    for name in ("allOf", "anyOf", "oneOf"):
        if name in new:
            new[name] = [change(it) for it in new[name]]
    return new


def clean(schema: Schema) -> Schema:
    """Reduce ``schema`` to the parts that decide which values are valid."""
    new = through({key: it for key, it in schema.items() if key in (*_KEPT, *_INNER)}, clean)
    if schema.get("x-kubernetes-int-or-string"):
        new.pop("type", None)
        new["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if schema.get("nullable") and isinstance(new.get("type"), str):
        new["type"] = [new["type"], "null"]
    is_open = schema.get("x-kubernetes-preserve-unknown-fields")
    if "object" in schema.get("type", "") and "properties" in new and not is_open:
        new.setdefault("additionalProperties", False)
    return new


_INNER = ("properties", "items", "additionalProperties", "not", "allOf", "anyOf", "oneOf")


def _written_once(kinds: dict[str, Schema]) -> dict[str, Schema]:
    """Return ``kinds`` with repeated parts replaced by references, and these parts by numbers."""
    seen: Counter[str] = Counter()

    def count(schema: Schema) -> Schema:
        text = json.dumps(schema, sort_keys=True)
        seen[text] += 1
        return schema if seen[text] > 1 else through(schema, count)

    shared: dict[str, tuple[str, Schema]] = {}

    def share(schema: Schema) -> Schema:
        text = json.dumps(schema, sort_keys=True)
        if seen[text] < 2 or len(text) < _SHORT:
            return through(schema, share)
        if text not in shared:
            inner = through(schema, share)
            shared[text] = str(len(shared)), inner
        return {"$ref": f"#/$defs/{shared[text][0]}"}

    for it in kinds.values():
        count(it)
    whole = {name: through(it, share) for name, it in kinds.items()}
    return whole | dict(shared.values())


if __name__ == "__main__":
    main()
