"""Webhooks of units and the deliveries to them, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.database import Connection, Pool
from unit_desk.adapters import accounts
from unit_desk.people import Person
from unit_desk.projection import Logged
from unit_desk.webhook_notices import OFF_AFTER, OVERLAP, TEST, Delivery, wait_s

#: How long a claimed delivery is one process's; if that process was killed, another one sends it afterwards.
LEASE = timedelta(seconds=60)
#: The most concurrent deliveries to one receiver.
AT_ONCE = 4
KEPT = timedelta(days=30)
MOST_OF_UNIT = 5

_ANNOUNCE = """
INSERT INTO deliveries (webhook, kind, ticket, complaint_id, event_id, next_at)
SELECT w.id, e.kind, e.ticket, e.complaint_id, e.event_id, now()
FROM webhooks AS w, unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS e (kind, ticket, complaint_id, event_id)
WHERE w.unit = $1 AND w.removed_at IS NULL AND w.off_at IS NULL"""
_COLUMNS = """
d.id, d.webhook, w.unit, w.url, w.secret, w.rotated_at, d.kind, d.at, d.ticket, d.complaint_id, d.event_id, d.tries"""
# A slow receiver delays its own deliveries, and no others.
_CLAIM = f"""
UPDATE deliveries AS d SET next_at = now() + $2::interval, tries = tries + 1, last_at = now() FROM webhooks AS w
WHERE w.id = d.webhook AND d.id IN (
    SELECT due.id FROM webhooks AS v, LATERAL (
        SELECT id FROM deliveries WHERE webhook = v.id AND next_at <= now()
        ORDER BY next_at LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED) AS due
    WHERE v.removed_at IS NULL AND v.off_at IS NULL AND v.id <> ALL($1))
RETURNING {_COLUMNS}"""
_TEST = f"""
WITH d AS (INSERT INTO deliveries (webhook, kind, tries, last_at) VALUES ($1, '{TEST}', 1, now()) RETURNING *)
SELECT {_COLUMNS} FROM d JOIN webhooks AS w ON w.id = d.webhook"""
_TOOK = "UPDATE deliveries SET next_at = NULL, delivered_at = now(), result = $2 WHERE id = $1"
_WELL = "UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL"
_FAILED = "UPDATE deliveries SET next_at = now() + $3::interval, result = $2 WHERE id = $1 AND delivered_at IS NULL"
# Only a notice that was tried for a day switches off: if a unit gets little news, its first try after a week may fail
# by chance. Between two notices the webhook counts as failing, as nothing shows the contrary.
_ILL = """
UPDATE webhooks SET failing_since = coalesce(failing_since, now()),
    off_at = CASE WHEN $2 OR ($3 AND failing_since < now() - $4::interval) THEN now() END,
    off_why = CASE WHEN $2 THEN 'gone' WHEN $3 AND failing_since < now() - $4::interval THEN 'failed' END
WHERE id = $1 AND off_at IS NULL RETURNING off_why"""
_OFF = """
SELECT unit, count(*) FILTER (WHERE off_at IS NOT NULL) AS off FROM webhooks WHERE removed_at IS NULL GROUP BY unit"""
_ADD = "INSERT INTO webhooks (id, unit, url, created_by) VALUES ($1, $2, $3, $4)"
_COUNT = "SELECT count(*) FROM webhooks WHERE unit = $1 AND removed_at IS NULL"
_LIST = """
SELECT w.id, w.unit, w.url, w.secret, w.rotated_at, w.created_at, w.failing_since, w.off_at, w.off_why,
    (SELECT d.last_at FROM deliveries AS d WHERE d.webhook = w.id ORDER BY d.at DESC LIMIT 1) AS last_at
