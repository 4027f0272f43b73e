"""A backup is complete or absent, opens only with its key, and is restored unchanged; faults are found beforehand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lapor.commands.backup import _wait
from lapor.errors import Refused
from lapor.processes.data_dir import DataDir
from lapor.servers.dump import Database, discard, dump, swap, users
from lapor.servers.postgres import BIN
from lapor.system import addresses, backups
from testing.servers import Stack

OURS = UUID(int=1)
Keys = tuple[list[backups.Key], list[backups.Identity]]


def ignore(_name: str, _bytes: int) -> None:
    """Show no progress."""


@pytest.fixture
def database(connected: Stack, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A service's database with 1,000 rows, whose owner has no other rights."""
    name = "router"
    dsn = connected.database(name)
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("CREATE TABLE cases (ticket text PRIMARY KEY, text text)")
        db.execute("CREATE INDEX ON cases (text)")
        db.execute(
            "INSERT INTO cases SELECT n::text, 'Jalan berlubang di depan rumah ' || n FROM generate_series(1, 1000) n"
        )
    yield Database(service="router", name=name, admin=connected.cluster.dsn())
    with psycopg.connect(connected.cluster.dsn(), autocommit=True) as db:
        for (each,) in db.execute("SELECT datname FROM pg_database WHERE datname LIKE 'router%'").fetchall():
            db.execute(f'DROP DATABASE "{each}" WITH (FORCE)')


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    private, public = backups.new_key()
    (tmp_path / "key").write_text(private)
    (tmp_path / "key.pub").write_text(public)
    return backups.public_keys(tmp_path / "key.pub"), backups.private_keys(tmp_path / "key")


def rows(database: Database, name: str | None = None) -> list[tuple[object, ...]]:
    with psycopg.connect(database.address(name)) as db:
        return db.execute("SELECT ticket, text FROM cases ORDER BY ticket").fetchall()


