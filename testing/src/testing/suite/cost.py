"""The processor time of a run: printed at its end, and a failure above 1.25 of the project's budget.

The budget is in yardsticks, a fixed piece of work that is timed in the same run, so that it suits slower machines, too.
A part of all tests costs less, so it can't exceed the budget.
"""

from __future__ import annotations

import math
import os
import resource
import time
from pathlib import Path

import pytest

#: How far the budget may be exceeded: two runs of the same commit differ by less.
TOLERANCE = 1.25
#: The pid of the process that inherits a run's orphans (`.ci/guard.py`): their time counts as well.
GUARD = "GUARD_PID"
_SAID = pytest.StashKey[str]()
_BEFORE = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the project say what all tests may cost."""
    parser.addini("budget", "yardsticks of processor time that all tests may use; 0: whatever they need", default="0")


@pytest.hookimpl(tryfirst=True)  # before the workers start
def pytest_sessionstart(session: pytest.Session) -> None:
    """Time the yardstick while nothing else runs: servers that are still ending slow it by half at the end."""
    if not hasattr(session.config, "workerinput") and session.config.getini("budget") != "0":
        session.config.stash[_BEFORE] = yardstick_s()


@pytest.hookimpl(trylast=True)  # when the workers have ended, and their time is counted
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Sum up the time used, and fail if it is too much."""
    if hasattr(session.config, "workerinput"):
        return
    seconds = used_s()
    yardstick = min(yardstick_s(), session.config.stash.get(_BEFORE, math.inf))
    count, budget = seconds / yardstick, float(session.config.getini("budget"))
    said = f"Used {seconds:.0f} core-seconds: {count:.0f} yardsticks" + (f", of {budget:.0f}." if budget else ".")
    if budget and count > TOLERANCE * budget:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        said += " That is over 1.25 of the budget: find what costs more (CONTRIBUTING.md), or raise it and say why."
    session.config.stash[_SAID] = said


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print it."""
    if said := config.stash.get(_SAID, ""):
        terminalreporter.write_line(said)


def used_s() -> float:
    """Return the processor time of this process, its ended children, and its orphans, in seconds."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent) + _orphans_s()


def _orphans_s() -> float:
    """Return the time of orphans that the guard has reaped; proc(5), fields 16 and 17, counted from behind the name."""
    stat = Path("/proc") / os.environ.get(GUARD, "none") / "stat"
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")


def yardstick_s() -> float:
    """Measure the processor time of a fixed piece of work, in seconds: the quickest of five, which nothing slowed."""

    def once() -> float:
        began = time.process_time()
        sum(len(str(number)) for number in range(500_000))
        return time.process_time() - began

    return min(once() for _ in range(5))
