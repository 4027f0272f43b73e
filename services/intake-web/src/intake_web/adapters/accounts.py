"""Accounts, their sessions and their complaints in PostgreSQL."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import asyncpg

from chassis.database import Connection, Pool
from intake.complaint_view import SENT_WITH, load_views
from intake.contacts import Medium, agree, exact_mark, inbox_of, mark_of
from intake.export import export_of
from intake_web.account import (
    ACCESS_DAYS,
    CODE_MINUTES,
    GO_ON_MINUTES,
    MESSAGE_DAYS,
    MOST_LISTED,
    SESSION_DAYS,
    TRIES,
    UNUSED_DAYS,
    Access,
    Account,
    Asked,
    Kind,
    Mine,
    Reached,
    Sent,
    Verdict,
    code_of,
    hash_of,
    todo,
    verdict_of,
    wait_s,
)
from intake_web.tracking import asks_place

#: Access-log entries for requested codes, even if never typed: the requester may have a stolen session.
_ASKED_FOR = {Kind.NEW: Access.CONTACT_ASKED, Kind.LEAVE: Access.END_ASKED}
#: Rows deleted per statement.
_BATCH = 1_000
# Concurrent requests for the same contact must count each other.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 2))"
_ASKED = """
SELECT extract(epoch FROM now() - created_at)::float8 AS age_s, used_at IS NOT NULL AS used FROM account_messages
WHERE inbox = $1 AND seed IS NOT NULL AND created_at > now() - interval '1 day'"""
_OVER = "UPDATE account_messages SET attempt = NULL WHERE attempt = $1"
_ASK = """
INSERT INTO account_messages (kind, attempt, account_id, medium, address, mark, seed, also, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(mins => $9))"""
_SENT = """
SELECT kind, medium, address, tries, expires_at <= now() AS expired, used_at IS NOT NULL AS used, also, account_id
FROM account_messages WHERE attempt = $1 AND (used_at IS NULL OR used_at > now() - make_interval(mins => $2))
ORDER BY id"""
_TRY = """
UPDATE account_messages SET tries = tries + 1
WHERE attempt = $1 AND used_at IS NULL AND expires_at > now() AND tries < $2 RETURNING kind, seed"""
_USE = "UPDATE account_messages SET used_at = now() WHERE attempt = $1"
_SHOWN = """
SELECT kind, medium, address, mark, account_id, also FROM account_messages
WHERE attempt = $1 AND used_at > now() - make_interval(mins => $2) FOR UPDATE"""
_WHOSE = "SELECT account_id FROM account_contacts WHERE mark = $1"
_BEGIN = "INSERT INTO accounts (account_id, name) VALUES ($1, $2)"
_CONTACT = """
INSERT INTO account_contacts (account_id, medium, address, mark) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, medium) DO UPDATE SET address = excluded.address, mark = excluded.mark, shown_at = now()"""
_CONSENT = """
INSERT INTO account_consents (account_id, version, text) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"""
_ENTER = """
WITH used AS (UPDATE accounts SET used_at = now() WHERE account_id = $2)
INSERT INTO account_sessions (token_hash, account_id, ends_at) VALUES ($1, $2, now() + make_interval(days => $3))"""
_SESSION = """
SELECT s.account_id, a.name, s.used_at < now() - interval '1 day' AS stale,
       ARRAY(SELECT medium FROM account_contacts k WHERE k.account_id = s.account_id ORDER BY medium) AS media,
       ARRAY(SELECT address FROM account_contacts k WHERE k.account_id = s.account_id ORDER BY medium) AS addresses,
       (SELECT version FROM account_consents c WHERE c.account_id = s.account_id ORDER BY at DESC LIMIT 1) AS consent,
       EXISTS (SELECT FROM complaints c JOIN account_reporters r USING (reporter_ref)
               WHERE c.ticket = $2 AND r.account_id = s.account_id) AS owns
