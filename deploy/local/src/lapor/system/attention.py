"""Problems that a person must look at, among them events waiting in outboxes, from the services' own metrics."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

from chassis.metrics import MAX_BUGS_IN_A_ROW
from lapor.processes.board import duration
from lapor.processes.data_dir import DataDir, tail
from lapor.processes.ports import HOST
from lapor.system.installation import SERVICES

OWNERS = [service.name for service in SERVICES if service.database]
OLDEST_S = 120  # above it Kafka is away or refuses: a restart of the broker takes less
_GAUGE = re.compile(r"^lapor_(outbox_parked|outbox_oldest_seconds|decide_bugs_in_a_row)\{[^}]*\} (\S+)$", re.MULTILINE)
_FAILING = re.compile(r'^lapor_outbox_failing_seconds\{error="(\w+)"', re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Rows that can never be published, the age of the oldest one waiting, and reasons why a service is stuck.

    ``error`` is the class of the present publishing error, ``bugs`` the number of events in a row that its rules failed
    at.
    """

    parked: int
    oldest_s: float
    error: str = ""
    bugs: int = 0


def outboxes(data: DataDir) -> dict[str, Outbox]:
    """Fetch the outboxes by service, without the services that do not answer."""
    ports: dict[str, int] = json.loads(data.ports.read_text())
    found = {}
    for name in OWNERS:
        try:
            answer = httpx.get(f"http://{HOST}:{ports[name]}/metrics", timeout=1, trust_env=False)
        except httpx.HTTPError:
            continue
        if values := {what: float(value) for what, value in _GAUGE.findall(answer.text)}:
            failing = _FAILING.search(answer.text)
            found[name] = Outbox(
                parked=int(values.get("outbox_parked", 0)),
                oldest_s=values.get("outbox_oldest_seconds", 0),
                error=failing[1] if failing else "",
                bugs=int(values.get("decide_bugs_in_a_row", 0)),
            )
    return found


def why_it_left(data: DataDir, name: str) -> str:
    """Return the reason that the process ``name`` logged when it last left by itself; empty if it did not."""
    for line in reversed(tail(data.log(name), 200).splitlines()):
        with contextlib.suppress(ValueError, AttributeError):
            said = json.loads(line)
            if said.get("event") == "leaving":
                return ": ".join(filter(None, (said.get("reason"), said.get("error"))))
    return ""


def sentences(found: Mapping[str, Outbox], letters: Mapping[str, int]) -> Iterator[str]:
    """Describe each problem in a sentence. ``letters``: the number of unsettled dead letters of each service."""
    for name, count in letters.items():
        yield f"{name}: {count} dead {'letter' if count == 1 else 'letters'} (lapor dlq list, then replay or dismiss)"
    for name, it in found.items():
        if it.parked:
            noun = "record" if it.parked == 1 else "records"
            yield f"{name}: {it.parked} {noun} can never be published (docs/runbook.md, a parked row)"
        if it.oldest_s > OLDEST_S:
            cause = f"publishing fails with {it.error}" if it.error else "behind a parked one, or Kafka is slow"
            yield f"{name}: a record has been waiting for {duration(it.oldest_s)}: {cause} (lapor logs {name})"
        if it.bugs >= MAX_BUGS_IN_A_ROW:
            yield f"{name}: its rules failed at {it.bugs} events in a row, and it goes no further (lapor logs {name})"
