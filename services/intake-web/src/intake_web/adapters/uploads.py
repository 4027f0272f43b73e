"""Uploads: rows with their progress, and files with their bytes. A file is on disk before its row says so."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from chassis.database import Pool
from chassis.http_server import ClientGone
from chassis.service import finished
from intake import evidence
from intake.decoder import Decoder, Sender
from intake.evidence import LARGE, SMALL, Attachment, Kept, new_names
from intake.files import Files
from intake.films import Films
from intake.opening import is_with
from intake.photo import HEAD, MAX_BYTES, MAX_VIDEO_BYTES, Place, Refused, is_video, refusal_of
from intake_web import photos
from intake_web.photos import LEAST, TooLong, TooSmall, Upload, WrongChecksum, WrongOffset

log = logging.getLogger(__name__)

#: Bytes per write. When a connection breaks, the rest is written too, unless it is one small piece of many.
PART = 512 * 1024
_KEPT = timedelta(hours=photos.KEPT_H)

_CREATE = """
INSERT INTO uploads (id, name, folder, length, expires_at) VALUES ($1, $2, $3, $4, now() + $5) RETURNING *"""
_FIND = "SELECT * FROM uploads WHERE id = $1 AND (complaint_id IS NOT NULL OR expires_at > now())"
_GREW = """
UPDATE uploads SET received = received + $3, parts = parts || $4::text[], expires_at = now() + $5
WHERE id = $1 AND received = $2 AND state = 'coming' RETURNING *"""
_GREW_AT_ITS_END = """
UPDATE uploads SET received = received + $3, parts = trim_array(parts, 1) || $4::text, expires_at = now() + $5
WHERE id = $1 AND received = $2 AND state = 'coming' RETURNING *"""
_ALL_CAME = "UPDATE uploads SET length = received WHERE id = $1 AND state = 'coming' RETURNING *"
_READY = """
UPDATE uploads SET state = 'ready', parts = '{}', media_type = $2, sha256 = $3, bytes = $4
WHERE id = $1 AND state = 'coming' RETURNING *"""
_REFUSED = "UPDATE uploads SET state = 'refused', refused = $2, parts = '{}' WHERE id = $1 RETURNING *"
_DISCARD = """
WITH gone AS (DELETE FROM uploads WHERE id = $1 AND complaint_id IS NULL RETURNING folder)
INSERT INTO discarded_files (folder) SELECT folder FROM gone"""


class _Gone(Exception):
    """A piece no longer exists."""


class Checksum(Protocol):
    """The checksum that a client states for the bytes it sends."""

    def update(self, data: bytes, /) -> None:
        """Add received bytes."""

    def agrees(self) -> bool:
        """Check whether all received bytes match the client's checksum."""