FROM account_sessions s JOIN accounts a USING (account_id) WHERE s.token_hash = $1 AND s.ends_at > now()"""
_USED = """
WITH used AS (UPDATE account_sessions SET used_at = now() WHERE token_hash = $1 RETURNING account_id)
UPDATE accounts SET used_at = now() WHERE account_id = (SELECT account_id FROM used)"""
_LEAVE = "DELETE FROM account_sessions WHERE token_hash = $1"
_LEAVE_ALL = "DELETE FROM account_sessions WHERE account_id = $1 AND token_hash <> $2"
_SESSIONS = """
SELECT begun_at, used_at, ends_at, token_hash = $2 AS here FROM account_sessions
WHERE account_id = $1 AND ends_at > now() ORDER BY begun_at DESC"""
_NAME = "UPDATE accounts SET name = $2 WHERE account_id = $1"
_KEEP = f"""
INSERT INTO account_reporters (account_id, reporter_ref)
SELECT $1, c.reporter_ref FROM complaints c JOIN reporters r USING (reporter_ref)
WHERE c.ticket = $2 AND c.erased_at IS NULL AND r.address IS NULL AND NOT {SENT_WITH.format("anonim")}
ON CONFLICT (account_id, reporter_ref) DO UPDATE SET at = account_reporters.at RETURNING 1"""
_MINE = """
SELECT c.ticket, c.received_at, left(c.text, 160) AS text
FROM account_reporters a JOIN complaints c USING (reporter_ref)
WHERE a.account_id = $1 AND c.erased_at IS NULL ORDER BY c.received_at DESC LIMIT $2"""
_TICKETS = """
SELECT c.ticket FROM account_reporters a JOIN complaints c USING (reporter_ref)
WHERE a.account_id = $1 AND c.erased_at IS NULL ORDER BY c.received_at"""
_TELL_CHANGED = """
INSERT INTO account_messages (kind, account_id, medium, address, mark, expires_at)
SELECT 'changed', account_id, medium, address, mark, now() + interval '1 day'
FROM account_contacts WHERE account_id = $1"""
_DELETE = "DELETE FROM accounts WHERE account_id = $1"
_NOTE = "INSERT INTO identity_accesses (account_id, who, what) VALUES ($1, 'owner', $2)"
# Logged once a day: owners may look as often as they like.
_NOTE_SHOWN = """
INSERT INTO identity_accesses (account_id, who, what) SELECT $1, 'owner', $2 WHERE NOT EXISTS (
    SELECT FROM identity_accesses WHERE account_id = $1 AND at > now() - interval '1 day' AND what = $2)"""
_NOTE_OPERATOR = """
INSERT INTO identity_accesses (account_id, who, what) SELECT unnest($1::text[]), 'operator', 'exported'"""
_ACCOUNT = "SELECT account_id, name, created_at, used_at FROM accounts WHERE account_id = $1"
_CONTACTS = "SELECT medium, address, shown_at FROM account_contacts WHERE account_id = $1 ORDER BY medium"
_CONSENTS = "SELECT version, text, at FROM account_consents WHERE account_id = $1 ORDER BY at"
_MESSAGES = """
SELECT kind, medium, address, created_at, sent_at, used_at, state FROM account_messages
WHERE mark = ANY(ARRAY(SELECT mark FROM account_contacts WHERE account_id = $1)) ORDER BY created_at"""
_ACCESSES = "SELECT who, what, ticket, at FROM identity_accesses WHERE account_id = $1 OR ticket = ANY($2) ORDER BY at"
_BY_ADDRESS = "SELECT account_id FROM account_contacts WHERE address = $1"
_OLD_MESSAGES = """
DELETE FROM account_messages WHERE id = ANY(ARRAY(
    SELECT id FROM account_messages WHERE created_at < now() - make_interval(days => $1)
    ORDER BY created_at LIMIT $2))"""
_OLD_SESSIONS = """
DELETE FROM account_sessions WHERE token_hash = ANY(ARRAY(
    SELECT token_hash FROM account_sessions WHERE ends_at < now() ORDER BY ends_at LIMIT $1))"""
_UNUSED = """
WITH gone AS (DELETE FROM accounts WHERE account_id = ANY(ARRAY(
    SELECT account_id FROM accounts WHERE used_at < now() - make_interval(days => $1)
    ORDER BY used_at LIMIT $2)) RETURNING account_id)
