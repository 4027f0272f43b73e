"""Caches what was made from a region's files, so that the next process on this machine need not make it again.

The cache may be lost at any time; where nothing can be cached (containers, whose disks are read-only) each process
learns for itself. All get the same result: a file is used only for the input that it was made from.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from kabupaten.weighing import Weights

#: The length of the checksum before each content.
_SUM = 32
#: This many files of a kind are kept: those of some regions, and of their last changes.
_FILES = 16


def cache_dir() -> Path:
    """Return the folder for data that can be made or fetched again: ``$XDG_CACHE_HOME/lapor`` or ``~/.cache/lapor``.

    Raises:
        RuntimeError: the user has no home.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lapor"


def find(kind: str, key: str) -> bytes | None:
    """Return what was kept as ``kind`` under ``key``, whole and undamaged, or None."""
    try:
        content = (cache_dir() / kind / key).read_bytes()
    except (OSError, RuntimeError):
        return None
    return content[_SUM:] if _sum(content[_SUM:]) == content[:_SUM] else None


def keep(kind: str, key: str, content: bytes) -> None:
    """Keep ``content`` as ``kind`` under ``key``, if that is possible here; drop the oldest of its kind."""
    with suppress(OSError, RuntimeError):
        folder = cache_dir() / kind
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{key}.{os.getpid()}"
        part.write_bytes(_sum(content) + content)
        part.replace(folder / key)
        for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-_FILES]:
            old.unlink(missing_ok=True)


def cached(lists: msgspec.Struct, module: str, learn: Callable[[], Weights]) -> Weights:
    """Return what ``learn``, of the file ``module``, learns from ``lists``: cached, or learned and cached now."""
    key = _key(lists, module)
    if content := find("weights", key):
        return msgspec.msgpack.decode(content, type=dict[str, float])
    weights = learn()
    keep("weights", key, msgspec.msgpack.encode(weights))
    return weights


def _key(lists: msgspec.Struct, module: str) -> str:
    """Hash all that determines the weights: the examples, the code, and the Python that adds them up."""
    of = hashlib.sha256(msgspec.msgpack.encode([type(lists).__name__, sys.version, lists]))
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(module)):
        of.update(path.read_bytes())
    return of.hexdigest()


def _sum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