class Uploads:
    """Takes uploads, from their first byte to new photos. ``in_time`` turns a slow database into ``StoreDown``.

    ``films`` makes videos; without it videos are refused.
    """

    def __init__(
        self,
        pool: Pool,
        files: Files,
        in_time: Callable[[], AbstractAsyncContextManager[None]],
        decoder: Decoder,
        films: Films | None,
    ) -> None:
        self.pool, self.files, self.in_time, self.decoder, self.films = pool, files, in_time, decoder, films
        self.most_bytes = MAX_VIDEO_BYTES if films else MAX_BYTES
        self._made: dict[str, asyncio.Task[Upload]] = {}

    async def create(self, length: int) -> Upload:
        """Begin an upload of ``length`` bytes.

        Raises:
            StoreFull: no room is left for new uploads.
            StoreDown: the database does not answer.
        """
        self.files.check_room(length)
        id_, name, folder = new_names()
        async with self.in_time():
            return _upload(await self.pool.fetchrow(_CREATE, id_, name, folder, length, _KEPT))

    async def find(self, id_: str) -> Upload | None:
        """Find the upload; None if it is unknown or expired."""
        if "\0" in id_:  # PostgreSQL rejects NUL in a text
            return None
        async with self.in_time():
            row = await self.pool.fetchrow(_FIND, id_)
        return _upload(row) if row else None

    async def append(
        self,
        upload: Upload,
        offset: int,
        body: AsyncIterator[bytes],
        checksum: Checksum | None = None,
        *,
        is_last: bool = False,
    ) -> Upload:
        """Add ``body`` at ``offset``. With a ``checksum`` it is kept whole or not at all; without, as far as it came.

        ``is_last``: nothing follows, whatever the upload's length.

        Raises:
            WrongOffset: the upload ends elsewhere, or another request continues it concurrently.
            TooLong: more came than was announced.
            TooSmall: the piece is too small, and not the last.
            WrongChecksum: the bytes don't match the checksum.
            Refused: the first bytes are not those of a photo or video.
            ClientGone: the connection broke; without a checksum all bytes are kept, except a small piece among many.
            StoreFull, StoreDown: the bytes since the last write are lost, the others are kept.
        """
        if offset != upload.received:
            raise WrongOffset(upload)
        came = _Came(self, upload, checksum)
        try:
            async for chunk in body:
                await came.take(chunk)
        except ClientGone:
            await came.broke_off()
            raise
        return await came.end(is_last=is_last)

    async def whole(self, body: AsyncIterator[bytes], sender: Sender) -> Upload:
        """Store a file of unknown length that comes in one request; it is finished when this returns.

        Raises:
            TooLong: it is larger than a photo or a video may be.
            Refused: it is neither photo nor video, or can't be decoded.
            ClientGone, StoreFull, StoreDown: nothing of it is kept.
        """
        head, body = await _peek(body)
        most = self.most_bytes if is_video(head) else MAX_BYTES
        upload = await self.create(most)
        try:
            upload = await self.append(upload, 0, body, is_last=True)
            async with self.in_time():
                upload = _upload(await self.pool.fetchrow(_ALL_CAME, upload.id))
            upload, _ = await self.finish(upload, sender)
        except TooLong:
            await self.discard(upload.id)
            raise TooLong(most) from None
        except BaseException:
            await asyncio.shield(self.discard(upload.id))
            raise
        return upload

    async def finish(self, upload: Upload, sender: Sender) -> tuple[Upload, Place | None]:
        """Make the new photos or video once all bytes are here, and delete the original; the place is not stored.

        Idempotent. A video is made to its end, even if the caller is cancelled.

        Raises:
            Refused: it can't be decoded.
            StoreFull, StoreDown: retry later; also when too many wait for a decoder.
        """
        if upload.refused:
            raise Refused(upload.refused)
        if upload.state == "ready" or not upload.all_came:
            return upload, None
        try:
            if self.films and is_video((await self._part(upload, 0))[:HEAD]):
                return await self._film(self.films, upload, sender), None
            async with self._remembering(upload):
                derived = await self.decoder.decode(self._parts(upload), sender)
        except _Gone:  # another request has finished it
            return await self.find(upload.id) or upload, None
        # Not cancelled with the caller: the original, with its place, is deleted last.
        return await finished(self._keep(upload, "image/jpeg", derived.large, derived.small)), derived.place

    async def _part(self, upload: Upload, number: int) -> bytes:
        came = await self.files.get(upload.parts[number])
        if came is None:
            raise _Gone
        return came

    async def _parts(self, upload: Upload) -> AsyncIterator[bytes]:
        for number in range(len(upload.parts)):
            yield await self._part(upload, number)

    async def _film(self, films: Films, upload: Upload, sender: Sender) -> Upload:
        """Make the new video once, for all concurrent callers."""
        making = self._made.get(upload.id)
        if making is None:
            making = self._made[upload.id] = asyncio.create_task(self._make_film(films, upload, sender))
            making.add_done_callback(
                lambda done: (self._made.pop(upload.id, None), done.cancelled() or done.exception())
            )
        return await asyncio.shield(making)

    async def _make_film(self, films: Films, upload: Upload, sender: Sender) -> Upload:
        async def lay(came: Path) -> None:
            async for part in self._parts(upload):
                await asyncio.to_thread(_add, came, part)

        async with self._remembering(upload):
            film = await films.make(lay, sender)
        return await self._keep(upload, "video/mp4", film.large, film.small)

    async def _keep(self, upload: Upload, media_type: str, large: bytes, small: bytes) -> Upload:
        await self.files.put(f"{upload.folder}/{LARGE[media_type]}", large)
        await self.files.put(f"{upload.folder}/{SMALL}", small)
        sha256 = hashlib.sha256(large).hexdigest()
        async with self.in_time():
            row = await self.pool.fetchrow(_READY, upload.id, media_type, sha256, len(large))
        await self.files.delete_folder(upload.folder, but=(LARGE[media_type], SMALL))
        done = _upload(row) if row else await self.find(upload.id)
        return done or upload

    async def finish_all(self, ids: Sequence[str], sender: Sender) -> None:
        """Finish those of ``ids`` whose bytes are all here but were not finished, as after a restart."""
        for id_ in ids:
            upload = await self.find(id_)
            if upload and upload.state == "coming" and upload.all_came:
                try:
                    await self.finish(upload, sender)
                except Refused:
                    log.info("upload_refused_late")

    async def discard(self, id_: str) -> bool:
        """Discard an upload; return False if it is attached to a complaint, or unknown."""
        async with self.in_time():
            gone: str = await self.pool.execute(_DISCARD, id_)
        return gone.endswith(" 1")

    async def attachments(self, ticket: str) -> list[Attachment]:
        """List the attachments of a complaint."""
        async with self.in_time():
            return await evidence.attachments(self.pool, ticket)

    async def kept(self, name: str) -> Kept | None:
        """Find the attached file that links call ``name``."""
        if "\0" in name:
            return None
        async with self.in_time():
            return await evidence.find(self.pool, name)

    async def read(self, kept: Kept, *, small: bool) -> bytes | None:
        """Read the file itself; None if it is gone.

        Raises:
            StoreDown: it can't be read now.
        """
        return await self.files.get(f"{kept.folder}/{SMALL if small else LARGE[kept.media_type]}")

    async def is_with(self, unit: str, ticket: str) -> bool:
        """Check whether ``unit`` has the complaint now or helps with it, or with the one it was merged into."""
        async with self.in_time():
            return await is_with(self.pool, unit, ticket)

    async def note_opening(self, kept: Kept, unit: str, *, small: bool) -> None:
        """Record that ``unit`` opens the file now."""
        async with self.in_time():
            await evidence.note_opening(self.pool, kept, unit, small=small)

    async def keep_deleting(self) -> None:
        """Discard uploads that were not attached in time, and delete discarded files, until cancelled.

        Raises:
            StoreDown: restart.
        """
        await evidence.keep_deleting(self.pool, self.files, self.in_time)

    async def delete_once(self) -> None:
        """Delete all discarded files once."""
        await evidence.delete_discarded(self.pool, self.files, self.in_time)

    @asynccontextmanager
    async def _remembering(self, upload: Upload) -> AsyncIterator[None]:
        """Store the reason if ``upload`` is refused."""
        try:
            yield
        except Refused as error:
            await self.refuse(upload, error.why)
            raise

    async def refuse(self, upload: Upload, why: str) -> None:
        """Delete the received bytes of ``upload``, and store the reason of the refusal."""
        async with self.in_time():
            await self.pool.fetchrow(_REFUSED, upload.id, why)
        await self.files.delete_folder(upload.folder)

    async def grew(self, upload: Upload, held: Sequence[tuple[str, int]]) -> Upload:
        """Record new files of ``upload``, by their names and sizes.

        Raises:
            WrongOffset: another request continued it first; the files are deleted.
        """
        names, size = [name for name, _ in held], sum(n for _, n in held)
        async with self.in_time():
            row = await self.pool.fetchrow(_GREW, upload.id, upload.received, size, names, _KEPT)
        if row is None:
            await self.files.delete(names)
            raise WrongOffset(await self.find(upload.id) or upload)
        return _upload(row)

    async def join(self, upload: Upload, content: bytes) -> None:
        """Merge ``content``, too small for a file of its own, into the last file, if that is small, too.

        So an upload gets through over a connection that breaks again and again after a few kilobytes.
        """
        last = upload.parts[-1]
        begins = int(last.rpartition("/")[2].partition("-")[0])
        if upload.received - begins >= 2 * LEAST or (came := await self.files.get(last)) is None:
            return
        name = _part_of(upload, begins)
        await self.files.put(name, came + content)
        async with self.in_time():
            row = await self.pool.fetchrow(_GREW_AT_ITS_END, upload.id, upload.received, len(content), name, _KEPT)
        await self.files.delete([last if row else name])


