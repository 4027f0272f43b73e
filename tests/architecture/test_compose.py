"""docker-compose.yml is valid, complete, hardened, and tells the story in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from testing.programs import program

FLOW = [
    "settings",
    "certificates",
    "kafka",
    "provision",
    "intake-sms",
    "intake-social",
    "intake-web",
    "classifier",
    "router",
    "sla-monitor",
    "prober",
]
#: What runs to its end, and what must have ended before others start.
JOBS = {"settings", "certificates", "provision", "classifier-model"}


#: The system's own file, and what is laid over it.
FILES = ("docker-compose.yml", "deploy/monitoring/compose.yml", "deploy/backup/compose.yml", "deploy/proxy/compose.yml")


@pytest.fixture(scope="module")
def docker_compose() -> str:
    return program("docker-compose", debian="docker-compose")


def _config(docker_compose: str, root: Path, env_file: Path) -> subprocess.CompletedProcess[str]:
    command = [docker_compose, "--file", str(root / "docker-compose.yml"), "--env-file", str(env_file), "config", "-q"]
    return subprocess.run(
        command, cwd=env_file.parent, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
    )


def _example(root: Path) -> dict[str, str]:
    lines = (root / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _uses(root: Path, files: Sequence[str] = FILES) -> dict[str, bool]:
    """The variables of ``files``, and whether each may be missing."""
    text = "\n".join((root / name).read_text() for name in files)
    named = {name: default != "" for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", text)}
    return dict.fromkeys(re.findall(r"^ {6}([A-Z_]+):$", text, re.MULTILINE), True) | named


def _without_env(environment: dict[str, str | None]) -> dict[str, str]:
    """What a container is told when there is no .env: the defaults."""
    return {
        name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in environment.items() if value is not None
    }


def test_the_example_is_enough(docker_compose: str, root: Path) -> None:
    done = _config(docker_compose, root, root / ".env.example")

    assert (0, "") == (done.returncode, done.stderr)


def test_the_file_is_valid_as_it_is(docker_compose: str, root: Path, tmp_path: Path) -> None:
    """On a clean clone, in which nobody has made a .env yet."""
    shutil.copy(root / "docker-compose.yml", tmp_path)

    done = subprocess.run(
        [docker_compose, "config", "-q"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_a_service_without_its_secrets_names_them_all_and_does_not_start(
    compose: dict[str, Any], services: list[Any]
) -> None:
    for service in services:
        environment = compose["services"][service.name]["environment"]
        done = subprocess.run(
            [sys.executable, "-m", service.package, "run"],
            env={"PATH": os.environ["PATH"], **_without_env(environment)},
            capture_output=True,
            text=True,
            timeout=60,
        )

        missing = {name for name, value in environment.items() if value is not None and ":-}" in value}
        assert (78, set()) == (done.returncode, missing - set(re.findall(r"^  (\w+): ", done.stderr, re.M))), (
            done.stderr
        )


def _filled_in(environment: dict[str, str | None], settings: dict[str, str]) -> dict[str, str]:
    """What a container is told with ``settings`` as its .env."""

    def value(match: re.Match[str]) -> str:
        return settings.get(match[1]) or match[2]

    # A name without a value is passed on if .env has it, and is not set otherwise.
    given = {name: settings.get(name) if value is None else value for name, value in environment.items()}
    return {name: re.sub(r"\$\{(\w+):-([^}]*)\}", value, text) for name, text in given.items() if text is not None}


def test_a_service_takes_no_secret_of_the_example(compose: dict[str, Any], services: list[Any], root: Path) -> None:
    for service in services:
        environment = _filled_in(compose["services"][service.name]["environment"], _example(root))
        done = subprocess.run(
            [sys.executable, "-m", service.package, "run"],
            env={"PATH": os.environ["PATH"], **environment, "KAFKA_CA_FILE": __file__},
            capture_output=True,
            text=True,
            timeout=60,
        )

        placeholders = {name for name, value in environment.items() if "change-me" in value or value.startswith("0000")}
        assert placeholders, service.name
        assert (78, placeholders) == (done.returncode, set(re.findall(r"^  (\w+): ", done.stderr, re.M))), done.stderr


PARTS = {"kafka": ["bash", "deploy/kafka/broker.sh"], "provision": [sys.executable, "deploy/kafka/provision.py"]}


@pytest.mark.parametrize(
    ("secret", "fault"),
    [("", "is not set"), ("change-me", "is still the placeholder of .env.example"), ("x" * 15, "has fewer than 16")],
)
@pytest.mark.parametrize("part", PARTS)
def test_the_broker_and_its_accounts_name_each_password_that_protects_nothing(
    part: str, secret: str, fault: str, compose: dict[str, Any], root: Path
) -> None:
    environment = compose["services"][part]["environment"]
    secrets = {name for name, value in environment.items() if name.endswith("PASSWORD")}
    given = _without_env(environment) | dict.fromkeys(secrets, secret) | {"KAFKA_CLUSTER_ID": "x"}

    done = subprocess.run(
        PARTS[part], cwd=root, env={"PATH": os.environ["PATH"], **given}, capture_output=True, text=True
    )

    assert done.returncode == 78
    assert secrets == set(re.findall(rf"^  (\w+) {fault}", done.stderr, re.M)), done.stderr


def test_the_first_step_names_every_value_that_is_missing_or_a_placeholder(compose: dict[str, Any], root: Path) -> None:
    """It is told all that may not be empty, and everything else waits for it."""
    environment = compose["services"]["settings"]["environment"]
    needed = {name for name, optional in _uses(root, FILES[:1]).items() if not optional}
    assert needed == set(environment)

    def faults(settings: dict[str, str]) -> dict[str, str]:
        env = {"PATH": os.environ["PATH"], **_filled_in(environment, settings)}
        done = subprocess.run(["sh", "deploy/settings.sh"], cwd=root, env=env, capture_output=True, text=True)
        found = dict(re.findall(r"^  (\w+) is (.*)$", done.stderr, re.MULTILINE))
        assert done.returncode == (78 if found else 0)
        return found

    example = _example(root)
    theirs = {name for name in needed if example[name] == "change-me" or example[name].startswith("0000")}
    assert dict.fromkeys(needed, "not set") == faults({})
    assert dict.fromkeys(theirs, "still the placeholder of .env.example") == faults(example)
    assert {} == faults(example | dict.fromkeys(theirs, "of-our-own=and long"))


def test_everything_waits_for_the_first_step(compose: dict[str, Any]) -> None:
    parts = compose["services"]

    def first(name: str) -> set[str]:
        before = parts[name].get("depends_on", {})
        return {name}.union(*(first(each) for each in before)) if before else {name}

    assert [] == [name for name in parts if "settings" not in first(name)]


def test_a_job_runs_once_and_all_else_again_unless_its_settings_are_wrong(compose: dict[str, Any], root: Path) -> None:
    again = {name: it["restart"] for name, it in compose["services"].items()}
    assert dict.fromkeys(again, "unless-stopped") | dict.fromkeys(JOBS, "no") == again

    for name in set(again) - JOBS - {"standins"}:
        it = compose["services"][name]
        started = it.get("entrypoint") or it.get("command") or re.findall(r"^CMD (.*)$", _dockerfile(root), re.M)
        assert "run.sh" in " ".join(started), name


def _dockerfile(root: Path) -> str:
    return (root / "deploy" / "Dockerfile").read_text()


def test_the_broker_needs_the_id_of_its_cluster(root: Path) -> None:
    env = {"PATH": os.environ["PATH"], "KAFKA_ADMIN_PASSWORD": "x" * 16, "KAFKA_CLUSTER_ID": ""}

    done = subprocess.run(PARTS["kafka"], cwd=root, env=env, capture_output=True, text=True)

    assert (78, True) == (done.returncode, "  KAFKA_CLUSTER_ID is not set\n" in done.stderr)


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


def test_a_second_process_is_the_first_but_for_its_slot_and_its_ports(
    compose: dict[str, Any], services: list[Any]
) -> None:
    seconds = {name: it for name, it in compose["services"].items() if it.get("profiles") == ["two"]}

    # The prober reads in no group: two would try the doors twice as often.
    assert {f"{service.name}-two" for service in services if service.name != "prober"} == seconds.keys()
    for name, it in seconds.items():
        first = compose["services"][name.removesuffix("-two")]
        own = {"profiles": ["two"], "environment": first["environment"] | {"SLOT": "1"}}
        assert first | own | ({"ports": []} if "ports" in first else {}) == it, name


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


def test_no_service_is_superuser_of_its_database(compose: dict[str, Any], services: list[Any]) -> None:
    """The image makes whoever POSTGRES_USER names a superuser; the owner is made by owner.sh, as a plain role."""
    for service in (each for each in services if each.owns_database):
        database = compose["services"][f"{service.name}-db"]
        owner, environment = service.package, database["environment"]

        assert {"OWNER": owner}.items() <= environment.items()
        assert [] == [name for name in environment if name.startswith("POSTGRES_")]
        assert ["sh", "/run.sh", "exec bash /lapor/start.sh"] == database["entrypoint"]
        assert "./deploy/postgres/owner.sh:/docker-entrypoint-initdb.d/owner.sh:ro" in database["volumes"]
        url = compose["services"][service.name]["environment"]["DATABASE_URL"]
        password = environment["OWNER_PASSWORD"]
        assert url.startswith(f"postgresql://{owner}:{password}@{service.name}-db/{owner}")


def test_only_who_makes_certificates_may_give_them_away(compose: dict[str, Any]) -> None:
    """It needs no network for it; every key is mounted where it is made, and at the servers that show it."""
    added = {name: it["cap_add"] for name, it in compose["services"].items() if "cap_add" in it}
    certificates = compose["services"]["certificates"]
    keys = [name for name in compose["volumes"] if name.endswith("-tls")]
    mounted = {
        key: {
            name for name, it in compose["services"].items() for at in it.get("volumes", []) if at.startswith(f"{key}:")
        }
        for key in [*keys, "authority"]
    }

    assert {"certificates": ["CHOWN", "DAC_OVERRIDE"]} == added
    assert "none" == certificates["network_mode"]
    brokers = {"kafka", "kafka-2", "kafka-3"}
    servers = {"services-tls": brokers, "agencies-tls": brokers}
    wanted = {key: {"certificates"} | servers.get(key, {key.removesuffix("-tls")}) for key in keys}
    assert wanted | {"authority": {"certificates"}} == mounted


def test_all_that_is_said_between_containers_is_encrypted(
    compose: dict[str, Any], services: list[Any], root: Path
) -> None:
    made = compose["services"]["certificates"]
    named = set(re.findall(r"--host \"?([\w-]+)", made["command"][-1]))
    volumes = {at.split(":")[1].rpartition("/")[2] for at in made["volumes"] if "-tls:" in at}
    servers = {"services", "agencies", *(name for name in compose["services"] if name.endswith("-db"))}
    assert servers == named == volumes

    for name in [*(service.name for service in services), "provision"]:
        it = compose["services"][name]
        assert "/tls/ca.pem" == it["environment"]["KAFKA_CA_FILE"], name
        assert "trust:/tls:ro" in it["volumes"], name
        address = it["environment"].get("DATABASE_URL", "")
        assert address.endswith("?sslmode=verify-full&sslrootcert=/tls/ca.pem" if address else ""), name

    for name in servers - {"services", "agencies"}:
        assert f"{name}-tls:/tls:ro" in compose["services"][name]["volumes"]
    assert "PLAINTEXT" not in (root / "deploy/kafka/broker.sh").read_text()
    rules = (root / "deploy/postgres/pg_hba.conf").read_text()
    assert {"local", "hostssl"} == set(re.findall(r"^(\w+)", rules, re.MULTILINE))


def test_ports_are_those_of_this_machine_only(compose: dict[str, Any]) -> None:
    """Unless somebody says otherwise, which only the listener for units provides for."""
    ports = [port for it in compose["services"].values() for port in it.get("ports", [])]

    assert [] == [
        port for port in ports if not port.startswith(("127.0.0.1:", "${KAFKA_PUBLISHED_ADDRESS:-127.0.0.1}:"))
    ]


def test_the_broker_is_what_the_local_one_is_and_has_room_for_what_it_unpacks(compose: dict[str, Any]) -> None:
    """Both read one file; how much a record of a unit may unpack to is bounded by the broker's heap alone."""
    broker = compose["services"]["kafka"]

    assert "./deploy/local/src/lapor/servers/broker.properties:/lapor/broker.properties:ro" in broker["volumes"]
    assert ("-Xms256m -Xmx1g", "1792m") == (broker["environment"]["KAFKA_HEAP_OPTS"], broker["mem_limit"])


