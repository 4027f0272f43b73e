"""docker-compose.yml is valid, complete, hardened, and tells the story in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FLOW = ["kafka", "provision", "intake-sms", "intake-social", "intake-web", "classifier", "router", "sla-monitor"]


@pytest.fixture(scope="module")
def docker_compose() -> str:
    found = shutil.which("docker-compose")
    if found is None:
        reason = "docker-compose is not installed (Debian: apt-get install docker-compose)"
        if os.environ.get("LAPOR_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _config(docker_compose: str, root: Path, env_file: Path) -> subprocess.CompletedProcess[str]:
    command = [docker_compose, "--file", str(root / "docker-compose.yml"), "--env-file", str(env_file), "config", "-q"]
    return subprocess.run(
        command, cwd=env_file.parent, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
    )


def _example(root: Path) -> dict[str, str]:
    lines = (root / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _uses(root: Path) -> dict[str, bool]:
    """The variables of docker-compose.yml, and whether each may be missing."""
    text = (root / "docker-compose.yml").read_text()
    named = {name: how == ":-" for name, how in re.findall(r"\$\{(\w+)(:[-?])", text)}
    return named | {name: True for name in re.findall(r"^ {6}([A-Z_]+):$", text, re.MULTILINE)}


def test_the_example_is_enough(docker_compose: str, root: Path) -> None:
    done = _config(docker_compose, root, root / ".env.example")

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("missing", ["ROUTER_DB_PASSWORD", "INSTALLATION_NAMESPACE", "SMS_MO_TOKEN"])
def test_what_is_missing_is_named(docker_compose: str, missing: str, root: Path, tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("".join(f"{name}={value}\n" for name, value in _example(root).items() if name != missing))

    done = _config(docker_compose, root, env)

    asked = re.search(rf"\${{{missing}:\?([^}}]+)}}", (root / "docker-compose.yml").read_text())
    assert done.returncode != 0
    assert asked is not None
    assert asked[1] in done.stderr


def test_the_example_names_every_variable_that_is_needed(root: Path) -> None:
    needed = {name for name, optional in _uses(root).items() if not optional}

    assert needed - set(_example(root)) == set()


def test_the_example_names_no_variable_that_nobody_reads(root: Path) -> None:
    assert set(_example(root)) - set(_uses(root)) - {"COMPOSE_PROJECT_NAME"} == set()


def test_services_stand_in_the_order_of_the_flow(compose: dict[str, Any]) -> None:
    assert FLOW == [name for name in compose["services"] if name in FLOW]


def test_every_part_has_its_banner(root: Path) -> None:
    banners = re.findall(r"^  # ── .* ─+$", (root / "docker-compose.yml").read_text(), re.MULTILINE)

    assert len(banners) == len(FLOW)


def test_a_service_is_told_all_it_must_know(compose: dict[str, Any], services: list[Any]) -> None:
    missing = {
        service.name: service.required - set(compose["services"][service.name]["environment"]) for service in services
    }

    assert {} == {name: variables for name, variables in missing.items() if variables}


def test_a_service_is_told_nothing_it_does_not_read(compose: dict[str, Any], services: list[Any]) -> None:
    unread = {
        service.name: set(compose["services"][service.name]["environment"]) - service.variables for service in services
    }

    assert {} == {name: variables for name, variables in unread.items() if variables}


def test_nobody_may_more_than_needed(compose: dict[str, Any]) -> None:
    for name, it in compose["services"].items():
        given = (it["read_only"], it["cap_drop"], it["security_opt"])

        assert (True, ["ALL"], ["no-new-privileges:true"]) == given, name
        assert {"mem_limit", "pids_limit", "logging"} <= set(it), name


def test_ports_are_those_of_this_machine_only(compose: dict[str, Any]) -> None:
    ports = [port for it in compose["services"].values() for port in it.get("ports", [])]

    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]


def test_all_that_runs_on_is_asked_whether_it_is_ready(compose: dict[str, Any]) -> None:
    """Without a space inside an argument: some engines split there."""
    jobs = {"provision", "classifier-model"}
    for name, it in compose["services"].items():
        if name not in jobs:
            assert [] == [part for part in it["healthcheck"]["test"] if " " in part], name


def test_images_are_pinned(compose: dict[str, Any]) -> None:
    foreign = {it["image"] for it in compose["services"].values() if not it["image"].startswith("lapor/")}

    assert [] == [image for image in foreign if not re.search(r":\d+\.\d+", image)]


def test_the_broker_is_of_the_version_that_the_tests_run(compose: dict[str, Any], root: Path) -> None:
    jars = (root / "deploy/local/src/lapor/jars.txt").read_text()
    version = compose["services"]["kafka"]["image"].split(":")[1]

    assert re.search(rf"kafka[\w.-]*[:-]{re.escape(version)}", jars)


def test_the_account_of_every_service_is_provisioned(compose: dict[str, Any], services: list[Any], root: Path) -> None:
    wanted = {"PASSWORD_" + service.name.upper().replace("-", "_") for service in services}
    told = {name for name in compose["services"]["provision"]["environment"] if name.startswith("PASSWORD_")}
    listed = re.search(r"SERVICES = \(([^)]*)\)", (root / "deploy/kafka/provision.py").read_text())

    assert listed is not None
    assert (wanted, {service.name for service in services}) == (told, set(re.findall(r'"([\w-]+)"', listed[1])))
