"""`lapor bench`: it measures on servers of its own, and says what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.connected
def test_bench_sla_prints_its_figures_and_leaves_no_server_behind() -> None:
    sizes = ["--stored", "2000", "--count", "1000", "--at-once", "300", "--rate", "20", "--seconds", "3"]
    command = [sys.executable, "-m", "lapor", "bench", "sla", *sizes, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    found = json.loads(done.stdout)
    assert {"rate", "p50_ms", "p95_ms", "p99_ms", "baseline_rate", "ratio", "cpu_s", "rss_mb"} <= found.keys()
    assert (found["count"], found["errors"], found["stored"], found["at_once"]["count"]) == (1000, 0, 2000, 300)
    assert found["rate"] > 0
    assert found["started_rate"] > 0
    assert found["restart_s"] > 0
    assert {"p50_ms", "p95_ms", "p99_ms"} == found["lateness_ms"].keys()
    assert set(found["rss_mb"]) == {"sla-monitor"}


@pytest.mark.connected
def test_bench_router_runs_the_router_from_topic_to_topic() -> None:
    command = [sys.executable, "-m", "lapor", "bench", "router", "--count", "200", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    found = json.loads(done.stdout)
    assert (found["count"], found["errors"]) == (800, 0)
    assert found["rate"] > 0
    assert {"router", "kafka", "postgres"} == found["cpu_s"].keys()


def test_bench_lists_its_scenarios() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lapor", "bench", "--help"], capture_output=True, text=True, timeout=60
    )
    assert "sla" in done.stdout