def test_all_that_runs_on_is_asked_whether_it_is_ready(compose: dict[str, Any]) -> None:
    """Without a space inside an argument: some engines split there."""
    for name, it in compose["services"].items():
        if name not in JOBS:
            assert [] == [part for part in it["healthcheck"]["test"] if " " in part], name


def test_images_are_pinned_and_can_be_by_digest(compose: dict[str, Any], root: Path) -> None:
    """Each foreign image is a variable, with the same tag wherever it stands."""
    foreign = {it["image"] for it in compose["services"].values() if not it["image"].startswith("lapor/")}
    named = dict(_variable(image) for image in [*foreign, compose["x-base"]["BASE_IMAGE"]])

    assert {"KAFKA_IMAGE", "POSTGRES_IMAGE", "BASE_IMAGE"} == named.keys()
    assert [] == [image for image in named.values() if not re.search(r":\d+\.\d+", image)]
    assert named.items() <= _example(root).items()
    assert f"ARG BASE_IMAGE={named['BASE_IMAGE']}\n" in _dockerfile(root)
    built = [it["build"]["args"] for it in compose["services"].values() if "build" in it]
    assert {named["BASE_IMAGE"]} == {_variable(args["BASE_IMAGE"])[1] for args in built}


def _variable(text: str) -> tuple[str, str]:
    """A variable with its default."""
    found = re.fullmatch(r"\$\{(\w+):-([^}]+)\}", text)
    assert found, text
    return found[1], found[2]


def test_the_broker_is_of_the_version_that_the_tests_run(compose: dict[str, Any], root: Path) -> None:
    jars = (root / "deploy/local/src/lapor/servers/jars.txt").read_text()
    version = _variable(compose["services"]["kafka"]["image"])[1].split(":")[1]

    assert re.search(rf"kafka[\w.-]*[:-]{re.escape(version)}", jars)


def test_the_account_of_every_service_is_provisioned(compose: dict[str, Any], services: list[Any], root: Path) -> None:
    wanted = {service.name.upper().replace("-", "_") + "_KAFKA_PASSWORD" for service in services}
    told = {name for name in compose["services"]["provision"]["environment"] if name.endswith("_KAFKA_PASSWORD")}
    listed = re.search(r"SERVICES = \(([^)]*)\)", (root / "deploy/kafka/provision.py").read_text())

    assert listed is not None
    assert (wanted, {service.name for service in services}) == (told, set(re.findall(r'"([\w-]+)"', listed[1])))
