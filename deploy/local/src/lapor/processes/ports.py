"""Free ports on loopback: the usual one if it is free, the same one at the next start, else another."""

from __future__ import annotations

import fcntl
import json
import os
import random
import socket
from collections.abc import Mapping
from pathlib import Path

from kabupaten.kept import cache_dir

HOST = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections: while a killed broker is down, no
# client can be given its port.
ELSEWHERE = range(18_000, 32_000)

_reserved: dict[int, int] = {}


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one in TIME_WAIT is free for a server
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def any_free() -> int:
    """A free port, kept from this user's other processes as long as this one lives."""
    return next(p for p in random.sample(ELSEWHERE, 200) if p not in _reserved and is_free(p) and _reserve(p))


def choose(wanted: Mapping[str, int], kept: Path) -> dict[str, int]:
    """A free port for each name: what ``kept`` says, else the wanted one, else any. Writes the choice to ``kept``.

    A wanted port of 0 means any.
    """
    before: dict[str, int] = json.loads(kept.read_text()) if kept.exists() else {}
    chosen: dict[str, int] = {}
    for name, usual in wanted.items():
        candidates = [before.get(name, usual), usual, *random.sample(ELSEWHERE, 200)]
        usable = (p for p in candidates if p and p not in chosen.values() and is_free(p))
        chosen[name] = next(p for p in usable if _reserve(p))
    kept.write_text(json.dumps(chosen, indent=2))
    return chosen


def _reserve(port: int) -> bool:
    """Keep the port from this user's other `lapor up`, which may choose before our server listens or while it is down.

    The lock file is open as long as this process lives, so that even kill -9 gives it back.
    """
    if port in _reserved:
        return True
    folder = cache_dir() / "ports"
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    _reserved[port] = file
    return True
