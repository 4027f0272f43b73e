"""For every test: the packages are known before pytest meets the folders of the same name; who runs what, and when."""

import gc
import signal
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

import contracts  # noqa: F401
import intake  # noqa: F401
import kabupaten  # noqa: F401
from chassis.logs import JsonFormatter
from testing.stacks import waiting_tasks

# The same examples in every run, and a busy machine is no failure; ``--hypothesis-profile=search`` looks further.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", settings.get_profile("steady"), derandomize=False, max_examples=20_000)
settings.load_profile("steady")

#: End-to-end tests that start a system of their own, and what takes minutes on servers of its own.
ALONE = ("test_breach", "test_erasure", "test_fuzz", "test_new_kabupaten", "test_processor")


class ByServers(LoadScopeScheduling):
    """Tests of one folder share a worker, because they share servers: none is started twice."""

    def _split_scope(self, nodeid: str) -> str:
        folder, _, rest = nodeid.partition("/test_")
        file = f"test_{rest.partition('.py')[0]}"
        return f"{folder}/{file}" if file in ALONE else folder

    def remove_node(self, node: WorkerController) -> str | None:
        """Deal out again what a worker that left had not done, but for the test that it left with, which it returns.

        pytest-xdist would give that test to the next worker too, and to the next: a test that ends its process would
        be run up to four times a worker, and what follows it in its folder never.
        """
        workload = self.assigned_work.pop(node)
        if not self._pending_of(workload):
            return None
        crashed = next(test for unit in workload.values() for test, done in unit.items() if not done)
        for unit in workload.values():
            if crashed in unit:
                unit[crashed] = True
        self.workqueue.update({scope: unit for scope, unit in workload.items() if not all(unit.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByServers | None:
    """What ``--dist loadscope`` means here; other ways of dealing out tests are pytest-xdist's own."""
    return ByServers(config, log) if config.getoption("dist") == "loadscope" else None


class SaidAtOnce:
    """Says what failed when it fails: of a run that a time limit ends the end is never printed."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print the test, why it failed, and the end of each thing that it said."""
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal:
            said = ("\n".join([f"-- {title}", *text.splitlines()[-30:]]) for title, text in report.sections)
            told = "\n".join([report.longreprtext[-3000:], *said])
            terminal.write_line(f"\nFAILED {report.nodeid} ({report.when})\n{told}")


def pytest_configure(config: pytest.Config) -> None:
    """Say failures once for all workers, in the process that prints; heed SIGINT.

    What a shell starts in the background ignores it, and so would every program that tests start and stop by it.
    """
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(SaidAtOnce(config))
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the line where an async test hung: the signal finds only the event loop, which waits."""
    report = yield
    if call.excinfo and "pytest-timeout" in str(call.excinfo.value):
        report.sections.append(("Tasks that wait", waiting_tasks()))
    return report


def pytest_sessionstart(session: pytest.Session) -> None:
    """Print with a failed test all that was logged: what went wrong stands in the fields, not in an event's name."""
    session.config.pluginmanager.get_plugin("logging-plugin").report_handler.setFormatter(JsonFormatter("test"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first, so that no worker is left with it. The loss test counts all topics: first of all."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(900))
    items.sort(
        key=lambda item: [
            part not in item.nodeid for part in ("test_loss", "tests/e2e/", "deploy/local/", "chassis/", "testing/")
        ]
    )


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over all tests and what they import: it would look at them again and again."""
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests measured and recorded as ``measured``, whether they passed or not."""
    reports = [r for outcome in ("passed", "failed") for r in terminalreporter.getreports(outcome) if r.when == "call"]
    for text in (value for report in reports for name, value in report.user_properties if name == "measured"):
        terminalreporter.write_line(str(text))
