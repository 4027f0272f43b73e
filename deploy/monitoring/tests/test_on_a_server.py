"""Monitoring in containers: no part has more rights than needed, all is watched, and Grafana finds its files."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from boards import DOCUMENTS

from lapor.system.installation import SERVICES
from testing.programs import program

HERE = Path(__file__).parents[1]
ROOT = HERE.parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((HERE / "compose.yml").read_text())
WATCHERS: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS: dict[str, Any] = {
    job["job_name"]: job for job in yaml.safe_load((HERE / "prometheus.yml").read_text())["scrape_configs"]
}


def test_both_files_together_are_valid_and_name_no_part_twice() -> None:
    files = ["--file", str(ROOT / "docker-compose.yml"), "--file", str(HERE / "compose.yml")]
    command = [program("docker-compose", debian="docker-compose"), *files, "--env-file", str(ROOT / ".env.example")]
    done = subprocess.run([*command, "config", "-q"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (0, "") == (done.returncode, done.stderr)
    system = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert not WATCHERS.keys() & system["services"].keys()
    assert not COMPOSE["networks"].keys() & system["networks"].keys()


@pytest.mark.parametrize("name", WATCHERS)
def test_nobody_may_more_than_needed(name: str) -> None:
    it = WATCHERS[name]
    given = (it["read_only"], it["cap_drop"], it["security_opt"])
    assert (True, ["ALL"], ["no-new-privileges:true"]) == given
    assert {"mem_limit", "pids_limit", "logging"} <= it.keys()
    assert all(port.startswith("127.0.0.1:") for port in it.get("ports", []))
    assert all(volume.endswith(":ro") or not volume.startswith(".") for volume in it["volumes"])


@pytest.mark.parametrize("name", WATCHERS)
def test_mounted_files_and_volumes_exist(name: str) -> None:
    sources = [volume.split(":")[0] for volume in WATCHERS[name]["volumes"]]
    assert not [each for each in sources if each.startswith(".") and not (ROOT / each).exists()]
    named = {each for each in sources if not each.startswith((".", "/"))}
    assert named <= COMPOSE["volumes"].keys()


def test_every_service_is_watched_under_its_name_at_its_port() -> None:
    system = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    watched = {each["labels"]["instance"]: each["targets"] for each in JOBS["lapor"]["static_configs"]}
    assert {service.name: [f"{service.name}:8000"] for service in SERVICES} == watched
    (seconds,) = JOBS["lapor"]["dns_sd_configs"]
    assert ([f"{service.name}-two" for service in SERVICES if service.name != "prober"], 8000) == (
        seconds["names"],
        seconds["port"],
    )
    for service in SERVICES:
        assert "8000" == system["services"][service.name]["environment"]["HTTP_PORT"]
        assert "bus" in system["services"][service.name]["networks"]


def test_prometheus_itself_takes_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "rules").symlink_to(HERE / "rules")
    (tmp_path / "prometheus.yml").write_text((HERE / "prometheus.yml").read_text())
    check = [program("promtool", debian="prometheus"), "check", "config", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(check, capture_output=True, text=True, timeout=120)
    assert 0 == done.returncode, done.stderr
    assert "2 rule files found" in done.stdout


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    (source,) = yaml.safe_load((HERE / "grafana" / "datasources.yml").read_text())["datasources"]
    (provider,) = yaml.safe_load((HERE / "grafana" / "dashboards.yml").read_text())["providers"]
    grafana = WATCHERS["grafana"]
    assert "http://prometheus:9090" == source["url"]
    assert set(grafana["networks"]) & set(WATCHERS["prometheus"]["networks"])
    mounted = dict(volume.split(":")[:2] for volume in grafana["volumes"])
    assert "/dashboards" == mounted["./deploy/monitoring/dashboards"]  # and start.sh copies them from there
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert home.stem in DOCUMENTS
    assert str(home.parent) == provider["options"]["path"]


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", "is not set"),
        ("change-me", "is still a placeholder"),
        ("x" * 11, "has fewer than 12 letters"),
    ],
)
def test_grafana_does_not_start_with_a_password_that_protects_nothing(
    password: str, fault: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(password + "\n")
    env = {"PATH": "/usr/bin:/bin", "GF_SECURITY_ADMIN_PASSWORD__FILE": str(tmp_path / "secret")}
    done = subprocess.run(
        ["sh", str(HERE / "grafana" / "start.sh")], env=env, capture_output=True, text=True, timeout=120
    )
    assert 78 == done.returncode
    assert f"GRAFANA_ADMIN_PASSWORD {fault}\n" in done.stderr


def test_grafana_starts_with_another(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x" * 12)
    file = str(tmp_path / "secret")
    env = {"PATH": "/usr/bin:/bin", "GF_SECURITY_ADMIN_PASSWORD__FILE": file, "GRAFANA": "/bin/true"}
    env |= {"DASHBOARDS": str(tmp_path / "dashboards"), "WRITTEN": str(HERE / "dashboards")}
    assert 0 == subprocess.run(["sh", str(HERE / "grafana" / "start.sh")], env=env, timeout=120).returncode
