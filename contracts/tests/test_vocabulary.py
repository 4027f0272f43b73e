"""The vocabulary may grow: a reader accepts a newer writer's words, and names them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts import codec
from contracts.topics import TOPICS_DIR
from contracts.vocabulary import ACTIVE, DONE, FINAL, MOVES, WITH_A_UNIT, Status, UpdateKind


def _newer(example: str, **facts: Any) -> codec.Event:
    event = json.loads((TOPICS_DIR / example).read_text())
    event["data"] |= facts
    return codec.decode(json.dumps(event).encode())


EXAMPLES = sorted(TOPICS_DIR.glob("*/examples/*.json"))
NEWER = [
    ("complaint.updated.v1/examples/routed.json", "ComplaintUpdated", {"kind": "praised"}),
    ("complaint.updated.v1/examples/routed.json", "ComplaintUpdated", {"status": "praised"}),
    ("complaint.updated.v1/examples/routed.json", "ComplaintUpdated", {"lane": "fast"}),
    ("complaint.updated.v1/examples/routed.json", "ComplaintUpdated", {"type": "pujian"}),
    ("complaint.updated.v1/examples/noted.json", "ComplaintUpdated", {"note": "praised"}),
    ("complaint.classified.v1/examples/confident.json", "ComplaintClassified", {"urgency": "kritis"}),
    ("complaint.classified.v1/examples/confident.json", "ComplaintClassified", {"type": "pujian"}),
    ("complaint.sla-updated.v1/examples/started.json", "SlaUpdated", {"kind": "praised"}),
    ("unit.routed.v1/examples/routed.json", "UnitRouted", {"why": "praised"}),
]


@pytest.mark.parametrize(("example", "struct", "facts"), NEWER)
def test_a_word_that_came_later_is_read_and_named(example: str, struct: str, facts: dict[str, str]) -> None:
    event = _newer(example, **facts)
    (field,) = facts

    assert facts[field] == getattr(event.data, field)
    assert [f"{struct}.{field}"] == list(codec.unknown_words(event.data))
    assert event == codec.decode(codec.encode(event))


def test_a_word_within_a_list_is_named_too() -> None:
    item = {"id": "x", "kind": "praise", "at": "2026-03-16T08:12:41Z", "right": "portability"}
    event = _newer("complaint.followed-up.v1/examples/addition.json", items=[item])

    assert ["FollowUp.kind", "FollowUp.right"] == list(codec.unknown_words(event.data))


def test_all_words_of_the_examples_are_known() -> None:
    assert [] == [word for path in EXAMPLES for word in codec.unknown_words(codec.decode(path.read_bytes()).data)]


def test_each_step_but_those_beside_the_story_sets_the_status_of_its_name() -> None:
    assert {UpdateKind.CORRECTED, UpdateKind.NOTED} <= set(UpdateKind) - MOVES
    assert {Status.RECEIVED, Status.ARCHIVED} == set(Status) - MOVES


def test_a_status_is_over_or_with_a_unit_and_not_both() -> None:
    assert set() == DONE & WITH_A_UNIT
    assert FINAL < DONE
    assert ACTIVE < WITH_A_UNIT
