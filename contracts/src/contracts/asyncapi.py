"""Builds the AsyncAPI 3 documents from the Structs and the ``topic.yaml`` files; ``contracts.generate`` writes them.

``unit.yaml`` is a unit's side: the two channels it may touch. ``inside.yaml`` is everything, with one operation for
each service and topic. Both point at the committed JSON Schemas and examples, so that nothing is said twice.
https://www.asyncapi.com/docs/reference/specification/v3.1.0
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from contracts import signature
from contracts.codec import _STRUCTS, CONTENT_TYPE
from contracts.topics import FOLLOWED_UP, RECEIVED, TOPICS_DIR

ASYNCAPI_DIR = TOPICS_DIR.parent / "asyncapi"
_KAFKA = "0.5.0"  # version of the Kafka bindings
_UNIT = {"unit.routed.v1": "receive", "unit.replied.v1": "send"}  # seen from the unit
#: The settings that have a field in the binding; a topic's other settings stand beside it as an extension.
_OFFICIAL = {"cleanup.policy", "retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes"}

Doc = dict[str, Any]


def documents() -> dict[Path, str]:
    """Return each document's text, by the file it belongs in."""
    declared = {path.parent.name: yaml.safe_load(path.read_text()) for path in sorted(TOPICS_DIR.glob("*/topic.yaml"))}
    made = {"unit.yaml": _unit_side(declared), "inside.yaml": _inside(declared)}
    return {ASYNCAPI_DIR / name: _yaml(doc) for name, doc in made.items()}


def _yaml(doc: Doc) -> str:
    head = "# Made by `make schemas` from contracts/; not edited by hand.\n"
    return head + yaml.safe_dump(doc, sort_keys=False, allow_unicode=True, width=120)


def _unit_side(declared: dict[str, Doc]) -> Doc:
    own = {name: declared[name] for name in _UNIT}
    operations = {
        f"unit.{action}s.{name.split('.')[1]}": _operation(action, name, "unit", r"^unit\.[a-z0-9-]+\.")
        for name, action in _UNIT.items()
    }
    text = (
        "What one unit of the kabupaten receives and answers. It reads and writes as the Kafka user whose name is its "
        "code, and has no right on anything else. `code` is that code in lower case."
    )
    return _document("LAPOR! Soppeng, a unit's side", text, own, operations)


def _inside(declared: dict[str, Doc]) -> Doc:
    operations: Doc = {}
    for name, topic in declared.items():
        stem = name.removesuffix(".v1")
        for action, which in (("send", "producers"), ("receive", "consumers")):
            for who in _principals(topic, which):
                group = rf"^{who}(\.|$)" if action == "receive" else None
                operations[f"{who}.{action}s.{stem}"] = _operation(action, name, who, group)
    text = "Every topic, and for each service one operation for each topic that it writes or reads."
    return _document("LAPOR! Soppeng, inside", text, declared, operations)


def _principals(topic: Doc, which: str) -> list[str]:
    names: list[str] = []
    for who in topic[which]:
        names += topic["services"] if who == "{service}" else [who.replace("{unit}", "unit")]
    return names


def _document(title: str, text: str, declared: dict[str, Doc], operations: Doc) -> Doc:
    return {
        "asyncapi": "3.1.0",
        "info": {"title": title, "version": "1.0.0", "description": text},
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "local": _server("kafka", "What `lapor up` starts; `lapor env` tells its address."),
            "production": _server("kafka-secure", "The same over TLS (SASL_SSL)."),
        },
        "channels": {name: _channel(name, topic) for name, topic in declared.items()},
        "operations": operations,
        "components": {
            "messages": {name: _message(name) for name in declared},
            "securitySchemes": {
                "scram": {
                    "type": "scramSha512",
                    "description": "One Kafka user for each service and for each unit, with the rights of topic.yaml.",
                }
            },
        },
    }


