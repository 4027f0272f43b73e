"""The store of files: a local folder or a bucket, by its address ``EVIDENCE_URL`` (``file:///…``, ``s3://…``)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

#: Bytes. With less room on the disk no upload is begun: those under way must still fit, and databases, too.
RESERVE = 200 * 1024 * 1024
#: Seconds for one file.
_WITHIN_S = 20


class StoreDown(Exception):
    """The file may not have been stored: give no ticket, ask the client to try again."""


class StoreFull(Exception):
    """There is no room for the attachment. Files stored before are not lost."""


class Files:
    """Files by their name, which has slashes. Every method may raise ``StoreDown``."""

    def __init__(self, url: str, s3: Mapping[str, str] = MappingProxyType({})) -> None:
        """Open the store at ``url``; a missing folder is made. ``s3`` are the options of a bucket.

        Raises:
            OSError: the folder can't be made.
        """
        self.folder: Path | None = None
        if url.startswith("file://"):
            self.folder = Path(url.removeprefix("file://"))
            self.folder.mkdir(parents=True, exist_ok=True)
            self.store: obstore.store.ObjectStore = LocalStore(self.folder)
        else:
            config: Any = dict(s3)
            self.store = from_url(url, config=config, client_options={"allow_http": True})

    def check_room(self, length: int, *, share: float = 1) -> None:
        """Return if ``length`` bytes fit on the disk and leave this ``share`` of ``RESERVE``.

        Raises:
            StoreFull: they don't fit now.
        """
        if self.folder:
            room = os.statvfs(self.folder)
            if room.f_bavail * room.f_frsize < share * RESERVE + length:
                raise StoreFull

    async def put(self, name: str, content: bytes) -> None:
        """Store ``content``; it is on the disk when this returns.

        Raises:
            StoreFull: there is no room for it.
        """
        try:
            async with asyncio.timeout(_WITHIN_S):
                await obstore.put_async(self.store, name, content)
                if self.folder:
                    await asyncio.to_thread(_sync, self.folder, name)
        except (BaseError, OSError, TimeoutError) as error:
            raise _trouble(error) from error

    async def get(self, name: str) -> bytes | None:
        """Read a file; return None if it does not exist."""
        try:
            async with asyncio.timeout(_WITHIN_S):
                found = await obstore.get_async(self.store, name)
                return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError, TimeoutError) as error:
            raise _trouble(error) from error

    async def delete(self, names: Sequence[str]) -> None:
        """Delete files; missing ones are no error."""
        for name in names:
            try:
                async with asyncio.timeout(_WITHIN_S):
                    await obstore.delete_async(self.store, name)
            except FileNotFoundError:
                continue
            except (BaseError, OSError, TimeoutError) as error:
                raise _trouble(error) from error

    async def delete_folder(self, folder: str, but: Sequence[str] = ()) -> None:
        """Delete everything below ``folder``, except the names in ``but``."""
        try:
            async with asyncio.timeout(_WITHIN_S):
                listed = await obstore.list(self.store, folder).collect_async()
        except (BaseError, OSError, TimeoutError) as error:
            raise _trouble(error) from error
        kept = {f"{folder}/{name}" for name in but}
        await self.delete([each["path"] for each in listed if each["path"] not in kept])
        if self.folder and not kept:
            await asyncio.to_thread(_remove_empty, self.folder / folder)


def _sync(root: Path, name: str) -> None:
    """Flush the file and its folder entries to the disk: object stores promise that, a file system does not."""
    path = root / name
    for each in (path, *path.parents[: len(path.relative_to(root).parts)]):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _trouble(error: Exception) -> Exception:
    said = str(error)  # obstore has no class for this
    if "StorageFull" in said or "QuotaExceeded" in said or "No space left" in said:
        return StoreFull()
    return StoreDown(type(error).__name__)
