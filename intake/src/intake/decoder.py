"""Runs ``intake.decode`` on a stranger's bytes: one at a time, without our settings, and not for ever."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from dataclasses import dataclass

from intake.photo import Place, Refused

log = logging.getLogger(__name__)
#: Seconds; a photo of 40 million pixels takes 2 to 4 of CPU on a slow core.
_WITHIN_S = 30
#: What the child may know of us. Its settings hold no secret; with few heaps its memory stays small.
_ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Derived:
    """What was made of a photo: two JPEGs, and where it says that it was taken."""

    large: bytes
    small: bytes
    place: Place | None


class Decoder:
    """Decodes photos, one at a time: what a server has of memory is counted for one."""

    def __init__(self) -> None:
        self._alone = asyncio.Semaphore(1)

    async def decode(self, content: bytes) -> Derived:
        """Make new photos of ``content``.

        Raises:
            Refused: it can't be decoded, or not within the limits.
        """
        async with self._alone:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", "intake.decode"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_ENVIRONMENT,
            )
            try:
                async with asyncio.timeout(_WITHIN_S):
                    said, _ = await child.communicate(content)
            except TimeoutError:
                log.warning("photo_took_too_long", extra={"bytes": len(content)})
                raise Refused("photo_unreadable") from None
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        return _read(said, child.returncode)


def _read(said: bytes, code: int | None) -> Derived:
    head, _, files = said.partition(b"\n")
    if not head:  # the kernel ended it: too much CPU or memory
        log.warning("photo_not_decoded", extra={"code": code})
        raise Refused("photo_unreadable")
    answer = json.loads(head)
    if why := answer.get("why"):
        raise Refused(why)
    large, small = answer["sizes"]
    place = Place(*answer["place"]) if answer["place"] else None
    return Derived(large=files[:large], small=files[large : large + small], place=place)
