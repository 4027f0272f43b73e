"""Fetch the photos and videos noted by ``photos.py``, encode them again, and show the results to units.

Each step can be repeated: what a crash interrupts is fetched again, and shown once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

from chassis.database import Connection, Pool
from chassis.faults import crash_point
from contracts.events import FollowUp
from contracts.evidence_links import PATHS
from contracts.vocabulary import FollowUpKind
from intake import metrics
from intake.additions import follow_up
from intake.decoder import Decoder
from intake.evidence import LARGE, SMALL, EvidenceProblem, new_names
from intake.files import Files, StoreDown, StoreFull
from intake.films import Films, lay_file
from intake.photo import HEAD, Refused, is_video, refusal_of
from intake.service import Task
from intake.submissions import KeyReused, TextProblem
from intake_social.adapters.downloads import Later, NotOurs, TooLarge
from intake_social.adapters.errors import SocialError, SocialRefused, SocialThrottled
from intake_social.photos import UNCLAIMED_H
from intake_social.settings import SocialSettings

log = logging.getLogger(__name__)
SERVICE = "intake-social"
#: Writes the content behind a network's reference to a file.
Fetch = Callable[[str, IO[bytes]], Awaitable[None]]
#: Seconds between two looks, and how many files are fetched concurrently.
_EVERY_S, _AT_ONCE = 1.0, 3
#: How long one may take: to fetch it, to wait for two videos, to encode it and to store it. After a crash it is fetched
#: again when this lease ends.
LEASE = timedelta(minutes=7)
#: The pause after the first try; each is twice the last.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
#: A file that could not be fetched for this long is given up.
_GIVEN_UP = timedelta(days=1)
#: A stored file that is never marked as ours is deleted after this time.
_ORPHAN = timedelta(hours=1)

_DUE = """
UPDATE media SET tries = tries + 1, next_try_at = now() + $1
WHERE id = (SELECT id FROM media WHERE state = 'waiting' AND next_try_at <= now() AND channel = ANY($2)
            ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, channel, reference, tries, kept_at"""
_PUT_OFF = "UPDATE media SET next_try_at = now() + $2 WHERE id = $1 AND state = 'waiting'"
_FAILED = "UPDATE media SET state = 'failed', failed = $2, reference = '' WHERE id = $1 AND state = 'waiting'"
# Until the row is marked as ours, the file is listed for deletion, so that a crash in between leaves nothing behind.
_STORING = "INSERT INTO discarded_files (folder, at) VALUES ($1, now() + $2)"
_STORED = "DELETE FROM discarded_files WHERE folder = $1"
_UPLOAD = """
INSERT INTO uploads (id, name, folder, length, received, state, media_type, sha256, bytes, expires_at, post)
SELECT $1, $2, $3, $4, $4, 'ready', $5, $6, $4, now() + make_interval(hours => $7), post FROM media WHERE id = $8"""
_FETCHED = """
UPDATE media SET state = 'fetched', upload_id = $2, reference = '', next_try_at = now()
WHERE id = $1 AND state = 'waiting' RETURNING TRUE"""
_TO_SHOW = """
UPDATE media SET next_try_at = now() + interval '1 min'
WHERE id = (SELECT id FROM media WHERE state = 'fetched' AND complaint_id IS NOT NULL AND next_try_at <= now()
            ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, channel, upload_id, said_at, complaint_id, (SELECT ticket FROM complaints c
    WHERE c.complaint_id = media.complaint_id) AS ticket"""
# The same photo again: sent twice, or with an edit.
_SHOWN_BEFORE = """
SELECT EXISTS (SELECT FROM uploads a JOIN uploads b USING (sha256)
    WHERE a.complaint_id = $1 AND b.id = $2 AND a.id <> b.id)"""
_DONE = "UPDATE media SET state = 'done', failed = $2 WHERE id = $1"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A photo or video as we encoded it, and its still."""

    media_type: str
    large: bytes
    small: bytes


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """What fetching needs; ``networks`` by channel. Without ``films``, videos are refused."""

    pool: Pool
    settings: SocialSettings
    files: Files
    decoder: Decoder
    films: Films | None
    networks: Mapping[str, Fetch]
    wake: Callable[[], None]
    lease: timedelta = LEASE

    def tasks(self) -> list[Task]:
        """Return the tasks that run until cancelled; each is restarted after an outage of the database."""
        fetching = [(f"photos {n}", partial(_keep_doing, self.fetch_next)) for n in range(1, _AT_ONCE + 1)]
        return [*fetching, ("shown photos", partial(_keep_doing, self.show_next))]

    async def fetch_next(self) -> bool:
        """Fetch the photo that has been due longest. Return whether one was due."""
        row = await self.pool.fetchrow(_DUE, self.lease, list(self.networks))
        if row is None:
            return False
        try:
            with tempfile.NamedTemporaryFile(prefix="lapor-media-") as came:
                await self.networks[row["channel"]](row["reference"], came)
                came.flush()
                made = await self._make(Path(came.name))
            await self._keep(row, made)
        except (SocialRefused, Refused) as error:
            await self._give_up(row, _why(error))
        except (SocialError, StoreDown, StoreFull) as error:
            await self._put_off(row, error)
        return True

    async def _make(self, came: Path) -> Made:
        """Encode the file ``came`` again as a photo or video.

        Raises:
            Refused: it is not a photo or video, or can't be encoded.
            StoreDown: try later.
        """
        head = await asyncio.to_thread(_beginning, came)
        if why := refusal_of(head, videos=self.films is not None):
            raise Refused(why)
        if self.films and is_video(head):
            film = await self.films.make(lay_file(came))
            return Made(media_type="video/mp4", large=film.large, small=film.small)
        photo = await self.decoder.decode(await asyncio.to_thread(came.read_bytes))
        return Made(media_type="image/jpeg", large=photo.large, small=photo.small)

    async def _keep(self, row: Mapping[str, Any], made: Made) -> None:
        """Store ``made``; it is ours as soon as the row says so."""
        self.files.check_room(len(made.large) + len(made.small))
        id_, name, folder = new_names()
        await self.pool.execute(_STORING, folder, _ORPHAN)
        await self.files.put(f"{folder}/{LARGE[made.media_type]}", made.large)
        await self.files.put(f"{folder}/{SMALL}", made.small)
        crash_point("media.after_store_before_mark")
        async with self.pool.acquire() as db, db.transaction():
            if not await db.fetchval(_FETCHED, row["id"], id_):
                return  # erased, or fetched by another process: the folder stays listed for deletion
            await db.execute(_STORED, folder)
            sha256, size = hashlib.sha256(made.large).hexdigest(), len(made.large)
            await db.execute(_UPLOAD, id_, name, folder, size, made.media_type, sha256, UNCLAIMED_H + 2, row["id"])
        metrics.MEDIA.labels(row["channel"], "fetched").inc()

    async def _give_up(self, row: Mapping[str, Any], why: str) -> None:
        await self.pool.execute(_FAILED, row["id"], why)
        metrics.MEDIA.labels(row["channel"], why).inc()
        log.warning("photo_given_up", extra={"channel": row["channel"], "why": why})

    async def _put_off(self, row: Mapping[str, Any], error: Exception) -> None:
        pause = pause_after(row["tries"], error)
        # Not decided by the pause, which a network may set to a day.
        if datetime.now(UTC) - row["kept_at"] > _GIVEN_UP:
            await self._give_up(row, "too_late")
            return
        await self.pool.execute(_PUT_OFF, row["id"], pause)
        metrics.MEDIA.labels(row["channel"], "later").inc()
        log.info("photo_put_off", extra={"channel": row["channel"], "error": type(error).__name__})

    async def show_next(self) -> bool:
        """Show units the photo of a complaint that has waited longest. Return whether one waited."""
        row = await self.pool.fetchrow(_TO_SHOW)
        if row is None:
            return False
        item = FollowUp(id=row["id"], kind=FollowUpKind.ADDITION, at=row["said_at"], late=True)
        why = await self._show(row, item)
        if why:
            metrics.MEDIA.labels(row["channel"], why).inc()
            log.warning("photo_not_shown", extra={"channel": row["channel"], "why": why})
        await self.pool.execute(_DONE, row["id"], why or None)
        return True

    async def _show(self, row: Mapping[str, Any], item: FollowUp) -> str:
        """Add the file to its complaint. Return why it can't be added, or an empty string."""
        if await self.pool.fetchval(_SHOWN_BEFORE, row["complaint_id"], row["upload_id"]):
            return "repeated"
        try:
            taken = await follow_up(
                self.pool,
                self.settings,
                SERVICE,
                row["ticket"],
                item,
                wake=self.wake,
                uploads=[row["upload_id"]],
                evidence_url=self.settings.public_url + PATHS[SERVICE],
                also=partial(_done, row["id"]),
            )
        except TextProblem:
            return "too_many"
        except (EvidenceProblem, KeyReused):
            return "too_late"
        return "" if taken else "forgotten"


def _beginning(file: Path) -> bytes:
    with file.open("rb") as content:
        return content.read(HEAD)


def pause_after(tries: int, error: Exception) -> timedelta:
    """Return how long to wait after try number ``tries`` failed: what the network asks for, or a growing pause."""
    pause: timedelta = min(_FIRST_PAUSE * 2 ** min(tries - 1, 20), _LONGEST_PAUSE)
    if isinstance(error, SocialThrottled):
        return max(pause, error.reset_at - datetime.now(UTC))
    return max(pause, timedelta(seconds=error.after_s)) if isinstance(error, Later) else pause


async def _done(id_: str, db: Connection, _cid: str) -> None:
    await db.execute(_DONE, id_, None)


def _why(error: Exception) -> str:
    """Return the reason in one word, as metrics and the row use it."""
    if isinstance(error, Refused) and error.why == "video_long":
        return "too_long"
    kinds = {NotOurs: "not_allowed", TooLarge: "too_large", Refused: "unreadable"}
    return next((why for kind, why in kinds.items() if isinstance(error, kind)), "gone")


async def _keep_doing(once: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if not await once():
            await asyncio.sleep(_EVERY_S)
