"""Keys of other systems in PostgreSQL: found by the website, made and revoked by an operator."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from chassis.database import Connection, Pool
from chassis.keys import Key, hash_of, new_key

_FIND = """
SELECT id, system, rights, expires_at, revoked_at IS NOT NULL AS revoked,
       used_on IS DISTINCT FROM (now() AT TIME ZONE 'UTC')::date AS first_today
FROM keys WHERE key_hash = $1"""
_USED = "UPDATE keys SET used_on = (now() AT TIME ZONE 'UTC')::date WHERE id = $1"
_CREATE = """
INSERT INTO keys (id, system, contact, rights, key_hash, expires_at)
VALUES (%s, %s, %s, %s, %s, now() + make_interval(days => %s))
ON CONFLICT (key_hash) DO UPDATE SET expires_at = excluded.expires_at RETURNING id, expires_at"""
_LIST = """
SELECT id, system, contact, rights, created_at, expires_at, revoked_at, used_on FROM keys ORDER BY system, created_at"""
_REVOKE = "UPDATE keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s RETURNING id, system, revoked_at"


async def find_key(db: Connection | Pool, digest: bytes) -> Key | None:
    """Find the key with this ``digest``, and note that it is used today."""
    row = await db.fetchrow(_FIND, digest)
    if row is None:
        return None
    if row["first_today"]:
        await db.execute(_USED, row["id"])
    return Key(**{name: row[name] for name in ("id", "system", "rights", "expires_at", "revoked")})


def create_key(
    dsn: str, system: str, contact: str, rights: Sequence[str], days: int, given: str = ""
) -> tuple[str, dict[str, Any]]:
    """Create a key, or take the ``given`` one; return it with its id and end.

    It is stored nowhere and can't be shown again. A key given again is extended, but stays revoked.

    Raises:
        psycopg.Error: the database is unreachable, or refuses.
    """
    key = given or new_key()
    with psycopg.connect(dsn, connect_timeout=10, row_factory=dict_row) as db:
        values = secrets.token_hex(4), system, contact, list(rights), hash_of(key), days
        return key, dict(db.execute(_CREATE, values).fetchone() or {})


def list_keys(dsn: str) -> list[dict[str, Any]]:
    """List all keys, past and present, without the keys themselves.

    Raises:
        psycopg.Error: the database is unreachable, or refuses.
    """
    with psycopg.connect(dsn, connect_timeout=10, row_factory=dict_row) as db:
        return db.execute(_LIST).fetchall()


def revoke_key(dsn: str, key_id: str) -> dict[str, Any] | None:
    """Revoke the key ``key_id`` for good; None if it does not exist.

    Raises:
        psycopg.Error: the database is unreachable, or refuses.
    """
    with psycopg.connect(dsn, connect_timeout=10, row_factory=dict_row) as db:
        return db.execute(_REVOKE, (key_id,)).fetchone()
