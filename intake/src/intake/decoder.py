"""Runs ``intake.decode`` on a stranger's bytes: one at a time, clients in turn, without our settings, not for ever."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterable, Callable
from contextlib import suppress
from dataclasses import dataclass

from intake.photo import CPU_S, Place, Refused
from intake.turns import Turns

log = logging.getLogger(__name__)
#: Seconds; a photo of 40 million pixels takes 2 to 4 of CPU on a slow core.
_WITHIN_S = 30
#: So many photos wait for the one that is decoded; who sends more is asked to come again.
WAITING = 20
#: What the child may know of us. Its settings hold no secret; with few heaps its memory stays small.
_ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Derived:
    """What was made of a photo: two JPEGs, and where it says that it was taken."""

    large: bytes
    small: bytes
    place: Place | None


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sent what is made: its turn comes among those of other ``client``s, and it is told the seconds it costs."""

    client: str = ""
    charge: Callable[[float], None] = lambda _seconds: None


class Decoder:
    """Decodes photos, one at a time: what a server has of memory is counted for one."""

    def __init__(self) -> None:
        self._turns = Turns(WAITING)

    async def decode(self, content: bytes | AsyncIterable[bytes], sender: Sender = Sender()) -> Derived:
        """Make new photos of ``content``, of which nothing is read before it is its turn.

        Raises:
            Refused: it can't be decoded, or not within the limits.
            TooManyWait: it can be done later.
        """
        async with self._turns.turn(sender.client):
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", "intake.decode"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_ENVIRONMENT,
            )
            try:
                async with asyncio.timeout(_WITHIN_S):
                    said = await _told(child, content)
            except TimeoutError:
                log.warning("photo_took_too_long")
                raise Refused("photo_unreadable") from None
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        return _read(said, child.returncode, sender)


async def _told(child: asyncio.subprocess.Process, content: bytes | AsyncIterable[bytes]) -> bytes:
    """Give ``child`` all of ``content``, piece by piece, then take what it says."""
    assert child.stdin  # noqa: S101
    with suppress(BrokenPipeError, ConnectionResetError):  # the kernel ended it
        if isinstance(content, bytes):
            child.stdin.write(content)
        else:
            async for piece in content:
                child.stdin.write(piece)
                await child.stdin.drain()
    child.stdin.close()
    said, _ = await child.communicate()
    return said


def _read(said: bytes, code: int | None, sender: Sender) -> Derived:
    head, _, files = said.partition(b"\n")
    if not head:  # the kernel ended it: too much CPU or memory
        sender.charge(CPU_S)
        log.warning("photo_not_decoded", extra={"code": code})
        raise Refused("photo_unreadable")
    answer = json.loads(head)
    sender.charge(answer["cpu_s"])
    if why := answer.get("why"):
        raise Refused(why)
    large, small = answer["sizes"]
    place = Place(*answer["place"]) if answer["place"] else None
    return Derived(large=files[:large], small=files[large : large + small], place=place)