def owner(database: Database) -> str:
    with psycopg.connect(database.address()) as db:
        return str(db.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'cases'").fetchall()[0][0])


def there(database: Database) -> set[str]:
    with psycopg.connect(database.address("postgres")) as db:
        return {name for (name,) in db.execute("SELECT datname FROM pg_database WHERE datname LIKE 'router%'")}


@pytest.mark.parametrize("encrypted", [True, False])
def test_backup_restores_the_database(database: Database, tmp_path: Path, keys: Keys, encrypted: bool) -> None:
    public, private = keys if encrypted else ([], [])
    before = rows(database)

    [part] = backups.write(tmp_path / "one", [database], public, OURS, ignore)

    assert (part.name, part.rows, part.encrypted) == ("router", 1000, encrypted)
    assert backups.read(tmp_path / "one") == [part]
    assert (b"berlubang" in zcat(tmp_path / "one" / part.file)) is not encrypted
    with psycopg.connect(database.address(), autocommit=True) as db:
        db.execute("DELETE FROM cases; CREATE TABLE later (n int)")
    backups.check(tmp_path / "one", [part], private, ignore)
    fresh = backups.restore(tmp_path / "one", part, database, private, ignore)
    assert rows(database) == []  # the present database is untouched until the swap
    assert swap(database, fresh, "router_before") is True
    assert rows(database) == before
    assert owner(database) == "router"
    assert there(database) == {"router", "router_before"}
    with psycopg.connect(database.address("router_before")) as db:
        assert db.execute("SELECT to_regclass('later')").fetchone() == ("later",)


def zcat(path: Path) -> bytes:
    """Return what pg_restore reads from a file, or the file's bytes if it can't read it."""
    done = subprocess.run([BIN / "pg_restore", "--file=-", path], capture_output=True, check=False, timeout=120)
    return done.stdout if done.returncode == 0 else path.read_bytes()


def test_deleted_database_is_restored(database: Database, tmp_path: Path) -> None:
    [part] = backups.write(tmp_path, [database], [], OURS, ignore)
    before = rows(database)
    discard(database, "router")

    fresh = backups.restore(tmp_path, part, database, [], ignore)

    assert swap(database, fresh, "router_before") is False
    assert rows(database) == before


def test_the_rows_are_those_of_one_moment(database: Database, tmp_path: Path) -> None:
    """A row that is inserted during the dump is both counted and in the file, or neither."""

    def slowly(stream) -> None:  # type: ignore[no-untyped-def]
        with psycopg.connect(database.address(), autocommit=True) as db:
            db.execute("INSERT INTO cases VALUES ('later', '')")
        (tmp_path / "dump").write_bytes(stream.read())

    assert dump(database, slowly) == 1000
    assert b"\nlater\t" not in zcat(tmp_path / "dump")


def test_connected_users_are_counted_and_disconnected_by_the_swap(database: Database, tmp_path: Path) -> None:
    [part] = backups.write(tmp_path, [database], [], OURS, ignore)
    fresh = backups.restore(tmp_path, part, database, [], ignore)
    with psycopg.connect(database.address()) as db:
        assert users(database) == 1
        swap(database, fresh, "router_before")
        with pytest.raises(psycopg.OperationalError):
            db.execute("SELECT 1")
    assert users(database) == 0


def test_damaged_or_locked_backup_is_named_before_any_change(database: Database, tmp_path: Path, keys: Keys) -> None:
    public, private = keys
    folder = tmp_path / "one"
    [part] = backups.write(folder, [database], public, OURS, ignore)
    stranger = backups.private_keys(_file(tmp_path / "other", backups.new_key()[0]))

    for identities, said in (([], "give the private key with --key"), (stranger, "encrypted to another key")):
        with pytest.raises(Refused, match=said):
            backups.check(folder, [part], identities, ignore)
    data = bytearray((folder / part.file).read_bytes())
    data[-100] ^= 1
    (folder / part.file).write_bytes(data)
    with pytest.raises(Refused, match="damaged: it has not the checksum"):
        backups.check(folder, [part], private, ignore)
    (folder / part.file).unlink()
    with pytest.raises(Refused, match="No such file"):
        backups.check(folder, [part], private, ignore)
    assert there(database) == {"router"}


def _file(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_failed_restore_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    [part] = backups.write(tmp_path, [database], [], OURS, ignore)
    (tmp_path / part.file).write_bytes((tmp_path / part.file).read_bytes()[:2000])
    before = rows(database)
    with pytest.raises(Refused, match="The backup of router can't be restored: pg_restore: error"):
        backups.restore(tmp_path, part, database, [], ignore)
    assert (there(database), rows(database)) == ({"router"}, before)


def test_a_backup_that_somebody_changed_runs_nothing_on_the_server(database: Database, tmp_path: Path) -> None:
    with psycopg.connect(database.address(), autocommit=True) as db:
        db.execute(f"CREATE INDEX {'i' * 60} ON cases (text)")
    ran = Path(f"/tmp/lapor-ran-{os.getpid()}")  # noqa: S108 - the server has another user
    [part] = backups.write(tmp_path, [database], [], OURS, ignore)
    whole = (tmp_path / part.file).read_bytes()
    made = re.search(rb"CREATE INDEX i+ ON[^;]*;", whole)
    assert made
    evil = f"RESET ROLE;COPY(SELECT 1)TO PROGRAM 'touch {ran}';--".encode()
    changed = whole.replace(made[0], evil.ljust(len(made[0])))
    assert len(evil) <= len(made[0])
    (tmp_path / part.file).write_bytes(changed)
    before = rows(database)

    with pytest.raises(Refused, match="permission denied to COPY to or from an external program"):
        backups.restore(tmp_path, part, database, [], ignore)

    assert not ran.exists()
    assert (there(database), rows(database)) == ({"router"}, before)
    with psycopg.connect(database.address("postgres")) as db:
        assert [] == db.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE '%restoring'").fetchall()


def test_a_name_of_postgresql_that_the_owner_gave_runs_as_nobody_more(database: Database, tmp_path: Path) -> None:
    """As in CVE-2018-1058, the owner defines functions that shadow those in the superuser's queries."""
    with psycopg.connect(database.address(), autocommit=True) as db:
        db.execute("ALTER DATABASE router SET search_path = public, pg_catalog")
        db.execute("CREATE TABLE seen (who text)")
        db.execute("GRANT INSERT ON seen TO PUBLIC")
        db.execute(
            """CREATE FUNCTION quote_ident(name) RETURNS text LANGUAGE plpgsql AS
               $$ BEGIN RAISE 'run as %', session_user; END $$"""
        )

    [part] = backups.write(tmp_path, [database], [], OURS, ignore)
    fresh = backups.restore(tmp_path, part, database, [], ignore)

    assert 1000 == part.rows
    discard(database, fresh)


def test_a_backup_that_fails_leaves_no_folder(database: Database, tmp_path: Path) -> None:
    absent = Database(service="sla-monitor", name="sla_monitor_none", admin=database.admin)
    with pytest.raises(Refused, match=r"The database of sla-monitor can't be backed up: .*does not exist"):
        backups.write(tmp_path / "one", [database, absent], [], OURS, ignore)
    assert not (tmp_path / "one").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("encrypted", [True, False])
def test_a_full_disk_is_said(
    database: Database, tmp_path: Path, keys: Keys, encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open
    full = lambda path, *rest, **more: real("/dev/full" if str(path).endswith(("dump", "age")) else path, *rest, **more)  # noqa: E731
    monkeypatch.setattr(os, "open", full)
    with pytest.raises(Refused, match=r"can't be written \(No space left on device\): make room there"):
        backups.write(tmp_path / "one", [database], keys[0] if encrypted else [], OURS, ignore)
    assert not (tmp_path / "one").exists()


def test_a_folder_with_a_backup_is_not_overwritten(database: Database, tmp_path: Path) -> None:
    backups.write(tmp_path, [database], [], OURS, ignore)
    before = (tmp_path / backups.MANIFEST).read_bytes()
    with pytest.raises(Refused, match="holds a backup already"):
        backups.write(tmp_path, [database], [], OURS, ignore)
    assert (tmp_path / backups.MANIFEST).read_bytes() == before


def a_backup(folder: Path, at: datetime) -> backups.Part:
    part = backups.Part(
        name="router", file="router.dump", bytes=7, rows=3, sha256="", at=at.isoformat(), encrypted=False
    )
    folder.mkdir(parents=True)
    (folder / part.file).write_bytes(b"1234567")
    (folder / backups.MANIFEST).write_text(json.dumps({"format": 1, "services": [vars(part)]}))
    return part


def test_the_newest_are_kept_and_what_is_not_whole_does_not_count(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    for days in range(5):
        a_backup(tmp_path / f"2026-11-2{days}T020000Z", now - timedelta(days=5 - days))
    (tmp_path / "2026-11-29T020000Z").mkdir()

    assert [each.name[:10] for each in backups.prune(tmp_path, 2)] == ["2026-11-20", "2026-11-21", "2026-11-22"]

    assert [each.name[:10] for each in backups.below(tmp_path)] == ["2026-11-23", "2026-11-24"]
    assert backups.taken_at(backups.below(tmp_path)[-1]) == now - timedelta(days=1)
    with pytest.raises(Refused, match=r"holds no whole backup.* the newest is .*2026-11-24T020000Z"):
        backups.read(tmp_path)


def test_the_newest_is_the_one_that_was_made_last_whatever_its_name(tmp_path: Path) -> None:
    """By name, one made by hand would always be the newest, and the next one always due."""
    for name in ("before-upgrade", "2026-11-28T020000Z"):
        a_backup(tmp_path / name, datetime.now(UTC))
    assert [each.name for each in backups.below(tmp_path)] == ["before-upgrade", "2026-11-28T020000Z"]


def test_figures_are_of_the_one_made_by_hand_too_when_the_next_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade makes one and restarts the schedule: the figures of the one before would be overdue until the next."""
    by_hand = datetime.now(UTC) - timedelta(hours=1)
    a_backup(tmp_path / "before-upgrade", by_hand)
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    _wait(tmp_path, timedelta(hours=24))

    due = re.search(r"^lapor_backup_due_timestamp_seconds.* (.*)$", (tmp_path / backups.FIGURES).read_text(), re.M)
    assert due
    assert pytest.approx(slept[0], abs=60) == float(due[1]) - datetime.now(UTC).timestamp()
    # Otherwise a schedule that fails and restarts again and again would seem to have just made one.
    assert pytest.approx(by_hand.timestamp(), abs=1) == (tmp_path / backups.FIGURES).stat().st_mtime


def test_a_manifest_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    a_backup(tmp_path / "one", datetime.now(UTC))
    outside = (tmp_path / "one" / backups.MANIFEST).read_text().replace('"file": "', '"file": "../')
    texts = (("{", "damaged"), ('{"format": 2, "services": []}', "a newer release"), ("[]", "damaged"))
    for text, said in (*texts, (outside, "damaged")):
        (tmp_path / "one" / backups.MANIFEST).write_text(text)
        with pytest.raises(Refused, match=said):
            backups.read(tmp_path / "one")


def test_altered_or_foreign_backup_is_refused(tmp_path: Path) -> None:
    backups.write(tmp_path / "one", [], [], OURS, ignore)
    manifest = tmp_path / "one" / backups.MANIFEST
    assert [] == backups.read(tmp_path / "one", OURS)

    manifest.write_text(json.dumps(json.loads(manifest.read_text())))  # another layout with the same values
    assert [] == backups.read(tmp_path / "one", OURS)

    with pytest.raises(Refused, match=r"was changed, or is of another installation.* say --trust"):
        backups.read(tmp_path / "one", UUID(int=2))
    said = json.loads(manifest.read_text())
    for changed in ({**said, "more": 1}, {**said, "seal": ""}, {"format": 1, "services": []}):
        manifest.write_text(json.dumps(changed))
        with pytest.raises(Refused, match="Nothing was restored"):
            backups.read(tmp_path / "one", OURS)


@pytest.mark.parametrize("text", ["", "change-me"])
def test_without_its_secret_nothing_is_sealed(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INSTALLATION_NAMESPACE_FILE", str(_file(tmp_path / "secret", text)))

    with pytest.raises(Refused, match="must hold the installation's UUID"):
        addresses.secret(DataDir(tmp_path), ["router=host=/sockets/router"])


def test_when_each_was_last_backed_up_is_a_figure(tmp_path: Path) -> None:
    at = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
    backups.write_figures(tmp_path, [a_backup(tmp_path / "one", at)], timedelta(hours=24))
    families = text_string_to_metric_families((tmp_path / backups.FIGURES).read_text())
    found = {sample.name: (sample.labels, sample.value) for family in families for sample in family.samples}
    assert found == {
        "lapor_backup_timestamp_seconds": ({"service": "router"}, at.timestamp()),
        "lapor_backup_due_timestamp_seconds": ({"service": "router"}, at.timestamp() + 86_400),
        "lapor_backup_bytes": ({"service": "router"}, 7),
        "lapor_backup_rows": ({"service": "router"}, 3),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("age1nonsense", "does not hold a public key: one begins with age1"),
        ("# only words\n", "is empty"),
        ("", "is empty"),
    ],
)
def test_invalid_public_key_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        backups.public_keys(_file(tmp_path / "key", text))


def test_servers_that_are_given_are_checked_all_at_once(tmp_path: Path) -> None:
    given = ["router=host=/sockets/router user=postgres", "sla-monitor=postgresql://postgres@127.0.0.1:9/postgres"]
    found = addresses.databases(DataDir(tmp_path), given)
    assert [(each.service, each.name) for each in found] == [("router", "router"), ("sla-monitor", "sla_monitor")]
    with pytest.raises(Refused, match=r"--server nobody: no service.* --server router: its address can't be read"):
        addresses.databases(DataDir(tmp_path), ["nobody=host=x", "router=nonsense"])
