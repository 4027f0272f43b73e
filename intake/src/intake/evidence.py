"""What citizens attach: which files belong to which complaint, who opened them, and which are to be deleted.

The files themselves are in a store outside the database (``files.py``), in a folder of each upload.
A transaction never waits for that: it notes the folder among ``discarded_files``, and a task deletes it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chassis.database import Connection, Pool
from contracts.events import Evidence

if TYPE_CHECKING:
    from intake.files import Files

#: What is made of a photo or a video, by its media type, and the small picture of either.
LARGE, SMALL = {"image/jpeg": "large.jpg", "video/mp4": "large.mp4"}, "small.jpg"
#: Seconds between two looks for files to delete, and how many folders at once.
_EVERY_S, _FOLDERS = 10, 100

_LOOK = """
SELECT id, name, state, refused, media_type, sha256, bytes, complaint_id FROM uploads
WHERE id = ANY($1) ORDER BY id FOR UPDATE"""
_ATTACH = """
UPDATE uploads u SET complaint_id = $1, attached_at = now(), position = g.n
FROM unnest($2::text[]) WITH ORDINALITY AS g (id, n) WHERE u.id = g.id"""
_OF_COMPLAINT = """
SELECT name, media_type, bytes FROM uploads u JOIN complaints c USING (complaint_id)
WHERE c.ticket = $1 ORDER BY attached_at, position"""
_FIND = """
SELECT u.name, u.folder, u.media_type, u.bytes, c.ticket FROM uploads u JOIN complaints c USING (complaint_id)
WHERE u.name = $1 AND u.state = 'ready'"""
_OPENED = "INSERT INTO evidence_openings (ticket, name, unit) VALUES ($1, $2, $3)"
# A small one is on a page that is looked at many times a day.
_SEEN = """
INSERT INTO evidence_openings (ticket, name, unit) SELECT $1, $2, $3 WHERE NOT EXISTS (
    SELECT FROM evidence_openings WHERE ticket = $1 AND at > now() - interval '1 day' AND name = $2 AND unit = $3)"""
_DISCARD_OF = """
WITH gone AS (DELETE FROM uploads WHERE complaint_id = $1 RETURNING folder)
INSERT INTO discarded_files (folder) SELECT folder FROM gone"""
_DISCARD_EXPIRED = """
WITH gone AS (DELETE FROM uploads WHERE id = ANY(ARRAY(
    SELECT id FROM uploads WHERE complaint_id IS NULL AND expires_at < now()
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING folder)
INSERT INTO discarded_files (folder) SELECT folder FROM gone"""
_DISCARDED = "SELECT folder FROM discarded_files WHERE at <= now() ORDER BY at LIMIT $1"
_DELETED = "DELETE FROM discarded_files WHERE folder = $1"
_FORGET_OPENINGS = """
DELETE FROM evidence_openings WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM evidence_openings WHERE at < now() - make_interval(days => $1) ORDER BY at LIMIT $2))"""


class EvidenceProblem(ValueError):
    """Some of what was to be attached can't be. ``problems`` says of each upload why, as texts.yaml calls it:
    `upload_unknown`, `upload_unfinished`, `upload_taken`, or why it was refused."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(set(problems.values()))))
        self.problems = dict(problems)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file of a complaint: ``name`` is what links call it, ``bytes`` its size."""

    name: str
    media_type: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Kept(Attachment):
    """Where the store has it, and whose it is."""

    folder: str
    ticket: str


def new_names() -> tuple[str, str, str]:
    """Give a new upload's id, what links call it, and its folder."""
    place = secrets.token_hex(16)
    return secrets.token_urlsafe(16), secrets.token_urlsafe(16), f"{place[:2]}/{place[2:4]}/{place}"


