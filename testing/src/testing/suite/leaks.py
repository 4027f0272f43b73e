"""Make what a test leaves behind its failure: threads, child processes, open ports, and tasks of the event loop.

Later tests pay for a leak: a thread that still writes, a child that takes processor time, a task that fails elsewhere.
A connection left open is Python's own warning, which is a failure, too; those of a pool that tests share stay open.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from testing.waiting import FIRST_S, LONGEST_S

#: What ends by itself has this long to do it.
PATIENCE_S = 10.0
_SELF = Path("/proc/self")


def threads() -> Counter[str]:
    """Name the threads of this process, but for those of a pool: it keeps them, and uses them again."""
    return Counter(each.name for each in threading.enumerate() if not each.name.startswith(_POOLS))


def children() -> Counter[str]:
    """Name the programs of the child processes: a server that was started again is the same."""
    found = [pid for each in _SELF.glob("task/*/children") for pid in _read(each).split()]
    return Counter(command for pid in found if (command := _command(pid)))


def ports() -> Counter[str]:
    """Name the ports that this process listens on."""
    found = psutil.Process().net_connections(kind="inet")
    return Counter(str(each.laddr.port) for each in found if each.status == psutil.CONN_LISTEN)


def tasks() -> Counter[str]:
    """Name the coroutines of the tasks that are not done, of all event loops."""
    return Counter(getattr(each.get_coro(), "__qualname__", "?") for each in _tasks())


#: What is looked at, by the name that ``pytest.mark.leaves`` gives it.
KINDS: dict[str, Callable[[], Counter[str]]] = {
    "threads": threads, "children": children, "ports": ports, "tasks": tasks,
}  # fmt: skip
_POOLS = ("asyncio_", "ThreadPoolExecutor")


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves something behind, or that is marked with ``leaves`` and leaves nothing."""
    excepted = {kind for mark in request.node.iter_markers("leaves") for kind in mark.args}
    before = {kind: look() for kind, look in KINDS.items()}
    yield
    left = {kind: found for kind in KINDS if (found := _left(kind, before[kind], wait=kind not in excepted))}
    if wrong := {kind: dict(found) for kind, found in left.items() if kind not in excepted}:
        pytest.fail(f"it leaves behind: {wrong}", pytrace=False)
    if needless := excepted - left.keys():
        pytest.fail(f"it leaves behind no {' and no '.join(sorted(needless))} now: take the mark away", pytrace=False)


def _left(kind: str, before: Counter[str], *, wait: bool) -> Counter[str]:
    """Return what there is now and was not ``before``, once what ends by itself has ended."""
    end, pause_s = time.monotonic() + PATIENCE_S, FIRST_S
    while left := KINDS[kind]() - before:
        if not wait or time.monotonic() > end:
            return left
        gc.collect()
        for loop in {each.get_loop() for each in _tasks()}:
            if not loop.is_running() and not loop.is_closed():  # else its tasks stand still, and can't end
                loop.run_until_complete(asyncio.sleep(0))
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_S)
    return Counter()


def _tasks() -> list[asyncio.Task[Any]]:
    every: Iterable[asyncio.Task[Any]] = asyncio.tasks._all_tasks  # type: ignore[attr-defined]
    while True:
        try:
            return [each for each in [*every] if not each.done()]
        except RuntimeError:  # another thread has begun a task meanwhile
            continue


def _command(pid: str) -> str:
    process = Path("/proc") / pid
    if ") Z " in _read(process / "stat"):  # it has ended, and nobody has waited for it yet
        return ""
    # Between fork and exec there is no command line yet.
    return _read(process / "cmdline").replace("\0", " ")[:100] or _read(process / "comm")


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the thread or process has just ended
        return ""
