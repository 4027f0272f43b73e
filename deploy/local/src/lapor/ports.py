"""Free ports on loopback: the usual one if it is free, the same one at the next start, else another."""

from __future__ import annotations

import json
import random
import socket
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


def choose(wanted: Mapping[str, int], kept: Path) -> dict[str, int]:
    """A free port for each name: what ``kept`` says, else the wanted one, else any. Writes the choice to ``kept``.

    A wanted port of 0 means any.
    """
    before: dict[str, int] = json.loads(kept.read_text()) if kept.exists() else {}
    chosen: dict[str, int] = {}
    for name, usual in wanted.items():
        candidates = [before.get(name, usual), usual, *random.sample(ELSEWHERE, 200)]
        chosen[name] = next(p for p in candidates if p and p not in chosen.values() and is_free(p))
    kept.write_text(json.dumps(chosen, indent=2))
    return chosen
