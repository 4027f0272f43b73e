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
from uuid import UUID

import pytest
import yaml

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
    "unit-desk",
    "prober",
]
#: Services that run to their end before others start.
JOBS = {"settings", "certificates", "provision", "classifier-model"}


#: Names of secret variables, and the folder where a container finds the secrets.
SECRET = re.compile("PASSWORD|TOKEN|SECRET|_KEY(_|$)|NAMESPACE")
IN_FILES = "/run/secrets/"
#: The system's own file, and its overlays.
FILES = ("docker-compose.yml", "deploy/monitoring/compose.yml", "deploy/backup/compose.yml", "deploy/proxy/compose.yml")


@pytest.fixture(scope="module")
def docker_compose() -> str:
    return program("docker-compose", debian="docker-compose")


#: Secrets from Meta or for Meta: empty until Facebook or WhatsApp is on.
OF_META = (
    *("FACEBOOK_PAGE_TOKEN", "FACEBOOK_APP_SECRET", "FACEBOOK_WEBHOOK_TOKEN"),
    *("WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_WEBHOOK_TOKEN"),
)


def _config(docker_compose: str, root: Path, env_file: Path) -> subprocess.CompletedProcess[str]:
    command = [docker_compose, "--file", str(root / "docker-compose.yml"), "--env-file", str(env_file), "config", "-q"]
    return subprocess.run(
        command, cwd=env_file.parent, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=120
    )


def _example(root: Path) -> dict[str, str]:
    lines = (root / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _uses(root: Path, files: Sequence[str] = FILES) -> dict[str, bool]:
    """Return the variables of ``files``, and whether each may be missing."""
    text = "\n".join((root / name).read_text() for name in files)
    named = {name: default != "" for name, default in re.findall(r"\$\{(\w+):-([^}]*)\}", text)}
    return dict.fromkeys(re.findall(r"^ {6}([A-Z_]+):$", text, re.MULTILINE), True) | named


def _without_env(environment: dict[str, str | None]) -> dict[str, str]:
    """Return a container's environment without a .env: the defaults."""
    return {
        name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value) for name, value in environment.items() if value is not None
    }


def test_the_example_is_enough(docker_compose: str, root: Path) -> None:
    done = _config(docker_compose, root, root / ".env.example")

    assert (0, "") == (done.returncode, done.stderr)


