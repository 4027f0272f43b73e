"""`lapor bench` measures on servers of its own, and prints the results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from testing.programs import program

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


@pytest.mark.connected
def test_bench_door_has_each_complaint_stored_with_its_event() -> None:
    command = [sys.executable, "-m", "lapor", "bench", "door", "--seconds", "1", "--turns", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    found = json.loads(done.stdout)
    assert found["errors"] == 0
    assert found["stored"]["complaints"] == found["stored"]["events"] > found["count"] > 0
    assert found["baseline_rate"] > 0
    assert len(found["ratios"]) == 1


@pytest.mark.connected
def test_bench_readers_asks_with_more_and_more_stored_and_follows_a_complaint() -> None:
    command = [sys.executable, "-m", "lapor", "bench", "readers", "--most", "2000", "--readers", "20", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    found = json.loads(done.stdout)
    assert found["streams"]["readers"] == 20
    assert 0 < found["streams"]["first_heard_ms"] <= found["streams"]["all_heard_ms"]
    assert {"1000", "2000"} == found["p50_ms"]["numbers"].keys()
    assert found["growth"].keys() == found["p50_ms"].keys()


@pytest.mark.connected
def test_the_desk_is_measured_with_its_lists_open() -> None:
    sizes = ["--stored", "1000", "--of-one", "300", "--officers", "18", "--count", "9", "--rate", "9"]
    command = [sys.executable, "-m", "lapor", "bench", "desk", *sizes, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (18, 9, 0) == (found["officers"], found["complaints"], found["errors"])
    assert found["on_the_list"]["p50_ms"] > found["baseline_heard"]["p50_ms"] > 0
    assert found["notice_out"]["p50_ms"] > found["baseline_mail"]["p50_ms"] > 0
    assert found["rss_mb"]["following"] < 400
    wanted = {"dikerjakan", "lintas", "luar", "semua", "semua, of the unit", "a word that all have"}
    assert wanted - found["of_one"].keys() == set()
    assert min(each["p50_ms"] for each in found["of_one"].values()) > 0


@pytest.mark.connected
def test_bench_sms_has_each_message_sent_by_a_slow_gateway() -> None:
    sizes = ["--count", "40", "--answer-ms", "20", "--per-s", "40"]
    command = [sys.executable, "-m", "lapor", "bench", "sms", *sizes, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (40, True) == (found["sent"], found["each_once"])
    assert found["baseline_rate"] > 0


@pytest.mark.connected
def test_bench_sms_in_has_each_sms_stored_that_kannel_brings() -> None:
    program("bearerbox", debian="--no-install-recommends kannel kannel-extras")
    command = [sys.executable, "-m", "lapor", "bench", "sms", "--in", "--count", "50", "--turns", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (50, 1) == (found["count"], len(found["ratios"]))
    assert found["cpu_ms_each"] > found["baseline"]["cpu_ms_each"] > 0


def test_bench_lists_its_scenarios() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lapor", "bench", "--help"], capture_output=True, text=True, timeout=60
    )
    assert "sla" in done.stdout
