"""Runs ``intake.decode`` on a stranger's bytes: one photo at a time, by turns, without our settings, with a timeout."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from intake.files import StoreDown
from intake.photo import CPU_S, Place, Refused
from intake.turns import Turns

log = logging.getLogger(__name__)
#: Seconds; a photo of 40 million pixels takes 2 to 4 of CPU on a slow core.
_WITHIN_S = 30
#: Seconds for the pieces to arrive from the store.
_GIVEN_WITHIN_S = 30
#: Seconds to wait for a turn: our page gives up after 90 and comes again, at the end of the queue.
_PATIENCE_S = 60
#: How many photos may wait behind the one being decoded; further senders are asked to come again.
WAITING = 20
#: All of our environment that the child sees: no secret. With few heaps its memory stays small.
_ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Derived:
    """The result for a photo: two JPEGs, and the place where it says it was taken."""

    large: bytes
    small: bytes
    place: Place | None


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The sender of a file: ``client`` decides whose turn it is, ``charge`` is told the seconds that it cost."""

    client: str = ""
    charge: Callable[[float], None] = lambda _seconds: None


class Decoder:
    """Decodes photos one at a time: the server's memory is planned for one."""

    def __init__(self) -> None:
        self._turns = Turns(WAITING, _PATIENCE_S)

    async def decode(self, content: bytes | AsyncIterable[bytes], sender: Sender = Sender()) -> Derived:
        """Make new photos of ``content``, which is not read before its turn.

        Raises:
            Refused: it can't be decoded, or not within the limits.
            TooManyWait, StoreDown: try again later.
        """
        async with self._turns.turn(sender.client):
            with _charged(sender) as cost:
                return await _decoded(content, cost)


async def _decoded(content: bytes | AsyncIterable[bytes], cost: _Cost) -> Derived:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "intake.decode"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_ENVIRONMENT,
    )
    try:
        await _give(child, content)
        async with asyncio.timeout(_WITHIN_S):
            said, _ = await child.communicate()
    except TimeoutError:
        log.warning("photo_took_too_long")
        raise Refused("photo_unreadable") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _read(said, child.returncode, cost)


@dataclass
class _Cost:
    """The CPU seconds that a photo took, once known."""

    cpu_s: float | None = None


@contextmanager
def _charged(sender: Sender) -> Iterator[_Cost]:
    """Charge ``sender`` for the time used, even if the child was killed or the client has hung up."""
    began, cost = time.monotonic(), _Cost()
    try:
        yield cost
    except StoreDown:
        cost.cpu_s = 0  # our fault
        raise
    finally:
        sender.charge(time.monotonic() - began if cost.cpu_s is None else cost.cpu_s)


async def _give(child: asyncio.subprocess.Process, content: bytes | AsyncIterable[bytes]) -> None:
    """Write all of ``content`` to ``child``, piece by piece.

    Raises:
        StoreDown: the pieces come too slowly, which says nothing about the photo.
    """
    assert child.stdin  # noqa: S101
    try:
        async with asyncio.timeout(_GIVEN_WITHIN_S):
            await _write(child.stdin, content)
    except TimeoutError:
        raise StoreDown("pieces of a photo come too slowly") from None


async def _write(to: asyncio.StreamWriter, content: bytes | AsyncIterable[bytes]) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # the kernel killed it
        if isinstance(content, bytes):
            to.write(content)
        else:
            async for piece in content:
                to.write(piece)
                await to.drain()
    to.close()


def _read(said: bytes, code: int | None, cost: _Cost) -> Derived:
    head, _, files = said.partition(b"\n")
    if not head:  # the kernel killed it: too much CPU or memory
        cost.cpu_s = CPU_S
        log.warning("photo_not_decoded", extra={"code": code})
        raise Refused("photo_unreadable")
    answer = json.loads(head)
    cost.cpu_s = answer["cpu_s"]
    if why := answer.get("why"):
        raise Refused(why)
    large, small = answer["sizes"]
    place = Place(*answer["place"]) if answer["place"] else None
    return Derived(large=files[:large], small=files[large : large + small], place=place)
