"""Clocks as they are stored, and records that move them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
from byhand import RULES

from chassis.database import Pool
from chassis.wire import Record
from contracts import codec
from contracts.events import SlaBreached, SlaUpdated
from contracts.topics import UPDATED
from sla_monitor.adapters import store
from sla_monitor.deadlines import deadline
from sla_monitor.state import ComplaintClock
from testing.events import an_updated

MONDAY = datetime(2026, 2, 2, 1, 0, tzinfo=UTC)


def clock(
    key: str, *, unit: str | None = None, due: datetime | None = None, waits: datetime | None = None
) -> ComplaintClock:
    bare = ComplaintClock(
        complaint_id=key, ticket="SPG-W000-00008", policy="standar-3-hari", seq=0, received_at=MONDAY, unit=unit,
        lane=None, waiting_since=waits,
    )  # fmt: skip
    if due is None:
        return bare
    found = deadline(MONDAY, RULES.policies["standar-3-hari"].stages["completion"].term, RULES.calendar)
    running = {
        "stage": "completion", "start": MONDAY, "term": {"amount": 3, "unit": "working_days"}, "deadline_at": due,
        "warn_at": due, "derivation": found.derivation, "at_deadline": "breached",
    }  # fmt: skip
    body = json.loads(store.encode(bare)) | {"running": [msgspec.to_builtins(running)]}
    return store.decode(json.dumps(body))


def record(offset: int, key: str, kind: str, at: datetime, *, seq: int = 0, received: datetime | None = None) -> Record:
    data = an_updated(seq, kind, complaint_id=key, ticket="SPG-W000-00008", received_at=received or at)
    event = codec.envelope(data, event_id=f"{key}-{seq}", source="/router", subject=key, time=at)
    return Record(UPDATED, 0, offset, key.encode(), codec.encode(event), 0)


async def announced(pool: Pool) -> list[SlaUpdated | SlaBreached]:
    rows = await pool.fetch("SELECT value FROM outbox ORDER BY seq")
    return [codec.decode(row["value"]).data for row in rows]  # type: ignore[misc]
