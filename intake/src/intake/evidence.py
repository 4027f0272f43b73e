"""The attachments of citizens: the complaint of each file, who opened it, and the files to be deleted.

The files themselves are in a store outside the database (``files.py``), each upload in a folder of its own. A
transaction never waits for the store: it notes the folder in ``discarded_files``, and a task deletes it.
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

#: The file made of a photo or a video, by media type, and the small picture of either.
LARGE, SMALL = {"image/jpeg": "large.jpg", "video/mp4": "large.mp4"}, "small.jpg"
#: Seconds between two looks for files to delete, and the number of folders each time.
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
# A small picture is on a page that is opened many times a day.
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
    """Some uploads can't be attached. ``problems`` has the reason for each upload, by its name in texts.yaml:
    `upload_unknown`, `upload_unfinished`, `upload_taken`, or why it was refused."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(set(problems.values()))))
        self.problems = dict(problems)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file of a complaint: ``name`` is its name in links, ``bytes`` its size."""

    name: str
    media_type: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Kept(Attachment):
    """An attachment with its folder in the store and the ticket that it belongs to."""

    folder: str
    ticket: str


def new_names() -> tuple[str, str, str]:
    """Make a new upload's id, its name in links, and its folder."""
    place = secrets.token_hex(16)
    return secrets.token_urlsafe(16), secrets.token_urlsafe(16), f"{place[:2]}/{place[2:4]}/{place}"


class Chosen:
    """The uploads to attach to the complaint ``cid``, locked, in the order in which the client named them.

    ``problems`` has the reason for each that can't be attached.
    """

    def __init__(self, uploads: Sequence[str], rows: Mapping[str, Any], cid: str) -> None:
        self.rows = [rows[each] for each in uploads if each in rows]
        self.problems = {each: why for each in uploads if (why := _problem(rows.get(each), cid))}

    @property
    def contents(self) -> list[str]:
        """The SHA-256 of each file."""
        return [row["sha256"] for row in self.rows if row["sha256"]]

    def evidence(self, url: str) -> list[Evidence]:
        """Return the files as in events; ``url`` is where they are, without their name."""
        return [
            Evidence(url=url + r["name"], media_type=r["media_type"], sha256=r["sha256"], bytes=r["bytes"])
            for r in self.rows
        ]

    def check(self) -> None:
        """Return if all of them can be attached.

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
    """Lock ``uploads``, which are to be attached to the complaint ``cid``."""
    wanted = list(dict.fromkeys(uploads))
    rows = {row["id"]: row for row in await db.fetch(_LOOK, wanted)} if wanted else {}
    return Chosen(wanted, rows, cid)


async def attach(db: Connection, chosen: Chosen, cid: str) -> None:
    """Attach ``chosen`` to the complaint; those already attached stay as they are."""
    new = [row["id"] for row in chosen.rows if row["complaint_id"] is None]
    if new:
        await db.execute(_ATTACH, cid, new)


async def attachments(db: Connection | Pool, ticket: str) -> list[Attachment]:
    """List the attachments of the complaint ``ticket``, oldest first."""
    return [Attachment(**row) for row in await db.fetch(_OF_COMPLAINT, ticket)]


async def find(db: Connection | Pool, name: str) -> Kept | None:
    """Return the file named ``name`` in links, if it is attached to a complaint."""
    row = await db.fetchrow(_FIND, name)
    return Kept(**row) if row else None


async def note_opening(db: Connection | Pool, kept: Kept, unit: str, *, small: bool = False) -> None:
    """Note that ``unit`` opened ``kept`` now; for a ``small`` picture once a day."""
    await db.execute(_SEEN if small else _OPENED, kept.ticket, kept.name, unit)


async def discard_of(db: Connection, cid: str) -> int:
    """Discard all attachments of the complaint ``cid``; return how many there were."""
    return _count(await db.execute(_DISCARD_OF, cid))


async def discard_expired(db: Connection | Pool, most: int) -> int:
    """Discard up to ``most`` uploads that nobody attached in time; return how many there were."""
    return _count(await db.execute(_DISCARD_EXPIRED, most))


async def delete_discarded(pool: Pool, files: Files, in_time: Callable[[], AbstractAsyncContextManager[None]]) -> None:
    """Discard uploads that were not attached in time, and delete the files of all that was discarded.

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
    """Call :func:`delete_discarded` again and again until cancelled.

    Raises:
        StoreDown: start again.
    """
    while True:
        await delete_discarded(pool, files, in_time)
        await asyncio.sleep(_EVERY_S)


async def forget_openings(db: Connection, days: int, most: int) -> int:
    """Delete up to ``most`` notes of openings older than ``days``; return how many there were."""
    return _count(await db.execute(_FORGET_OPENINGS, days, most))


def _count(said: str) -> int:
    return int(said.split()[-1])
