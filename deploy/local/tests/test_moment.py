"""A database's disk is lost under load, or a table is dropped: the archive restores what was acknowledged."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lapor.processes import process
from lapor.processes.data_dir import DataDir, let_through
from lapor.servers import dump, postgres, wal
from lapor.servers.dump import Database
from lapor.system import archive, archiving, backups, moment
from testing.programs import missing
from testing.servers import Cli, start_postgres
from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.slow]

OURS, OTHERS = UUID(int=1), UUID(int=2)
#: It can't be compressed, so the log fills several files.
TEXT = secrets.token_hex(4000)


class Archived:
    """A server with the router's database, and `lapor archive`, which archives it in ``place``."""

    def __init__(self, folder: Path) -> None:
        self.stack = start_postgres(folder, fsync=False)
        self.place, self.spool = folder / "archive", folder / "spool"
        self.key = folder / "key"
        private, public = backups.new_key()
        self.key.write_text(private)
        self.key.with_suffix(".pub").write_text(public)
        environment = {"INSTALLATION_NAMESPACE": str(OURS), "TMPDIR": str(folder)}
        self._cli = Cli(data=DataDir(folder / "data"), region=folder, env=environment)
        self.process: subprocess.Popen[str] | None = None
        self.make()

    def make(self) -> None:
        """Make an empty database."""
        self.dsn = self.stack.database("router")

    @property
    def server(self) -> tuple[str, str]:
        return "--server", f"router={self.stack.cluster.dsn()}"

    def start(self, *more: str) -> None:
        given = ("--public-key", str(self.key.with_suffix(".pub")), "--spool", str(self.spool), *self.server, *more)
        self.process = self._cli.start("archive", str(self.place), *given)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop `lapor archive` and, with SIGKILL, also its receiver, as when the machine stops."""
        if self.process:
            os.killpg(self.process.pid, how)
            self.process.communicate(timeout=60)
            self.process = None

    def restore(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self._cli("restore", str(self.place), "router", "--key", str(self.key), *self.server, *more)

    def restored(self, *more: str) -> str:
        """Restore it, and return the command's stderr."""
        done = self.restore(*more)
        assert 0 == done.returncode, done.stderr
        return done.stderr

    def figure(self, name: str) -> float:
        """Read a figure that node_exporter would show; 0 until it exists."""
        with contextlib.suppress(FileNotFoundError):
            for family in text_string_to_metric_families((self.place / archive.FIGURES).read_text()):
                for sample in family.samples:
                    if sample.name == name:
                        return sample.value
        return 0.0

    def until_archived(self, moment: float | None = None) -> None:
        """Wait until everything committed before ``moment``, or now, and a base are in the archive."""
        since = time.time() if moment is None else moment
        until(lambda: self.figure("lapor_archive_timestamp_seconds") > since, 30, "all is archived")
        until(lambda: archive.is_one(self.place), 20, "all files are archived")

    def past_the_first_second(self) -> None:
        """Wait until the first moment that can be restored."""
        first = archive.read_base(archive.bases(self.place)[0], OURS).at + timedelta(seconds=1)
        until(lambda: datetime.now(UTC) > first, 10, "the second in which all files were taken is over")

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            cursor = db.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def discard(self) -> None:
        self.stop(signal.SIGKILL)
        self.stack.discard()


@contextlib.contextmanager
def archived() -> Iterator[Archived]:
    # Not below pytest's folder, which PostgreSQL's user can't enter.
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        let_through(Path(folder))
        it = Archived(Path(folder))
        try:
            yield it
        finally:
            it.discard()


@pytest.fixture
def one() -> Iterator[Archived]:
    with archived() as it:
        yield it


@contextlib.contextmanager
def written(dsn: str) -> Iterator[list[float]]:
    """Insert rows one after the other, as fast as they are acknowledged; yield the times of the acknowledgements."""
    acknowledged: list[float] = []
    enough = threading.Event()

    def write() -> None:
        with contextlib.suppress(psycopg.Error), psycopg.connect(dsn, autocommit=True) as db:
            while not enough.is_set():
                db.execute("INSERT INTO cases VALUES (%s, %s)", [len(acknowledged), TEXT])
                acknowledged.append(time.time())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield acknowledged
    finally:
        enough.set()
        writer.join(60)


