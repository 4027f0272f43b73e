"""A container restarts its program when that exits, but not with settings that can't work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

RUN = str(Path(__file__).parents[2] / "deploy" / "run.sh")


@pytest.mark.parametrize("code", [0, 1, 75])
def test_a_container_leaves_with_what_is_in_it(code: int) -> None:
    assert code == subprocess.run(["sh", RUN, f"true && exit {code}"], timeout=60).returncode


SLOW = """\
import signal, sys, time
def stop(number, frame):
    time.sleep(0.3)
    print(number, flush=True)
    sys.exit(3)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
print("up", flush=True)
time.sleep(20)
"""


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_reaches_what_is_in_the_container_which_may_take_its_time(asked: signal.Signals) -> None:
    running = subprocess.Popen(["sh", RUN, f"exec {sys.executable} -c '{SLOW}'"], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout
        assert "up\n" == running.stdout.readline()
        running.send_signal(asked)

        said, _ = running.communicate(timeout=60)
        assert (f"{asked.value}\n", 3) == (said, running.returncode)
    finally:
        running.kill()


def test_wrong_settings_wait_for_somebody_and_a_stop_ends_that() -> None:
    with started("exit 78", stderr=subprocess.PIPE) as waiting:
        assert waiting.stderr
        assert "not started again: mend the settings" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGTERM)  # as soon as it has said so

        assert 78 == waiting.wait(60)


def test_a_stop_that_comes_while_wrong_settings_are_found_is_not_lost() -> None:
    with started("trap 'exit 78' TERM; echo up; tail -f /dev/null & wait", stdout=subprocess.PIPE) as leaving:
        assert leaving.stdout
        assert "up\n" == leaving.stdout.readline()
        leaving.send_signal(signal.SIGTERM)

        assert 78 == leaving.wait(60)


@contextmanager
def started(command: str, stdout: int | None = None, stderr: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run ``run.sh`` with ``command`` in a process group of its own, which is killed at the end."""
    process = subprocess.Popen(["sh", RUN, command], stdout=stdout, stderr=stderr, text=True, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