def _server(protocol: str, text: str) -> Doc:
    return {
        "host": "{bootstrap}",
        "protocol": protocol,
        "description": text,
        "variables": {"bootstrap": {"default": "localhost:9092", "description": "The bootstrap server, host:port."}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _channel(name: str, topic: Doc) -> Doc:
    address = topic["topic"].replace("{unit}", "{code}")
    channel: Doc = {"address": address, "description": topic["description"]}
    if "{code}" in address:
        about = "The unit's code in lower case, as in units.yaml of the region."
        channel["parameters"] = {"code": {"description": about, "examples": ["pupr", "kec-lalabata"]}}
    if "{service}" in address:
        channel["parameters"] = {"service": {"description": "Whose dead letters.", "enum": topic["services"]}}
    channel["messages"] = {_plain(name): {"$ref": f"#/components/messages/{name}"}}
    settings = {key: _number(value) for key, value in topic["config"].items()}
    official: Doc = {key: value for key, value in settings.items() if key in _OFFICIAL}
    official["cleanup.policy"] = official["cleanup.policy"].split(",")
    binding = {"partitions": topic["partitions"], "topicConfiguration": official, "bindingVersion": _KAFKA}
    channel["bindings"] = {"kafka": binding}
    if others := {key: value for key, value in settings.items() if key not in _OFFICIAL}:
        channel["x-topic-configuration"] = others
    channel["x-personal-data"] = topic["personal_data"]
    return channel


def _number(value: str) -> int | str:
    return int(value) if value.removeprefix("-").isdigit() else value


def _operation(action: str, name: str, who: str, group: str | None) -> Doc:
    operation: Doc = {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{_plain(name)}"}],
        "tags": [{"name": who}],
    }
    if group and action == "receive":
        group_id = {"type": "string", "pattern": group}
        operation["bindings"] = {"kafka": {"groupId": group_id, "bindingVersion": _KAFKA}}
    return operation


def _message(name: str) -> Doc:
    key = {"type": "string", "description": "The complaint's id; equal keys are in order."}
    bindings = {"kafka": {"key": key, "bindingVersion": _KAFKA}}
    if name not in _STRUCTS:
        return _dead_letter(bindings) if name == "dead-letters" else _replay()
    examples = sorted((TOPICS_DIR / name / "examples").glob("*.json"))
    headers: Doc = {
        "content-type": {"type": "string", "description": "CloudEvents 1.0, structured mode.", "const": CONTENT_TYPE}
    }
    if name in (RECEIVED, FOLLOWED_UP):
        text = "Of the intake whose ticket it is: HMAC-SHA256 of key, NUL and value, in hex (contracts/signature.py)."
        headers[signature.HEADER] = {"type": "string", "description": text, "pattern": "^[0-9a-f]{64}$"}
    return {
        "name": name,
        "title": _STRUCTS[name].__name__,
        "summary": (_STRUCTS[name].__doc__ or "").splitlines()[0].replace("``", "`"),
        "contentType": CONTENT_TYPE,
        "headers": {"type": "object", "properties": headers},
        "correlationId": {"location": "$message.payload#/subject", "description": "The complaint's id."},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-07",
            "schema": {"$ref": f"../topics/{name}/schema.json"},
        },
        "bindings": bindings,
        "examples": [
            {"name": path.stem, "payload": {"$ref": f"../topics/{name}/examples/{path.name}"}} for path in examples
        ],
    }


def _dead_letter(bindings: Doc) -> Doc:
    names = ("error", "source-topic", "source-partition", "source-offset", "failed-at")
    return {
        "name": "dead-letter",
        "title": "Dead letter",
        "summary": "The bytes of a record as they came, and what went wrong: the error's class, never its text.",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "required": list(names),
            "properties": {each: {"type": "string"} for each in names},
        },
        "payload": {"description": "Whatever was in the record."},
        "bindings": bindings,
    }


def _replay() -> Doc:
    key = {"type": "string", "description": "The dead letter's id, as `lapor dlq list` shows it."}
    return {
        "name": "replay",
        "title": "Request for a replay",
        "summary": "An operator asks the service to handle a dead letter of its own once more.",
        "contentType": "text/plain",
        "payload": {"type": "string", "pattern": "^[0-9]+$", "description": "Its offset in the dead-letter topic."},
        "bindings": {"kafka": {"key": key, "bindingVersion": _KAFKA}},
    }


def _plain(name: str) -> str:
    """Turn ``name`` into a key that needs no escapes in a JSON pointer."""
    return name.replace(".", "-")
