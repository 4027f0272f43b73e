"""People, their sessions and invitations, and the audit, in PostgreSQL."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.database import Connection
from unit_desk.people import Person

#: A session ends ``IDLE`` after the last press, and at the latest ``DAY`` after the login.
IDLE, DAY = timedelta(hours=2), timedelta(hours=12)
INVITED_FOR = timedelta(days=3)

_PERSON = (
    "SELECT id, email, name, unit, role, password, code_key, code_used FROM people WHERE email = $1 AND left_at IS NULL"
)
_BY_ID = "SELECT id, email, name, unit, role FROM people WHERE id = $1 AND left_at IS NULL"
_ADD = "INSERT INTO people (id, email, name, unit, role) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email) DO NOTHING"
# A person who has left and returns, or has forgotten the password, is invited again, with a new name and role.
_AGAIN = """
UPDATE people SET name = $2, unit = $3, role = $4, left_at = NULL, password = NULL, code_key = 0, changed_at = now()
WHERE email = $1 RETURNING id"""
_INVITE = """
INSERT INTO invitations (token, person, expires_at) VALUES ($1, $2, now() + $3)
ON CONFLICT (person) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at
WHERE invitations.token <> excluded.token OR invitations.expires_at <= now() RETURNING person"""
_INVITED = """
SELECT p.id, p.email, p.name, p.unit, p.role, p.code_key FROM invitations i JOIN people p ON p.id = i.person
WHERE i.token = $1 AND i.expires_at > now() AND p.left_at IS NULL"""
_EXPIRED = """
SELECT p.id FROM invitations i JOIN people p ON p.id = i.person
WHERE i.token = $1 AND i.expires_at <= now() AND p.left_at IS NULL"""
_TAKE = "DELETE FROM invitations WHERE token = $1 AND expires_at > now() RETURNING person"
_SET = "UPDATE people SET password = $2, code_key = $3, code_used = $4, changed_at = now() WHERE id = $1"
_COLLEAGUES = """
SELECT p.id, p.email, p.name, p.unit, p.role, p.password IS NOT NULL OR p.by_code_at IS NOT NULL AS here,
    p.code_key > 0 AS with_code, p.duty_days, p.duty_hours, p.changed_at, p.entered_at,
    (SELECT max(seen_at) FROM sessions s WHERE s.person = p.id) AS seen_at
FROM people p WHERE p.left_at IS NULL AND p.unit = ANY($1) ORDER BY p.unit, p.name"""
_NAMES = "SELECT id, name FROM people WHERE id = ANY($1)"
_LEAVE = """
UPDATE people SET left_at = now(), password = NULL, code_key = 0, phone = NULL, by_code_at = NULL, duty_days = '{}',
    changed_at = now() WHERE id = $1 AND left_at IS NULL"""
_LET_GO = "UPDATE complaints SET assignee = NULL WHERE assignee = $1 AND standing <> 'rest'"
_NO_INVITATION = "DELETE FROM invitations WHERE person = $1"
_NO_FILTERS = "DELETE FROM filters WHERE person = $1"
_OUT_ALL = "DELETE FROM sessions WHERE person = $1"
_CHANGE = "UPDATE people SET password = $2, changed_at = now() WHERE id = $1 AND left_at IS NULL RETURNING id"
_SESSIONS = """
SELECT token = $2 AS this, begun_at, seen_at FROM sessions
WHERE person = $1 AND seen_at > now() - $3::interval AND begun_at > now() - $4::interval
ORDER BY seen_at DESC LIMIT 20"""
# A code is used once: of two concurrent requests with it, one logs in.
_USE_CODE = "UPDATE people SET code_used = $2 WHERE id = $1 AND code_used < $2 RETURNING id"
_ENTERED = "UPDATE people SET entered_at = now() WHERE id = $1"
_BEGIN = "INSERT INTO sessions (token, person) VALUES ($1, $2)"
_WHO = """
SELECT p.id, p.email, p.name, p.unit, p.role, s.seen_at < now() - interval '1 minute' AS stale
FROM sessions s JOIN people p ON p.id = s.person
WHERE s.token = $1 AND s.seen_at > now() - $2::interval AND s.begun_at > now() - $3::interval AND p.left_at IS NULL"""
_SEEN = "UPDATE sessions SET seen_at = now() WHERE token = $1"
_END = "DELETE FROM sessions WHERE token = $1"
_END_EVERYBODYS = "WITH gone AS (DELETE FROM sessions RETURNING 1) SELECT count(*) FROM gone"
# They expire as usual, so that a person who opens the link reads that a new one is needed.
_END_INVITATIONS = """
WITH gone AS (UPDATE invitations SET expires_at = now() WHERE expires_at > now() RETURNING 1)
SELECT count(*) FROM gone"""
_OLD_SESSIONS = "DELETE FROM sessions WHERE begun_at < now() - $1::interval"
_OLD_INVITATIONS = "DELETE FROM invitations WHERE expires_at < now() - interval '30 days'"
_NOTE = "INSERT INTO audit (person, act, unit, ticket, about) VALUES ($1, $2, $3, $4, $5)"
# A person who sends a form has opened the complaint, so that look is already there; for a forged form it is added.
_NOTE_LOOK = """
INSERT INTO audit (person, act, unit, ticket, about) SELECT $1, 'buka', $2, $3, $4
WHERE NOT EXISTS (
    SELECT FROM audit
    WHERE ticket = $3 AND person = $1 AND act IN ('buka', 'nilai') AND at > now() - $5::interval)"""
# Once a day for each complaint: an open list is shown again with each change. Sorted, as two pages of one person may
# come concurrently.
_LISTED = """
WITH fresh AS (
    INSERT INTO listed AS l (person, ticket, day) SELECT $1, t, $4 FROM (SELECT unnest($2::text[]) AS t ORDER BY 1) s
    ON CONFLICT (person, ticket) DO UPDATE SET day = excluded.day WHERE l.day <> excluded.day RETURNING ticket)
