"""Reads the messages that teach the weights of words: a folder with a file for each kind, and the ordinary messages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from kabupaten.problems import Problem, RegionError

#: The kind of messages that only sound like the others.
NONE = "none"


class Ordinary(msgspec.Struct):
    """A practice complaint of ``messages/``."""

    text: str
    category: str = ""
    urgency: str = ""


def read_examples(folder: Path, kinds: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read ``KIND.txt`` for each of ``kinds``, and ``none.txt``, in ``folder``: one message a line.

    Raises:
        RegionError: a kind has no example; each is named.
    """
    examples = {kind: read_lines(folder / f"{kind}.txt") for kind in (*kinds, NONE)}
    remedy = "write messages as citizens write them, one a line"
    if lacking := [kind for kind, texts in examples.items() if not texts]:
        raise RegionError([Problem(str(folder / f"{kind}.txt"), None, "it has no example", remedy) for kind in lacking])
    return examples


def read_lines(path: Path) -> tuple[str, ...]:
    """Read the messages of ``path``, one a line; empty if there is no such file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return tuple(line for line in lines if line.strip())


def read_everyday(region: Path) -> tuple[str, ...]:
    """Read everyday messages of people in ``region``, whether complaints or not."""
    return read_lines(region / "danger" / "everyday.txt")


def read_ordinary(region: Path) -> Iterator[Ordinary]:
    """Yield the messages of ``region``, without unreadable ones: the region check reports those."""
    for path in sorted(region.glob("messages/*.jsonl")):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError):
                yield msgspec.json.decode(line, type=Ordinary)