def test_a_disk_that_is_lost_under_load_costs_the_last_moment_alone(one: Archived) -> None:
    one.ask("CREATE TABLE cases (n int PRIMARY KEY, text text)")
    with written(one.dsn) as acknowledged:
        until(lambda: len(acknowledged) > 1000, 60, "rows before anything is archived")
        one.start()
        one.until_archived()
        base_at = one.figure("lapor_archive_base_timestamp_seconds")
        since = len(acknowledged)
        until(lambda: len(acknowledged) > since + 4000, 120, "rows that are only in the log")
        one.until_archived(acknowledged[since + 4000])
        one.stop(signal.SIGKILL)
        one.stack.kill_postgres()
    lost_at = time.time()
    promised = one.figure("lapor_archive_timestamp_seconds")
    assert acknowledged[0] < base_at < promised
    # The server's held bytes change all the time, so only the figure's existence is checked.
    assert "lapor_archive_held_bytes{" in (one.place / archive.FIGURES).read_text()
    assert 0 < one.figure("lapor_archive_bytes") <= archive.size(one.place)
    shutil.rmtree(one.stack.cluster.directory)
    shutil.rmtree(one.spool)

    postgres.prepare(one.stack.cluster)
    one.stack.start_postgres()
    one.make()
    begun = time.monotonic()
    one.restored()
    took = time.monotonic() - begun

    found = [n for (n,) in one.ask("SELECT n FROM cases ORDER BY n")]
    expected = sum(moment < promised for moment in acknowledged)
    print(  # for docs/benchmarks.md
        f"{len(acknowledged)} rows acknowledged, {len(acknowledged) - len(found)} lost,"
        f" of the last {lost_at - acknowledged[min(len(found), len(acknowledged)) - 1]:.1f} s;"
        f" restored in {took:.1f} s; {archive.size(one.place) / 1e6:.1f} MB in the archive"
    )
    assert list(range(len(found))) == found
    assert since + 4000 < expected <= len(found) <= len(acknowledged) + 1  # one may be committed, not acknowledged


def test_restore_to_the_moment_before_a_drop_recovers_the_table(one: Archived) -> None:
    one.ask("CREATE TABLE cases (n int)")
    one.start()
    one.until_archived()
    one.past_the_first_second()
    one.ask("INSERT INTO cases SELECT generate_series(1, 1000)")
    [[before]] = one.ask("SELECT clock_timestamp()")
    assert isinstance(before, datetime)
    one.ask("DROP TABLE cases")
    one.ask("CREATE TABLE later (n int)")
    one.until_archived()

    said = one.restored("--until", before.isoformat())
    assert "the archive ends before" not in said
    assert [(1000,)] == one.ask("SELECT count(*) FROM cases")
    assert [(None,)] == one.ask("SELECT to_regclass('later')")

    # It goes on with the present server, and still knows all moments; a time after the last one means the last.
    one.until_archived()
    one.ask("INSERT INTO cases VALUES (1001)")
    one.until_archived()
    assert "the archive ends before" in one.restored("--until", (datetime.now(UTC) + timedelta(days=1)).isoformat())
    assert [(1001,)] == one.ask("SELECT count(*) FROM cases")