FROM webhooks AS w WHERE w.unit = ANY($1) AND w.removed_at IS NULL ORDER BY w.unit, w.created_at"""
_ONE = """
SELECT id, unit, url, secret, rotated_at, created_at, failing_since, off_at, off_why FROM webhooks
WHERE id = $1 AND unit = ANY($2) AND removed_at IS NULL"""
_LOG = """
SELECT id, kind, at, ticket, tries, next_at, last_at, delivered_at, result FROM deliveries
WHERE webhook = $1 ORDER BY at DESC, id LIMIT 50"""
_AGAIN = """
UPDATE deliveries SET next_at = now(), tries = 0, delivered_at = NULL WHERE id = $1 AND webhook = $2 RETURNING id"""
_ROTATE = """
UPDATE webhooks SET secret = secret + 1, rotated_at = now()
WHERE id = $1 AND (rotated_at IS NULL OR rotated_at < now() - $2::interval) RETURNING secret"""
_ON = "UPDATE webhooks SET off_at = NULL, off_why = NULL, failing_since = NULL WHERE id = $1"
_REMOVE = "UPDATE webhooks SET removed_at = now() WHERE id = $1"
_DROP = "UPDATE deliveries SET next_at = NULL WHERE webhook = $1 AND next_at IS NOT NULL"
_OLD = """
DELETE FROM deliveries WHERE id = ANY(ARRAY(
    SELECT id FROM deliveries WHERE at < now() - $1::interval ORDER BY at LIMIT 500)) RETURNING id"""


async def announce(db: Connection, new: Sequence[tuple[str, Logged]]) -> None:
    """Queue deliveries of new log entries, in the transaction that stores these."""
    by_unit: dict[str, list[Logged]] = {}
    for unit, entry in new:
        by_unit.setdefault(unit, []).append(entry)
    for unit, entries in by_unit.items():
        columns = zip(*((each.kind, each.ticket, each.complaint_id, each.event_id) for each in entries), strict=True)
        await db.execute(_ANNOUNCE, unit, *map(list, columns))


async def claim(db: Connection | Pool, busy: Sequence[UUID]) -> list[Delivery]:
    """Claim due deliveries, except to receivers that are ``busy``; nobody else gets them for ``LEASE``."""
    return [Delivery(**row) for row in await db.fetch(_CLAIM, list(busy), LEASE)]


async def took(db: Connection, it: Delivery, result: str) -> None:
    """Record that the receiver has a notice."""
    await db.execute(_TOOK, it.id, result)
    await db.execute(_WELL, it.webhook)


async def failed(db: Connection, it: Delivery, result: str) -> str | None:
    """Record that a notice was not taken, and when it is retried; return why the webhook is off now, if it is.

    A 410 switches it off; so does a notice given up ``OFF_AFTER`` or longer after the first failure since a success.
    """
    again = None if it.kind == TEST else wait_s(it.tries)
    await db.execute(_FAILED, it.id, result, None if again is None else timedelta(seconds=again))
    if it.kind == TEST:
        return None
    why: str | None = await db.fetchval(_ILL, it.webhook, result == "410", again is None, OFF_AFTER)
    return why


async def off(db: Pool) -> dict[str, int]:
    """Count the switched-off webhooks, by unit."""
    return {row["unit"]: row["off"] for row in await db.fetch(_OFF)}


async def add(db: Connection, unit: str, url: str, by: Person) -> UUID | None:
    """Add a webhook; None: the unit has as many as it may have."""
    webhook = uuid4()
    async with db.transaction():
        if await db.fetchval(_COUNT, unit) >= MOST_OF_UNIT:
            return None
        await db.execute(_ADD, webhook, unit, url, by.id)
        await accounts.note(db, by, "pasang webhook", unit=unit, about=f"webhook {webhook}")
    return webhook


async def listed(db: Pool, units: Sequence[str]) -> list[Mapping[str, Any]]:
    """List the webhooks of ``units``."""
    rows: list[Mapping[str, Any]] = await db.fetch(_LIST, list(units))
    return rows


async def one(db: Pool, webhook: UUID, units: Sequence[str]) -> Mapping[str, Any] | None:
    """Find a webhook of ``units``."""
    row: Mapping[str, Any] | None = await db.fetchrow(_ONE, webhook, list(units))
    return row


async def deliveries(db: Pool, webhook: UUID) -> list[Mapping[str, Any]]:
    """List the latest deliveries of a webhook, the latest first."""
    rows: list[Mapping[str, Any]] = await db.fetch(_LOG, webhook)
    return rows


async def new_test(db: Connection, webhook: Mapping[str, Any], by: Person) -> Delivery:
    """Make a test notice, which the caller sends."""
    async with db.transaction():
        row = await db.fetchrow(_TEST, webhook["id"])
        await accounts.note(db, by, "uji webhook", unit=webhook["unit"], about=f"webhook {webhook['id']}")
    return Delivery(**row)


async def again(db: Connection, webhook: Mapping[str, Any], delivery: UUID, by: Person) -> bool:
    """Queue a delivery again, under the same id; return False if it does not exist."""
    async with db.transaction():
        if await db.fetchval(_AGAIN, delivery, webhook["id"]) is None:
            return False
        await accounts.note(db, by, "kirim ulang webhook", unit=webhook["unit"], about=f"webhook {webhook['id']}")
    return True


async def rotate(db: Connection, webhook: Mapping[str, Any], by: Person) -> int | None:
    """Create a secret beside the old one, which is valid for a day more; return its number. None: two are valid."""
    async with db.transaction():
        number: int | None = await db.fetchval(_ROTATE, webhook["id"], OVERLAP)
        if number is not None:
            await accounts.note(db, by, "ganti rahasia webhook", unit=webhook["unit"], about=f"webhook {webhook['id']}")
    return number


async def switch_on(db: Connection, webhook: Mapping[str, Any], by: Person) -> None:
    """Switch a webhook on; it does not get the news that came while it was off."""
    async with db.transaction():
        await db.execute(_ON, webhook["id"])
        await accounts.note(db, by, "nyalakan webhook", unit=webhook["unit"], about=f"webhook {webhook['id']}")


async def remove(db: Connection, webhook: Mapping[str, Any], by: Person) -> None:
    """Remove a webhook; nothing more is sent to it."""
    async with db.transaction():
        await db.execute(_REMOVE, webhook["id"])
        await db.execute(_DROP, webhook["id"])
        await accounts.note(db, by, "lepas webhook", unit=webhook["unit"], about=f"webhook {webhook['id']}")


async def delete_old(db: Connection) -> int:
    """Delete a batch of deliveries whose retention is over; return how many."""
    return len(await db.fetch(_OLD, KEPT))


def both_until(webhook: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return until when two secrets are valid, if they are."""
    until = webhook["rotated_at"] + OVERLAP if webhook["rotated_at"] else None
    return until if until and now < until else None
