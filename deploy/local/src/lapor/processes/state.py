"""The state file of the supervisor, and checks whether it is still true (by pid and start time)."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from lapor.errors import Refused
from lapor.processes.data_dir import DataDir


@dataclass(kw_only=True)
class Entry:
    """One process. ``since`` and ``started`` are Unix times; ``state`` is a word for people and scripts."""

    name: str
    state: str = "waiting"
    pid: int | None = None
    started: float | None = None
    since: float = 0
    restarts: int = 0
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: float = 15


@dataclass(kw_only=True)
class State:
    """The supervisor and its processes. ``error`` is why it gave up, if it did."""

    pid: int
    started: float
    region: str
    phase: str = "starting"
    ready: bool = False
    error: str | None = None
    processes: list[Entry] = field(default_factory=list)


def read(path: Path) -> State | None:
    """Read the state written last, which may be stale; None if there is no state, or it can't be read."""
    try:
        raw = json.loads(path.read_text())
        return State(**{**raw, "processes": [Entry(**entry) for entry in raw["processes"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write(path: Path, state: State) -> None:
    """Replace the file atomically, so that a reader never sees half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(asdict(state), indent=1))
    part.replace(path)


def started_at(pid: int) -> float | None:
    """Return when the process with this pid started (Unix time); None if no such process runs."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def lives(pid: int | None, started: float | None) -> bool:
    """Whether the process that had ``pid`` still runs; a later process with the same pid does not count."""
    now = started_at(pid) if pid else None
    return now is not None and started is not None and abs(now - started) < 2


def is_ready(state: State, name: str) -> bool:
    """Whether the process of this name was ready when the supervisor looked last."""
    return any(each.name == name and each.state == "ready" for each in state.processes)


def running(data: DataDir) -> State:
    """Return the state of the system that runs from ``data``. Raises Refused if it does not run."""
    state = read(data.state)
    if state is None or not lives(state.pid, state.started):
        raise Refused(nothing_runs(data))
    return state


def nothing_runs(data: DataDir) -> str:
    """Say that nothing runs, and how to start it."""
    return f"Nothing runs from {data.root}: start it with `{data.command('lapor up')}`."


def entry(state: State, name: str) -> Entry:
    """Return the process called ``name``. Raises Refused, naming the known ones, if it is unknown."""
    for each in state.processes:
        if each.name == name:
            return each
    raise Refused(f"There is no process called {name!r}: there are {', '.join(e.name for e in state.processes)}.")


def stop_leftovers(path: Path, patience_s: float = 10) -> list[str]:
    """Stop processes that a killed supervisor left running. Return their names."""
    state = read(path)
    if state is None:
        return []
    left = [e for e in state.processes if lives(e.pid, e.started)]
    for each in reversed(left):
        signal_group(each, signal.Signals(each.stop_signal))
    processes = []
    for each in left:
        with suppress(psutil.NoSuchProcess):  # each may end at any moment
            if lives(each.pid, each.started):
                processes.append(psutil.Process(each.pid))
    _, stubborn = psutil.wait_procs(processes, timeout=patience_s)
    for each in left:
        if each.pid in {p.pid for p in stubborn}:
            signal_group(each, signal.SIGKILL)
    psutil.wait_procs(stubborn, timeout=patience_s)
    return [each.name for each in left]


def signal_group(which: Entry, how: signal.Signals) -> None:
    """Signal the process; with SIGKILL also its descendants in any session (as PostgreSQL's)."""
    if which.pid is None or not lives(which.pid, which.started):
        return
    try:
        if how == signal.SIGKILL:
            started = psutil.Process(which.pid).children(recursive=True)
            os.killpg(which.pid, how)
            for each in started:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
        else:
            os.kill(which.pid, how)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return
