"""What citizens were sent, and what not and why: for an operator, who can have it sent again."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from intake.contacts import shown

_SHOWN = "id, ticket, medium, kind, state, detail, attempts, created_at, sent_at, address"
_OF_TICKET = f"SELECT {_SHOWN} FROM notices WHERE ticket = %s ORDER BY id"
_UNTOLD = f"SELECT {_SHOWN} FROM notices WHERE state IN ('refused', 'unknown', 'dropped') ORDER BY id"
# Tried before, so no bound is asked again; and whoever was given up is tried once more.
_AGAIN = """
WITH again AS (
    UPDATE notices
    SET state = 'pending', next_try_at = now(), attempts = greatest(attempts, 1), failures = 0, detail = NULL
    WHERE id = ANY(%s) AND state IN ('refused', 'unknown', 'dropped') AND address <> ''
    RETURNING id, medium, address),
tried AS (UPDATE contacts k SET failed_at = NULL FROM again a WHERE (k.address, k.medium) = (a.address, a.medium))
SELECT id FROM again ORDER BY id"""


def sent(dsn: str, ticket: str | None = None) -> list[dict[str, Any]]:
    """Give what was told of ``ticket``, or will be; without it all that nobody was told, of any. Of addresses a part.

    Raises:
        psycopg.Error: the database is away, or refuses.
    """
    with psycopg.connect(dsn, connect_timeout=10, row_factory=dict_row) as db:
        rows = db.execute(_OF_TICKET, (ticket,)) if ticket else db.execute(_UNTOLD)
        return [{**row, "address": shown(row["medium"], row["address"])} for row in rows]


def send_again(dsn: str, numbers: list[int]) -> list[int]:
    """Have the notices ``numbers`` sent once more; give those of them that are: others were sent, or wait already.

    Raises:
        psycopg.Error: the database is away, or refuses.
    """
    with psycopg.connect(dsn, connect_timeout=10) as db:
        return [row[0] for row in db.execute(_AGAIN, (numbers,)).fetchall()]
