"""Every example is valid and readable, and there is one for everything an event can say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts import codec, ticket
from contracts.masking import mask
from contracts.topics import TOPICS_DIR
from contracts.vocabulary import Action, ClockKind, FollowUpKind, UpdateKind, Why

EXAMPLES = sorted(TOPICS_DIR.glob("*/examples/*.json"))
IDS = [f"{path.parts[-3]}/{path.stem}" for path in EXAMPLES]
each_example = pytest.mark.parametrize("path", EXAMPLES, ids=IDS)


def _topic(path: Path) -> str:
    return path.parts[-3]


def _all(name: str) -> list[codec.Event]:
    return [codec.decode(path.read_bytes()) for path in EXAMPLES if _topic(path) == name]


@each_example
def test_an_example_is_valid_for_its_closed_schema(path: Path, draft7: Any) -> None:
    schema = json.loads((TOPICS_DIR / _topic(path) / "schema.json").read_text())

    problems = [error.message for error in draft7(schema).iter_errors(json.loads(path.read_text()))]

    assert problems == []


@each_example
def test_an_example_is_read_and_written_without_loss(path: Path) -> None:
    """Examples are history: a later field is written with its default, and nothing is left out."""
    read, written = json.loads(path.read_text()), json.loads(codec.encode(codec.decode(path.read_bytes())))

    assert read == _as_far_as(read, written)


def _as_far_as(old: object, new: object) -> object:
    """Return ``new`` without the fields that ``old`` does not have."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: _as_far_as(old.get(key), value) for key, value in new.items() if key in old}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [_as_far_as(a, b) for a, b in zip(old, new, strict=True)]
    return new


@each_example
def test_an_example_says_what_it_is(path: Path) -> None:
    event = codec.decode(path.read_bytes())

    assert (codec.type_of(event.data), codec.schema_name(event.data)) == (event.type, _topic(path))


@each_example
def test_an_example_carries_no_identifier_of_a_citizen(path: Path) -> None:
    def texts(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for item in value.values() for text in texts(item)]
        if isinstance(value, list):
            return [text for item in value for text in texts(item)]
        return [value] if isinstance(value, str) and " " in value else []

    written = texts(json.loads(path.read_text())["data"])

    assert written == [mask(text) for text in written]


@each_example
def test_the_ticket_of_an_example_is_a_valid_one(path: Path) -> None:
    number = getattr(codec.decode(path.read_bytes()).data, "ticket", None)
    assert number is None or number == ticket.parse(number)


def test_every_kind_of_update_has_an_example() -> None:
    shown = {event.data.kind for event in _all("complaint.updated.v1")}  # type: ignore[union-attr]

    assert set(UpdateKind) == shown


def test_every_kind_of_clock_change_has_an_example() -> None:
    shown = {event.data.kind for event in _all("complaint.sla-updated.v1")}  # type: ignore[union-attr]

    assert set(ClockKind) - {ClockKind.BREACHED, ClockKind.ESCALATED} == shown


def test_every_kind_of_follow_up_has_an_example() -> None:
    shown = {item.kind for event in _all("complaint.followed-up.v1") for item in event.data.items}  # type: ignore[union-attr]

    assert set(FollowUpKind) == shown


def test_every_reason_to_write_to_a_unit_has_an_example() -> None:
    shown = {event.data.why for event in _all("unit.routed.v1")}  # type: ignore[union-attr]

    assert set(Why) == shown


def test_every_action_of_a_unit_has_an_example() -> None:
    shown = {event.data.action for event in _all("unit.replied.v1")}  # type: ignore[union-attr]

    assert set(Action) == shown


def test_every_channel_has_an_example() -> None:
    shown = {event.data.channel for event in _all("complaint.received.v1")}  # type: ignore[union-attr]

    assert set(ticket.DOORS) == shown
