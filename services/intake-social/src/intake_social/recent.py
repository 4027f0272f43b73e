"""Which posts were dealt with of late: a network gives those of the last minute again at every look."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from chassis.database import Connection, Pool
from intake_social.post import Desk, SocialPost

#: Recently processed posts kept in memory: a network returns those of the last minute with every look.
MOST_KNOWN = 10_000
_KNOWN_POSTS = "SELECT mark FROM taken_posts WHERE mark = ANY($1)"
_NOTE_TAKEN = "INSERT INTO taken_posts (mark) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING"
# No network returns older posts: X keeps seven days.
_FORGET = """
DELETE FROM taken_posts WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM taken_posts WHERE at < now() - interval '8 d' ORDER BY at LIMIT $1))"""
#: Rows deleted with one statement.
_BATCH = 1_000


async def find_known(pool: Pool, marks: Sequence[bytes]) -> set[bytes]:
    """Return those of ``marks`` whose posts were processed, also by another process."""
    return {bytes(row["mark"]) for row in await pool.fetch(_KNOWN_POSTS, marks)}


async def note_taken(pool: Pool, marks: Sequence[bytes]) -> None:
    """Note that the posts of ``marks`` were processed."""
    await pool.execute(_NOTE_TAKEN, marks)


async def forget_taken(db: Connection) -> dict[str, int]:
    """Delete a batch of marks that no network can return any longer; return how many rows went."""
    gone = await db.execute(_FORGET, _BATCH)
    return {"taken_posts": int(gone.split()[-1])}


def was_taken(desk: Desk, content: bytes) -> bool:
    return mark_of(desk, content) in desk.known


def mark_of(desk: Desk, content: bytes) -> bytes:
    """Return a keyed hash of ``content``: nobody can guess the content without the installation's secret."""
    return hmac.digest(desk.settings.installation_namespace.bytes, content, "sha256")


def remember(desk: Desk, content: bytes) -> None:
    remember_mark(desk, mark_of(desk, content))


def remember_mark(desk: Desk, mark: bytes) -> None:
    desk.known[mark] = None
    if len(desk.known) > MOST_KNOWN:
        del desk.known[next(iter(desk.known))]


def content_of(post: SocialPost) -> bytes:
    """Return the identity of a post as JSON, with the lone surrogates escaped that UTF-8 lacks.

    Photos and videos are left out because their addresses change with each look, quoted posts because their words
    are another author's.
    """
    told = msgspec.to_builtins(replace(post, photos=(), videos=()))
    for name in ("points_to", "quoted", "quoted_id"):
        del told[name]
    return json.dumps(told, ensure_ascii=False).encode(errors="backslashreplace")
