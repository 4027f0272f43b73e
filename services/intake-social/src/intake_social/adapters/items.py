"""Read what a network lists item by item: one that can't be read holds up no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True)
class Unreadable:
    """An item as it came, in JSON, and why it can't be read."""

    item: bytes
    error: Exception


def moment(seconds: float) -> datetime:
    """Return the moment ``seconds`` after 1970 began.

    Raises:
        ValueError: it lies outside the calendar.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"no year has the second {seconds}") from error


def read_each(items: Sequence[Any], read: Callable[[Any], _T]) -> tuple[list[_T], list[Unreadable]]:
    """Read ``items``; those that ``read`` fails on are returned apart."""
    done: list[_T] = []
    strays: list[Unreadable] = []
    for item in items:
        try:
            done.append(read(item))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            strays.append(Unreadable(json.dumps(item).encode(), error))
    return done, strays
