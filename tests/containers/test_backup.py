"""The overlay that makes backups: it may no more than needed, reaches each database, and encrypts what it writes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lapor.processes.data_dir import DataDir
from lapor.servers import postgres
from lapor.system import addresses
from lapor.system.backups import new_key
from lapor.system.installation import SERVICES
from testing.programs import program

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy" / "backup"
SYSTEM: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OVERLAY: dict[str, Any] = yaml.safe_load((HERE / "compose.yml").read_text())["services"]
BACKUP, ARCHIVE = OVERLAY["backup"], OVERLAY["archive"]


def test_all_files_together_are_valid() -> None:
    files = [ROOT / "docker-compose.yml", ROOT / "deploy/monitoring/compose.yml", HERE / "compose.yml"]
    command = [program("docker-compose", debian="docker-compose"), *(f"--file={file}" for file in files)]
    done = subprocess.run(
        [*command, "--env-file", ROOT / ".env.example", "config", "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
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


def test_the_archive_may_and_reaches_what_backups_do_and_has_its_own_place() -> None:
    its_own = {"command", "environment", "volumes", "healthcheck"}
    assert {name: it for name, it in BACKUP.items() if name not in its_own} == {
        name: it for name, it in ARCHIVE.items() if name not in its_own
    }
    assert BACKUP["environment"].items() <= ARCHIVE["environment"].items()
    assert set(BACKUP["volumes"]) <= set(ARCHIVE["volumes"])
    assert "${ARCHIVE_PLACE:-archive}:/archive/place" in ARCHIVE["volumes"]
    # A folder beside its place would be taken for copies of citizens' attachments.
    assert not any(volume.split(":")[1] == "/archive" for volume in ARCHIVE["volumes"])


def test_container_database_allows_archiving_and_limits_the_log_it_keeps() -> None:
    rules = (ROOT / "deploy/postgres/pg_hba.conf").read_text()
    assert re.search(r"^local +replication +postgres +peer$", rules, re.MULTILINE)
    started = (ROOT / "deploy/postgres/start.sh").read_text()
    assert f"-c max_slot_wal_keep_size={postgres.KEPT_FOR_ARCHIVE} " in started
    assert f"max_slot_wal_keep_size = {postgres.KEPT_FOR_ARCHIVE}\n" in postgres.SETTINGS


def _started(tmp_path: Path, key: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    lapor = tmp_path / "lapor"
    lapor.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    lapor.chmod(0o755)
    env = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "BACKUP_ENCRYPT_TO": key,
        "BACKUP_EVERY_H": "24",
        "BACKUP_KEEP": "14",
        "ARCHIVE_KEEP": "7",
    }
    command = ["sh", str(HERE / "backup.sh"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    "key", ["", "change-me", new_key()[0].split()[-1]], ids=["none", "the placeholder", "the private one"]
)
def test_without_a_public_key_it_makes_none(key: str, tmp_path: Path) -> None:
    done = _started(tmp_path, key)
    assert 78 == done.returncode
    assert "BACKUP_ENCRYPT_TO is not what `lapor backup-key` prints" in done.stderr
    assert key == "" or key not in done.stderr


def test_backup_with_a_public_key_runs_on_schedule(tmp_path: Path) -> None:
    done = _started(tmp_path, new_key()[1].strip())
    assert ["backup", "/backups", "--every", "24", "--keep", "14", "--public-key"] == done.stdout.split()[:-1]
    assert 1 == _started(tmp_path, "", "recent").returncode  # no backup exists here


def test_archive_with_a_public_key_runs_on_schedule(tmp_path: Path) -> None:
    public = new_key()[1].strip()
    said = _started(tmp_path, public, "archive").stdout.split()
    assert ["archive", "/archive/place", "--every", "24", "--keep", "7", "--public-key"] == said[:7]
    assert ["--spool", "/spool", "--figures", "/backups"] == said[8:]
    assert 78 == _started(tmp_path, "", "archive").returncode
    assert 1 == _started(tmp_path, "", "archiving").returncode  # nothing is archived here


def test_a_restore_says_what_it_needs(tmp_path: Path) -> None:
    usage = subprocess.run([HERE / "restore.sh", "one"], capture_output=True, text=True, timeout=120)
    line = "restore.sh [--trust] [--until TIME] [--system NUMBER] BACKUP KEY SERVICE"
    assert (2, True) == (usage.returncode, line in usage.stdout)
    no_key = subprocess.run(
        [HERE / "restore.sh", "one", tmp_path / "none", "router"], capture_output=True, text=True, timeout=120
    )
    assert (1, True) == (no_key.returncode, "none can't be read" in no_key.stderr)


def test_it_seals_with_what_the_installation_has_for_a_secret() -> None:
    given = BACKUP["environment"]["INSTALLATION_NAMESPACE_FILE"]
    assert [given.removeprefix("/run/secrets/")] == BACKUP["secrets"]


def test_a_restore_stops_second_processes_too_and_starts_them_last(tmp_path: Path) -> None:
    called, key, compose = tmp_path / "called", tmp_path / "key", tmp_path / "compose"
    key.write_text("a key")
    compose.write_text(
        f'#!/bin/sh\necho "$@" >>{called}\n[ "$1" != ps ] || printf "%s\\n" router router-two sla-monitor\n'
    )
    compose.chmod(0o700)
    command = [str(HERE / "restore.sh"), "2026-11-27T020000Z", str(key), "router", "sla-monitor"]
    subprocess.run(command, env={**os.environ, "COMPOSE": str(compose)}, check=True, capture_output=True, timeout=120)
    ps, stop, *_, start = called.read_text().splitlines()
    assert ps.startswith("ps ")
    assert ("stop router sla-monitor router-two", "start router sla-monitor router-two") == (stop, start)


@pytest.mark.parametrize("terminal", [True, False])
def test_the_desk_stays_shut_at_a_terminal_until_its_people_were_looked_through(tmp_path: Path, terminal: bool) -> None:
    called, key, compose = tmp_path / "called", tmp_path / "key", tmp_path / "compose"
    key.write_text("a key")
    compose.write_text(
        f'#!/bin/sh\necho "$@" >>{called}\n[ "$1" != ps ] || printf "%s\\n" router unit-desk unit-desk-two\n'
    )
    compose.chmod(0o700)
    command = [str(HERE / "restore.sh"), "2026-11-27T020000Z", str(key), "router", "unit-desk"]
    ours, its = os.openpty()
    with subprocess.Popen(
        command,
        env={**os.environ, "COMPOSE": str(compose)},
        stdin=its if terminal else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as restoring:
        assert restoring.stderr
        said = ""
        while terminal and not said.endswith("Enter opens the desk: ") and (more := restoring.stderr.read(1)):
            said += more
        before = called.read_text().splitlines() if terminal else []
        os.write(ours, b"\n")
        said += restoring.stderr.read()
    os.close(ours)
    os.close(its)
    looked = "run --rm -T --no-deps unit-desk sh -c unit-desk user && unit-desk key list"
    assert not terminal or ["start router", looked] == before[-2:]
    assert ["start router", looked, "start unit-desk unit-desk-two"] == called.read_text().splitlines()[-3:]
    assert (0, True) == (restoring.returncode, f"{compose} run --rm unit-desk unit-desk user EMAIL... --remove" in said)


def test_a_restore_reads_the_archive_up_to_a_moment(tmp_path: Path) -> None:
    called, key, compose = tmp_path / "called", tmp_path / "key", tmp_path / "compose"
    key.write_text("a key")
    compose.write_text(f'#!/bin/sh\necho "$@" >>{called}\n')
    compose.chmod(0o700)
    until = ["--trust", "--until", "2026-11-27T09:59+08:00"]
    command = [str(HERE / "restore.sh"), *until, "archive", str(key), "router"]
    subprocess.run(command, env={**os.environ, "COMPOSE": str(compose)}, check=True, capture_output=True, timeout=120)
    [restore] = [line for line in called.read_text().splitlines() if "lapor restore" in line]
    assert restore.startswith("run --rm -T --no-deps archive ")
    assert restore.endswith(" restore /archive/place --trust --until 2026-11-27T09:59+08:00 --service=router")


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """The containers' /backups, with one backup, its copies beside it, and a stand-in for docker-compose."""
    volume = tmp_path / "backups"
    for name in ("backups/2026-11-27T020000Z", "bin", "back"):
        (tmp_path / name).mkdir(parents=True)
    lapor, compose = tmp_path / "bin" / "lapor", tmp_path / "compose"
    lapor.write_text(f'#!/bin/sh\n[ "$1" != evidence ] || exec tar -c -C {volume}/evidence unit-desk aa\n')
    compose.write_text(f"""#!/bin/bash
[[ $1 == run && $* != *migrate* && $* != *"unit-desk user"* ]] || exit 0
back={tmp_path}/back/$5
shift 5
mkdir -p "$back"
words=("${{@/#\\/evidence/$back}}") # where the service has its files
words=("${{words[@]//\\/backups\\//{volume}/}}")
words=("${{words[@]//\\/tmp\\/key/{tmp_path}/taken}}")
PATH={tmp_path}/bin:$PATH exec "${{words[@]}}"
""")
    for each in (lapor, compose):
        each.chmod(0o700)
    (tmp_path / "key").write_text("a key")
    return volume


