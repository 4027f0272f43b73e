"""Recently deleted posts: a network tells things in any order, and the router may not know a post yet."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection, Pool
from contracts.ids import complaint_id

_NOTE = """
INSERT INTO removed_posts (complaint_id, words_only)
SELECT DISTINCT id, id <> ALL($1::text[]) FROM unnest($1::text[] || $2::text[]) AS told (id)
ON CONFLICT (complaint_id) DO UPDATE SET words_only = removed_posts.words_only AND excluded.words_only"""
_FIND = "SELECT complaint_id FROM removed_posts WHERE complaint_id = ANY($1) AND NOT words_only"
# Kept as long as marks of posts (recent.py), and until the words are gone.
_FORGET = """
DELETE FROM removed_posts WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM removed_posts r WHERE at < now() - interval '8 d' AND NOT EXISTS (
        SELECT FROM complaints c WHERE c.complaint_id = r.complaint_id AND c.registered_at IS NULL)
    ORDER BY at LIMIT $1))"""
#: Rows deleted per statement.
_BATCH = 1_000


def id_of(installation: UUID, channel: str, id_: str) -> str:
    """Return the id of the complaint that the post or message ``id_`` of ``channel`` is, or would be."""
    return complaint_id(installation, channel=channel, gateway=channel, external_id=id_)


async def note_removed(db: Connection, complaint_ids: Iterable[str], with_words: Iterable[str]) -> None:
    """Remember for eight days that the posts behind these complaints, existing or not, were deleted; the complaints
    ``with_words`` still hold words of theirs."""
    await db.execute(_NOTE, list(complaint_ids), list(with_words))


async def find_removed(db: Connection | Pool, complaint_ids: Iterable[str]) -> set[str]:
    """Return those of these complaints, existing or not, whose post was deleted."""
    return {row["complaint_id"] for row in await db.fetch(_FIND, list(complaint_ids))}


async def is_removed(pool: Pool, installation: UUID, channel: str, id_: str) -> bool:
    """Whether the post or message ``id_`` was deleted before it came."""
    return bool(await find_removed(pool, [id_of(installation, channel, id_)]))


async def forget_removed(db: Connection) -> dict[str, int]:
    """Delete a batch of rows too old to be delivered again. Return how many went."""
    gone = await db.execute(_FORGET, _BATCH)
    return {"removed_posts": int(gone.split()[-1])}
