"""Kafka's ACLs, derived from the topics' own declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from contracts.topics import Topic

AUDITOR = "auditor"  # reads everything, writes nothing
OPERATOR = "operator"  # reads dead letters, asks for them to be handled again
PROBER = "prober"  # sees the offsets of groups, and reads only canaries


class Rule(NamedTuple):
    """``principal`` may do ``operation`` on the topic or group called ``name``, or with ``prefix`` starting with it.

    READ and WRITE include DESCRIBE. The name ``*`` means any.
    """

    principal: str
    operation: Literal["READ", "WRITE", "DESCRIBE"]
    kind: Literal["TOPIC", "GROUP"]
    name: str
    prefix: bool = False


def principals(topics: Iterable[Topic], units: Iterable[str]) -> list[str]:
    """List every Kafka user except the super user: services, units, auditor and operator."""
    named = {name for topic in topics for name in (*topic.producers, *topic.consumers)}
    return sorted({*named, *units, AUDITOR, OPERATOR})


def rules(topics: Iterable[Topic], units: Iterable[str]) -> set[Rule]:
    """Return all that is allowed; the broker refuses everything else."""
    topics, units = list(topics), set(units)
    return {*_of_topics(topics), *_of_groups(principals(topics, units), units)}


def _of_topics(topics: list[Topic]) -> Iterator[Rule]:
    for topic in topics:
        for name in topic.producers:
            yield Rule(name, "WRITE", "TOPIC", topic.name)
        for name in (*topic.consumers, AUDITOR):
            yield Rule(name, "READ", "TOPIC", topic.name)
        yield Rule(PROBER, "DESCRIBE", "TOPIC", topic.name)


def _of_groups(everyone: list[str], units: set[str]) -> Iterator[Rule]:
    yield Rule(AUDITOR, "DESCRIBE", "GROUP", "*")
    yield Rule(PROBER, "DESCRIBE", "GROUP", "*")
    for name in everyone:
        if name in units:
            # The dot belongs to the prefix: without it `unit.dinas` would hold for `unit.dinas-pu` too.
            yield Rule(name, "READ", "GROUP", f"unit.{name.lower()}.", prefix=True)
        elif name in (AUDITOR, OPERATOR):
            yield Rule(name, "READ", "GROUP", f"{name}.", prefix=True)
        else:
            yield Rule(name, "READ", "GROUP", name)
