"""Photos of repairs: rows in PostgreSQL, new JPEGs in the store.

The name of a file is noted before the file is stored, so that no file is forgotten; one without a row is deleted.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import string
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from chassis.database import Connection, Pool
from contracts.events import Evidence
from contracts.links import PHOTOS
from intake.decoder import Decoder
from intake.files import Files, StoreDown
from intake.photo import HEAD, MAX_BYTES, Refused, refusal_of
from unit_desk.adapters.complaints import Row
from unit_desk.people import Person

log = logging.getLogger(__name__)
#: The most photos of one resolution.
MOST = 5
LARGE, SMALL = "large.jpg", "small.jpg"
MEDIA_TYPE = "image/jpeg"
_LETTERS = 26
#: How long a photo that was not sent is kept.
_UNSENT = timedelta(hours=24)
_EVERY_S, _AT_ONCE = 10, 100

_NOTED = "INSERT INTO discarded_proofs (name, due) VALUES ($1, now() + interval '1 hour')"
_KEPT = "DELETE FROM discarded_proofs WHERE name = $1"
_KEEP = """
INSERT INTO proofs (name, unit, complaint_id, person, sha256, bytes) VALUES ($1, $2, $3, $4, $5, $6)"""
_OF_COMPLAINT = "SELECT name, sha256, bytes FROM proofs WHERE unit = $1 AND complaint_id = $2 AND name = ANY($3)"
_SENT = "UPDATE proofs SET reply_id = $4 WHERE unit = $1 AND complaint_id = $2 AND name = ANY($3)"
# Sent and not refused, of a complaint that everybody may read; until the answer comes only its unit knows the address.
_PUBLIC = """
SELECT EXISTS (SELECT FROM proofs p JOIN replies r ON r.id = p.reply_id
    JOIN complaints c ON c.unit = p.unit AND c.complaint_id = p.complaint_id
    WHERE p.name = $1 AND r.accepted IS DISTINCT FROM false AND NOT c.rahasia AND NOT c.erased)"""
_DISCARD_UNSENT = """
WITH gone AS (DELETE FROM proofs WHERE name = ANY(ARRAY(
    SELECT name FROM proofs WHERE reply_id IS NULL AND at < now() - $1::interval ORDER BY at LIMIT 500)) RETURNING name)
INSERT INTO discarded_proofs (name) SELECT name FROM gone ON CONFLICT DO NOTHING"""
_DISCARDED = "SELECT name FROM discarded_proofs WHERE due <= now() ORDER BY due LIMIT $1"
_DELETED = "DELETE FROM discarded_proofs WHERE name = $1"


class Photos:
    """Stores photos and reads them; ``url`` is the address of the desk."""

    def __init__(self, pool: Pool, files: Files, url: str) -> None:
        self.pool, self.files, self.url = pool, files, url
        self.decoder = Decoder()

    async def take(self, row: Row, person: Person, content: bytes) -> Evidence:
        """Store a new JPEG of ``content``, which holds only the visible picture.

        Raises:
            Refused: it is not a photo, or too large.
            StoreDown, StoreFull: the store can't take it now; nothing of it is kept.
        """
        if len(content) > MAX_BYTES:
            raise Refused("photo_size")
        if why := refusal_of(content[:HEAD]):
            raise Refused(why)
        self.files.check_room(len(content))
        made = await self.decoder.decode(content)
        name = "".join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))
        await self.pool.execute(_NOTED, name)
        await self.files.put(f"{name}/{LARGE}", made.large)
        await self.files.put(f"{name}/{SMALL}", made.small)
        digest, size = hashlib.sha256(made.large).hexdigest(), len(made.large)
        async with self.pool.acquire() as db, db.transaction():
            await db.execute(_KEEP, name, row.unit, row.complaint_id, person.id, digest, size)
            await db.execute(_KEPT, name)
        return self._evidence(name, digest, size)

    async def of(self, row: Row, names: Sequence[str]) -> tuple[Evidence, ...]:
        """Return those of ``names`` that are photos of this complaint, in their order."""
        found = {each["name"]: each for each in await self.pool.fetch(_OF_COMPLAINT, *_place(row), list(names))}
        known = (found[name] for name in dict.fromkeys(names) if name in found)
        return tuple(self._evidence(each["name"], each["sha256"], each["bytes"]) for each in known)

    def _evidence(self, name: str, digest: str, size: int) -> Evidence:
        return Evidence(url=f"{self.url}{PHOTOS}{name}", media_type=MEDIA_TYPE, sha256=digest, bytes=size)

    async def is_public(self, name: str) -> bool:
        """Whether everybody who has its address may see the photo."""
        public: bool = await self.pool.fetchval(_PUBLIC, name)
        return public

    async def read(self, name: str, *, small: bool) -> bytes | None:
        """Return a photo; None if it is deleted.

        Raises:
            StoreDown: the store is away.
        """
        return await self.files.get(f"{name}/{SMALL if small else LARGE}")

    async def keep_deleting(self) -> None:
        """Run until cancelled: delete photos that were not sent, and the files of deleted ones."""
        while True:
            await self.delete()
            await asyncio.sleep(_EVERY_S)

    async def delete(self) -> None:
        """Discard photos that were not sent in time, and delete the files of discarded ones, a batch."""
        await self.pool.execute(_DISCARD_UNSENT, _UNSENT)
        for row in await self.pool.fetch(_DISCARDED, _AT_ONCE):
            try:
                await self.files.delete_folder(row["name"])
            except StoreDown:
                log.warning("proofs_not_deleted")
                return
            await self.pool.execute(_DELETED, row["name"])


def name_of(photo: Evidence) -> str:
    """Return the name of a photo in its address."""
    return photo.url.rpartition("/")[2]


async def sent(db: Connection, row: Row, reply_id: UUID, photos: Sequence[Evidence]) -> None:
    """Record that ``photos`` were sent with a reply, in the caller's transaction."""
    if photos:
        await db.execute(_SENT, *_place(row), [name_of(each) for each in photos], reply_id)


def _place(row: Row) -> tuple[str, str]:
    return row.unit, row.complaint_id
