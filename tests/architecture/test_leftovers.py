"""What a killed run has left behind is ended before the next, whatever ends by itself meanwhile."""

from __future__ import annotations

import subprocess

import psutil

from testing.suite.leftovers import end


def test_what_is_left_is_ended_and_what_has_gone_is_no_error() -> None:
    left, gone = (subprocess.Popen(["sleep", "300"]) for _ in range(2))
    processes = [psutil.Process(each.pid) for each in (gone, left)]
    gone.kill()
    gone.wait(30)

    end(processes)

    assert [False, False] == [each.is_running() for each in processes]
    left.wait(30)
