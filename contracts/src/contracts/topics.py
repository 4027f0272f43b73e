"""The topics, as their ``topic.yaml`` files declare them: settings, producers, consumers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

RECEIVED = "complaint.received.v1"
CLASSIFIED = "complaint.classified.v1"
FOLLOWED_UP = "complaint.followed-up.v1"
UPDATED = "complaint.updated.v1"
SLA_UPDATED = "complaint.sla-updated.v1"
SLA_BREACHED = "complaint.sla-breached.v1"
ERASED = "complaint.erased.v1"
SUPPORTED = "complaint.supported.v1"
TOLD = "complaint.told.v1"
RESEND_ASKED = "complaint.resend-asked.v1"
CANARY = "canary.passed.v1"

#: Topics without anybody's words, which an erasure leaves as they are.
WORDLESS = frozenset({SLA_UPDATED, SLA_BREACHED, ERASED, SUPPORTED, TOLD, RESEND_ASKED})

TOPICS_DIR = Path(__file__).parents[2] / "topics"


def unit_routed(unit: str) -> str:
    """Name the topic on which ``unit`` receives."""
    return f"unit.{unit.lower()}.routed.v1"


def unit_replied(unit: str) -> str:
    """Name the topic on which ``unit`` replies."""
    return f"unit.{unit.lower()}.replied.v1"


def unit_of(topic: str) -> str | None:
    """Return the code of the unit a unit topic belongs to; None for every other topic."""
    parts = topic.split(".")
    return parts[1].upper() if len(parts) == 4 and parts[0] == "unit" else None


def step_key(complaint_id: str, seq: int) -> bytes:
    """Make the key of a step on ``UPDATED``: one key each, so that an erasure can send a tombstone for each step.

    A negative ``seq`` gives the complaint's id alone, the key of every step until November 2026.
    """
    return f"{complaint_id}/{seq}".encode() if seq >= 0 else complaint_id.encode()


def kept_together(key: bytes) -> bytes:
    """Return the part of ``key`` that decides the record's partition: records with the same part stay in order."""
    return key.partition(b"/")[0]


def tells_time(topic: str) -> bool:
    """Whether a record's own time tells when its event happened.

    A unit could backdate its reply, and a classification carries the time of its complaint, though it may come long
    after.
    """
    return topic == CLASSIFIED or unit_of(topic) is not None


def dead_letters(service: str) -> str:
    """Name the dead-letter topic of ``service``."""
    return f"{service}.dlq"


def comes_again(topic: str) -> bool:
    """Whether a service keeps what it published on ``topic``, to publish it again if the broker loses it.

    A dead letter arises again when its source record is read again, and a new canary comes each minute.
    """
    return topic != CANARY and not topic.endswith(".dlq")


def replays(service: str) -> str:
    """Name the topic of requests to ``service`` to handle one of its dead letters again."""
    return f"{service}.replay"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One topic. ``producers`` and ``consumers`` are Kafka principals; ``config`` are broker topic settings."""

    name: str
    partitions: int
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    config: dict[str, str] = field(default_factory=dict)


def load_topics(units: Iterable[str], desks: Iterable[str] = (), directory: Path = TOPICS_DIR) -> list[Topic]:
    """Load every topic, with ``{unit}`` and ``{service}`` expanded to one topic each; ``desks`` are units with a desk.

    Raises:
        OSError, KeyError, yaml.YAMLError: a declaration is missing or broken.
    """
    topics, with_desk = list[Topic](), frozenset(desks)
    for path in sorted(directory.glob("*/topic.yaml")):
        declared = yaml.safe_load(path.read_text())
        names: list[dict[str, str]] = [{}]
        if "{unit}" in declared["topic"]:
            names = [{"unit": code} for code in units]
        elif "{service}" in declared["topic"]:
            names = [{"service": name} for name in declared["services"]]
        for name in names:
            topics.append(_topic(declared, name, desk=name.get("unit") in with_desk))
    return topics


def _topic(declared: dict, name: dict[str, str], *, desk: bool) -> Topic:  # type: ignore[type-arg]
    def principals(which: str) -> tuple[str, ...]:
        also = declared.get(f"{which}_of_desks", []) if desk else []
        return tuple(p.format(**name) for p in [*declared[which], *also])

    return Topic(
        name=declared["topic"].format(**{k: v.lower() for k, v in name.items()}),
        partitions=declared["partitions"],
        producers=principals("producers"),
        consumers=principals("consumers"),
        config={k: str(v) for k, v in (declared.get("config") or {}).items()},
    )