class _Came:
    """The bytes that one request adds to ``upload``: recorded with each write, or with a checksum at the end."""

    def __init__(self, uploads: Uploads, upload: Upload, checksum: Checksum | None) -> None:
        self.uploads, self.upload, self.checksum = uploads, upload, checksum
        self.room = upload.length - upload.received
        self.buffer, self.held = bytearray(), list[tuple[str, int]]()

    async def take(self, chunk: bytes) -> None:
        self.room -= len(chunk)
        if self.room < 0:
            await self.forget()
            raise TooLong
        if self.checksum:
            self.checksum.update(chunk)
        self.buffer += chunk
        if len(self.buffer) >= PART:
            await self.write()

    async def write(self) -> None:
        if self.upload.received == 0 and not self.held:
            await self.see()
        upload, there = self.upload, self.upload.received + sum(size for _, size in self.held)
        name = _part_of(upload, there)
        self.uploads.files.check_room(len(self.buffer), share=0.5)
        await self.uploads.files.put(name, bytes(self.buffer))
        self.held.append((name, len(self.buffer)))
        self.buffer.clear()
        if self.checksum is None:
            held, self.held = self.held, []
            self.upload = await self.uploads.grew(upload, held)

    async def see(self) -> None:
        """Refuse early: the first bytes belong to neither photo nor video, or to a photo that is too large."""
        head = bytes(self.buffer[:HEAD])
        if why := refusal_of(head, videos=self.uploads.films is not None):
            await self.uploads.refuse(self.upload, why)
            raise Refused(why)
        if self.upload.length > MAX_BYTES and not is_video(head):
            raise TooLong(MAX_BYTES)

    async def broke_off(self) -> None:
        """Keep what came, unless a checksum makes it all or nothing."""
        if self.checksum:
            await self.forget()
        elif self.upload.may_grow_by(len(self.buffer)):
            await self.write()
        elif self.buffer and self.upload.parts:
            await self.uploads.join(self.upload, bytes(self.buffer))

    async def end(self, *, is_last: bool) -> Upload:
        if self.checksum and not self.checksum.agrees():
            await self.forget()
            raise WrongChecksum
        if self.buffer:
            if not (is_last or self.held or self.upload.may_grow_by(len(self.buffer))):
                raise TooSmall(self.upload)
            await self.write()
        return await self.uploads.grew(self.upload, self.held) if self.held else self.upload

    async def forget(self) -> None:
        await self.uploads.files.delete([name for name, _ in self.held])


def _part_of(upload: Upload, begins: int) -> str:
    """Name a file for the bytes of ``upload`` from ``begins`` on."""
    return f"{upload.folder}/{begins:09}-{secrets.token_hex(4)}"


async def _peek(body: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """Return the first bytes of ``body``, and all of it."""
    head = bytearray()
    async for chunk in body:
        head += chunk
        if len(head) >= HEAD:
            break

    async def whole() -> AsyncIterator[bytes]:
        yield bytes(head)
        async for chunk in body:
            yield chunk

    return bytes(head[:HEAD]), whole()


def _add(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def _upload(row: Any) -> Upload:
    names = ("id", "folder", "length", "received", "parts", "state", "refused", "expires_at")
    return Upload(**{name: row[name] for name in names}, attached=row["complaint_id"] is not None)
