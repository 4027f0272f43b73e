"""A database of the compose file: its service owns it and is no superuser."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import psycopg
import pytest
import yoyo
from prometheus_client import REGISTRY
from running import Database

from chassis.certificates import Server, show

pytestmark = pytest.mark.connected

RIGHTS = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolcanlogin"


def verified(ca: Path) -> str:
    """Return the DSN's options of a service of the compose file."""
    return f"?sslmode=verify-full&sslrootcert={ca}"


def by_asyncpg(dsn: str) -> bool:
    async def ask() -> bool:
        db = await asyncpg.connect(dsn, timeout=10)
        try:
            return bool(await db.fetchval(ENCRYPTED))
        finally:
            await db.close()

    return asyncio.run(ask())


def by_psycopg(dsn: str) -> bool:
    with psycopg.connect(dsn, connect_timeout=10) as db:
        row = db.execute(ENCRYPTED).fetchone()
        return bool(row and row[0])


def by_yoyo(dsn: str) -> bool:
    """Whether yoyo can connect, which `migrate` uses; it passes the address to psycopg in another way."""
    backend = yoyo.get_backend(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        return bool(backend.execute(ENCRYPTED).fetchone()[0])
    finally:
        backend.connection.close()


ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
CLIENTS = [by_asyncpg, by_psycopg, by_yoyo]
Client = Callable[[str], bool]


@pytest.fixture(scope="module")
def database(new_database: Callable[[], Database]) -> Database:
    database = new_database()
    database.start()
    return database


def test_the_service_is_a_plain_role_and_owns_its_database(database: Database) -> None:
    assert ["f|f|f|f|f|t"] == database.admin(f"SELECT {RIGHTS} FROM pg_roles WHERE rolname = 'router'")
    assert ["router"] == database.admin("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'router'")
    assert [] == database.admin("SELECT 1 FROM pg_auth_members WHERE member = 'router'::regrole")


def test_the_service_can_migrate_its_database_twice(database: Database) -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "router", "migrate"],
            env={"PATH": os.environ["PATH"], "DATABASE_URL": database.dsn(options=verified(database.ca))},
            capture_output=True,
            text=True,
            timeout=120,
        )

        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null'",
        "COPY (SELECT 1) TO '/tmp/lapor-was-here'",
        "SELECT pg_read_file('/etc/passwd')",
        "CREATE ROLE another",
        "CREATE DATABASE another",
        "ALTER ROLE router SUPERUSER",
        "ALTER SYSTEM SET fsync = off",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'",
        "SET ROLE pg_execute_server_program",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_the_service_may_nothing_outside_its_database(database: Database, statement: str) -> None:
    with psycopg.connect(database.dsn(), autocommit=True) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(statement)


@pytest.mark.parametrize(("role", "name"), [(None, "postgres"), (None, "template1"), ("", "postgres"), ("", "router")])
def test_nobody_comes_in_by_the_network_but_the_owner(database: Database, role: str | None, name: str) -> None:
    """An empty role stands for the superuser."""
    who = database.user if role == "" else role

    with pytest.raises(psycopg.OperationalError, match="pg_hba"):
        psycopg.connect(database.dsn(who, name))


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_of_ours_is_encrypted_and_knows_its_database(database: Database, client: Client) -> None:
    assert client(database.dsn(options=verified(database.ca)))


@pytest.mark.parametrize(
    ("host", "options", "said"),
    [
        ("localhost", "?sslmode=disable", "no pg_hba.conf entry .* no encryption|rejects connection .* SSL off"),
        ("localhost", "another", "certificate verify failed"),
        ("127.0.0.1", "ours", "does not match host name|IP address mismatch"),
    ],
    ids=["plain", "another CA", "another host"],
)
@pytest.mark.parametrize("client", CLIENTS)
def test_no_client_takes_part_in_what_is_not_encrypted_or_not_its_database(
    database: Database, client: Client, another_ca: Path, host: str, options: str, said: str
) -> None:
    options = {"another": verified(another_ca), "ours": verified(database.ca)}.get(options, options)

    with pytest.raises((OSError, asyncpg.PostgresError, psycopg.OperationalError), match=said):
        client(database.dsn(options=options).replace("localhost", host))


