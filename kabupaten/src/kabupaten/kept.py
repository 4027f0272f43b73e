"""Keeps what was learned from a region's examples, so that the next process on this machine need not learn it again.

What is kept may be lost at any time, and where nothing can be kept (containers, whose disks are read-only) each process
learns for itself. All have the same weights: a file is used only for what it was learned from.
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

#: So many files are kept: of both kinds of examples, of some regions and of their last changes.
_FILES = 16


def cache_dir() -> Path:
    """The folder of what can be made or fetched again: ``$XDG_CACHE_HOME/lapor`` or ``~/.cache/lapor``.

    Raises:
        RuntimeError: whoever runs this has no home.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lapor"


def kept(lists: msgspec.Struct, module: str, learn: Callable[[], Weights]) -> Weights:
    """Give what ``learn``, of the file ``module``, learns from ``lists``: as it was kept, or learned and kept now."""
    with suppress(OSError, RuntimeError, msgspec.MsgspecError):
        return msgspec.msgpack.decode(_file(lists, module).read_bytes(), type=dict[str, float])
    weights = learn()
    with suppress(OSError, RuntimeError):
        _keep(_file(lists, module), msgspec.msgpack.encode(weights))
    return weights


def _file(lists: msgspec.Struct, module: str) -> Path:
    """Name the file by all that decides on the weights: the examples, the code, and the Python that adds them up."""
    of = hashlib.sha256(msgspec.msgpack.encode([type(lists).__name__, sys.version, lists]))
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(module)):
        of.update(path.read_bytes())
    return cache_dir() / "weights" / of.hexdigest()


def _keep(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(file)
    for old in sorted(file.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-_FILES]:
        old.unlink(missing_ok=True)
