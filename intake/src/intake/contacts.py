"""The contacts that a citizen leaves at the website: who is told, who wants no messages, and the secret link."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.database import Connection, Pool


class Medium(StrEnum):
    """How a contact is told, where an intake has several ways."""

    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A contact as it is displayed: ``shown`` hides most of it. ``stopped``: its owner wants no messages.

    ``awaits_yes``: its owner was asked for consent and has not given it; further messages wait. ``failed``: nothing
    arrives there. ``sent_at`` is the time of the last message, ``waiting`` the number of messages still to be sent.
    """

    medium: str
    shown: str
    stopped: bool
    awaits_yes: bool = False
    failed: bool = False
    sent_at: datetime | None = None
    waiting: int = 0


#: Names of a provider that ignores dots in the local part; the first is the usual one.
_WITHOUT_DOTS = ("gmail.com", "googlemail.com")
_KEEP = """
INSERT INTO contacts (reporter_ref, medium, address, mark, link_key)
SELECT $1, k.medium, k.address, k.mark, k.link_key
FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[]) AS k (medium, address, mark, link_key)
ON CONFLICT DO NOTHING"""
_STATE = """
       EXISTS (SELECT FROM silenced s WHERE s.mark = k.mark) AS stopped,
       EXISTS (SELECT FROM agreements a WHERE a.mark = k.mark AND a.agreed_at IS NULL) AS awaits_yes"""
_OF_TICKET = f"""
SELECT k.medium, k.address, k.failed_at IS NOT NULL AS failed, {_STATE},
       (SELECT max(n.sent_at) FROM notices n
        WHERE n.ticket = c.ticket AND n.medium = k.medium AND n.state = 'sent') AS sent_at,
       (SELECT count(*) FROM notices n
        WHERE n.ticket = c.ticket AND n.medium = k.medium AND n.state = 'pending') AS waiting
FROM complaints c JOIN contacts k USING (reporter_ref) WHERE c.ticket = $1 ORDER BY k.medium"""
_MARKED = f"SELECT k.medium, k.address, {_STATE} FROM contacts k WHERE $1 IN (k.mark, k.mark_before) LIMIT 1"
# The link sent there is revoked, too: somebody who was written to by mistake is not the reporter.
_SILENCE = """
WITH revoked AS (UPDATE contacts SET link_key = NULL WHERE mark = $1),
dropped AS (UPDATE notices n SET state = 'dropped', detail = 'stopped', attempts = attempts + 1 FROM contacts k
    WHERE k.mark = $1 AND n.inbox = inbox_of(k.address) AND n.medium = k.medium AND n.state = 'pending')
INSERT INTO silenced (mark) VALUES ($1) ON CONFLICT DO NOTHING"""
# Until November 2026 a mark was made of the address as written; links in old messages still carry that mark.
_STILL_SILENT = """
WITH before AS (DELETE FROM silenced s USING unnest($1::bytea[], $2::bytea[]) AS m (before, now)
    WHERE s.mark = m.before AND m.before <> m.now RETURNING m.now)
INSERT INTO silenced (mark) SELECT DISTINCT now FROM before ON CONFLICT DO NOTHING"""
_STILL_AGREED = """
WITH before AS (DELETE FROM agreements a USING unnest($1::bytea[], $2::bytea[]) AS m (before, now)
    WHERE a.mark = m.before AND m.before <> m.now RETURNING m.now, a.asked_by, a.agreed_at)
INSERT INTO agreements (mark, asked_by, agreed_at) SELECT DISTINCT ON (now) * FROM before ON CONFLICT DO NOTHING"""
_OF_ADDRESSES = """
SELECT DISTINCT address, mark FROM contacts
WHERE medium = 'email' AND mark_before IS NULL AND inbox_of(address) <> lower(address)"""
_RENEW = """
UPDATE contacts k SET mark = m.now, mark_before = m.before
FROM unnest($1::bytea[], $2::bytea[]) AS m (before, now) WHERE k.mark = m.before AND m.before <> m.now"""
_NOW = "SELECT coalesce((SELECT mark FROM contacts WHERE mark_before = $1 LIMIT 1), $1)"
# Release what waited for consent, in its order.
_AGREE = """
WITH freed AS (UPDATE notices n SET next_try_at = now(), quiet = false FROM contacts k
    WHERE k.mark = $1 AND n.inbox = inbox_of(k.address) AND n.medium = k.medium AND n.state = 'pending'
      AND n.next_try_at = 'infinity')
INSERT INTO agreements (mark, asked_by, agreed_at) VALUES ($1, 0, now())
ON CONFLICT (mark) DO UPDATE SET agreed_at = coalesce(agreements.agreed_at, now())"""
_HEAR = "DELETE FROM silenced WHERE mark = $1"
_LINK_KEY = """
SELECT k.link_key FROM complaints c JOIN contacts k USING (reporter_ref)
WHERE c.ticket = $1 AND k.medium = 'email' AND k.created_at > now() - make_interval(days => $2)"""


