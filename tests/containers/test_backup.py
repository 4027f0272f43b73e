"""The overlay that makes backups: it may no more than needed, reaches each database, and encrypts what it writes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from lapor.system.backups import new_key
from lapor.system.installation import SERVICES
from testing.programs import program

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy" / "backup"
SYSTEM: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
BACKUP: dict[str, Any] = yaml.safe_load((HERE / "compose.yml").read_text())["services"]["backup"]


def test_all_files_together_are_valid() -> None:
    files = [ROOT / "docker-compose.yml", ROOT / "deploy/monitoring/compose.yml", HERE / "compose.yml"]
    command = [program("docker-compose", debian="docker-compose"), *(f"--file={file}" for file in files)]
    done = subprocess.run(
        [*command, "--env-file", ROOT / ".env.example", "config", "-q"], cwd=ROOT, capture_output=True, text=True
    )
    assert (0, "") == (done.returncode, done.stderr)


def test_it_may_no_more_than_needed() -> None:
    given = (BACKUP["read_only"], BACKUP["cap_drop"], BACKUP["security_opt"], BACKUP["network_mode"])
    assert (True, ["ALL"], ["no-new-privileges:true"], "none") == given
    assert {"mem_limit", "pids_limit", "logging", "healthcheck"} <= BACKUP.keys()


def test_it_reaches_each_database_by_its_socket_and_waits_for_it() -> None:
    owners = [service.name for service in SERVICES if service.database]
    found = addresses.databases(DataDir(Path("nowhere")), BACKUP["environment"]["BACKUP_SERVERS"].split())
    assert [database.service for database in found] == owners
    for database in found:
        socket = f"{database.service}-db-socket"
        assert f"{socket}:/sockets/{database.service}" in BACKUP["volumes"]
        assert f"{socket}:/run/postgresql" in SYSTEM["services"][f"{database.service}-db"]["volumes"]
        assert database.admin == f"postgresql://postgres@/postgres?host=/sockets/{database.service}"
        assert "uid=999" in SYSTEM["volumes"][socket]["driver_opts"]["o"]
    assert {f"{name}-db" for name in owners} == BACKUP["depends_on"].keys()


def _started(tmp_path: Path, key: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    lapor = tmp_path / "lapor"
    lapor.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    lapor.chmod(0o755)
    env = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "BACKUP_ENCRYPT_TO": key,
        "BACKUP_EVERY_H": "24",
        "BACKUP_KEEP": "14",
    }
    command = ["sh", str(HERE / "backup.sh"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True)


@pytest.mark.parametrize(
    "key", ["", "change-me", new_key()[0].split()[-1]], ids=["none", "the placeholder", "the private one"]
)
def test_without_a_public_key_it_makes_none(key: str, tmp_path: Path) -> None:
    done = _started(tmp_path, key)
    assert 78 == done.returncode
    assert "BACKUP_ENCRYPT_TO is not what `lapor backup-key` prints" in done.stderr
    assert key == "" or key not in done.stderr


def test_with_one_it_goes_on_for_ever(tmp_path: Path) -> None:
    done = _started(tmp_path, new_key()[1].strip())
    assert ["backup", "/backups", "--every", "24", "--keep", "14", "--public-key"] == done.stdout.split()[:-1]
    assert 1 == _started(tmp_path, "", "recent").returncode  # there is none here


def test_a_restore_says_what_it_needs(tmp_path: Path) -> None:
    usage = subprocess.run([HERE / "restore.sh", "one"], capture_output=True, text=True)
    assert (2, True) == (usage.returncode, "restore.sh BACKUP KEY SERVICE" in usage.stdout)
    no_key = subprocess.run([HERE / "restore.sh", "one", tmp_path / "none", "router"], capture_output=True, text=True)
    assert (1, True) == (no_key.returncode, "none can't be read" in no_key.stderr)


def test_a_restore_stops_second_processes_too_and_starts_them_last(tmp_path: Path) -> None:
    called, key, compose = tmp_path / "called", tmp_path / "key", tmp_path / "compose"
    key.write_text("a key")
    compose.write_text(
        f'#!/bin/sh\necho "$@" >>{called}\n[ "$1" != ps ] || printf "%s\\n" router router-two sla-monitor\n'
    )
    compose.chmod(0o700)
    command = [str(HERE / "restore.sh"), "2026-11-27T020000Z", str(key), "router", "sla-monitor"]
    subprocess.run(command, env={**os.environ, "COMPOSE": str(compose)}, check=True, capture_output=True)
    ps, stop, *_, start = called.read_text().splitlines()
    assert ps.startswith("ps ")
    assert ("stop router sla-monitor router-two", "start router sla-monitor router-two") == (stop, start)