def test_the_file_is_valid_as_it_is(docker_compose: str, root: Path, tmp_path: Path) -> None:
    """On a clean clone without a .env."""
    shutil.copy(root / "docker-compose.yml", tmp_path)

    done = subprocess.run(
        [docker_compose, "config", "-q"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (0, "") == (done.returncode, done.stderr)


def _secrets(environment: dict[str, str | None]) -> set[str]:
    """Return the variables that a container gets as files."""
    return {name.removesuffix("_FILE") for name, value in environment.items() if (value or "").startswith(IN_FILES)}


@pytest.mark.slow
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
        missing |= _secrets(environment)
        assert (78, set()) == (done.returncode, missing - set(re.findall(r"^  (\w+): ", done.stderr, re.M))), (
            done.stderr
        )


def test_no_secret_is_in_an_environment(compose: dict[str, Any], root: Path) -> None:
    """`docker inspect` shows the environment to anybody. Each container has the files that its variables name."""
    parts = dict(compose["services"])
    for name in FILES[1:]:
        parts |= yaml.safe_load((root / name).read_text())["services"]
    for name, it in parts.items():
        given = {key: value for key, value in it.get("environment", {}).items() if SECRET.search(key)}

        assert [] == [key for key, value in given.items() if not str(value).startswith(IN_FILES)], name
        if name != "settings":  # it gets all secrets, and checks that they exist
            assert {value.removeprefix(IN_FILES) for value in given.values()} == set(it.get("secrets", [])), name
    assert "secrets/" in (root / ".gitignore").read_text().splitlines()


@pytest.fixture
def made(root: Path, tmp_path: Path) -> Path:
    """The secrets made by deploy/secrets.sh."""
    _secrets_sh(root, tmp_path / "secrets")
    return tmp_path / "secrets"


def _secrets_sh(root: Path, folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "SECRETS_DIR": str(folder)}
    command = ["sh", str(root / "deploy/secrets.sh"), *arguments]
    return subprocess.run(command, cwd=root, env=env, input=given, capture_output=True, text=True, timeout=120)


def _named(root: Path) -> set[str]:
    """Return the secrets of all compose files."""
    found: dict[str, dict[str, str]] = {}
    for name in FILES:
        found |= yaml.safe_load((root / name).read_text()).get("secrets", {})
    assert {name: {"file": f"${{SECRETS_DIR:-./secrets}}/{name}"} for name in found} == found
    return set(found)


def test_each_secret_is_made_once_for_its_container_and_nobody_else(root: Path, made: Path) -> None:
    files = {path.name: path for path in made.iterdir()}
    before = {name: path.read_text() for name, path in files.items()}

    assert _named(root) == files.keys()
    assert (0o700, {0o444}) == (made.stat().st_mode & 0o777, {path.stat().st_mode & 0o777 for path in files.values()})
    of_bucket = {"EVIDENCE_S3_ACCESS_KEY", "EVIDENCE_S3_SECRET_KEY"}
    of_sms = {"SMS_SEND_PASSWORD", "SMS_SIGNING_SECRET"}
    of_others = {"ALERT_SMTP_PASSWORD", "SMTP_URL", "DESK_COUNTER_KEY", *of_bucket, *of_sms, *OF_META}
    assert of_others == {name for name, value in before.items() if not value}
    assert len([value for value in before.values() if value]) == len(set(before.values()) - {""})
    assert UUID(before["INSTALLATION_NAMESPACE"].strip()).version == 4

    (made / "CANARY_KEY").unlink()
    (made / "CANARY_KEY").mkdir()  # some engines make a folder where they find no file
    assert f"{made}/CANARY_KEY\n" == _secrets_sh(root, made).stdout
    changed = {name for name, path in files.items() if path.read_text() != before[name]}
    assert {"CANARY_KEY"} == changed


def test_a_secret_is_changed_in_its_file_and_the_namespace_never(root: Path, made: Path) -> None:
    name, kept = made / "ROUTER_DB_PASSWORD", (made / "INSTALLATION_NAMESPACE").read_text()
    before, inode = name.read_text(), name.stat().st_ino

    assert 0 == _secrets_sh(root, made, "ROUTER_DB_PASSWORD").returncode
    assert 0 == _secrets_sh(root, made, "X_ACCESS_TOKEN", "-", given="of X\n").returncode
    refused = [_secrets_sh(root, made, each) for each in ("INSTALLATION_NAMESPACE", "ROUTER_PASSWORD")]

    assert before != name.read_text()
    assert (49, inode) == (len(name.read_text()), name.stat().st_ino)  # a running container sees the new one
    assert "of X\n" == (made / "X_ACCESS_TOKEN").read_text()
    assert [1, 1] == [done.returncode for done in refused]
    assert kept == (made / "INSTALLATION_NAMESPACE").read_text()


def test_secrets_of_a_release_that_had_them_in_the_settings_stay(root: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CANARY_KEY=of=before\nLOG_LEVEL=INFO\n")
    for name in ("docker-compose.yml", "deploy/monitoring/compose.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, tmp_path / name)

    done = subprocess.run(
        ["sh", root / "deploy/secrets.sh"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, timeout=120
    )

    assert (0, "of=before\n") == (done.returncode, (tmp_path / "secrets/CANARY_KEY").read_text())


def _filled_in(environment: dict[str, str | None], settings: dict[str, str]) -> dict[str, str]:
    """Return a container's environment with ``settings`` as its .env."""

    def value(match: re.Match[str]) -> str:
        return settings.get(match[1]) or match[2]

    # A name without a value is passed on if .env has it, and is not set otherwise.
    given = {name: settings.get(name) if value is None else value for name, value in environment.items()}
    return {name: re.sub(r"\$\{(\w+):-([^}]*)\}", value, text) for name, text in given.items() if text is not None}


@pytest.mark.slow
def test_a_service_takes_no_placeholder_for_a_secret(
    compose: dict[str, Any], services: list[Any], root: Path, tmp_path: Path
) -> None:
    for service in services:
        it = compose["services"][service.name]["environment"]
        placeholders = _secrets(it) - {*OF_META, "SMTP_URL", "SMS_SEND_PASSWORD", "SMS_SIGNING_SECRET"}
        files = {name: tmp_path / name for name in placeholders}
        for name, path in files.items():
            path.write_text("00000000-0000-4000-8000-000000000000" if "NAMESPACE" in name else "change-me")
        done = subprocess.run(
            [sys.executable, "-m", service.package, "run"],
            env={
                "PATH": os.environ["PATH"],
                **{name: value for name, value in _filled_in(it, _example(root)).items() if IN_FILES not in value},
                **{f"{name}_FILE": str(path) for name, path in files.items()},
                "KAFKA_CA_FILE": __file__,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert placeholders, service.name
        assert (78, placeholders) == (done.returncode, set(re.findall(r"^  (\w+): ", done.stderr, re.M))), done.stderr


def _told(environment: dict[str, str | None]) -> set[str]:
    """Return the variables that a container gets, some as files."""
    return {name for name in environment if name.removesuffix("_FILE") not in _secrets(environment)} | _secrets(
        environment
    )


PARTS = {"kafka": ["bash", "deploy/kafka/broker.sh"], "provision": [sys.executable, "deploy/kafka/provision.py"]}


@pytest.mark.parametrize(
    ("secret", "fault"),
    [("", "is not set"), ("change-me", "is still a placeholder"), ("x" * 15, "has fewer than 16")],
)
@pytest.mark.parametrize("part", PARTS)
def test_the_broker_and_its_accounts_name_each_password_that_protects_nothing(
    part: str, secret: str, fault: str, compose: dict[str, Any], root: Path, tmp_path: Path
) -> None:
    environment = compose["services"][part]["environment"]
    secrets = _secrets(environment)
    (tmp_path / "secret").write_text(secret + "\n")
    files = {f"{name}_FILE": str(tmp_path / "secret") for name in secrets}
    given = _without_env(environment) | files | {"KAFKA_CLUSTER_ID": "x"}

    done = subprocess.run(
        PARTS[part], cwd=root, env={"PATH": os.environ["PATH"], **given}, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 78
    assert secrets == set(re.findall(rf"^  (\w+) {fault}", done.stderr, re.M)), done.stderr


@pytest.mark.slow
def test_the_first_step_names_every_value_that_is_missing_or_a_placeholder(
    compose: dict[str, Any], root: Path, made: Path
) -> None:
    """It gets all variables that must not be empty, and everything else waits for it."""
    environment = compose["services"]["settings"]["environment"]
    needed = {name for name, optional in _uses(root, FILES[:1]).items() if not optional}
    assert needed == set(environment) - {"REGION_DIR"}
    vendors = ("X_", "FACEBOOK_", "WHATSAPP_", "SMTP_", "EVIDENCE_", "SMS_SEND_", "SMS_SIGNING_")
    of_vendors = {name for name in compose["secrets"] if name.startswith(vendors)}
    of_website = {"DESK_COUNTER_KEY"}
    assert set(compose["secrets"]) - of_vendors - of_website == set(compose["services"]["settings"]["secrets"])

    def faults(settings: dict[str, str]) -> dict[str, str]:
        done = _first_step(root, made, _filled_in(environment, settings))
        found = dict(re.findall(r"^  (\w+) is (.*)$", done.stderr, re.MULTILINE))
        assert done.returncode == (78 if found else 0)
        return found

    for name in of_vendors | of_website | {"ALERT_SMTP_PASSWORD"}:
        (made / name).unlink()
    assert dict.fromkeys(needed, "not set") == faults({})
    assert {} == faults(_example(root))
    for name, value in (("CANARY_KEY", ""), ("SMS_MO_TOKEN", "change-me"), ("INSTALLATION_NAMESPACE", "00000000-")):
        (made / name).chmod(0o644)
        (made / name).write_text(value)
    (made / "ROUTER_DB_PASSWORD").unlink()
    (made / "ROUTER_DB_PASSWORD").mkdir()
    assert {
        "CANARY_KEY": "not set: its file is empty",
        "SMS_MO_TOKEN": "still a placeholder",
        "INSTALLATION_NAMESPACE": "still a placeholder",
        "ROUTER_DB_PASSWORD": "not set: deploy/secrets.sh makes it",
    } == faults(_example(root))
    assert {"WEB_PUBLIC_URL"} < faults({"KANNEL_USERNAME": "lapor"}).keys()


def _first_step(root: Path, secrets: Path, told: dict[str, str], region: str = "") -> subprocess.CompletedProcess[str]:
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {"PATH": programs, "SECRETS": str(secrets), **told, "REGION_DIR": region or str(root / "region/soppeng")}
    return subprocess.run(["sh", "deploy/settings.sh"], cwd=root, env=env, capture_output=True, text=True, timeout=120)


def test_the_first_step_names_all_that_a_region_lacks(root: Path, made: Path, tmp_path: Path) -> None:
    """Docker makes an empty folder if it finds nothing to mount."""
    for name in (*OF_META, "ALERT_SMTP_PASSWORD", "SMTP_URL"):
        (made / name).unlink()
    (tmp_path / "empty").mkdir()
    own = Path(shutil.copytree(root / "region/soppeng", tmp_path / "own"))
    (own / "units.yaml").unlink()
    (own / "texts.yaml").write_text("sms: {}\n")

    assert "there is no such folder" in _first_step(root, made, {}, f"{tmp_path}/none").stderr
    named = ["WEB_PUBLIC_URL is not set", "units.yaml", "texts.yaml"]
    for folder, also in (("empty", ["sla.yaml", "danger.yaml"]), ("own", [])):
        done = _first_step(root, made, {"WEB_PUBLIC_URL": ""}, str(tmp_path / folder))
        assert 78 == done.returncode
        assert [] == [name for name in [*named, *also] if name not in done.stderr]


def test_the_region_is_mounted_and_in_no_image(compose: dict[str, Any], services: list[Any], root: Path) -> None:
    readers = {name for name, it in compose["services"].items() if "REGION_DIR" in it.get("environment", {})}
    mounted = {name for name, it in compose["services"].items() if "./region:/app/region:ro" in it.get("volumes", [])}

    assert readers == mounted >= {service.name for service in services}
    assert "region" not in re.findall(r"^COPY (\S+)", _dockerfile(root), re.MULTILINE)
    assert "!region" not in (root / "deploy/Dockerfile.dockerignore").read_text().splitlines()


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


def test_the_broker_needs_the_id_of_its_cluster(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x" * 16)
    env = {
        "PATH": os.environ["PATH"],
        "KAFKA_ADMIN_PASSWORD_FILE": str(tmp_path / "secret"),
        "KAFKA_CLUSTER_ID": "",
    }

    done = subprocess.run(PARTS["kafka"], cwd=root, env=env, capture_output=True, text=True, timeout=120)

    assert (78, True) == (done.returncode, "  KAFKA_CLUSTER_ID is not set\n" in done.stderr)


def test_the_example_names_every_variable_that_is_needed(root: Path) -> None:
    needed = {name for name, optional in _uses(root).items() if not optional}

    assert needed - set(_example(root)) == set()


def test_the_example_names_no_variable_that_nobody_reads(root: Path) -> None:
    assert set(_example(root)) - set(_uses(root)) - {"COMPOSE_PROJECT_NAME"} == set()


def test_on_a_server_nothing_is_left_of_the_demo(root: Path, tmp_path: Path) -> None:
    """The commands of step 2 of docs/operations.md, on the example."""
    page = (root / "docs" / "operations.md").read_text()
    said = re.search(r"^## 2\. Settings\n.*?^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert said
    for name in (".env.example", "deploy/secrets.sh", *FILES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
    subprocess.run(["sh", "-ec", said[1]], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    settings = dict(
        line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines() if "=" in line and line[0] != "#"
    )
    named = {name for name, value in settings.items() if "standins" in value}

    assert set() == named
    # Each address of this machine is set in the table below these commands, or was replaced by them.
    own = {name for name, value in settings.items() if value.startswith("http://127.0.0.1")}
    assert {"WEB_PUBLIC_URL", "DESK_PUBLIC_URL", "GRAFANA_PUBLIC_URL"} == own
    assert [] == [name for name in own if f"`{name}`" not in page[said.end() :]]
    assert set(FILES) == set(settings["COMPOSE_FILE"].split(":"))


def test_services_stand_in_the_order_of_the_flow(compose: dict[str, Any]) -> None:
    assert FLOW == [name for name in compose["services"] if name in FLOW]


def test_every_part_has_its_banner(root: Path) -> None:
    banners = re.findall(r"^  # ── .* ─+$", (root / "docker-compose.yml").read_text(), re.MULTILINE)

    assert len(banners) == len(FLOW)


def test_a_second_process_is_the_first_but_for_its_slot_and_its_ports(
    compose: dict[str, Any], services: list[Any]
) -> None:
    seconds = {name: it for name, it in compose["services"].items() if it.get("profiles") == ["two"]}

    # The prober reads in no group: two would probe twice as often.
    assert {f"{service.name}-two" for service in services if service.name != "prober"} == seconds.keys()
    for name, it in seconds.items():
        first = compose["services"][name.removesuffix("-two")]
        own = {"profiles": ["two"], "environment": first["environment"] | {"SLOT": "1"}}
        assert first | own | ({"ports": []} if "ports" in first else {}) == it, name


def test_a_service_is_told_all_it_must_know(compose: dict[str, Any], services: list[Any]) -> None:
    missing = {
        service.name: service.required - _told(compose["services"][service.name]["environment"]) for service in services
    }

    assert {} == {name: variables for name, variables in missing.items() if variables}


def test_a_service_is_told_nothing_it_does_not_read(compose: dict[str, Any], services: list[Any]) -> None:
    unread = {
        service.name: _told(compose["services"][service.name]["environment"]) - service.variables
        for service in services
    }

    assert {} == {name: variables for name, variables in unread.items() if variables}


def test_nobody_may_more_than_needed(compose: dict[str, Any]) -> None:
    for name, it in compose["services"].items():
        given = (it["read_only"], it["cap_drop"], it["security_opt"])

        assert (True, ["ALL"], ["no-new-privileges:true"]) == given, name
        assert {"mem_limit", "pids_limit", "logging"} <= set(it), name


def test_no_service_is_superuser_of_its_database(compose: dict[str, Any], services: list[Any]) -> None:
    """The image makes the role in POSTGRES_USER a superuser; owner.sh makes the owner, as a plain role."""
    for service in (each for each in services if each.owns_database):
        database = compose["services"][f"{service.name}-db"]
        owner, environment = service.package, database["environment"]

        assert {"OWNER": owner}.items() <= environment.items()
        assert [] == [name for name in environment if name.startswith("POSTGRES_")]
        assert ["sh", "/run.sh", "exec bash /lapor/start.sh"] == database["entrypoint"]
        assert "./deploy/postgres/owner.sh:/docker-entrypoint-initdb.d/owner.sh:ro" in database["volumes"]
        url = compose["services"][service.name]["environment"]["DATABASE_URL"]
        password = compose["services"][service.name]["environment"]["DATABASE_PASSWORD_FILE"]
        assert url.startswith(f"postgresql://{owner}@{service.name}-db/{owner}")
        assert environment["OWNER_PASSWORD_FILE"] == password


def test_only_who_makes_certificates_may_give_them_away(compose: dict[str, Any]) -> None:
    """Its part needs no network; every key is mounted only there and at the servers that use it."""
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


def test_container_traffic_to_kafka_and_databases_is_encrypted(
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
    """Unless an operator chooses otherwise, which only the listener for units allows."""
    ports = [port for it in compose["services"].values() for port in it.get("ports", [])]

    assert [] == [
        port for port in ports if not port.startswith(("127.0.0.1:", "${KAFKA_PUBLISHED_ADDRESS:-127.0.0.1}:"))
    ]


def test_the_broker_is_what_the_local_one_is_and_has_room_for_what_it_unpacks(compose: dict[str, Any]) -> None:
    """Both read one file; only the broker's heap bounds the unpacked size of a unit's record."""
    broker = compose["services"]["kafka"]

    assert "./deploy/local/src/lapor/servers/broker.properties:/lapor/broker.properties:ro" in broker["volumes"]
    assert ("-Xms256m -Xmx1g", "1792m") == (broker["environment"]["KAFKA_HEAP_OPTS"], broker["mem_limit"])


def test_only_the_broker_may_run_what_it_puts_into_its_own_folder(compose: dict[str, Any]) -> None:
    """Libraries of snappy and zstd, which units compress with (tests/containers/test_broker.py)."""
    may = {name for name, it in compose["services"].items() if any(at.endswith(":exec") for at in it["tmpfs"])}

    assert {"kafka", "kafka-2", "kafka-3"} == may


def test_all_that_runs_on_is_asked_whether_it_is_ready(compose: dict[str, Any]) -> None:
    """Without a space inside an argument, since some engines split there."""
    for name, it in compose["services"].items():
        if name not in JOBS:
            assert [] == [part for part in it["healthcheck"]["test"] if " " in part], name


def test_images_are_pinned_and_can_be_by_digest(compose: dict[str, Any], root: Path) -> None:
    """Each foreign image is a variable, with the same tag in each place."""
    foreign = {it["image"] for it in compose["services"].values() if not it["image"].startswith("lapor/")}
    named = dict(_variable(image) for image in [*foreign, compose["x-base"]["BASE_IMAGE"]])

    assert {"KAFKA_IMAGE", "POSTGRES_IMAGE", "BASE_IMAGE"} == named.keys()
    assert [] == [image for image in named.values() if not re.search(r":\d+\.\d+", image)]
    assert named.items() <= _example(root).items()
    assert f"ARG BASE_IMAGE={named['BASE_IMAGE']}\n" in _dockerfile(root)
    built = [it["build"]["args"] for it in compose["services"].values() if "build" in it]
    assert {named["BASE_IMAGE"]} == {_variable(args["BASE_IMAGE"])[1] for args in built}


def _variable(text: str) -> tuple[str, str]:
    """Return a variable and its default."""
    found = re.fullmatch(r"\$\{(\w+):-([^}]+)\}", text)
    assert found, text
    return found[1], found[2]


def test_the_broker_is_of_the_version_that_the_tests_run(compose: dict[str, Any], root: Path) -> None:
    jars = (root / "deploy/local/src/lapor/servers/jars.txt").read_text()
    version = _variable(compose["services"]["kafka"]["image"])[1].split(":")[1]

    assert re.search(rf"kafka[\w.-]*[:-]{re.escape(version)}", jars)


def test_the_account_of_every_service_is_provisioned(compose: dict[str, Any], services: list[Any], root: Path) -> None:
    wanted = {service.name.upper().replace("-", "_") + "_KAFKA_PASSWORD" for service in services}
    told = {name for name in _secrets(compose["services"]["provision"]["environment"]) if name != "KAFKA_PASSWORD"}
    listed = re.search(r"SERVICES = \(([^)]*)\)", (root / "deploy/kafka/provision.py").read_text())

    assert listed is not None
    assert (wanted, {service.name for service in services}) == (told, set(re.findall(r'"([\w-]+)"', listed[1])))