INSERT INTO audit (person, act, unit, tickets)
SELECT $1, 'baca di daftar', $3, array_agg(ticket ORDER BY ticket) FROM fresh HAVING count(*) > 0"""
_OLD_LISTED = "DELETE FROM listed WHERE day < current_date - 2"
_LOOKS = """
SELECT a.at, a.act, a.about, p.name, p.unit FROM (
    SELECT n, at, act, about, person FROM audit WHERE ticket = $1
    UNION ALL SELECT n, at, act, about, person FROM audit WHERE tickets @> ARRAY[$1::text]
) a LEFT JOIN people p ON p.id = a.person
ORDER BY a.n DESC LIMIT 100"""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person with their credentials; ``code_key`` is 0 for a person without codes."""

    person: Person
    password: str | None
    code_key: int
    code_used: int


def hash_of(token: str) -> bytes:
    """Hash a secret for storage; it is random, and too long to be guessed."""
    return hashlib.sha256(token.encode()).digest()


def _person(row: Mapping[str, Any], session: bytes = b"") -> Person:
    return Person(
        id=row["id"], email=row["email"], name=row["name"], unit=row["unit"], role=row["role"], session=session
    )


async def account(db: Connection, email: str) -> Account | None:
    """Find the person who has this address and has not left."""
    row = await db.fetchrow(_PERSON, email.strip().lower())
    if row is None:
        return None
    return Account(person=_person(row), password=row["password"], code_key=row["code_key"], code_used=row["code_used"])


async def by_id(db: Connection, person: UUID) -> Person | None:
    """Find a person who has not left."""
    row = await db.fetchrow(_BY_ID, person)
    return _person(row) if row else None


async def invite(
    db: Connection, email: str, name: str, unit: str, role: str, by: Person | None, *, token: str = ""
) -> str:
    """Invite somebody; return the link's secret, which may be a given ``token``; empty if that invites them already.

    A person who is here already is logged out, and can't log in until they accept.
    """
    email, token = email.strip().lower(), token or secrets.token_urlsafe(24)
    async with db.transaction():
        await db.execute(_ADD, uuid4(), email, name, unit, role)
        person = await db.fetchval(_AGAIN, email, name, unit, role)
        await db.execute(_OUT_ALL, person)
        if await db.fetchval(_INVITE, hash_of(token), person, INVITED_FOR) is None:
            return ""
        await note(db, by, "undang", unit=unit, about=f"{person} {role}")
    return token


async def invited(db: Connection, token: str) -> tuple[Person, int] | None:
    """Find the person whom ``token`` invites, and the number of the secret that their codes would have."""
    row = await db.fetchrow(_INVITED, hash_of(token))
    return (_person(row), row["code_key"] + 1) if row else None


async def is_expired(db: Connection, token: str) -> bool:
    """Whether ``token`` is an invitation that has expired; that is known for a month."""
    return await db.fetchval(_EXPIRED, hash_of(token)) is not None


async def accept(db: Connection, token: str, password: str, code_key: int, code_used: int) -> UUID | None:
    """Store the hashed ``password`` of the invited person, and use up the link. None: it was used before."""
    async with db.transaction():
        person: UUID | None = await db.fetchval(_TAKE, hash_of(token))
        if person is not None:
            await db.execute(_SET, person, password, code_key, code_used)
    return person


async def colleagues(db: Connection, units: Sequence[str]) -> list[Mapping[str, Any]]:
    """List the people of ``units``."""
    rows: list[Mapping[str, Any]] = await db.fetch(_COLLEAGUES, list(units))
    return rows


