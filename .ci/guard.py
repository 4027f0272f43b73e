#!/usr/bin/env python3
"""Run a command that can't hang and leaves nothing behind: guard.py [--limit S] COMMAND…

Every process that the command starts, in any session, stays a descendant of this one, because a child subreaper
inherits orphans. At the limit, or when it is told to stop, this process shows what runs, the stacks of Python processes
that can show them, and the ends of their logs; then it ends all of them.

Exits with the command's own code, with 128 + the signal when told to stop, 124 at the limit, 3 if the command succeeded
but left processes behind. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
#: Seconds that a process has between SIGTERM and SIGKILL.
PATIENCE_S = 10
#: The signals that ask this process to stop.
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: At the end, the last LINES lines of at most LOGS logs are shown, each cut to LETTERS letters.
LOGS, LINES, LETTERS = 12, 15, 300


def descendants() -> list[int]:
    """List the pids of all descendants of this process, zombies included."""
    children: dict[int, list[int]] = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        with contextlib.suppress(OSError):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(pid)
    found, todo = [], [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def is_zombie(pid: int) -> bool:
    """Whether the process has ended and its parent has not collected it, or it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def named(pid: int) -> str:
    """Return the start of a process's command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:150]
    except OSError:
        return "gone"


def shows_its_stacks(pid: int) -> bool:
    """Whether the process is Python and catches SIGUSR1: our tests then print all their stacks (testing.suite)."""
    try:
        caught = next(
            line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt")
        )
    except (OSError, StopIteration):
        return False
    return bool(int(caught.split()[1], 16) >> (signal.SIGUSR1 - 1) & 1) and "python" in named(pid)


def written_by(pid: int) -> Path | None:
    """Return the log file that the process writes its output to, if there is one."""
    with contextlib.suppress(OSError):
        path = Path(os.readlink(f"/proc/{pid}/fd/1"))
        return path if path.suffix == ".log" and path.exists() else None
    return None


def show() -> None:
    """Print the running processes, ask them for their stacks, and print the ends of the logs written last."""
    running = descendants()
    for pid in running:
        print(f"  {pid} {named(pid)}", flush=True)
        if shows_its_stacks(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGUSR1)
    time.sleep(2)  # they write to the same terminal
    logs = {path for pid in running if (path := written_by(pid))}
    for path in sorted(logs, key=os.path.getmtime)[-LOGS:]:
        last = path.read_text(errors="replace").splitlines()[-LINES:]
        print(f"== {path}", *(line[:LETTERS] for line in last), sep="\n  ", flush=True)


def end_all() -> list[str]:
    """End all descendants, by SIGTERM, then SIGKILL, and return the names of those that were still running."""
    left = {pid: named(pid) for pid in descendants() if not is_zombie(pid)}
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_S
    while descendants():
        reap()
        if time.monotonic() > deadline:
            for pid in descendants():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    return [f"{pid} {name}" for pid, name in left.items()]


def reap() -> dict[int, int]:
    """Collect the children that have ended, so that their CPU time is counted, and return their exit codes by pid."""
    found = {}
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            code = os.waitstatus_to_exitcode(ended[1])
            found[ended[0]] = code if code >= 0 else 128 - code
    return found


def run(command: list[str], limit_s: float) -> int:
    """Run ``command`` to its end or its limit, end what it left behind, and return the exit code (see the module)."""
    # Wait for signals instead of handling them, so that orphans are collected the moment they end.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *STOPS})
    child = subprocess.Popen(command, preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, ()))
    code, deadline = None, time.monotonic() + limit_s
    while code is None:
        told = signal.sigtimedwait({signal.SIGCHLD, *STOPS}, max(0.0, deadline - time.monotonic()))
        if told and told.si_signo == signal.SIGCHLD:
            code = reap().get(child.pid)
            continue
        print(f"\n{'Told to stop' if told else f'Not done after {limit_s:.0f} s'}. What runs:", flush=True)
        show()
        code = 128 + told.si_signo if told else 124
    left = end_all()
    if left and code == 0:
        print("Left behind, and ended:", *left, sep="\n  ", flush=True)
        return 3
    return code


def main() -> int:
    """Run the command that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--limit", type=float, default=4500, help="seconds until all of it is ended")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.environ["GUARD_PID"] = str(os.getpid())  # the run's cost includes all it collects (testing.suite.cost)
    return run(given.command, given.limit)


if __name__ == "__main__":
    sys.exit(main())
