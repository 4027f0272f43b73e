"""Waiting in tests for what happens elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float = 60, what: str = "it") -> T:
    """Return what ``look`` gives as soon as it is true.

    Raises:
        AssertionError: it was not within ``seconds``; names ``what``.
    """
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"  # noqa: S101
        time.sleep(0.05)
    return found
