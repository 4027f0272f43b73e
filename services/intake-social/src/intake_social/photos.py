"""Note photos and videos of messages while the network has them: with a complaint, or until their sender says what they
show.

A complaint never waits for them. ``fetching.py`` fetches them.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from chassis.database import Connection, Pool
from intake import metrics
from intake_social.post import SocialPost

#: Photos taken of one message.
MOST = 5
#: A telephone sends an album as messages of one photo each, one of them with the words.
ALBUM = timedelta(minutes=2)
#: Hours until a photo is dropped whose sender did not say what it shows.
UNCLAIMED_H = 24

_NOTE = """
INSERT INTO media (id, mark, channel, address, complaint_id, reference, said_at, post)
SELECT g.id, g.mark, $4, $5, $6, g.reference, $7, $8
FROM unnest($1::text[], $2::bytea[], $3::text[]) AS g (id, mark, reference) ON CONFLICT (mark) DO NOTHING"""
_CLAIM = """
WITH ours AS (
    UPDATE media SET complaint_id = $1, address = NULL, post = CASE WHEN $5 AND post LIKE 'x:%' THEN NULL ELSE post END
    WHERE complaint_id IS NULL AND channel = $2 AND address = $3 AND kept_at > now() - make_interval(hours => $4)
    RETURNING upload_id, post)
UPDATE uploads u SET post = ours.post FROM ours WHERE u.id = ours.upload_id"""
# The author of an anonymous complaint is not kept (intake.submissions).
_ANONYMOUS = "SELECT external_id = complaint_id FROM complaints WHERE complaint_id = $1"
# Whether an earlier photo has already made us ask; of two that came concurrently, one counts as the first.
_ASKED = """
SELECT EXISTS (SELECT FROM media ours, media other
    WHERE ours.mark = $1 AND other.complaint_id IS NULL AND other.mark <> ALL($2)
      AND (other.channel, other.address) = (ours.channel, ours.address)
      AND (other.kept_at, other.mark) < (ours.kept_at, ours.mark)
      AND other.kept_at > ours.kept_at - interval '10 min')"""
# Photos of an album arrive in any order.
_ALBUM = """
SELECT c.complaint_id FROM media m JOIN complaints c USING (complaint_id) JOIN reporters r USING (reporter_ref)
WHERE r.channel = $1 AND r.address = $2 AND c.erased_at IS NULL
  AND m.said_at BETWEEN $3::timestamptz - $4::interval AND $3::timestamptz + $4
ORDER BY m.said_at DESC LIMIT 1"""
_OF = "SELECT complaint_id FROM complaints WHERE ticket = $1 AND erased_at IS NULL"
# No network delivers a message again after this time.
_FORGET = """
DELETE FROM media WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM media WHERE kept_at < now() - interval '8 d' ORDER BY kept_at LIMIT $1))"""
_FORGET_UNCLAIMED = """
DELETE FROM media WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM media WHERE complaint_id IS NULL AND kept_at < now() - make_interval(hours => $1 + 1)
    ORDER BY kept_at LIMIT $2))"""
#: Rows deleted per statement.
_BATCH = 1_000


def _marks(installation: UUID, post: SocialPost) -> list[bytes]:
    """Return a mark for each photo: a keyed hash that does not lead back to the message."""
    said = [f"photo:{post.channel}:{post.version or post.id}:{n}" for n, _ in enumerate(post.photos[:MOST])]
    return [hmac.digest(installation.bytes, each.encode(errors="replace"), "sha256") for each in said]


def posts_named(installation: UUID, channel: str, id_: str) -> tuple[str, str]:
    """Return two names of a file's post or message: the plain id, kept for X because X is asked for it, and a keyed
    hash, kept for other channels and anonymous complaints."""
    plain = f"{channel}:{id_}"
    return plain, hmac.digest(installation.bytes, f"post:{plain}".encode(errors="replace"), "sha256").hex()


async def _note(db: Connection | Pool, installation: UUID, post: SocialPost, cid: str | None) -> None:
    marks = _marks(installation, post)
    ids = [secrets.token_urlsafe(16) for _ in marks]
    address = None if cid else post.address
    plain, hashed = posts_named(installation, post.channel, post.id)
    asked = post.channel == "x" and not (cid and await db.fetchval(_ANONYMOUS, cid))
    more = (post.channel, address, cid, post.at, plain if asked else hashed)
    await db.execute(_NOTE, ids, marks, list(post.photos[: len(marks)]), *more)
    if left := len(post.photos) - len(marks):
        metrics.MEDIA.labels(post.channel, "too_many").inc(left)


async def keep(installation: UUID, post: SocialPost, db: Connection, cid: str) -> None:
    """Note the photos of ``post`` as those of the complaint ``cid``, and its sender's earlier photos without words.

    Runs in the transaction that stores the words of ``post``.
    """
    if post.photos:
        await _note(db, installation, post, cid)
    anonymous = await db.fetchval(_ANONYMOUS, cid)
    await db.execute(_CLAIM, cid, post.channel, post.address, UNCLAIMED_H, anonymous)


async def keep_unclaimed(pool: Pool, installation: UUID, post: SocialPost) -> bool:
    """Note the photos of ``post``, whose sender has not said yet what they show. Return whether we asked a moment ago.

    Idempotent: a repeated call returns the same.
    """
    await _note(pool, installation, post, None)
    marks = _marks(installation, post)
    asked: bool = await pool.fetchval(_ASKED, marks[0], marks)
    return asked


async def keep_with(pool: Pool, installation: UUID, post: SocialPost, ticket: str) -> bool:
    """Note the photos of ``post`` as those of the complaint ``ticket``. Return whether it exists."""
    async with pool.acquire() as db, db.transaction():
        cid: str | None = await db.fetchval(_OF, ticket)
        if cid:
            await _note(db, installation, post, cid)
    return cid is not None


async def keep_of(pool: Pool, installation: UUID, post: SocialPost, cid: str) -> None:
    """Note the photos of ``post`` as those of the complaint ``cid``."""
    await _note(pool, installation, post, cid)


async def keep_with_album(pool: Pool, installation: UUID, post: SocialPost) -> bool:
    """Note the photos of ``post`` with its sender's complaint that just got another. Return whether there is one."""
    async with pool.acquire() as db, db.transaction():
        cid: str | None = await db.fetchval(_ALBUM, post.channel, post.address, post.at, ALBUM)
        if cid:
            await _note(db, installation, post, cid)
    return cid is not None


async def forget_photos(db: Connection) -> dict[str, int]:
    """Delete a batch of marks too old to be delivered again and of unclaimed photos. Return how many rows went."""
    gone = await db.execute(_FORGET, _BATCH), await db.execute(_FORGET_UNCLAIMED, UNCLAIMED_H, _BATCH)
    return {"media": sum(int(each.split()[-1]) for each in gone)}
