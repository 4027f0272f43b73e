"""One service's database, written to a stream and made anew from one, with PostgreSQL's own pg_dump and pg_restore."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lapor.errors import Refused
from lapor.servers.postgres import ADMIN, BIN

#: libpq's variables for the parts of an address that ours have; an argument with a password is seen by all.
_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
_TABLES = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
_OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"

# Else the owner of a database may give a name of PostgreSQL's own to what runs as whoever asks (CVE-2018-1058).
_PLAIN = "-c search_path=pg_catalog"


@dataclass(frozen=True, kw_only=True)
class Database:
    """A service's database. ``admin``: the server's address for its superuser; ``name``: also that of its owner."""

    service: str
    name: str
    admin: str

    def address(self, name: str | None = None) -> str:
        """The address of this database, or of ``name`` on the same server, for the superuser."""
        return make_conninfo(self.admin, dbname=name or self.name)


def dump(database: Database, write: Callable[[IO[bytes]], None]) -> int:
    """Give ``write`` a stream of the database as it is at one moment; returns the rows in it.

    Raises:
        Refused: it can't be read; nothing in it was changed.
    """
    try:
        with psycopg.connect(database.address(), connect_timeout=10, options=_PLAIN) as db:
            db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            db.read_only = True
            snapshot = _one(db, "SELECT pg_export_snapshot()")
            run(("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}"), database.address(), reads=write)
            return _rows(db)  # of the same moment
    except (psycopg.Error, Failed) as error:
        raise Refused(f"The database of {database.service} can't be backed up: {said(error)}") from error


def load(database: Database, give: Callable[[IO[bytes]], None], rows: int) -> str:
    """Make a new database from the stream that ``give`` writes, beside the present one; returns its name.

    What an interrupted call left is dropped first.

    Raises:
        Refused: it can't be made, or has not ``rows`` rows; nothing of it is left.
    """
    name = f"{database.name}_restoring"
    try:
        with psycopg.connect(database.address(ADMIN), autocommit=True, connect_timeout=10) as server:
            fresh, owner = sql.Identifier(name), sql.Identifier(database.name)
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(fresh)
            server.execute(drop)
            server.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(fresh, owner))
            server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(fresh))
            try:
                with _as_owner(server, database, name) as address:
                    run(("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={name}"), address, writes=give)
                    with psycopg.connect(address, options=_PLAIN) as db:
                        if (came := _rows(db)) != rows:
                            raise Failed(f"it was made of {rows} rows, and {came} came back")
                return name
            except BaseException:
                server.execute(drop)
                server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(fresh))  # it may have owned what is gone now
                raise
    except (psycopg.Error, Failed) as error:
        raise Refused(f"The backup of {database.service} can't be restored: {said(error)}") from error


@contextmanager
def _as_owner(server: psycopg.Connection[Any], database: Database, name: str) -> Iterator[str]:
    """Give the address of the database ``name`` for an account that may what its owner may, and lives no longer.

    A dump is a program, and whoever may write to a backup may change it: as the superuser it could run commands on the
    database server, for a role that was set can be left.
    """
    account, owner = sql.Identifier(name), sql.Identifier(database.name)
    password = secrets.token_urlsafe(24)
    drop = sql.SQL("DROP ROLE IF EXISTS {}").format(account)
    server.execute(drop)
    server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(account, sql.Literal(password), owner))
    try:
        server.execute(sql.SQL("ALTER ROLE {} SET role TO {}").format(account, owner))  # what it makes is the owner's
        yield make_conninfo(database.address(name), user=name, password=password)
    finally:
        server.execute(drop)


def discard(database: Database, name: str) -> None:
    """Drop a database that ``load`` made."""
    with psycopg.connect(database.address(ADMIN), autocommit=True, connect_timeout=10) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def users(database: Database) -> int:
    """How many connections others have to the database."""
    with psycopg.connect(database.address(ADMIN), connect_timeout=10) as server:
        return len(server.execute(_OTHERS, [database.name]).fetchall())


def swap(database: Database, fresh: str, aside: str) -> bool:
    """Put the database ``fresh`` in the place of the present one, which is kept as ``aside``; False if there was none.

    Both happen or none. Whoever is connected is cut off.
    """
    with psycopg.connect(database.address(ADMIN), autocommit=True, connect_timeout=10) as server:
        there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database.name]).fetchone() is not None
        present, kept, new = sql.Identifier(database.name), sql.Identifier(aside), sql.Identifier(fresh)
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        if there:
            # Or whoever was cut off is back before it has another name.
            server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(present))
            server.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({_OTHERS}) AS others", [database.name])
        let_in = present
        try:
            with server.transaction():
                if there:
                    server.execute(rename.format(present, kept))
                server.execute(rename.format(new, present))
            let_in = kept
        finally:  # also when it could not be swapped: its service goes on with it
            if there:
                server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(let_in))
    return there


class Failed(Exception):
    """A program of PostgreSQL's left with an error."""


def run(
    command: tuple[str, ...],
    address: str,
    *,
    reads: Callable[[IO[bytes]], None] | None = None,
    writes: Callable[[IO[bytes]], None] | None = None,
) -> None:
    """Run a program at ``address``; ``reads`` gets what it prints, or ``writes`` what it is to read."""
    end = subprocess.PIPE
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - the wheel's program, our own arguments
            [str(BIN / command[0]), *command[1:]],
            env=variables(address),
            stdin=end if writes else subprocess.DEVNULL,
            stdout=end if reads else subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        try:
            if reads and process.stdout:
                reads(process.stdout)
            if writes and process.stdin:
                writes(process.stdin)
                process.stdin.close()
        except BrokenPipeError:  # it says on stderr why it left
            pass
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            errors.seek(0)
            raise Failed(errors.read().decode(errors="replace").strip()[-500:] or f"exit code {process.returncode}")


def variables(address: str) -> dict[str, str]:
    """Give the environment of a program of PostgreSQL's that is to go to ``address``."""
    parts = conninfo_to_dict(address)
    ours = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "TZ") if name in os.environ}
    return {**ours, **{_VARIABLES[name]: str(value) for name, value in parts.items() if name in _VARIABLES}}


def _rows(db: psycopg.Connection[tuple[object, ...]]) -> int:
    tables = [str(name) for (name,) in db.execute(_TABLES).fetchall()]
    return sum(int(str(_one(db, f"SELECT count(*) FROM {table}"))) for table in tables)


def _one(db: psycopg.Connection[tuple[object, ...]], query: str) -> object:
    row = db.execute(query).fetchone()
    return row[0] if row else None


def said(error: Exception) -> str:
    """Give what ``error`` says, in one line."""
    return " ".join(str(error).split())
