"""Delete here what its author deleted on the network: its words, the author's name there, and its photos and videos.

X demands that within 24 hours (https://docs.x.com/developer-terms/policy) but does not tell which posts were deleted,
so we ask. The complaint goes on: the unit works with the masked text, which is the kabupaten's record until HAPUS DATA.
A photo can't be masked, so nothing of it stays, and the unit is told that it was deleted. In a thread that is gone
nobody can be told anything.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from chassis.database import Connection
from contracts.events import FollowUp
from contracts.ids import derived_id
from contracts.vocabulary import FINAL, FollowUpKind
from intake import metrics
from intake.additions import follow_up
from intake.complaint_view import ComplaintView
from intake.submissions import TextProblem
from intake_social.adapters import x
from intake_social.photos import posts_named
from intake_social.post import QUIET, SERVICE, Desk
from intake_social.removed import find_removed, id_of, note_removed
from intake_social.spending import spend

log = logging.getLogger(__name__)
#: Posts that X looks up in one request.
_AT_ONCE = 100

# Posts of complaints whose words are kept, posts that they quote, and posts that added a photo to them.
_KEPT = """
SELECT post FROM (
    SELECT regexp_replace(thread, ':quiet$', '') AS post FROM complaints
    WHERE thread LIKE 'x:%' AND thread > $1 AND text <> ''
    UNION
    SELECT q.post FROM quoted_posts q JOIN complaints USING (complaint_id) WHERE text <> ''
    UNION
    SELECT u.post FROM uploads u JOIN complaints USING (complaint_id) JOIN stories s USING (ticket)
    WHERE u.post LIKE 'x:%' AND s.body->>'status' <> ALL($2)) AS asked
WHERE post > $1 ORDER BY post LIMIT $3"""
_UNQUOTE = "DELETE FROM quoted_posts WHERE post = ANY($1) RETURNING complaint_id"
# Its registration waits for us, or we wait for it: one of both finds the other.
_WAITING = """
SELECT complaint_id FROM complaints WHERE (thread = ANY($1) OR complaint_id = ANY($2)) AND registered_at IS NULL
FOR UPDATE"""
_REMOVED = """
SELECT complaint_id, thread FROM complaints JOIN removed_posts USING (complaint_id)
WHERE ticket = ANY($1) AND registered_at IS NOT NULL AND text <> ''"""
_FORGET = """
UPDATE complaints SET text = '', received_event = '',
    thread = CASE WHEN thread = ANY($1) AND right(thread, length($2)) <> $2 THEN thread || $2 ELSE thread END
WHERE (thread = ANY($1) OR complaint_id = ANY($3)) AND text <> '' AND registered_at IS NOT NULL AND erased_at IS NULL
RETURNING reporter_ref"""
_FORGET_OVER = """
UPDATE complaints c SET text = '', received_event = '' FROM stories s
WHERE received_at < now() - interval '60 d' AND s.ticket = c.ticket AND s.body->>'status' = ANY($1)
  AND thread LIKE 'x:%' AND text <> ''
  AND registered_at IS NOT NULL AND erased_at IS NULL
RETURNING reporter_ref"""
_NAMELESS = """
UPDATE reporters r SET name = NULL WHERE reporter_ref = ANY($1)
AND NOT EXISTS (SELECT FROM complaints c WHERE c.reporter_ref = r.reporter_ref AND c.text <> '')"""
# Files that no unit was shown: not fetched yet, unclaimed, or just on their way.
_UNSEEN = """
WITH gone AS (DELETE FROM media WHERE post = ANY($1) RETURNING upload_id),
     files AS (DELETE FROM uploads WHERE id IN (SELECT upload_id FROM gone) AND complaint_id IS NULL RETURNING folder)
