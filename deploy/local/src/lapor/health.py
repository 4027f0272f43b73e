"""What waits in the services' outboxes, from their own metrics, and what a person must look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

from lapor.board import duration
from lapor.files import DataDir
from lapor.ports import HOST
from lapor.services import SERVICES

OWNERS = [service.name for service in SERVICES if service.database]
OLDEST_S = 120  # Kafka is away or refuses; a restart of the broker is over sooner
_GAUGE = re.compile(r"^lapor_outbox_(parked|oldest_seconds)\{[^}]*\} (\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """Rows that can never be published, and the age of the oldest that waits."""

    parked: int
    oldest_s: float


def outboxes(data: DataDir) -> dict[str, Outbox]:
    """By service; without those that do not answer."""
    ports: dict[str, int] = json.loads(data.ports.read_text())
    found = {}
    for name in OWNERS:
        try:
            answer = httpx.get(f"http://{HOST}:{ports[name]}/metrics", timeout=1, trust_env=False)
        except httpx.HTTPError:
            continue
        if values := dict(_GAUGE.findall(answer.text)):
            parked, oldest_s = (float(values.get(what, 0)) for what in ("parked", "oldest_seconds"))
            found[name] = Outbox(parked=int(parked), oldest_s=oldest_s)
    return found


def attention(found: Mapping[str, Outbox], letters: Mapping[str, int]) -> Iterator[str]:
    """What a person must look at, a sentence each. ``letters``: dead letters of each service that nobody settled."""
    for name, count in letters.items():
        yield f"{name}: {count} dead {'letter' if count == 1 else 'letters'} (lapor dlq list, then replay or dismiss)"
    for name, it in found.items():
        if it.parked:
            noun = "record" if it.parked == 1 else "records"
            yield f"{name}: {it.parked} {noun} can never be published (docs/runbook.md, a parked row)"
        if it.oldest_s > OLDEST_S:
            yield f"{name}: a record has been waiting for Kafka for {duration(it.oldest_s)} (lapor logs {name})"
