"""Prometheus for one machine: Debian's own program, which scrapes the services and evaluates our alerts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from lapor.processes.ports import HOST
from lapor.processes.process import Process, answers

#: Said where the program is missing.
GET_IT = "for figures and alerts: apt-get install prometheus, then start again"
RULES = Path(__file__).parents[4] / "monitoring" / "rules"
KEPT = "30d"
SCRAPE_S = 5


@dataclass(frozen=True, kw_only=True)
class Prometheus:
    """One Prometheus. ``targets``: the port of /metrics of each service."""

    directory: Path
    port: int
    targets: Mapping[str, int]


def program() -> str | None:
    """Return the program's path; None where it is not installed."""
    return shutil.which("prometheus")


def prepare(it: Prometheus) -> None:
    """Write its configuration."""
    it.directory.mkdir(mode=0o700, exist_ok=True)
    _config(it).write_text(yaml.safe_dump(configuration(it.targets)))


def configuration(targets: Mapping[str, int]) -> dict[str, object]:
    """Build the configuration: targets and rules. A service's instance is its name, not its port, which may change."""
    watched = [{"targets": [f"{HOST}:{port}"], "labels": {"instance": name}} for name, port in targets.items()]
    return {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"},
        "rule_files": [str(RULES / "*.yml")],
        "scrape_configs": [{"job_name": "lapor", "static_configs": watched}],
    }


def process(it: Prometheus, path: str) -> Process:
    """Return Prometheus as a process. Call ``prepare`` first. Citizens are served without it."""
    return Process(
        name="prometheus",
        command=(
            path,
            f"--config.file={_config(it)}",
            f"--storage.tsdb.path={it.directory / 'data'}",
            f"--storage.tsdb.retention.time={KEPT}",
            f"--web.listen-address={HOST}:{it.port}",
            "--log.level=warn",
        ),
        ready=answers(it.port, "/-/ready"),
        ports=(it.port,),
        vital=False,
    )


def _config(it: Prometheus) -> Path:
    return it.directory / "prometheus.yml"
