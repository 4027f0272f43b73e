"""Output during a run: a line each minute, each failure when it happens, each phase when it is done."""

from __future__ import annotations

import os
import shlex
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from testing.suite.dealing import FAST, PHASES, read_scopes, stop

_PYTEST = ".venv/bin/python -m pytest"
#: How many of the longest are listed at the end.
_LONGEST = 40


class Teller:
    """Tracks the running tests, in the process that prints."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._began = time.monotonic()
        self._running: dict[str, float] = {}
        self._done: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._of: Counter[str] = Counter()
        self._scopes: dict[str, str] = {}
        self._took_s: defaultdict[str, float] = defaultdict(float)
        self._every_s = float(config.getini("beat_s"))
        self._over = threading.Event()

    def pytest_sessionstart(self) -> None:
        """Print the progress each minute."""
        threading.Thread(target=self._beat, daemon=True, name="heartbeat").start()

    def pytest_sessionfinish(self) -> None:
        """Stop printing."""
        self._over.set()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note that a test runs."""
        self._running[nodeid] = time.monotonic()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Note that it is done, and print its phase once that is done, too."""
        self._end(nodeid)

    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """Note that a test ended its worker: it will never finish."""
        self._end(crashitem)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a failed test, what runs it alone, the reason, and the end of each of its outputs."""
        self._phase(report.nodeid)
        if scope := self._scopes.get(report.nodeid):
            self._took_s[scope] += report.duration
        if report.failed:
            self._failed[self._phase(report.nodeid)] += 1
            said = ("\n".join([f"-- {title}", *text.splitlines()[-30:]]) for title, text in report.sections)
            told = "\n".join([report.longreprtext[-3000:], *said])
            alone = f"{_PYTEST} {shlex.quote(report.nodeid)}"
            self._say(f"\nFAILED {report.nodeid} ({report.when}); alone: {alone}\n{told}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the scopes that took their worker longest: there minutes can be saved."""
        tests = Counter(self._scopes.values())
        for scope, took_s in sorted(self._took_s.items(), key=lambda each: -each[1])[:_LONGEST]:
            terminalreporter.write_line(f"{took_s:6.0f} s  {scope}, {tests[scope]:,}")

    def _phase(self, nodeid: str) -> str:
        if not self._scopes:
            self._scopes = read_scopes(self._config)
            self._of = Counter(scope.partition(":")[0] for scope in self._scopes.values())
        return self._scopes.get(nodeid, PHASES[-1]).partition(":")[0]

    def _end(self, nodeid: str) -> None:
        self._running.pop(nodeid, None)
        phase = self._phase(nodeid)
        self._done[phase] += 1
        if self._done[phase] != self._of[phase]:
            return
        self._say(f"\n{self._since()} {phase}: {self._done[phase]:,}, {self._failed[phase]} failed")
        dealer = self._config.pluginmanager.get_plugin("dsession")
        if phase == FAST and self._failed[phase] and dealer and len(self._of) > 1:
            stop(self._config)
            dealer.shouldstop = "a fast test failed: what takes minutes ends"

    def _beat(self) -> None:
        while not self._over.wait(self._every_s):
            self._phase("")
            now = time.monotonic()
            running = sorted((began, test) for test, began in self._running.copy().items())
            longest = "; ".join(f"{test} ({now - began:.0f} s)" for began, test in running[:4])
            of = f" of {self._of.total():,}" if self._of else ""
            self._say(
                f"\n{self._since()} {self._done.total():,}{of}, {self._failed.total()} failed, "
                f"load {os.getloadavg()[0]:.0f}, {_free_gib():.0f} GiB free; running: {longest or 'nothing'}"
            )

    def _since(self) -> str:
        return f"[{time.monotonic() - self._began:5.0f} s]"

    def _say(self, text: str) -> None:
        if terminal := self._config.pluginmanager.get_plugin("terminalreporter"):
            terminal.write_line(text)


def _free_gib() -> float:
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    return next(int(size) for name, size, *_ in lines if name == "MemAvailable:") / 2**20


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the project, or a test of this module, choose the interval of progress lines."""
    parser.addini("beat_s", "seconds between two lines that say how far the run is", default="60")


def pytest_configure(config: pytest.Config) -> None:
    """Print in one process for all workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Teller(config))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests recorded as ``measured``, whether they passed or not."""
    reports = [r for outcome in ("passed", "failed") for r in terminalreporter.getreports(outcome) if r.when == "call"]
    for text in (value for report in reports for name, value in report.user_properties if name == "measured"):
        terminalreporter.write_line(str(text))