class Chosen:
    """The uploads that somebody wants to attach to the complaint ``cid``, locked; in the order in which they are named.

    ``problems`` says of each that can't be attached why.
    """

    def __init__(self, uploads: Sequence[str], rows: Mapping[str, Any], cid: str) -> None:
        self.rows = [rows[each] for each in uploads if each in rows]
        self.problems = {each: why for each in uploads if (why := _problem(rows.get(each), cid))}

    @property
    def contents(self) -> list[str]:
        """What is in them, by its SHA-256."""
        return [row["sha256"] for row in self.rows if row["sha256"]]

    def evidence(self, url: str) -> list[Evidence]:
        """Them as events have them; ``url`` is where they are, without their name."""
        return [
            Evidence(url=url + r["name"], media_type=r["media_type"], sha256=r["sha256"], bytes=r["bytes"])
            for r in self.rows
        ]

    def check(self) -> None:
        """Return if all can be attached.

        Raises:
            EvidenceProblem: some can't.
        """
        if self.problems:
            raise EvidenceProblem(self.problems)


def _problem(row: Mapping[str, Any] | None, cid: str) -> str:
    if row is None:
        return "upload_unknown"
    if row["complaint_id"] not in (None, cid):
        return "upload_taken"
    if why := row["refused"]:
        return str(why)
    return "" if row["state"] == "ready" else "upload_unfinished"


async def choose(db: Connection, uploads: Sequence[str], cid: str) -> Chosen:
    """Lock ``uploads``, which somebody wants to attach to the complaint ``cid``."""
    wanted = list(dict.fromkeys(uploads))
    rows = {row["id"]: row for row in await db.fetch(_LOOK, wanted)} if wanted else {}
    return Chosen(wanted, rows, cid)


async def attach(db: Connection, chosen: Chosen, cid: str) -> None:
    """Make ``chosen`` the complaint's; those that are already stay as they are."""
    new = [row["id"] for row in chosen.rows if row["complaint_id"] is None]
    if new:
        await db.execute(_ATTACH, cid, new)


async def attachments(db: Connection | Pool, ticket: str) -> list[Attachment]:
    """Give what was attached to the complaint ``ticket``, the oldest first."""
    return [Attachment(**row) for row in await db.fetch(_OF_COMPLAINT, ticket)]


async def find(db: Connection | Pool, name: str) -> Kept | None:
    """Give the file that links call ``name``, if it is attached to a complaint."""
    row = await db.fetchrow(_FIND, name)
    return Kept(**row) if row else None


async def note_opening(db: Connection | Pool, kept: Kept, unit: str, *, small: bool = False) -> None:
    """Keep that ``unit`` opened ``kept`` now; of a ``small`` one once a day."""
    await db.execute(_SEEN if small else _OPENED, kept.ticket, kept.name, unit)


async def discard_of(db: Connection, cid: str) -> int:
    """Let go of all that was attached to the complaint ``cid``; how many there were."""
    return _count(await db.execute(_DISCARD_OF, cid))


async def discard_expired(db: Connection | Pool, most: int) -> int:
    """Let go of up to ``most`` uploads that nobody attached in time; how many there were."""
    return _count(await db.execute(_DISCARD_EXPIRED, most))


async def delete_discarded(pool: Pool, files: Files, in_time: Callable[[], AbstractAsyncContextManager[None]]) -> None:
    """Delete the files of what was let go of, and let go of what was not attached in time.

    Raises:
        StoreDown: do it again.
    """
    async with in_time():
        while await discard_expired(pool, _FOLDERS) == _FOLDERS:
            pass
        folders = [row["folder"] for row in await pool.fetch(_DISCARDED, _FOLDERS)]
    for folder in folders:
        await files.delete_folder(folder)
        async with in_time():
            await pool.execute(_DELETED, folder)


async def keep_deleting(
    pool: Pool, files: Files, in_time: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
) -> None:
    """For ever: :func:`delete_discarded`.

    Raises:
        StoreDown: start again.
    """
    while True:
        await delete_discarded(pool, files, in_time)
        await asyncio.sleep(_EVERY_S)


async def forget_openings(db: Connection, days: int, most: int) -> int:
    """Delete up to ``most`` notes of openings that are older than ``days``; how many there were."""
    return _count(await db.execute(_FORGET_OPENINGS, days, most))


def _count(said: str) -> int:
    return int(said.split()[-1])
