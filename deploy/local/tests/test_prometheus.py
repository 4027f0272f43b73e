"""Prometheus as `lapor up` starts it: each service by its name, with our rules, and no process waits for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from lapor.servers import prometheus
from testing.programs import program

TARGETS = {"router": 17105, "intake-web": 17103}


def made(folder: Path) -> Path:
    prometheus.prepare(prometheus.Prometheus(directory=folder / "p", port=17090, targets=TARGETS))
    return folder / "p" / "prometheus.yml"


def test_prometheus_itself_takes_the_configuration_and_finds_all_rules(tmp_path: Path) -> None:
    check = [program("promtool", debian="prometheus"), "check", "config", str(made(tmp_path))]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)
    assert 0 == done.returncode, done.stderr
    for file in prometheus.RULES.glob("*.yml"):
        assert str(file) in done.stdout
    assert "2 rule files found" in done.stdout


def test_each_service_is_called_by_its_name(tmp_path: Path) -> None:
    (job,) = yaml.safe_load(made(tmp_path).read_text())["scrape_configs"]
    found = {each["labels"]["instance"]: each["targets"] for each in job["static_configs"]}
    assert {"router": ["127.0.0.1:17105"], "intake-web": ["127.0.0.1:17103"]} == found


def test_it_listens_on_this_machine_only_and_is_not_vital(tmp_path: Path) -> None:
    it = prometheus.Prometheus(directory=tmp_path, port=17090, targets=TARGETS)
    process = prometheus.process(it, "/usr/bin/prometheus")
    assert "--web.listen-address=127.0.0.1:17090" in process.command
    assert not process.vital