def test_foreign_or_damaged_archive_is_refused_before_anything_changes(one: Archived) -> None:
    one.ask("CREATE TABLE cases AS SELECT generate_series(1, 10) n")
    one.start()
    one.until_archived()
    one.stop()
    [base] = archive.bases(one.place)
    other = Cli(data=DataDir(one.place), region=one.place, env={"INSTALLATION_NAMESPACE": str(OTHERS)})

    done = other("restore", str(one.place), "router", "--key", str(one.key), *one.server)
    assert (1, True) == (done.returncode, "was changed, or is of another installation" in done.stderr)
    done = one.restore("--until", "2026-01-01T00:00:00Z")
    assert (1, True) == (done.returncode, "The archive of router begins at 20" in done.stderr)

    piece = max((base.parent / "log").iterdir())  # a piece that its base needs
    whole = piece.read_bytes()
    piece.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = one.restore()
    assert (1, True) == (done.returncode, f"{piece} was changed" in " ".join(done.stderr.split()))
    piece.write_bytes(whole)

    tar = base / "base.tar.gz.age"
    content = bytearray(tar.read_bytes())
    content[len(content) // 2] ^= 1
    tar.write_bytes(content)
    done = one.restore()
    assert 1 == done.returncode
    assert f"{tar} is damaged: it has not the checksum of the manifest. Take another backup." in done.stderr
    assert [(10,)] == one.ask("SELECT count(*) FROM cases")
    assert [("router",)] == one.ask("SELECT datname FROM pg_database WHERE datname LIKE 'router%'")


@pytest.mark.parametrize("debian", ["", "/usr/lib/postgresql/15/bin"], ids=["18", "15"])
def test_a_server_of_another_version_or_locale_comes_back_too(debian: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in a container has locales that the restoring machine does not have."""
    if debian:
        if not Path(debian).is_dir():
            missing("PostgreSQL 15 is not installed (Debian: apt-get install postgresql-15)")
        monkeypatch.setattr(postgres, "programs", lambda: Path(debian))
        monkeypatch.setattr(postgres, "SETTINGS", postgres.SETTINGS.replace("io_method = sync\n", ""))
    with tempfile.TemporaryDirectory(prefix="lapor-") as locales:
        let_through(Path(locales))
        Path(locales, "id_ID.utf8").symlink_to("/usr/lib/locale/C.utf8")
        monkeypatch.setenv("LOCPATH", locales)
        monkeypatch.setattr(process, "INHERITED", (*process.INHERITED, "LOCPATH"))
        given = [word.replace("C.UTF-8", "id_ID.utf8") for word in postgres.INITDB]
        monkeypatch.setattr(postgres, "INITDB", given)
        with archived() as it:
            monkeypatch.delenv("LOCPATH")
            it.ask("CREATE TABLE cases AS SELECT n, md5(n::text) AS text FROM generate_series(1, 100) n")
            it.start()
            it.until_archived()
            it.ask("DELETE FROM cases WHERE n > 10")
            it.until_archived()

            assert [("id_ID.utf8",)] == it.ask("SELECT datcollate FROM pg_database WHERE datname = 'router'")
            with moment.recovered(
                it.place, ["router"], None, backups.private_keys(it.key), OURS, lambda *_: None
            ) as moments:
                assert [10] == [part.rows for each in moments for part in each.parts]


def test_server_that_lost_its_log_gets_a_new_base(one: Archived) -> None:
    one.ask("CREATE TABLE cases (n int)")
    one.start()
    one.until_archived()
    one.stop()
    [old] = archive.bases(one.place)
    with psycopg.connect(one.stack.cluster.dsn(), autocommit=True) as db:
        db.execute("SELECT pg_drop_replication_slot(%s)", [wal.SLOT])
    one.ask("INSERT INTO cases SELECT generate_series(1, 1000)")

    one.start("--keep", "1")

    until(lambda: archive.is_one(one.place) and old not in archive.bases(one.place), 60, "a new base alone")
    one.until_archived()
    one.ask("DELETE FROM cases WHERE n > 10")
    one.until_archived()
    one.restored()
    assert [(10,)] == one.ask("SELECT count(*) FROM cases")


def test_the_log_that_a_base_needs_is_kept_until_its_end(one: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept however much is written during the base, and released afterwards."""
    kept: list[bool] = []

    def busy(command: tuple[str, ...], address: str) -> None:
        with psycopg.connect(address, autocommit=True) as db:
            [[first]] = db.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchall()
            for n in range(3):
                db.execute(f"CREATE TABLE cases{n} (n int)")
                db.execute("SELECT pg_switch_wal()")
                db.execute("CHECKPOINT")
            kept.append((first,) in db.execute("SELECT name FROM pg_ls_waldir()").fetchall())
        dump.run(command, address)

    monkeypatch.setattr(wal, "run", busy)
    wal.take_base(one.stack.cluster.dsn(), one.spool)
    assert [True] == kept
    until(lambda: not one.ask("SELECT FROM pg_replication_slots"), 10, "nothing is kept for it any more")


def test_an_archive_that_is_away_fills_no_disk_and_loses_nothing(
    one: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "MOST_BYTES", 3 << 24)
    said: list[str] = []
    one.spool.mkdir()
    place = archive.claimed(archive.Place(directory=one.place, installation=OURS), one.spool)
    databases = [Database(service="router", name="router", admin=one.stack.cluster.dsn())]
    every = timedelta(hours=24)
    server = archiving.Server("router", databases, place, one.spool, every=every, keep=1, say=said.append)
    with ThreadPoolExecutor(1) as work, contextlib.closing(server):

        def turned(so_far: Callable[[], object]) -> bool:
            server.turn(work)
            return bool(so_far())

        until(lambda: turned(lambda: archive.is_one(one.place)), 30, "all files are archived")
        one.place.rename(one.place.with_name("away"))
        one.place.write_text("what is mounted there is gone")
        one.ask("CREATE TABLE cases (n int)")
        for n in range(6):
            one.ask(f"INSERT INTO cases VALUES ({n})")
            with psycopg.connect(one.stack.cluster.dsn(), autocommit=True) as db:
                db.execute("SELECT pg_switch_wal()")
            so_far = min(n + 1, 4)
            until(lambda so_far=so_far: turned(lambda: len(spooled(one)) >= so_far), 10, "it is received")  # type: ignore[misc]
        until(lambda: turned(lambda: not receiving(one)), 30, "no more is received")
        assert 4 <= len(spooled(one)) <= 5
        assert "router: the archive can't be written (Not a directory): make room there, or mount it." in said

        one.place.unlink()
        one.place.with_name("away").rename(one.place)
        until(lambda: turned(lambda: len(spooled(one)) == 1 and receiving(one)), 30, "all is taken")
        until(lambda: turned(lambda: "router: all is archived again" == said[-1]), 30, "somebody is told")
        since = time.time()
        until(lambda: turned(lambda: archive.AT.labels("router")._value.get() > since), 30, "nothing waits")
    with moment.recovered(one.place, [], None, [], OURS, lambda *_: None) as moments:
        assert [6] == [part.rows for each in moments for part in each.parts]
    assert 1 == len(archive.bases(one.place))


def spooled(one: Archived) -> list[Path]:
    return list(one.spool.glob("router/*/log/*"))


def receiving(one: Archived) -> bool:
    with psycopg.connect(one.stack.cluster.dsn(), autocommit=True) as db:
        return db.execute("SELECT active FROM pg_replication_slots").fetchall() == [(True,)]


def test_a_receiver_that_was_left_behind_is_ended_and_what_it_had_is_taken(one: Archived) -> None:
    one.ask("CREATE TABLE cases (n int)")
    one.start()
    one.until_archived()
    assert one.process
    one.process.kill()
    one.process.communicate(timeout=60)
    one.ask("INSERT INTO cases SELECT generate_series(1, 1000)")

    one.start()

    one.until_archived()
    one.ask("DROP TABLE cases")
    one.until_archived()
    one.stop()
    one.restored()
    assert [(None,)] == one.ask("SELECT to_regclass('cases')")
    assert 1 == len(archive.bases(one.place))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_restore_that_is_ended_leaves_nothing_or_nothing_after_the_next(number: int, tmp_path: Path) -> None:
    """It writes the complete contents of the databases to the disk."""
    holding = "\n".join(
        (
            "import time; from lapor.system import moment",
            "with moment.scratch_folder() as it: print(it, flush=True); time.sleep(60)",
        )
    )
    env = {**os.environ, "TMPDIR": str(tmp_path)}

    def begun() -> tuple[subprocess.Popen[str], Path]:
        restore = subprocess.Popen([sys.executable, "-c", holding], env=env, stdout=subprocess.PIPE, text=True)
        assert restore.stdout
        with restore.stdout as said:
            return restore, Path(said.readline().strip())

    (first, ended), (second, held) = begun(), begun()
    first.send_signal(number)
    first.wait(20)
    left = ended.exists()
    third, its = begun()

    assert (number == signal.SIGKILL) == left
    assert (False, True, True) == (ended.exists(), held.exists(), its.exists())
    for each in (second, third):
        each.terminate()
        assert 128 + signal.SIGTERM == each.wait(20)
    assert [] == list(tmp_path.iterdir())