INSERT INTO identity_accesses (account_id, who, what) SELECT account_id, 'owner', $3 FROM gone"""
_OLD_ACCESSES = """
DELETE FROM identity_accesses WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM identity_accesses WHERE at < now() - make_interval(days => $1) ORDER BY at LIMIT $2))"""


class Accounts:
    """Accounts in the database of ``pool``; each method is bounded by ``in_time``, or raises ``StoreDown``.

    ``attempt`` is the cookie of a browser that asked for a code, ``token`` the cookie of a session.
    """

    def __init__(
        self, pool: Pool, installation: UUID, in_time: Callable[[], AbstractAsyncContextManager[None]]
    ) -> None:
        self.pool, self.installation, self._in_time = pool, installation, in_time

    async def ask(
        self, attempt: str, to: Sequence[tuple[Kind, Reached]], account_id: str | None = None, *, also: bool = False
    ) -> float:
        """Send a code to each of ``to``; earlier codes of ``attempt`` become void.

        Nothing here depends on whether an account exists. Return the seconds to wait, or 0 if the codes are being sent.
        """
        inboxes = sorted({inbox_of(each.address) for _, each in to})
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            for inbox in inboxes:
                await db.execute(_LOCK, mark_of(self.installation, "", inbox))
            asked = [[Asked(**dict(row)) for row in await db.fetch(_ASKED, inbox)] for inbox in inboxes]
            if wait := max(map(wait_s, asked)):
                return wait
            await db.execute(_OVER, hash_of(attempt))
            for kind, each in to:
                if account_id and kind in _ASKED_FOR:
                    await db.execute(_NOTE, account_id, _ASKED_FOR[kind])
                mark = exact_mark(self.installation, each.medium, each.address)
                who = (kind, hash_of(attempt), account_id, each.medium, each.address, mark)
                await db.execute(_ASK, *who, secrets.token_bytes(16), also, CODE_MINUTES)
        return 0

    async def sent(self, attempt: str) -> list[Sent]:
        """Return the codes of ``attempt``; an empty list when it is over."""
        async with self._in_time():
            rows = await self.pool.fetch(_SENT, hash_of(attempt), GO_ON_MINUTES)
        return [Sent(**dict(row)) for row in rows]

    async def try_codes(self, attempt: str, typed: Mapping[str, str]) -> tuple[Verdict, list[str]]:
        """Compare ``typed``, by kind of message, with the codes of ``attempt``; count the try first.

        Return the verdict, and the kinds whose codes were wrong.
        """
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            rows = await db.fetch(_TRY, hash_of(attempt), TRIES)
            wrong = [row["kind"] for row in rows if not self._is_code(row["seed"], typed.get(row["kind"], ""))]
            if rows and not wrong:
                await db.execute(_USE, hash_of(attempt))
                return Verdict.RIGHT, []
            sent = [Sent(**dict(row)) for row in await db.fetch(_SENT, hash_of(attempt), GO_ON_MINUTES)]
        return verdict_of(sent) or Verdict.WRONG, wrong

    def _is_code(self, seed: bytes, typed: str) -> bool:
        return hmac.compare_digest(code_of(self.installation, seed).encode(), typed.encode())

    async def enter(self, attempt: str, begin: tuple[str | None, str, str] | None = None) -> str | None:
        """Sign in the browser that has typed the code of ``attempt``; None if it is over, or no account exists yet.

        ``begin`` creates one: a name, and version and text of the consent. Return the token of the session.
        """
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            shown = await db.fetchrow(_SHOWN, hash_of(attempt), GO_ON_MINUTES)
            if shown is None or shown["kind"] != Kind.ENTER:
                return None
            await db.execute(_LOCK, shown["mark"])
            account_id = await db.fetchval(_WHOSE, shown["mark"])
            if account_id is None and begin is None:
                return None
            if account_id is None and begin is not None:
                account_id = secrets.token_urlsafe(16)
                await db.execute(_BEGIN, account_id, begin[0])
                await db.execute(_CONTACT, account_id, shown["medium"], shown["address"], shown["mark"])
                await db.execute(_CONSENT, account_id, *begin[1:])
                await db.execute(_NOTE, account_id, Access.BEGUN)
            await self._reached(db, shown)
            await db.execute(_OVER, hash_of(attempt))
            token = secrets.token_urlsafe(32)
            await db.execute(_ENTER, hash_of(token), account_id, SESSION_DAYS)
            await db.execute(_NOTE, account_id, Access.SIGNED_IN)
        return token

    async def _reached(self, db: Connection, shown: Mapping[str, Any]) -> None:
        """Confirm an e-mail address: typing its code counts as the yes to our first message."""
        if shown["medium"] == Medium.EMAIL:
            await agree(db, mark_of(self.installation, Medium.EMAIL, shown["address"]))

    async def session(self, token: str, number: str | None = None) -> tuple[Account, bool] | None:
        """Return the account signed in with ``token``, and whether it owns complaint ``number``; None: no session."""
        async with self._in_time():
            row = await self.pool.fetchrow(_SESSION, hash_of(token), number)
            if row is None:
                return None
            if row["stale"]:
                await self.pool.execute(_USED, hash_of(token))
        contacts = dict(zip(row["media"], row["addresses"], strict=True))
        who = {name: row[name] for name in ("account_id", "name", "consent")}
        return Account(contacts=contacts, **who), row["owns"]

    async def leave(self, token: str) -> None:
        """End the session of ``token``."""
        async with self._in_time():
            await self.pool.execute(_LEAVE, hash_of(token))

    async def leave_all(self, account_id: str) -> None:
        """End all sessions of an account."""
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            await db.execute(_LEAVE_ALL, account_id, b"")
            await db.execute(_NOTE, account_id, Access.SIGNED_OUT_EVERYWHERE)

    async def sessions(self, account_id: str, token: str) -> list[dict[str, Any]]:
        """List the sessions: `begun_at`, `used_at`, `ends_at`, and `here` for that of ``token``.

        The page shows them beside name and contacts, so this logs once a day that the identity was shown.
        """
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            await db.execute(_NOTE_SHOWN, account_id, Access.SHOWN)
            return [dict(row) for row in await db.fetch(_SESSIONS, account_id, hash_of(token))]

    async def agree(self, account_id: str, version: str, text: str) -> None:
        """Record that its owner agreed to ``text``."""
        async with self._in_time():
            await self.pool.execute(_CONSENT, account_id, version, text)

    async def rename(self, account_id: str, name: str | None) -> None:
        """Set its owner's ``name``."""
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            await db.execute(_NAME, account_id, name)
            await db.execute(_NOTE, account_id, Access.NAMED)

    async def keep(self, account_id: str, number: str) -> bool:
        """Add the complaint ``number`` to the account, once; False if it is not the website's, or anonymous."""
        async with self._in_time():
            return bool(await self.pool.fetchval(_KEEP, account_id, number))

    async def complaints(self, account_id: str) -> list[Mine]:
        """List its complaints, the newest first."""
        async with self._in_time():
            rows = await self.pool.fetch(_MINE, account_id, MOST_LISTED)
            views = await load_views(self.pool, [row["ticket"] for row in rows])
        return [
            Mine(view=view, todo=todo(view, asks_place=asks_place(view)), **dict(row))
            for row in rows
            if (view := views.get(row["ticket"]))
        ]

    async def tickets(self, account_id: str) -> list[str]:
        """List the tickets of all its complaints."""
        async with self._in_time():
            return [row["ticket"] for row in await self.pool.fetch(_TICKETS, account_id)]

    async def change_contact(self, attempt: str, account_id: str, token: str) -> bool:
        """Give the account a new contact, if ``attempt`` proved by codes both the new one and one of its own.

        All contacts it had are notified, and all other sessions end. False if the contact is another account's, or the
        codes were not typed.
        """
        async with self._in_time(), self.pool.acquire() as db:
            try:
                async with db.transaction():
                    rows = await db.fetch(_SHOWN, hash_of(attempt), GO_ON_MINUTES)
                    new = next((row for row in rows if row["kind"] == Kind.NEW), None)
                    if new is None or {row["account_id"] for row in rows} != {account_id}:
                        return False
                    await db.execute(_TELL_CHANGED, account_id)
                    await db.execute(_CONTACT, account_id, new["medium"], new["address"], new["mark"])
                    await self._reached(db, new)
                    await db.execute(_LEAVE_ALL, account_id, hash_of(token))
                    await db.execute(_OVER, hash_of(attempt))
                    await db.execute(_NOTE, account_id, Access.CONTACT)
            except asyncpg.UniqueViolationError:
                return False
        return True

    async def leaves(self, attempt: str, account_id: str) -> bool | None:
        """Return whether the owner, whose ``attempt`` proved it, wants the complaints erased too; None: not proved."""
        async with self._in_time():
            rows = await self.pool.fetch(_SENT, hash_of(attempt), GO_ON_MINUTES)
        shown = [row for row in rows if row["used"] and row["kind"] == Kind.LEAVE and row["account_id"] == account_id]
        return bool(shown[0]["also"]) if shown else None

    async def delete(self, attempt: str, account_id: str) -> None:
        """Delete an account and all that belongs to it alone; complaints stay."""
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            await db.execute(_OVER, hash_of(attempt))
            await db.execute(_DELETE, account_id)
            await db.execute(_NOTE, account_id, Access.ENDED)

    async def export(self, account_id: str) -> dict[str, Any]:
        """Return all data about the owner, as JSON values, and log the access."""
        async with self._in_time(), self.pool.acquire() as db, db.transaction():
            await db.execute(_NOTE, account_id, Access.EXPORTED)
            return await _export(db, account_id)


