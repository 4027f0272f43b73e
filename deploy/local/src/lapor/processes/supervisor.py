"""Starts processes, waits until each is ready, restarts those that exit, and stops them all in order."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from lapor.errors import Refused
from lapor.processes import state
from lapor.processes.data_dir import DataDir, is_long, put_aside, tail
from lapor.processes.ports import is_free
from lapor.processes.process import INFRASTRUCTURE, WRONG_SETTINGS, Process, Step, spawn

PROBE_S = 0.1  # between checks of a process that starts
CHECK_S = 10.0  # between checks of one that was ready; an exit is noticed at once
BACKOFF_S = (0.5, 30.0)
HEALTHY_S = 30.0  # after being ready for this long, the next failure counts as the first
MISSES = 3  # failed checks in a row before a process that was ready is called unready
PORT_S = 3.0
TRIES = 5  # starts of a process that exits by itself before it was ever ready


@dataclass(kw_only=True, eq=False)
class Child:
    """A process under supervision."""

    process: Process
    entry: state.Entry
    wanted: bool = True
    seen_ready: asyncio.Event = field(default_factory=asyncio.Event)
    unwanted: asyncio.Event = field(default_factory=asyncio.Event)
    ready_since: float | None = None
    task: asyncio.Task[None] | None = None


class Supervisor:
    """The processes of one data folder. ``changed`` is called after every change of ``state``."""

    def __init__(self, data: DataDir, region: str, changed: Callable[[state.State], None]) -> None:
        self.data = data
        self.state = state.State(pid=os.getpid(), started=state.started_at(os.getpid()) or 0, region=region)
        self.failure: asyncio.Future[Refused] = asyncio.get_running_loop().create_future()
        self._changed = changed
        self._waves: list[list[Child]] = []
        self._doing: list[str] = []
        self._steps: set[asyncio.subprocess.Process] = set()

    def announce(self, names: Iterable[str]) -> None:
        """Name what will be started, in the order in which people should read it."""
        self.state.processes = [state.Entry(name=name, since=time.time()) for name in names]
        self.publish()

    def publish(self, phase: str | None = None) -> None:
        """Write the state to its file and call ``changed``."""
        self.state.phase = phase or self.state.phase
        state.write(self.data.state, self.state)
        self._changed(self.state)

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Show ``what`` as the phase, beside whatever else is being done concurrently."""
        self._doing.append(what)
        self.publish(", ".join(self._doing))
        try:
            yield
        finally:
            self._doing.remove(what)
            if self._doing:
                self.publish(", ".join(self._doing))

    async def start(self, processes: Iterable[Process]) -> None:
        """Start ``processes`` concurrently, and wait until all vital ones are ready, except those that are held.

        Raises:
            Refused: one can't be started, or is not ready in time.
        """
        wave = [Child(process=p, entry=self._entry(p)) for p in processes]
        self._waves.append(wave)
        for child in wave:
            child.task = asyncio.create_task(self._keep(child))
        awaited = [child for child in wave if child.process.vital and not self.data.holds(child.process.name)]
        await asyncio.gather(*(self._until_ready(child) for child in awaited))

    async def run(self, step: Step) -> None:
        """Run a command until it exits. Raises Refused, with the end of its log, if it fails."""
        log = self.data.log(step.name)
        child = await spawn(step.command, step.env, log)
        self._steps.add(child)
        try:
            code = await child.wait()
        finally:
            self._steps.discard(child)
            if child.returncode is None:
                _kill_group(child.pid)
        if code != 0:
            raise Refused(f"{step.name} failed with exit code {code}. The end of {log}:\n{tail(log)}")

    async def stop(self) -> None:
        """Stop everything, the last started first. A process that does not exit in time is killed."""
        for wave in reversed(self._waves):
            await asyncio.gather(*(self._stop(child) for child in wave))

    def kill(self) -> None:
        """Kill everything immediately."""
        for child in (child for wave in self._waves for child in wave):
            child.wanted = False
            child.unwanted.set()
            state.signal_group(child.entry, signal.SIGKILL)
        for step in self._steps:
            _kill_group(step.pid)

    def _entry(self, process: Process) -> state.Entry:
        found = next((e for e in self.state.processes if e.name == process.name), None)
        if found is None:
            found = state.Entry(name=process.name)
            self.state.processes.append(found)
        found.stop_signal, found.stop_timeout_s = process.stop_signal, process.stop_timeout_s
        return found

    def _set(self, child: Child, word: str) -> None:
        if child.entry.state != word:
            child.entry.state, child.entry.since = word, time.time()
            self.publish()

    async def _until_ready(self, child: Child) -> None:
        waiting = asyncio.create_task(child.seen_ready.wait())
        limit = child.process.ready_timeout_s
        either: set[asyncio.Future[Any]] = {waiting, self.failure}
        try:
            await asyncio.wait(either, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if self.failure.done():
            raise self.failure.result()
        if not child.seen_ready.is_set():
            log = self.data.log(child.process.name)
            raise Refused(f"{child.process.name} is not ready after {limit:.0f} s. The end of {log}:\n{tail(log)}")

    async def _keep(self, child: Child) -> None:
        """Start the process, and restart it whenever it exits unasked, but not while it is held."""
        pause, longest = BACKOFF_S
        while child.wanted:
            if self.data.holds(child.process.name):
                self._set(child, "held")
                await asyncio.sleep(PROBE_S)
                continue
            try:
                code = await self._live(child)
                why = await self._hopeless(child, code)
            except OSError as error:
                why = f"{child.process.name} cannot be started: {error}."
            if not child.wanted:
                break
            if self.data.holds(child.process.name):
                continue
            if why:
                self._set(child, "failed")
                if child.process.vital and not self.failure.done():
                    self.failure.set_result(Refused(why))
                break
            if child.ready_since and time.monotonic() - child.ready_since > HEALTHY_S:
                pause = BACKOFF_S[0]
            child.entry.restarts += 1
            self._set(child, "restarting")
            with suppress(TimeoutError):
                await asyncio.wait_for(child.unwanted.wait(), pause)
            pause = min(longest, pause * 2)
        if child.entry.state != "failed":
            self._set(child, "stopped")

    async def _live(self, child: Child) -> int:
        """Run the process once, from its start to its exit, and return its exit code."""
        name, entry = child.process.name, child.entry
        running = await spawn(child.process.command, child.process.env(), self.data.log(name), child.process.user)
        entry.pid, entry.started = running.pid, state.started_at(running.pid)
        child.ready_since = None
        self._set(child, "starting")
        health = asyncio.create_task(self._observe(child))
        try:
            return await running.wait()
        finally:
            health.cancel()
            entry.pid = entry.started = None
            _kill_group(running.pid)  # its children must not outlive it

    async def _observe(self, child: Child) -> None:
        """Keep the state of the process up to date: ``ready``, or ``unready`` after several failed checks.

        Put its log aside when it is long.
        """
        misses, log = 0, self.data.log(child.process.name)
        while child.wanted:
            with suppress(OSError):  # a full disk: the next look may find room
                if is_long(log):
                    await asyncio.to_thread(put_aside, log)
            if await child.process.ready():
                misses = 0
                child.ready_since = child.ready_since or time.monotonic()
                child.seen_ready.set()
                self._set(child, "ready")
            else:
                misses += 1
                if child.ready_since and misses >= MISSES:
                    child.ready_since = None
                    self._set(child, "unready")
            await asyncio.sleep(CHECK_S if child.ready_since and not misses else PROBE_S)

    async def _hopeless(self, child: Child, code: int) -> str | None:
        """Say why a restart can't help, so that everything is to stop; None if it may help."""
        name, log = child.process.name, self.data.log(child.process.name)
        if code == WRONG_SETTINGS:
            return f"{name} refuses its settings. The end of {log}:\n{tail(log)}"
        if port := await _still_taken(child.process.ports):
            return (
                f"Port {port} of {name} was taken by another program. `lapor up` again chooses a free one; the "
                "data is kept."
            )
        if not child.seen_ready.is_set() and child.entry.restarts + 1 >= TRIES and code != INFRASTRUCTURE:
            return f"{name} left {TRIES} times before it was ready (exit code {code}). The end of {log}:\n{tail(log)}"
        return None

    async def _stop(self, child: Child) -> None:
        child.wanted = False
        child.unwanted.set()
        if child.task is None or child.task.done():
            return
        self._set(child, "stopping")
        state.signal_group(child.entry, child.process.stop_signal)
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(child.task), child.process.stop_timeout_s)
        if not child.task.done():
            state.signal_group(child.entry, signal.SIGKILL)
            await child.task


async def _still_taken(ports: Iterable[int]) -> int | None:
    """Return a port that stays taken for longer than the children of a killed process may need to leave it."""
    deadline = time.monotonic() + PORT_S
    while taken := next((port for port in ports if not is_free(port)), None):
        if time.monotonic() > deadline:
            return taken
        await asyncio.sleep(PROBE_S)
    return None


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
