"""What a process of the system is: its command, its environment, how one sees that it is ready, how it is stopped."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lapor.processes.ports import HOST

INHERITED = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPATH",
)  # fmt: skip
INFRASTRUCTURE = 75  # exit codes of a service: "start me again when it is back", "starting again cannot help"
WRONG_SETTINGS = 78


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process. ``ready`` must return quickly and never raise; ``ports`` are those it listens on.

    ``env`` is asked at each start: passwords change (`lapor rotate`).

    Nobody waits for one that is not ``vital``, and if it can't run the others go on without it.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    env: Callable[[], Mapping[str, str]] = dict
    ports: tuple[int, ...] = ()
    user: str | None = None
    vital: bool = True
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 15
    ready_timeout_s: float = 180  # on a busy machine a broker took more than 60; what dies is seen at once


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command that must end well before others may start."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: little from ours, so that a start does not depend on whose shell it is."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, "PYTHONUNBUFFERED": "1", **extra}


def identity(user: str | None) -> dict[str, Any]:
    """The arguments of a subprocess that is to run as ``user``, with that user's group and no other."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


async def spawn(
    command: tuple[str, ...], env: Mapping[str, str], log: Path, user: str | None = None
) -> asyncio.subprocess.Process:
    """Start ``command`` in a process group of its own, what it prints appended to ``log``."""
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *command,
            env=environment(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            **identity(user),
            start_new_session=True,
        )


def answers(port: int, path: str = "/ready") -> Callable[[], Awaitable[bool]]:
    """Ready when GET ``path`` at ``port`` of this machine answers 200."""

    async def answer() -> bytes:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
            return await reader.read()  # to its end: a server whose client leaves early writes a traceback
        finally:
            writer.close()

    async def ready() -> bool:
        try:
            return b" 200 " in (await asyncio.wait_for(answer(), 2)).split(b"\r\n")[0]
        except (OSError, TimeoutError):
            return False

    return ready
