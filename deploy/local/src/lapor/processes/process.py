"""A process of the system: its command, its environment, its readiness check, and how it is stopped."""

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
# Exit codes of a service: "start me again when Kafka or the database is back", and "starting again cannot help".
INFRASTRUCTURE = 75
WRONG_SETTINGS = 78


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process. ``ready`` must return quickly and never raise; ``ports`` are those that it listens on.

    ``env`` is called at each start, since passwords change (`lapor rotate`).

    The start does not wait for a process that is not ``vital``, and the others go on if it can't run.
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
    ready_timeout_s: float = 180  # a broker took more than 60 on a busy machine; a process that dies is seen at once


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command that must succeed before the processes after it may start."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return a child's environment, with little from ours, so that a start does not depend on the caller's shell."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, "PYTHONUNBUFFERED": "1", **extra}


def identity(user: str | None) -> dict[str, Any]:
    """Return the arguments that make a subprocess run as ``user``, with that user's group and no other."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


async def spawn(
    command: tuple[str, ...], env: Mapping[str, str], log: Path, user: str | None = None
) -> asyncio.subprocess.Process:
    """Start ``command`` in a process group of its own, and append its output to ``log``."""
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
    """Make a check that is true when GET ``path`` at ``port`` of this machine answers 200."""

    async def answer() -> bytes:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
            return await reader.read()  # to the end: a server whose client leaves early logs a traceback
        finally:
            writer.close()

    async def ready() -> bool:
        try:
            return b" 200 " in (await asyncio.wait_for(answer(), 2)).split(b"\r\n")[0]
        except (OSError, TimeoutError):
            return False

    return ready
