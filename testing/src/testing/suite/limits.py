"""Limits for tests that hang: the line where one waits is printed, and a broken system fails its other tests fast."""

from __future__ import annotations

import faulthandler
import os
import signal
from collections.abc import Generator

import pytest

from testing.suite.dealing import SYSTEMS, scope
from testing.suite.stacks import waiting_tasks

#: The real stderr: while a test runs, pytest captures descriptor 2.
_stderr = os.fdopen(os.dup(2), "w")
#: After this many failures in a row a system counts as broken.
IN_A_ROW = 3


def pytest_configure() -> None:
    """Show all stacks on SIGUSR1, which `.ci/guard.py` sends at its limit; heed SIGINT.

    A process that a shell starts in the background ignores SIGINT, and so would each program that a test stops by it.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    faulthandler.register(signal.SIGUSR1, file=_stderr, all_threads=True)


class Breaker:
    """Fails immediately the rest of a system's tests after several failures in a row: each would wait its full time."""

    def __init__(self) -> None:
        self._row: dict[str, list[str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Raise Failed, naming the first failure, if the system counts as broken."""
        failed = self._row.get(scope(item), [])
        if len(failed) >= IN_A_ROW:
            pytest.fail(
                f"not run: {len(failed)} tests in a row failed on this system, first {failed[0]}", pytrace=False
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Count failures in a row; name the line where an async test hung, since its stack is the event loop's."""
        report = yield
        if call.excinfo and "pytest-timeout" in str(call.excinfo.value):
            report.sections.append(("Tasks that wait", waiting_tasks()))
        where = scope(item)
        if where.startswith(SYSTEMS):
            row = self._row.setdefault(where, [])
            if report.failed and item.nodeid not in row:
                row.append(item.nodeid)
            elif report.passed and report.when == "call" and len(row) < IN_A_ROW:
                row.clear()
        return report


def pytest_sessionstart(session: pytest.Session) -> None:
    """Register the breaker."""
    session.config.pluginmanager.register(Breaker())