INSERT INTO discarded_files (folder) SELECT folder FROM files"""
_SHOWN = """
SELECT u.id, u.sha256, c.ticket FROM uploads u JOIN complaints c USING (complaint_id)
WHERE u.post = ANY($1) ORDER BY c.ticket, u.id"""
_DISCARD = """
WITH gone AS (DELETE FROM uploads WHERE id = ANY($1) RETURNING folder)
INSERT INTO discarded_files (folder) SELECT folder FROM gone"""


async def forget_deleted(desk: Desk, client: Any, *, billed: bool = True) -> int:
    """Ask X which posts whose words we keep are gone, and forget those. Return how many were complaints.

    Words of complaints that ended long ago are forgotten without asking: each lookup costs, and nobody needs them.
    ``billed``: X has not billed the posts that it returns today.

    Raises:
        SocialError, asyncpg.PostgresError, OSError: ask again; what was forgotten stays forgotten.
    """
    last, forgotten = "", 0
    async with desk.pool.acquire() as db, db.transaction():
        over = await db.fetch(_FORGET_OVER, sorted(FINAL))
        await db.execute(_NAMELESS, [row["reporter_ref"] for row in over])
    while rows := await desk.pool.fetch(_KEPT, last, sorted(FINAL), _AT_ONCE):
        last = rows[-1]["post"]
        ids = [row["post"].removeprefix("x:") for row in rows]
        gone = await x.find_gone(client, ids)
        if billed:
            await spend(desk.pool, "x", "checked", len(ids) - len(gone))
        forgotten += await forget(desk, "x", gone)
    return forgotten


async def forget(desk: Desk, channel: str, ids: Sequence[str]) -> int:
    """Forget the words, authors and files of ``ids``, posts or messages; return how many were complaints. Idempotent.

    Words of a complaint that the router has not registered yet stay until then (:func:`forget_registered`), since they
    may have to be published again. A post deleted before it arrives is not taken any more.
    """
    if not ids:
        return 0
    installation = desk.settings.installation_namespace
    threads = [f"{channel}:{each}{end}" for each in ids for end in ("", QUIET)]
    theirs = [id_of(installation, channel, each) for each in ids]
    async with desk.pool.acquire() as db, db.transaction():
        quoting = [row["complaint_id"] for row in await db.fetch(_UNQUOTE, [f"{channel}:{each}" for each in ids])]
        waiting = [row["complaint_id"] for row in await db.fetch(_WAITING, threads, [*theirs, *quoting])]
        await note_removed(db, theirs, waiting)
        many = await _forget_words(db, threads, [*theirs, *quoting])
    await _forget_files(desk, channel, [name for each in ids for name in posts_named(installation, channel, each)])
    return many


async def forget_registered(installation: UUID, db: Connection, views: Mapping[str, ComplaintView]) -> None:
    """Forget those of ``views``, now known to the router, that were deleted before, in the caller's transaction."""
    if not (rows := await db.fetch(_REMOVED, list(views))):
        return
    # A complaint that only quotes it may still be answered, and a private thread holds other complaints, too.
    stand_in = {row["thread"]: _post_of(installation, row["thread"]) for row in rows if row["thread"]}
    removed = await find_removed(db, stand_in.values())
    threads = [thread for thread, post in stand_in.items() if post in removed]
    await _forget_words(db, threads, [row["complaint_id"] for row in rows])


def _post_of(installation: UUID, thread: str) -> str:
    channel, _, id_ = thread.removesuffix(QUIET).partition(":")
    return id_of(installation, channel, id_)


async def _forget_words(db: Connection, threads: Sequence[str], complaint_ids: Sequence[str]) -> int:
    rows = await db.fetch(_FORGET, threads, QUIET, complaint_ids)
    await db.execute(_NAMELESS, [row["reporter_ref"] for row in rows])
    if rows:
        log.info("deleted_posts_forgotten", extra={"count": len(rows)})
    return len(rows)


async def _forget_files(desk: Desk, channel: str, posts: Sequence[str]) -> None:
    """Delete the files of ``posts``, and tell units about those that they were shown."""
    await desk.pool.execute(_UNSEEN, posts)
    rows = await desk.pool.fetch(_SHOWN, posts)
    for ticket, group in groupby(rows, key=lambda row: row["ticket"]):
        files = list(group)
        uploads = [row["id"] for row in files]
        discard, id_ = partial(_discard, uploads), derived_id(":".join(uploads), "deleted")
        gone = [row["sha256"] for row in files]
        item = FollowUp(id=id_, kind=FollowUpKind.ADDITION, at=datetime.now(UTC), late=True, deleted=gone)
        try:
            await follow_up(desk.pool, desk.settings, SERVICE, ticket, item, wake=desk.wake, also=discard)
        except TextProblem:  # the complaint has no room for one more addition; the files go all the same
            async with desk.pool.acquire() as db:
                await discard(db, "")
        metrics.MEDIA.labels(channel, "deleted").inc(len(files))
        log.info("deleted_files_forgotten", extra={"channel": channel, "count": len(files)})


async def _discard(uploads: Sequence[str], db: Connection, _cid: str) -> None:
    await db.execute(_DISCARD, uploads)
