"""Codes in PostgreSQL: a person without a password logs in with one, and anybody chooses a new password with one.

Only the desk's key tells the code itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.database import Connection

#: The most wrong guesses; after that another code is needed.
MOST_WRONG = 5
# One statement, the same for an unknown address. A person who has a password, or may do more than answer, gets no code:
# access to the mailbox alone must not be enough for them.
_ASK = """
WITH who AS (SELECT id FROM people WHERE email = $1 AND role = 'petugas' AND password IS NULL AND code_key = 0
    AND left_at IS NULL),
code AS (INSERT INTO login_codes (person, message, expires_at) SELECT id, $2, now() + $3::interval FROM who
    ON CONFLICT (person) DO UPDATE SET message = excluded.message, expires_at = excluded.expires_at, wrong = 0),
old AS (UPDATE messages m SET state = 'dropped', detail = 'late' FROM who
    WHERE m.person = who.id AND m.kind = 'code' AND m.state = 'pending')
INSERT INTO messages (id, person, medium, kind, weight, next_try_at, created_at, fresh_at)
SELECT $2, id, 'email', 'code', 1, now(), now(), now() FROM who"""
# For anybody who is logged in. A person with a password can't log in with this code.
_ASK_SIGNED_IN = """
WITH code AS (INSERT INTO login_codes (person, message, expires_at) VALUES ($1, $2, now() + $3::interval)
    ON CONFLICT (person) DO UPDATE SET message = excluded.message, expires_at = excluded.expires_at, wrong = 0),
old AS (UPDATE messages SET state = 'dropped', detail = 'late'
    WHERE person = $1 AND kind IN ('code', 'password') AND state = 'pending')
INSERT INTO messages (id, person, medium, kind, weight, next_try_at, created_at, fresh_at)
VALUES ($2, $1, 'email', 'password', 1, now(), now(), now())"""
_SENT_TO = "SELECT person, message FROM login_codes WHERE person = $1 AND expires_at > now() AND wrong < $2"
_SPEND = """
DELETE FROM login_codes WHERE person = $1 AND message = $2 AND expires_at > now() AND wrong < $3 RETURNING person"""
_WAITING = """
SELECT c.person, c.message FROM login_codes c JOIN people p ON p.id = c.person
WHERE p.email = $1 AND p.role = 'petugas' AND p.password IS NULL AND p.left_at IS NULL AND c.expires_at > now()
    AND c.wrong < $2"""
_USE = """
WITH used AS (DELETE FROM login_codes WHERE person = $1 AND message = $2 AND expires_at > now() AND wrong < $3
    RETURNING person)
UPDATE people SET by_code_at = now() FROM used WHERE id = used.person RETURNING id"""
_WRONG = "UPDATE login_codes SET wrong = wrong + 1 WHERE person = $1 AND message = $2"
_END_ALL = "WITH gone AS (DELETE FROM login_codes RETURNING 1) SELECT count(*) FROM gone"
_OLD = "DELETE FROM login_codes WHERE expires_at < now()"


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A code that was sent and not used: its person, and the message that brought it."""

    person: UUID
    message: UUID


async def ask(db: Connection, email: str, message: UUID, holds: timedelta) -> None:
    """Queue a code that is valid for ``holds`` to ``email``, if its person may log in by code; older codes end."""
    await db.execute(_ASK, email, message, holds)


async def waiting(db: Connection, email: str) -> Waiting | None:
    """Find the valid code that was sent to ``email``."""
    row = await db.fetchrow(_WAITING, email, MOST_WRONG)
    return Waiting(person=row["person"], message=row["message"]) if row else None


async def ask_signed_in(db: Connection, person: UUID, message: UUID, holds: timedelta) -> None:
    """Queue a code to ``person`` for choosing a password; older codes end."""
    await db.execute(_ASK_SIGNED_IN, person, message, holds)


async def sent_to(db: Connection, person: UUID) -> Waiting | None:
    """Find the valid code that was sent to ``person``."""
    row = await db.fetchrow(_SENT_TO, person, MOST_WRONG)
    return Waiting(person=row["person"], message=row["message"]) if row else None


async def spend(db: Connection, code: Waiting) -> bool:
    """Use up a code without logging in; return False if somebody was faster, or it is no longer valid."""
    return await db.fetchval(_SPEND, code.person, code.message, MOST_WRONG) is not None


async def use(db: Connection, code: Waiting) -> bool:
    """Use up a code to log in; return False if somebody was faster, or it is no longer valid."""
    return await db.fetchval(_USE, code.person, code.message, MOST_WRONG) is not None


async def wrong(db: Connection, code: Waiting) -> None:
    """Count a wrong guess."""
    await db.execute(_WRONG, code.person, code.message)


async def end_all(db: Connection) -> int:
    """End everybody's codes; return how many."""
    count: int = await db.fetchval(_END_ALL)
    return count


async def sweep(db: Connection) -> None:
    """Delete codes that have expired."""
    await db.execute(_OLD)
