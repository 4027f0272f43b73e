"""How far a service has got, and when it is stuck."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from prometheus_client import REGISTRY

from chassis.progress import Progress
from chassis.wire import Record


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_idle_time_does_not_count_as_stalled_when_a_record_arrives(clock: list[float]) -> None:
    progress = Progress("t")
    progress.ends = lambda: {("t.in", 0): 5}
    progress.advance([Record("t.in", 0, 4, None, None, 0)])
    clock[0] += 600
    progress.observe()
    assert (progress.lag, progress.stalled_s()) == (0, 0)
    progress.ends = lambda: {("t.in", 0): 8}
    clock[0] += 1
    progress.observe()
    assert (progress.lag, progress.stalled_s()) == (3, 1)
    assert REGISTRY.get_sample_value("lapor_consumer_partitions", {"group": progress.service}) == 1
    clock[0] += 200
    progress.observe()
    assert progress.stalled_s() == 201


def test_age_of_unread_records_excludes_the_idle_time_before_them(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def age_s() -> float | None:
        return REGISTRY.get_sample_value("lapor_consumer_lag_seconds", {"group": "t.age", "topic": "t.in"})

    wall = [5_000.0]
    monkeypatch.setattr(time, "time", lambda: wall[0])
    progress = Progress("t.age")
    progress.ends = lambda: {("t.in", 0): 5, ("t.in", 1): 3}
    progress.advance([Record("t.in", 0, 4, None, None, 1_000_000), Record("t.in", 1, 2, None, None, 4_000_000)])
    progress.observe()
    assert age_s() == 0
    wall[0] += 600  # nothing came for a while: that is not the age of new records
    progress.observe()
    progress.ends = lambda: {("t.in", 0): 9, ("t.in", 1): 3}
    wall[0] += 7
    progress.observe()
    assert age_s() == 7
    progress.advance([Record("t.in", 0, 5, None, None, 5_603_000)])
    progress.observe()
    assert age_s() == 4


def test_lag_of_partitions_moved_to_another_process_is_hidden() -> None:
    def shown(name: str) -> set[str]:
        samples = [each for metric in REGISTRY.collect() for each in metric.samples if each.name == name]
        mine = [each.labels for each in samples if each.labels["group"] == "t.moved"]
        return {f"{labels['topic']}:{labels.get('partition', '')}" for labels in mine}

    progress = Progress("t.moved")
    progress.ends = lambda: {("t.in", 0): 5, ("t.in", 1): 5, ("t.one", 0): 9}
    progress.advance([Record("t.one", 0, 0, None, None, 0)])
    progress.observe()
    progress.ends = dict  # in the middle of a rebalance
    progress.observe()
    assert {"t.in:", "t.one:"} == shown("lapor_consumer_lag_seconds")
    progress.ends = lambda: {("t.in", 0): 5}
    progress.observe()
    assert ({"t.in:0"}, {"t.in:"}) == (shown("lapor_consumer_lag_records"), shown("lapor_consumer_lag_seconds"))


def test_an_event_loop_that_does_not_look_is_stalled(clock: list[float]) -> None:
    progress = Progress("t")
    progress.observe()
    clock[0] += 130
    assert progress.stalled_s() == 130


def test_a_rebalance_is_no_loss_of_the_assignment_and_forgets_old_offsets(clock: list[float]) -> None:
    progress = Progress("t")
    progress.ends = lambda: {("t.in", 0): 5}
    progress.advance([Record("t.in", 0, 0, None, None, 0)])
    progress.observe()
    assert (progress.assigned, progress.lag) == (True, 4)
    progress.ends = dict
    clock[0] += 10
    progress.observe()
    assert (progress.assigned, progress.lag, progress.unassigned_s()) == (False, 0, 10)
    progress.ends = lambda: {("t.in", 0): 50}
    progress.observe()
    assert (progress.assigned, progress.lag, progress.unassigned_s()) == (True, 0, 0)


def test_the_watchdog_leaves_when_nothing_is_assigned(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ASSIGNMENT_TIMEOUT_S", "1")
    code = (
        "import time; from functools import partial; from chassis.progress import *; from chassis.settings import *\n"
        "start_watchdog(partial(stuck, Progress('t'), read_settings(ServiceSettings))); time.sleep(20)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 75