async def _export(db: Connection, account_id: str) -> dict[str, Any]:
    numbers = [row["ticket"] for row in await db.fetch(_TICKETS, account_id)]
    contacts = await db.fetch(_CONTACTS, account_id)
    return {
        "account": _plain(await db.fetchrow(_ACCOUNT, account_id)),
        "contacts": [_plain(row) for row in contacts],
        "consents": [_plain(row) for row in await db.fetch(_CONSENTS, account_id)],
        "sessions": [_plain(row) for row in await db.fetch(_SESSIONS, account_id, b"")],
        "codes": [_plain(row) for row in await db.fetch(_MESSAGES, account_id)],
        "accesses": [_plain(row) for row in await db.fetch(_ACCESSES, account_id, numbers)],
        **await export_of(db, numbers, [row["address"] for row in contacts]),
    }


def _plain(row: Any) -> dict[str, Any]:
    given = {name: value for name, value in dict(row).items() if name != "here"}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in given.items()}


async def export_for_operator(db: Connection, wanted: str, _numbers: Sequence[str]) -> dict[str, Any]:
    """Return the accounts with the contact ``wanted``; log the operator's access in the caller's transaction."""
    found = [row["account_id"] for row in await db.fetch(_BY_ADDRESS, wanted)]
    await db.execute(_NOTE_OPERATOR, found)
    return {"accounts": [await _export(db, each) for each in found]}


async def forget(db: Connection) -> dict[str, int]:
    """Delete a batch of expired messages and sessions, unused accounts, and old log entries."""
    counts = {}
    for table, statement, values in (
        ("account_messages", _OLD_MESSAGES, (MESSAGE_DAYS, _BATCH)),
        ("account_sessions", _OLD_SESSIONS, (_BATCH,)),
        ("accounts", _UNUSED, (UNUSED_DAYS, _BATCH, Access.UNUSED)),
        ("identity_accesses", _OLD_ACCESSES, (ACCESS_DAYS, _BATCH)),
    ):
        counts[table] = int((await db.execute(statement, *values)).split()[-1])
    return counts
