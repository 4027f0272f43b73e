"""Reads the messages from which words are weighed: a folder with a file for each kind, and the ordinary ones beside."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from kabupaten.problems import Problem, RegionError

#: The kind of what only sounds like the others.
NONE = "none"


class Ordinary(msgspec.Struct):
    """A practice complaint of ``messages/``."""

    text: str
    category: str = ""
    urgency: str = ""


def read_examples(folder: Path, kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read ``KIND.txt`` of each of ``kinds``, and ``none.txt``, in ``folder``: a message a line.

    Raises:
        RegionError: a kind has no example; each is named.
    """
    examples = {kind: read_lines(folder / f"{kind}.txt") for kind in (*kinds, NONE)}
    remedy = "write messages as citizens write them, one a line"
    if lacking := [kind for kind, texts in examples.items() if not texts]:
        raise RegionError([Problem(str(folder / f"{kind}.txt"), None, "it has no example", remedy) for kind in lacking])
    return examples


def read_lines(path: Path) -> tuple[str, ...]:
    """Read the messages of ``path``, one a line; none where there is no such file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return tuple(line for line in lines if line.strip())


def read_everyday(region: Path) -> tuple[str, ...]:
    """Read what people of ``region`` write every day, also where it is no complaint."""
    return read_lines(region / "danger" / "everyday.txt")


def read_ordinary(region: Path) -> Iterator[Ordinary]:
    """Give the messages of ``region``. One that can't be read is passed over: the region check names it."""
    for path in sorted(region.glob("messages/*.jsonl")):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError):
                yield msgspec.json.decode(line, type=Ordinary)
