"""`.ci/guard.py` ends a hanging command, says what it was doing, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.slow
#: A program that waits where its stack can be shown.
STUCK = """
import faulthandler, signal, time
faulthandler.register(signal.SIGUSR1)
def waits_here():
    time.sleep(93)
waits_here()
"""
GUARD = Path(__file__).parents[2] / ".ci" / "guard.py"


def guarded(*options: str, command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell's ``command`` below the guard."""
    return subprocess.run(
        [sys.executable, GUARD, *options, "sh", "-c", command], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("code", [0, 1, 75])
def test_it_exits_as_its_command_does(code: int) -> None:
    assert code == guarded(command=f"exit {code}").returncode


def test_hanging_command_is_ended_and_shown_with_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "slow.log"

    done = guarded(
        "--limit", "5", command=f"setsid sh -c 'echo almost done; exec sleep 98' >{log} 2>&1 & exec sleep 99"
    )

    assert 124 == done.returncode
    assert {"sleep 98", "sleep 99", "almost done"} <= {
        line.strip().partition("  ")[0].lstrip("0123456789 ") for line in done.stdout.splitlines()
    }
    assert not _living("sleep", "98")


def test_leftover_process_is_ended_and_fails_the_run() -> None:
    done = guarded(command="setsid sleep 97 & until grep -q ^sleep /proc/$!/cmdline; do :; done")

    assert 3 == done.returncode
    assert "sleep 97" in done.stdout
    assert not _living("sleep", "97")


def test_leftover_process_does_not_hide_the_code_of_a_failed_command() -> None:
    assert (
        5 == guarded(command="setsid sleep 96 & until grep -q ^sleep /proc/$!/cmdline; do :; done; exit 5").returncode
    )
    assert not _living("sleep", "96")


def test_a_guard_that_is_stopped_stops_all_of_it() -> None:
    running = subprocess.Popen(
        [sys.executable, GUARD, "sh", "-c", "setsid sleep 95 & echo up; exec sleep 94"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout
        assert "up\n" == running.stdout.readline()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    finally:
        running.kill()

    assert 128 + signal.SIGTERM == running.returncode
    assert not _living("sleep", "95")


def test_a_python_that_can_shows_its_stacks(tmp_path: Path) -> None:
    stuck = tmp_path / "stuck.py"
    stuck.write_text(STUCK)

    done = guarded("--limit", "3", command=f"exec {sys.executable} {stuck}")

    assert "in waits_here" in done.stderr


def _living(*command: str) -> list[int]:
    deadline = time.monotonic() + 10
    while found := [p.pid for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == list(command)]:
        if time.monotonic() > deadline:
            break
        os.sched_yield()
    return found
