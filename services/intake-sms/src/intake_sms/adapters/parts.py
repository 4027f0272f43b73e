"""Joins the parts of a long SMS that a gateway delivers one by one: with the last part, or after a while."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from chassis.database import Pool, is_outage
from intake.submissions import KeyReused, TextProblem
from intake_sms.domain import Mo
from intake_sms.settings import SmsSettings

log = logging.getLogger(__name__)
#: Minutes until a long SMS is taken without its missing parts: references are soon reused.
WAIT_MINUTES = 10
#: Days within which a gateway may bring a part again.
KEPT_DAYS = 3

# A repeated part has the same id and changes nothing. Rows of an earlier release have another hash.
_ADD = """
INSERT INTO sms_parts (long_sms, reference, part, total, id, sender, text)
SELECT $1::bytea, $2::bytea, $3::int, $4::int, $5::text, $6::text, $7::text
WHERE NOT EXISTS (SELECT FROM sms_parts WHERE long_sms = $2::bytea AND part = $3::int AND id = $5::text)
ON CONFLICT (long_sms, part) DO NOTHING"""
# Some telephones give each SMS the same reference: if two parts wait in one position, the later one is joined.
_TOGETHER = """
SELECT DISTINCT ON (part) coalesce(reference, long_sms) AS reference, part, total, id, sender, text FROM sms_parts
WHERE coalesce(reference, long_sms) = $1 AND taken_at IS NULL ORDER BY part, at DESC"""
# A network may deliver the same words twice, with another id.
_TAKEN = """
UPDATE sms_parts SET taken_at = now(), text = '', sender = '' WHERE coalesce(reference, long_sms) = $1
    AND taken_at IS NULL AND (part, text) IN (SELECT * FROM unnest($2::int[], $3::text[]))"""
_LATE = """
SELECT coalesce(reference, long_sms) AS reference FROM sms_parts WHERE taken_at IS NULL GROUP BY 1
HAVING max(at) < now() - make_interval(mins => $1) LIMIT 100"""
_OLD = "DELETE FROM sms_parts WHERE taken_at < now() - make_interval(days => $1)"

Take = Callable[[Mo], Awaitable[None]]
#: Called with the name of a door, the bytes that came there, and the reason why they can't be taken.
Bury = Callable[[str, bytes, Exception], Awaitable[None]]


async def take_part(pool: Pool, settings: SmsSettings, take: Take, bury: Bury, mo: Mo) -> None:
    """Store a part, and take the whole SMS once all parts are there; set the whole aside if it can't be taken.

    Raises:
        asyncpg.PostgresError, OSError: not stored; let the gateway bring it again.
    """
    if mo.part is None:
        await take(mo)
        return
    named = f"{mo.gateway}\x1f{mo.sender}\x1f{mo.part.ref}\x1f{mo.part.total}"
    reference, own = (_hash(settings, each) for each in (named, f"{named}\x1f{mo.id}"))
    await pool.execute(_ADD, own, reference, mo.part.number, mo.part.total, mo.id, mo.sender, mo.text)
    rows = await pool.fetch(_TOGETHER, reference)
    if len(rows) == mo.part.total:
        await _join(pool, take, bury, mo.gateway, settings, rows)


async def take_late(pool: Pool, settings: SmsSettings, take: Take, bury: Bury, every_s: float = 30) -> None:
    """Take what has waited long enough for its other parts, and delete what was taken long ago, until cancelled.

    Raises:
        asyncpg.PostgresError, OSError: start again.
    """
    while True:
        for late in await pool.fetch(_LATE, WAIT_MINUTES):
            rows = await pool.fetch(_TOGETHER, late["reference"])
            if rows:
                log.warning("sms_incomplete", extra={"parts": len(rows), "total": rows[0]["total"]})
                await _join(pool, take, bury, settings.sms_dialect, settings, rows)
        await pool.execute(_OLD, KEPT_DAYS)
        await asyncio.sleep(every_s)


async def _join(pool: Pool, take: Take, bury: Bury, gateway: str, settings: SmsSettings, rows: Sequence[Any]) -> None:
    """Take the joined SMS. It has the id of its first part, so that two processes that join it take the same SMS."""
    first = rows[0]
    number = first["sender"]
    repliable = number.startswith("+") and number.startswith(settings.sms_reply_prefixes)
    text = "".join(row["text"] for row in rows)
    try:
        await take(Mo(id=first["id"], gateway=gateway, sender=number, repliable=repliable, text=text))
    except Exception as error:
        if is_outage(error):
            raise
        # As at the door: a retry can't help, and would hold up all that wait.
        if not isinstance(error, (KeyReused, TextProblem)):
            log.exception("mo_failed")
        whole = msgspec.json.encode({"id": first["id"], "from": number, "text": text})
        await bury(f"{gateway}-mo", whole, error)
    await pool.execute(_TAKEN, first["reference"], [row["part"] for row in rows], [row["text"] for row in rows])


def _hash(settings: SmsSettings, named: str) -> bytes:
    return hashlib.blake2b(named.encode(), digest_size=16, key=settings.installation_namespace.bytes).digest()
