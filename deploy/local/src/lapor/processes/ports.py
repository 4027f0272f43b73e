"""Free ports on loopback: the usual one if it is free, the same one at the next start, else another."""

from __future__ import annotations

import fcntl
import json
import os
import random
import socket
from collections.abc import Mapping
from pathlib import Path

from kabupaten.cache import cache_dir

HOST = "127.0.0.1"
# Below the kernel's range of ports for outgoing connections, so that no client can get the port of a killed broker
# while the broker is down.
ELSEWHERE = range(18_000, 32_000)

_reserved: dict[int, int] = {}


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free for a server
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def any_free() -> int:
    """Choose a free port, and reserve it against this user's other `lapor up` until this process ends."""
    return next(p for p in random.sample(ELSEWHERE, 200) if p not in _reserved and is_free(p) and _reserve(p))


def choose(wanted: Mapping[str, int], kept: Path) -> dict[str, int]:
    """Choose a free port for each name: that in ``kept``, else the wanted one, else any. Write the choice to ``kept``.

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
    """Reserve the port against this user's other `lapor up`, also before our server listens and while it is down.

    The lock file stays open until this process ends, so that even kill -9 gives the port back.
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
