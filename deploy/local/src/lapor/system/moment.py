"""A moment of an archive as a backup: the server as it was is started beside the others, and its databases dumped.

So a moment is restored as a backup is: made beside the present databases, compared, and swapped.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from psycopg import pq

from lapor.errors import Refused
from lapor.processes.data_dir import let_through
from lapor.processes.process import environment, identity
from lapor.servers import wal
from lapor.servers.dump import Database, said
from lapor.servers.postgres import ADMIN, server_user
from lapor.system import archive, backups
from lapor.system.backups import Identity, Part
from lapor.system.installation import database_name

#: Stands in for the locales of a cluster in containers, which are in the image and not here.
_LOCALE = Path("/usr/lib/locale/C.utf8")
#: The prefix of the folder where a moment is made, and the name of its lock file.
_SCRATCH, _HELD = "lapor-moment-", "held"
_SHORT = "recovery ended before configured recovery target was reached"
# The server has no clients and no network, and its data is thrown away.
_SETTINGS = {
    "listen_addresses": "", "ssl": "off", "fsync": "off", "hot_standby": "off", "archive_mode": "off", "jit": "off",
    "logging_collector": "off", "log_destination": "stderr", "shared_buffers": "64MB", "huge_pages": "off",
    "shared_preload_libraries": "", "lc_messages": "C", "lc_monetary": "C", "lc_numeric": "C", "lc_time": "C",
    "max_wal_size": "1GB", "recovery_target_action": "promote", "autovacuum": "off",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The databases of one server as they were; ``last``: the time of their last commit.

    ``short``: the archive ends before the moment. ``passed_over``: bases of the same server's place that are damaged or
    not this installation's.
    """

    folder: Path
    parts: list[Part]
    last: datetime | None
    short: bool
    passed_over: list[Path]


@contextmanager
def recovered(
    directory: Path,
    services: Sequence[str],
    until: datetime | None,
    identities: Sequence[Identity],
    installation: UUID | None,
    progress: backups.Progress,
    systems: Sequence[str] = (),
) -> Iterator[list[Moment]]:
    """Yield the databases of ``services`` (by default of all) as they were at ``until``, by default last.

    They are unencrypted backups in a folder that is deleted with the context. ``systems`` selects among servers that
    replaced one another.

    Raises:
        Refused: the archive has no such service or moment, is damaged or another installation's, or has a service on
            several servers and neither ``until`` nor ``systems`` selects one.
    """
    place = archive.Place(directory=directory, installation=installation)
    with scratch_folder() as scratch:
        let_through(scratch)
        moments = []
        chosen, passed_over = _chosen(place, services, until, systems)
        for n, (base, wanted) in enumerate(chosen):
            own = scratch / str(n)
            own.mkdir(mode=0o700)
            beside = [each for each in passed_over if each.parents[1] == base.folder.parents[1]]
            moments.append(_recover(place, base, wanted, until, identities, own, progress, beside))
        yield moments


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder that is deleted with the context, also at SIGTERM. Delete those of killed restores first.

    It holds the complete contents of the databases, so it must not lie around longer than it is needed.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError), (left / _HELD).open() as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails if its process still lives
            shutil.rmtree(left)
    before = signal.signal(signal.SIGTERM, _end)
    try:
        with tempfile.TemporaryDirectory(prefix=_SCRATCH) as folder, (Path(folder) / _HELD).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(folder)
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _chosen(
    place: archive.Place, services: Sequence[str], until: datetime | None, systems: Sequence[str]
) -> tuple[list[tuple[archive.Base, list[str]]], list[Path]]:
    """Choose each server's newest base that can become the moment, and its services; also list passed-over bases."""
    found, wrong = [], {}
    for each in archive.bases(place.directory):
        try:
            found.append(archive.read_base(each, place.installation))
        except Refused as error:
            wrong[each] = error
    if gone := set(systems) - {base.folder.parent.name for base in found}:
        raise next((why for each, why in wrong.items() if each.parent.name in gone), None) or Refused(
            f"The archive has no server {', '.join(sorted(gone))}."
        )
    known = dict.fromkeys(service for base in found for service in base.services)
    wanted = list(dict.fromkeys(services or known))
    ours = {base.folder.parents[1] for base in found}
    for each, why in wrong.items():
        if not known.keys() >= set(wanted) or (not services and each.parents[1] not in ours):
            raise why  # without this base a wanted service would be missing
    if absent := [each for each in wanted if each not in known]:
        raise Refused(f"The archive has no {', '.join(absent)}: it has {', '.join(known)}.")
    chosen: dict[Path, tuple[archive.Base, list[str]]] = {}
    for service in wanted:
        own = _of_one_server(service, [base for base in found if service in base.services], until, systems)
        # Times of bases are rounded down to seconds.
        able = [base for base in own if until is None or base.at + timedelta(seconds=1) <= until]
        if not able:
            raise Refused(f"The archive of {service} begins at {own[0].at.isoformat()}: name a later time.")
        chosen.setdefault(able[-1].folder, (able[-1], []))[1].append(service)
    return list(chosen.values()), list(wrong)


