"""Assign tests to workers: the fast ones first, beside the system that most others share, then all that takes minutes.

A worker knows the marks of a test, but the process that deals out tests knows only their names: the workers write the
scope of each test into a file that this process names.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from testing.lengths import length

#: The order in which phases begin. Whole systems mostly wait, so tests on servers run beside them.
FAST, SYSTEMS, SERVERS = PHASES = ("fast tests", "whole systems", "tests on servers")
#: How many whole systems run concurrently: each takes a core and more while it starts and is loaded.
AT_ONCE = 2
#: Servers' tests that take minutes by themselves: no other test of their folder waits for them.
ALONE = ("test_processor",)
#: The tests that take longest, in this order; the rest comes behind them. So no worker is left alone with a long one.
LONGEST_SYSTEMS = ("common", "fakes", "two", "fuzz", "breach", "tirtasari", "canary", "traces")
LONGEST = (
    "services/unit-desk/",
    "services/intake-web/",
    "services/intake-social/",
    "tests/cost/",
    "tests/driver/",
    "tests/parsers/",
    "tests/containers/",
    "deploy/",
    "testing/",
    "chassis/",
    "services/",
)
#: Files whose tests can't come anywhere among those that share their system, by their turn; the others have turn 0.
TURNS = {
    "test_loss": -1,  # it counts all topics, so nobody may have written to them before
    "test_administration": 1,  # databases and records are lost, and passwords change
    "test_erasure": 2,  # topics are cleaned quickly from then on
}
_SCOPES = "scopes_file"
_SERVERS = frozenset(("stack", "connected"))


def phase(item: pytest.Item) -> str:
    """Return the phase of a test by its marks."""
    if item.get_closest_marker("system"):
        return SYSTEMS
    return SERVERS if item.get_closest_marker("connected") or item.get_closest_marker("slow") else FAST


def scope(item: pytest.Item) -> str:
    """Return the scope of a test, the group given to one worker: it shares servers or a system. Its phase is first."""
    if system := item.get_closest_marker("system"):
        return f"{SYSTEMS}: {system.args[0]}"
    folder, file = item.nodeid.partition("::")[0].rpartition("/")[0], item.path.stem
    apart = f"/{file}" if file in ALONE else " in a browser" if _opens_pages(item) else ""
    return f"{phase(item)}: {folder}{apart}"


def _opens_pages(item: pytest.Item) -> bool:
    return "one_browser" in getattr(item, "fixturenames", ())


class ByServers(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps tests that share servers on one worker, so that no server is started twice."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)
        self._scopes: dict[str, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        if not self._scopes:
            self._scopes = read_scopes(self.config)
        return self._scopes[nodeid]

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give ``node`` the next scope that fits beside the running ones. If only whole systems are left, and as many
        run as may, ``node`` ends after its present scopes."""
        runs_one = (other for other, work in self.assigned_work.items() if other is not node and _has_a_system(work))
        full = len(list(runs_one)) >= AT_ONCE
        fits = next((scope for scope in self.workqueue if not (full and scope.startswith(SYSTEMS))), None)
        if fits is None:
            node.shutdown()
            return
        self.workqueue.move_to_end(fits, last=False)
        super()._assign_work_unit(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Deal out again what a lost worker had not done, except the test that it was lost in, which is returned.

        pytest-xdist would give that test to the next worker, too, and to the next: a test that ends its process would
        run up to four times per worker, and the tests behind it in its folder never.
        """
        workload = self.assigned_work.pop(node)
        if not self._pending_of(workload):
            return None
        crashed: str = next(test for unit in workload.values() for test, done in unit.items() if not done)
        for unit in workload.values():
            if crashed in unit:
                unit[crashed] = True
        self.workqueue.update({scope: unit for scope, unit in workload.items() if not all(unit.values())})
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed


def _has_a_system(work: Mapping[str, Mapping[str, bool]]) -> bool:
    return any(scope.startswith(SYSTEMS) and not all(unit.values()) for scope, unit in work.items())


def read_scopes(config: pytest.Config) -> dict[str, str]:
    """Return the scope of each test by its name once a worker has collected them; before that, an empty dict."""
    path: Path | None = config.stash.get(_path, None)
    return json.loads(path.read_text()) if path and path.stat().st_size else {}


_path = pytest.StashKey[Path]()


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByServers | None:
    """Deal out by servers instead of by module with ``--dist loadscope``; other modes remain pytest-xdist's own."""
    return ByServers(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Iterator[None]:
    """Make the file for scopes in the process that deals out tests."""
    if hasattr(session.config, "workerinput"):
        yield
        return
    with tempfile.NamedTemporaryFile(prefix="scopes-", suffix=".json", delete=False) as file:
        session.config.stash[_path] = Path(file.name)
    yield


def stop(config: pytest.Config) -> None:
    """Let no worker begin another test: without this, each would run all tests that it was given."""
    _stopped(config.stash[_path]).touch()


def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker where to write scopes."""
    node.workerinput[_SCOPES] = str(node.config.stash[_path])


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Exclude tests from `make check` that open pages in a browser, or start a server without a mark."""
    if _opens_pages(item):
        item.add_marker(pytest.mark.slow)
    if not _SERVERS.isdisjoint(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.connected)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort by phase, then longest first, then by scope. Give tests that start a system or are slow more time."""
    for item in items:
        if item.get_closest_marker("system") or item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(length(900, 14_400)))
    items.sort(key=_turn)
    written = getattr(config, "workerinput", {}).get(_SCOPES)
    if written:
        part = Path(f"{written}.{os.getpid()}")
        part.write_text(json.dumps({item.nodeid: scope(item) for item in items}))
        part.replace(written)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """End a worker that must not begin another test."""
    written = getattr(item.config, "workerinput", {}).get(_SCOPES)
    if written and _stopped(Path(written)).exists():
        item.session.shouldstop = "told to stop"


def _stopped(scopes: Path) -> Path:
    return scopes.with_suffix(".stopped")


def _turn(item: pytest.Item) -> tuple[int, ...]:
    if mark := item.get_closest_marker("system"):
        place = LONGEST_SYSTEMS.index(mark.args[0])
        # The longest mostly waits, so its worker begins it at once, and the others' fast tests have both cores.
        return PHASES.index(SYSTEMS) if place else -1, place, TURNS.get(item.path.stem, 0)
    long = next((n for n, part in enumerate(LONGEST) if item.nodeid.startswith(part)), len(LONGEST))
    return PHASES.index(phase(item)), long


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the files again."""
    if path := config.stash.get(_path, None):
        path.unlink(missing_ok=True)
        _stopped(path).unlink(missing_ok=True)