def inbox_of(address: str) -> str:
    """Return the common form of all addresses of one inbox: no capitals, no ``+tag``, and for Gmail no dots.

    PostgreSQL does the same for sent messages (``0022_inboxes.sql``), so that bounds and marks apply to the same inbox.
    """
    name, at, domain = address.lower().rpartition("@")
    if not at:
        return address
    untagged = name.partition("+")[0] or name
    if domain in _WITHOUT_DOTS:
        return f"{untagged.replace('.', '')}@{_WITHOUT_DOTS[0]}"
    return f"{untagged}@{domain}"


def mark_of(installation: UUID, medium: str, address: str) -> bytes:
    """Make the mark that stands for a contact where nobody may read it: 128 bits that only the installation can make.

    It is the same for all addresses of an inbox. It proves nothing: where ``+`` marks no tag, they are two people.
    """
    return exact_mark(installation, medium, inbox_of(address))


def exact_mark(installation: UUID, medium: str, address: str) -> bytes:
    """Make the mark of exactly this ``address``, as for signing in with it."""
    named = f"intake contact\x1f{medium}\x1f{address.casefold()}".encode()
    return hmac.digest(installation.bytes, named, "sha256")[:16]


def token_of(mark: bytes) -> str:
    """Encode ``mark`` in 22 characters, for our URLs."""
    return base64.urlsafe_b64encode(mark).decode().rstrip("=")


def mark_in(token: str) -> bytes | None:
    """Decode what :func:`token_of` wrote; return None for anything else."""
    try:
        mark = base64.b64decode(token + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return mark if len(mark) == 16 and token_of(mark) == token else None


def link_token(installation: UUID, ticket: str, link_key: bytes) -> str:
    """Make the token of the secret link of ``ticket``, 256 bits, from a stored key and the installation's secret."""
    digest = hmac.digest(installation.bytes, f"intake link\x1f{ticket}\x1f".encode() + link_key, "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def shown(medium: str, address: str) -> str:
    """Hide most of ``address``, so that only its owner recognises it: ``0812…90``, ``a…@contoh.id``."""
    if medium == Medium.EMAIL:
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}…@{domain}"
    number = f"0{address[3:]}" if address.startswith("+62") else address
    return f"{number[:4]}…{number[-2:]}"


async def keep_contacts(db: Connection, installation: UUID, reporter_ref: str, contacts: Mapping[str, str]) -> None:
    """Store ``contacts``, medium to address, of a reporter, in the caller's transaction."""
    marks = [mark_of(installation, medium, address) for medium, address in contacts.items()]
    # People who stopped messages before marks were made of the inbox did so for the address as written.
    before = [exact_mark(installation, medium, address) for medium, address in contacts.items()]
    await db.execute(_STILL_SILENT, before, marks)
    keys = [secrets.token_bytes(16) for _ in contacts]
    await db.execute(_KEEP, reporter_ref, list(contacts), list(contacts.values()), marks, keys)


async def find_contacts(db: Connection | Pool, ticket: str) -> list[Contact]:
    """List the contacts that the reporter of ``ticket`` left, with the state of its messages to each."""
    return [_contact(dict(row)) for row in await db.fetch(_OF_TICKET, ticket)]


async def find_marked(db: Connection | Pool, mark: bytes) -> Contact | None:
    """Return the contact of ``mark``; None if no contact has it, or no longer."""
    row = await db.fetchrow(_MARKED, mark)
    return _contact(dict(row)) if row else None


async def renew_marks(pool: Pool, installation: UUID) -> None:
    """Replace old marks, made of the address as written, by marks of the inbox; stopped contacts stay stopped."""
    async with pool.acquire() as db, db.transaction():
        rows = await db.fetch(_OF_ADDRESSES)
        before = [row["mark"] for row in rows]
        now = [mark_of(installation, Medium.EMAIL, row["address"]) for row in rows]
        for statement in (_STILL_SILENT, _STILL_AGREED, _RENEW):
            await db.execute(statement, before, now)


async def silence(db: Connection | Pool, mark: bytes) -> None:
    """Send nothing more to the contact of ``mark``, about any complaint, and drop what waits."""
    await db.execute(_SILENCE, await db.fetchval(_NOW, mark))


async def agree(db: Connection | Pool, mark: bytes) -> None:
    """Note that the owner of ``mark`` was reached there and wants messages; release what waited for that."""
    await db.execute(_AGREE, await db.fetchval(_NOW, mark))


async def hear(db: Connection, mark: bytes) -> None:
    """Take back :func:`silence` for messages from now on, in the caller's transaction."""
    await db.execute(_HEAR, await db.fetchval(_NOW, mark))
    await agree(db, mark)


async def find_link(db: Connection | Pool, installation: UUID, ticket: str, days: int) -> str | None:
    """Return the token of the secret link of ``ticket``; None if it is revoked or older than ``days``."""
    key = await db.fetchval(_LINK_KEY, ticket, days)
    return link_token(installation, ticket, key) if key else None


def _contact(row: dict[str, object]) -> Contact:
    given = {name: value for name, value in row.items() if name != "address"}
    return Contact(shown=shown(str(row["medium"]), str(row["address"])), **given)  # type: ignore[arg-type]