def _of_one_server(
    service: str, found: Sequence[archive.Base], until: datetime | None, systems: Sequence[str]
) -> list[archive.Base]:
    """Select the bases in ``found`` that may be meant, the oldest first. Raises Refused if several servers have some.

    The newest may be an empty server's that replaced the lost one while the archive ran, and nobody wants that one.
    """
    of = {base.folder.parent for base in found}
    of = {each for each in of if each.name in systems} or of
    if len(of) > 1 and until is None:
        ends = sorted((archive.ends_at(each), each.name) for each in of)
        named = ", ".join(f"{name} until {at.isoformat(timespec='seconds')}" for at, name in ends)
        raise Refused(
            f"The archive has {service} of {len(ends)} servers, one made after the other: {named}. Nothing was"
            " restored: say of which with --system NUMBER, or at which moment with --until."
        )
    return sorted((base for base in found if base.folder.parent in of), key=lambda base: base.at)


def _recover(
    place: archive.Place,
    base: archive.Base,
    services: Sequence[str],
    until: datetime | None,
    identities: Sequence[Identity],
    scratch: Path,
    progress: backups.Progress,
    passed_over: list[Path],
) -> Moment:
    programs = wal.server_programs(base.major)
    backups.check(base.folder, base.parts, identities, progress)
    _unpack(base, identities, scratch, progress)
    log = scratch / "log"
    log.mkdir(mode=0o700)
    pieces = archive.Log(place, base.folder.parent)
    for name, content in pieces.read(base.since, identities, base.segment_bytes):
        (log / name).write_bytes(content)
        progress("log", len(content))
    _locales(base.locales, scratch)
    with _server(programs, scratch, until) as (address, short):
        with psycopg.connect(address) as db:
            last = db.execute("SELECT pg_last_xact_replay_timestamp()").fetchone()
        databases = [Database(service=each, name=database_name(each), admin=address) for each in services]
        parts = backups.write(scratch / "dump", databases, [], uuid4(), progress)
    for gone in ("data", "log"):
        shutil.rmtree(scratch / gone)
    return Moment(
        folder=scratch / "dump", parts=parts, last=last[0] if last else None, short=short, passed_over=passed_over
    )


def _unpack(base: archive.Base, identities: Sequence[Identity], scratch: Path, progress: backups.Progress) -> None:
    """Unpack the server's files below ``scratch``, and compare them with its listing."""
    (scratch / "data").mkdir(mode=0o700)
    for part in base.parts:
        with (scratch / part.name).open("wb") as file:
            backups.open_part(base.folder, part, file, identities, progress)
    wal.check_base(scratch / wal.TAR, scratch / wal.LISTING, into=scratch / "data")
    (scratch / wal.TAR).unlink()
    (scratch / "data" / "recovery.signal").touch()


def _locales(names: Sequence[str], scratch: Path) -> None:
    """Make the names of all these locales mean C.UTF-8.

    PostgreSQL does not open a database whose locale is missing. Tables are only read sequentially here, so collation
    does not matter; the restored database gets its own server's.
    """
    (scratch / "locales").mkdir()
    for name in {*names, "C.UTF-8", "C.utf8"} - {"C", "POSIX"}:
        (scratch / "locales" / name).symlink_to(_LOCALE)


@contextmanager
def _server(programs: Path, scratch: Path, until: datetime | None) -> Iterator[tuple[str, bool]]:
    """Yield the server's address once it is as it was at ``until``, and whether the log ended before that."""
    user = server_user()
    (scratch / "hba").write_text(f"local all {ADMIN} trust\n")  # in a folder that nobody else can enter
    with tempfile.TemporaryDirectory(prefix="lapor-") as sockets:  # its path must be short
        if user:
            subprocess.run(["chown", "-R", f"{user}:", str(scratch), sockets], check=True, timeout=600)  # noqa: S603, S607
        address = f"host={sockets} user={ADMIN} dbname=postgres"
        for target in (until, None):
            process = _start(programs, scratch, Path(sockets), target, user)
            try:
                if _is_up(process, address):
                    yield address, target is not until
                    return
            finally:
                process.send_signal(signal.SIGQUIT)  # an immediate shutdown: nobody needs its files any longer
                process.wait()
            log = (scratch / "server.log").read_text(errors="replace")
            if target is None or _SHORT not in log:
                fatal = [line for line in log.splitlines() if "FATAL" in line or "PANIC" in line]
                raise Refused(
                    f"The server can't be brought back: {(fatal or log.splitlines() or ['it says nothing'])[-1]}"
                )
            # The archive ends before ``until``, as the server was idle or lost: recover to the end of the log instead.


def _start(
    programs: Path, scratch: Path, sockets: Path, until: datetime | None, user: str | None
) -> subprocess.Popen[bytes]:
    settings = {
        **_SETTINGS,
        "unix_socket_directories": str(sockets),
        "hba_file": str(scratch / "hba"),
        "restore_command": f'cp "{scratch}/log/%f" "%p"',
        "recovery_target_time": until.astimezone(UTC).isoformat(sep=" ") if until else "",
    }
    given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (scratch / "server.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - PostgreSQL's program, our own arguments
            [str(programs / "postgres"), "-D", str(scratch / "data"), *given],
            env={**environment({}), "LOCPATH": str(scratch / "locales")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            **identity(user),
        )


def _is_up(process: subprocess.Popen[bytes], address: str) -> bool:
    """Wait until the server accepts connections, so has read its log (True), or has exited (False)."""
    while process.poll() is None:
        if pq.PGconn.ping(address.encode()) == pq.Ping.OK:
            try:
                psycopg.connect(address).close()
            except psycopg.OperationalError as error:
                raise Refused(f"The server is back, and lets nobody in: {said(error)}") from error
            return True
        time.sleep(0.1)
    return False
