"""The data folder: where each thing lives, private files, and the lock that keeps a second `up` out."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lapor.errors import Refused

DATA = Path(".lapor")
#: The size at which a process's log is put aside; the one before is kept too.
LOG_BYTES = 50_000_000


@dataclass(frozen=True)
class DataDir:
    """The paths inside one data folder (``.lapor/`` unless told otherwise)."""

    root: Path

    def command(self, line: str) -> str:
        """Complete ``line``, a command, for this data folder."""
        return line if self.root == DATA else f"{line} --data {shlex.quote(str(self.root))}"

    @property
    def logs(self) -> Path:
        """The logs: ``<name>.log`` for each process."""
        return self.root / "logs"

    @property
    def kafka(self) -> Path:
        """The broker's configuration and data."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """The database cluster."""
        return self.root / "postgres"

    @property
    def kannel(self) -> Path:
        """Kannel's configuration, logs and messages on their way."""
        return self.root / "kannel"

    @property
    def prometheus(self) -> Path:
        """Prometheus' configuration and data."""
        return self.root / "prometheus"

    @property
    def credentials(self) -> Path:
        """Every generated password; only its owner may read it."""
        return self.root / "credentials.json"

    @property
    def ports(self) -> Path:
        """The ports in use, kept from one start to the next."""
        return self.root / "ports.json"

    @property
    def state(self) -> Path:
        """The processes with their pids and start times; the supervisor writes it at every change."""
        return self.root / "state.json"

    @property
    def model(self) -> Path:
        """The classifier's model."""
        return self.root / "model.bin"

    @property
    def evidence(self) -> Path:
        """Photos and videos of citizens, as intake-web keeps them."""
        return self.root / "evidence"

    @property
    def spool(self) -> Path:
        """The part of the database's log that `lapor archive` received and has not archived yet."""
        return self.root / "spool"

    @property
    def standins(self) -> Path:
        """The journal of the vendors' stand-ins."""
        return self.root / "standins.json"

    @property
    def held(self) -> Path:
        """A file for each process that is not to be started while `lapor restore` replaces its database."""
        return self.root / "held"

    def holds(self, name: str) -> bool:
        """Whether the process ``name`` is not to be started."""
        return (self.held / name).exists()

    @property
    def lock(self) -> Path:
        """The lock that the running `lapor up` holds."""
        return self.root / "lock"

    @property
    def marker(self) -> Path:
        """The mark that `lapor up` made this folder, and may delete its contents."""
        return self.root / ".made-by-lapor"

    @property
    def made(self) -> list[Path]:
        """Everything that `lapor up` makes here, the marker last."""
        model = [self.model.with_suffix(end) for end in (".bin", ".key", ".new")]
        fresh, password = (self.postgres.with_name(f"postgres.{end}") for end in ("new", "pw"))
        files = [password, self.credentials, self.ports, self.state, self.standins, self.lock, *model]
        databases = [self.postgres, fresh, self.spool]
        folders = [self.logs, self.kafka, *databases, self.kannel, self.prometheus, self.evidence, self.held]
        return [*folders, *files, self.marker]

    @property
    def is_ours(self) -> bool:
        """Whether `lapor up` made this folder; older ones have no marker, but our passwords."""
        known = self.credentials
        return self.marker.exists() or (known.is_file() and '"kafka_admin"' in known.read_text(errors="replace"))

    def log(self, name: str) -> Path:
        """Return the log file of the process ``name``."""
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the folders. Raises Refused if they can't be made, or would mix with another program's files."""
        foreign = [] if self.is_ours else [path.name for path in self.made if path.exists()]
        if foreign:
            raise Refused(
                f"{', '.join(foreign)} is already in {self.root}, and not of `lapor up`: choose another with --data."
            )
        new = not self.root.exists()
        try:
            self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.evidence.mkdir(exist_ok=True, mode=0o700)
            if new:
                let_through(self.root)
            self.marker.touch()
        except OSError as error:
            raise Refused(
                f"The data folder {self.root} cannot be made ({error.strerror}): choose another with --data."
            ) from error


def let_through(folder: Path) -> None:
    """Let other users pass through ``folder`` without listing it, if we are root: PostgreSQL runs as another user."""
    if os.geteuid() == 0:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)


def write_private(path: Path, text: str) -> None:
    """Write ``text`` atomically, readable only by the owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


@contextmanager
def only_one(data: DataDir) -> Iterator[None]:
    """Hold the data folder for this process. Raises Refused if another one holds it."""
    with data.lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                f"The system already runs from {data.root}: `{data.command('lapor status')}` shows it, "
                f"`{data.command('lapor down')}` stops it, `lapor up --data OTHER` starts a second one."
            ) from error
        yield


def is_long(log: Path) -> bool:
    """Whether ``log`` has ``LOG_BYTES``."""
    return log.exists() and log.stat().st_size >= LOG_BYTES


def put_aside(log: Path) -> None:
    """Copy ``log`` to ``<name>.log.1``, overwriting the previous one, and empty it.

    The process that appends to it goes on writing, as with logrotate's ``copytruncate``.
    """
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)


def tail(path: Path, lines: int = 15) -> str:
    """Read the last lines of a log; empty if the log does not exist."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64_000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
