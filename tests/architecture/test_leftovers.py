"""Processes left behind by a killed run are ended before the next, even if some end by themselves."""

from __future__ import annotations

import subprocess

import psutil

from testing.suite.leftovers import end


def test_leftover_process_is_ended_and_a_gone_one_is_ignored() -> None:
    left, gone = (subprocess.Popen(["sleep", "300"]) for _ in range(2))
    processes = [psutil.Process(each.pid) for each in (gone, left)]
    gone.kill()
    gone.wait(30)

    end(processes)

    assert [False, False] == [each.is_running() for each in processes]
    left.wait(30)
