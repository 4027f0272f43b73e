"""Dumps of one service's database to a stream, and restores from one, with PostgreSQL's pg_dump and pg_restore."""

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

#: libpq's variables for the parts of our addresses: every user can see the password in an argument.
_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
_TABLES = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
_OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"

# Otherwise a database's owner could shadow a name of PostgreSQL's, and so run code as the caller (CVE-2018-1058).
_PLAIN = "-c search_path=pg_catalog"


@dataclass(frozen=True, kw_only=True)
class Database:
    """A service's database. ``admin``: the superuser's address of its server; ``name``: its name, and its owner's."""

    service: str
    name: str
    admin: str

    def address(self, name: str | None = None) -> str:
        """Return the superuser's address of this database, or of ``name`` on the same server."""
        return make_conninfo(self.admin, dbname=name or self.name)


def dump(database: Database, write: Callable[[IO[bytes]], None]) -> int:
    """Pass ``write`` a stream with the database as it is at one moment, and return the number of rows.

    Raises:
        Refused: the database can't be read; nothing in it was changed.
    """
    try:
        with psycopg.connect(database.address(), connect_timeout=10, options=_PLAIN) as db:
            db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            db.read_only = True
            snapshot = _one(db, "SELECT pg_export_snapshot()")
            run(("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}"), database.address(), reads=write)
            return _rows(db)  # in the same snapshot
    except (psycopg.Error, Failed) as error:
        raise Refused(f"The database of {database.service} can't be backed up: {said(error)}") from error


def load(database: Database, give: Callable[[IO[bytes]], None], rows: int) -> str:
    """Make a new database beside the present one, from the stream that ``give`` writes. Return its name.

    A database left by an interrupted call is dropped first.

    Raises:
        Refused: it can't be made, or does not have ``rows`` rows; nothing of it is left.
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
                server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(fresh))  # it may have owned the dropped objects
                raise
    except (psycopg.Error, Failed) as error:
        raise Refused(f"The backup of {database.service} can't be restored: {said(error)}") from error


@contextmanager
def _as_owner(server: psycopg.Connection[Any], database: Database, name: str) -> Iterator[str]:
    """Yield the address of the database ``name`` for a temporary account with the rights of the owner.

    A dump is a program, and anyone who can write to a backup may have changed it. Run by the superuser it could execute
    commands on the database server, even under SET ROLE, which it can undo.
    """
    account, owner = sql.Identifier(name), sql.Identifier(database.name)
    password = secrets.token_urlsafe(24)
    drop = sql.SQL("DROP ROLE IF EXISTS {}").format(account)
    server.execute(drop)
    server.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(account, sql.Literal(password), owner))
    try:
        server.execute(sql.SQL("ALTER ROLE {} SET role TO {}").format(account, owner))  # the owner owns what it makes
        yield make_conninfo(database.address(name), user=name, password=password)
    finally:
        server.execute(drop)


def discard(database: Database, name: str) -> None:
    """Drop a database that ``load`` made."""
    with psycopg.connect(database.address(ADMIN), autocommit=True, connect_timeout=10) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def users(database: Database) -> int:
    """Count the connections that others have to the database."""
    with psycopg.connect(database.address(ADMIN), connect_timeout=10) as server:
        return len(server.execute(_OTHERS, [database.name]).fetchall())


def swap(database: Database, fresh: str, aside: str) -> bool:
    """Replace the present database by ``fresh``, and keep it as ``aside``. Return whether there was a present one.

    The swap is atomic. Clients that are connected are cut off.
    """
    with psycopg.connect(database.address(ADMIN), autocommit=True, connect_timeout=10) as server:
        there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database.name]).fetchone() is not None
        present, kept, new = sql.Identifier(database.name), sql.Identifier(aside), sql.Identifier(fresh)
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        if there:
            # Otherwise a client that is cut off could connect again before the rename.
            server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(present))
            server.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({_OTHERS}) AS others", [database.name])
        let_in = present
        try:
            with server.transaction():
                if there:
                    server.execute(rename.format(present, kept))
                server.execute(rename.format(new, present))
            let_in = kept
        finally:  # also if the swap failed: its service goes on with the present database
            if there:
                server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(let_in))
    return there


class Failed(Exception):
    """A program of PostgreSQL's failed."""


def run(
    command: tuple[str, ...],
    address: str,
    *,
    reads: Callable[[IO[bytes]], None] | None = None,
    writes: Callable[[IO[bytes]], None] | None = None,
) -> None:
    """Run a program at ``address``; ``reads`` gets its stdout, or ``writes`` its stdin."""
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
        except BrokenPipeError:  # the program says on stderr why it exited
            pass
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            errors.seek(0)
            raise Failed(errors.read().decode(errors="replace").strip()[-500:] or f"exit code {process.returncode}")


def variables(address: str) -> dict[str, str]:
    """Return the environment with which a program of PostgreSQL's connects to ``address``."""
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
    """Return the text of ``error`` in one line."""
    return " ".join(str(error).split())