def test_a_service_sees_until_when_the_certificate_of_its_database_is_good(database: Database) -> None:
    before = database.log  # with the refusals of other tests
    show(Server("localhost", database.port, is_postgres=True), ssl.create_default_context(cafile=database.ca), 10)

    labels = {"server": f"localhost:{database.port}"}
    ends = REGISTRY.get_sample_value("lapor_certificate_expires_timestamp_seconds", labels)
    assert (datetime.now(UTC) + timedelta(days=365)).timestamp() == pytest.approx(ends, abs=86_400)
    assert "SSL" not in database.log.removeprefix(before)


def test_a_service_says_in_one_sentence_that_the_certificate_has_expired(new_database: Callable[[], Database]) -> None:
    database = new_database()
    shutil.rmtree(database.folder / "tls")
    database.certify("router-db", now=datetime.now(UTC) - timedelta(days=730))
    database.start()
    dsn = database.dsn(options=verified(database.ca))

    done = subprocess.run(
        [sys.executable, "-m", "router", "migrate"],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": dsn},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (75, 1) == (done.returncode, done.stderr.count("\n"))
    assert "certificate has expired" in done.stderr
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
        by_asyncpg(dsn)
    database.stop()


def test_making_the_owner_again_changes_nothing_but_the_password(database: Database) -> None:
    with psycopg.connect(database.dsn(), autocommit=True) as db:
        db.execute("CREATE TABLE IF NOT EXISTS kept (it int)")
        db.execute("INSERT INTO kept VALUES (1)")

    (database.folder / "other").write_text("it's \\another; one\n")
    other = str(database.folder / "other")
    done = database.run(str(database.folder / "deploy" / "owner.sh"), OWNER_PASSWORD_FILE=other)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(database.dsn())
    with psycopg.connect(database.dsn(), password="it's \\another; one") as db:
        assert [(1,)] == db.execute("SELECT it FROM kept").fetchall()
    assert ["f|f|f|f|f|t"] == database.admin(f"SELECT {RIGHTS} FROM pg_roles WHERE rolname = 'router'")
    assert database.run(str(database.folder / "deploy" / "owner.sh")).returncode == 0


def test_an_empty_password_is_refused_and_the_old_one_stays(database: Database) -> None:
    (database.folder / "empty").write_text("\n")
    empty = str(database.folder / "empty")
    refused = database.run(str(database.folder / "deploy" / "owner.sh"), OWNER_PASSWORD_FILE=empty)

    assert (True, True) == (refused.returncode != 0, f"is empty in {empty}" in refused.stderr)
    psycopg.connect(database.dsn()).close()


def test_no_password_is_seen_in_arguments_or_logs(database: Database) -> None:
    """Not even when the statement that carries it fails."""
    database.password = "s3cret" * 4
    refused = database.run(str(database.folder / "deploy" / "owner.sh"), OWNER="pg_nobody")

    assert (True, "pg_nobody") == (refused.returncode != 0, refused.stderr.split('"')[1])
    assert "s3cret" not in refused.stderr + (database.folder / "log").read_text()


@pytest.mark.parametrize(
    ("password", "fault"),
    [("", "is not set"), ("change-me", "is still a placeholder"), ("x" * 15, "has fewer than 16 letters")],
)
def test_a_database_does_not_start_with_a_password_that_protects_nothing(
    new_database: Callable[[], Database], password: str, fault: str
) -> None:
    database = new_database()

    database.password = password
    done = database.run("bash", str(database.folder / "deploy" / "start.sh"))

    assert (78, True) == (done.returncode, fault in done.stderr), done.stderr
    assert not (database.folder / "data").exists()