def _restored(volume: Path, *services: str) -> subprocess.CompletedProcess[str]:
    command = [str(HERE / "restore.sh"), "2026-11-27T020000Z", str(volume.parent / "key"), *services]
    env = {**os.environ, "COMPOSE": str(volume.parent / "compose")}
    return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def test_a_restore_brings_each_service_its_own_photos(volume: Path) -> None:
    for name in ("aa/one/large.mp4.age", "unit-desk/two/large.jpg.age"):
        (volume / "evidence" / name).parent.mkdir(parents=True)
        (volume / "evidence" / name).write_text("encrypted")
    done = _restored(volume, "intake-web", "router", "unit-desk")
    back = volume.parent / "back"
    assert (0, False) == (done.returncode, "NO PHOTOS" in done.stderr)
    assert {"intake-web/aa/one/large.mp4.age", "unit-desk/two/large.jpg.age"} == {
        str(path.relative_to(back)) for path in back.rglob("*") if path.is_file()
    }
    assert {0o600} == {path.stat().st_mode & 0o777 for path in back.rglob("*") if path.is_file()}


def test_a_restore_without_the_copies_says_so_last_and_loudly(volume: Path) -> None:
    said = "NO PHOTOS AND VIDEOS CAME BACK for: "
    assert f"{said}intake-web unit-desk\n" in _restored(volume, "intake-web", "router", "unit-desk").stderr
    (volume / "evidence" / "unit-desk").mkdir(parents=True)  # nobody has attached anything
    done = _restored(volume, "intake-web", "unit-desk")
    assert (0, False) == (done.returncode, "NO PHOTOS" in done.stderr)