async def names(db: Connection, people: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of ``people``, also of those who left."""
    return {row["id"]: row["name"] for row in await db.fetch(_NAMES, list(people))}


async def leave(db: Connection, person: Person, by: Person | None) -> None:
    """Remove somebody immediately: sessions, password, invitation; their complaints are nobody's again."""
    async with db.transaction():
        for statement in (_LEAVE, _LET_GO, _NO_INVITATION, _NO_FILTERS, _OUT_ALL):
            await db.execute(statement, person.id)
        await note(db, by, "keluarkan", unit=person.unit, about=str(person.id))


async def use_code(db: Connection, person: UUID, step: int) -> bool:
    """Use the code of the half minute ``step``; return False if it, or a later one, was used before."""
    return await db.fetchval(_USE_CODE, person, step) is not None


async def begin(db: Connection, person: UUID) -> str:
    """Begin a session; return its secret."""
    token = secrets.token_urlsafe(32)
    await db.execute(_BEGIN, hash_of(token), person)
    return token


async def log_in(db: Connection, person: Person) -> str:
    """Begin the session of a person who proved who they are, in the caller's transaction; return its secret."""
    await note(db, person, "masuk", unit=person.unit)
    await db.execute(_ENTERED, person.id)
    return await begin(db, person.id)


async def who(db: Connection, token: str, *, pressed: bool = True) -> Person | None:
    """Find the person whose session ``token`` is, if valid; ``pressed``: the person acted, which prolongs it."""
    session = hash_of(token)
    row = await db.fetchrow(_WHO, session, IDLE, DAY)
    if row is None:
        return None
    if pressed and row["stale"]:
        await db.execute(_SEEN, session)
    return _person(row, session)


async def end(db: Connection, person: Person) -> None:
    """End the current session of ``person``."""
    async with db.transaction():
        await db.execute(_END, person.session)
        await note(db, person, "keluar", unit=person.unit)


async def sessions(db: Connection, person: Person) -> list[Mapping[str, Any]]:
    """List the valid sessions of ``person``, and which of them is ``this``."""
    rows: list[Mapping[str, Any]] = await db.fetch(_SESSIONS, person.id, person.session, IDLE, DAY)
    return rows


async def end_all(db: Connection, person: Person) -> None:
    """End every session of ``person``, also this one."""
    async with db.transaction():
        await db.execute(_OUT_ALL, person.id)
        await note(db, person, "keluar dari semua perangkat", unit=person.unit)


async def change_password(db: Connection, person: Person, password: str) -> str | None:
    """Store another hashed ``password``, in the caller's transaction; return the secret of a new session.

    All other sessions end, also the current one: a stolen cookie is worthless. None: ``person`` has left.
    """
    if await db.fetchval(_CHANGE, person.id, password) is None:
        return None
    await db.execute(_OUT_ALL, person.id)
    await note(db, person, "ganti kata sandi", unit=person.unit)
    return await begin(db, person.id)


async def end_everybodys(db: Connection) -> tuple[int, int]:
    """End all sessions and all open invitations, in the caller's transaction; return how many of each."""
    return await db.fetchval(_END_EVERYBODYS), await db.fetchval(_END_INVITATIONS)


async def sweep(db: Connection) -> None:
    """Delete sessions and invitations that are over, and what lists showed on earlier days: the audit has that."""
    await db.execute(_OLD_SESSIONS, DAY)
    await db.execute(_OLD_INVITATIONS)
    await db.execute(_OLD_LISTED)


async def note(
    db: Connection,
    person: Person | UUID | None,
    act: str,
    *,
    unit: str | None = None,
    ticket: str | None = None,
    about: str | None = None,
) -> None:
    """Add an act of ``person`` to the audit; ``about`` holds codes and ids, but nobody's text."""
    await db.execute(_NOTE, person.id if isinstance(person, Person) else person, act, unit, ticket, about)


async def note_look(db: Connection, person: Person, unit: str, ticket: str, about: str) -> None:
    """Add to the audit that ``person`` is shown a complaint, unless they opened it within the length of a session."""
    await db.execute(_NOTE_LOOK, person.id, unit, ticket, about, DAY)


async def note_listed(db: Connection, person: Person, tickets: Sequence[str], day: date) -> None:
    """Add to the audit that a list showed ``person`` words of ``tickets``, each once a ``day`` of the kabupaten."""
    if tickets:
        await db.execute(_LISTED, person.id, list(set(tickets)), person.unit, day)


async def looks(db: Connection, ticket: str) -> list[Mapping[str, Any]]:
    """List who looked at a complaint and what they did, the latest first."""
    rows: list[Mapping[str, Any]] = await db.fetch(_LOOKS, ticket)
    return rows
