"""Where tasks wait: the stack of a waiting event loop does not show it."""

from __future__ import annotations

import asyncio
import gc
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import Any


def waiting_tasks() -> str:
    """Return the stack of each unfinished task of this process, the outermost await first, like a traceback."""
    tasks = [each for each in gc.get_objects() if issubclass(type(each), asyncio.Task) and not each.done()]
    return "\n".join(_told(task) for task in tasks)


def _told(task: asyncio.Task[Any]) -> str:
    stack = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in _frames(task.get_coro()))
    return f"{task.get_name()} waits here:\n{''.join(stack.format())}"


def _frames(waiting: Any) -> Iterator[FrameType]:
    while waiting is not None:
        if frame := getattr(waiting, "cr_frame", None):
            yield frame
        waiting = getattr(waiting, "cr_await", None)
