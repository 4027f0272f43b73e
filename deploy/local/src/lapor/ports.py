"""Free ports on loopback: the usual one if it is free, the same one at the next start, else another.

Between the choice and the first process that listens lie seconds. A lock on a file per port, held as long as this
process lives, keeps a second system on this machine from choosing the same.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

HOST = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections: while a killed broker is down, no
# client can be given its port.
ELSEWHERE = range(18_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one in TIME_WAIT is free for a server
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


_claims: dict[int, int] = {}  # port -> descriptor of the locked file


def _claim(port: int) -> bool:
    """Whether the port is ours now: free, and not chosen by another system."""
    if port not in _claims:
        folder = Path(tempfile.gettempdir()) / f"lapor-ports-{os.getuid()}"
        folder.mkdir(exist_ok=True)
        file = os.open(folder / str(port), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        _claims[port] = file
    if is_free(port):
        return True
    os.close(_claims.pop(port))
    return False


def choose(wanted: Mapping[str, int], kept: Path) -> dict[str, int]:
    """A free port for each name: what ``kept`` says, else the wanted one, else any. Writes the choice to ``kept``.

    A wanted port of 0 means any.
    """
    before: dict[str, int] = json.loads(kept.read_text()) if kept.exists() else {}
    chosen: dict[str, int] = {}
    for name, usual in wanted.items():
        candidates = [before.get(name, usual), usual, *random.sample(ELSEWHERE, 200)]
        chosen[name] = next(p for p in candidates if p and p not in chosen.values() and _claim(p))
    kept.write_text(json.dumps(chosen, indent=2))
    return chosen