def test_on_a_new_machine_the_copies_are_beside_the_backup_when_it_is_restored(tmp_path: Path) -> None:
    """The commands of docs/operations.md, on folders in place of volumes."""
    page = (ROOT / "docs" / "operations.md").read_text()
    said = re.search(r"^## The machine is lost\n.*?^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert said
    volumes, kept = tmp_path / "volumes", tmp_path / "kept"
    for name in ("backups/2026-11-27T020000Z/manifest.json", "backups/evidence/aa/large.jpg.age", "authority/ca.key"):
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (kept / name).touch()
    (kept / "accounts").mkdir()
    for name, does in {
        "deploy/backup/restore.sh": 'find "$VOLUMES/lapor-soppeng_backups/_data" -type f >seen',
        "bin/docker": 'mkdir -p "$VOLUMES/$3/_data"',
        "bin/docker-compose": 'mkdir -p "$VOLUMES/lapor-soppeng_backups/_data"',
        "bin/chown": "true",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o700)
    env = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "VOLUMES": str(volumes)}
    script = said[1].replace("/var/lib/docker/volumes", str(volumes)).replace("KEPT", str(kept))
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, env=env, check=True, timeout=120)

    assert {"2026-11-27T020000Z/manifest.json", "evidence/aa/large.jpg.age"} == {
        line.partition("/_data/")[2] for line in (tmp_path / "seen").read_text().splitlines()
    }
    assert (volumes / "lapor-soppeng_authority/_data/ca.key").exists()
    assert "stop the cron first" in page[: page.index("cp -a KEPT/backups")].rpartition("## ")[2]
