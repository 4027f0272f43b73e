"""A moment of an archive as a backup: the server as it was is started beside all others, its databases written down.

So what an archive gives back goes the way that a backup goes: it is made beside what is there, compared, and swapped.
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

#: Of a cluster in containers, which lie in its image and not here.
_LOCALE = Path("/usr/lib/locale/C.utf8")
#: How the folder is called in which a moment is made, and the file by which it is held.
_SCRATCH, _HELD = "lapor-moment-", "held"
_SHORT = "recovery ended before configured recovery target was reached"
# It serves nobody, on no network, and what it has is thrown away.
_SETTINGS = {
    "listen_addresses": "", "ssl": "off", "fsync": "off", "hot_standby": "off", "archive_mode": "off", "jit": "off",
    "logging_collector": "off", "log_destination": "stderr", "shared_buffers": "64MB", "huge_pages": "off",
    "shared_preload_libraries": "", "lc_messages": "C", "lc_monetary": "C", "lc_numeric": "C", "lc_time": "C",
    "max_wal_size": "1GB", "recovery_target_action": "promote", "autovacuum": "off",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The databases of one server as they were; ``last``: when the last of what they know was committed.

    ``passed_over``: bases of the same place that are damaged, or not this installation's.
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
    """Give the databases of ``services`` (of all where none is named) as they were at ``until``, or last.

    They are backups, not encrypted, in a folder that goes with the context. ``systems``: of these servers alone, where
    one took the place of another.

    Raises:
        Refused: the archive has no such service or moment, is damaged or another installation's, or has a service of
            several servers and neither ``until`` nor ``systems`` says of which.
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
    """Give a folder that goes with the context, also at SIGTERM; those go first that a killed restore has left.

    What lies in it is all that the databases know, so it is to lie nowhere longer than it is needed.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        with contextlib.suppress(OSError), (left / _HELD).open() as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # whoever lives holds it
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
    """The newest base of each server that can become the moment, and what is wanted of it; and those passed over."""
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
            raise why  # passed over it would be what somebody wants, and there is no other
    if absent := [each for each in wanted if each not in known]:
        raise Refused(f"The archive has no {', '.join(absent)}: it has {', '.join(known)}.")
    chosen: dict[Path, tuple[archive.Base, list[str]]] = {}
    for service in wanted:
        own = _of_one_server(service, [base for base in found if service in base.services], until, systems)
        # Times of bases are whole seconds.
        able = [base for base in own if until is None or base.at + timedelta(seconds=1) <= until]
        if not able:
            raise Refused(f"The archive of {service} begins at {own[0].at.isoformat()}: name a later time.")
        chosen.setdefault(able[-1].folder, (able[-1], []))[1].append(service)
    return list(chosen.values()), list(wrong)


def _of_one_server(
    service: str, found: Sequence[archive.Base], until: datetime | None, systems: Sequence[str]
) -> list[archive.Base]:
    """Those of ``found`` that may be meant, the oldest first.

    The newest may be of an empty server that took the place of the lost one while the archive ran: nobody wants that.
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
    """Write the files of the server below ``scratch``, compared with what it listed."""
    (scratch / "data").mkdir(mode=0o700)
    for part in base.parts:
        with (scratch / part.name).open("wb") as file:
            backups.open_part(base.folder, part, file, identities, progress)
    wal.check_base(scratch / wal.TAR, scratch / wal.LISTING, into=scratch / "data")
    (scratch / wal.TAR).unlink()
    (scratch / "data" / "recovery.signal").touch()


def _locales(names: Sequence[str], scratch: Path) -> None:
    """Have names of locales that are not on this machine mean C.UTF-8.

    PostgreSQL does not open a database whose locale it can't have. Tables are only read from their first row to their
    last here, so the order of words is of no use; the database that is made of them has the one of its server.
    """
    (scratch / "locales").mkdir()
    for name in {*names, "C.UTF-8", "C.utf8"} - {"C", "POSIX"}:
        (scratch / "locales" / name).symlink_to(_LOCALE)


@contextmanager
def _server(programs: Path, scratch: Path, until: datetime | None) -> Iterator[tuple[str, bool]]:
    """Give the address of the server once it is as it was at ``until``, and whether the log ended before that."""
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
                process.send_signal(signal.SIGQUIT)  # at once: nobody needs its files any more
                process.wait()
            log = (scratch / "server.log").read_text(errors="replace")
            if target is None or _SHORT not in log:
                fatal = [line for line in log.splitlines() if "FATAL" in line or "PANIC" in line]
                raise Refused(
                    f"The server can't be brought back: {(fatal or log.splitlines() or ['it says nothing'])[-1]}"
                )
            # All that the archive has was before: the server was idle, or was lost before.


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
    """Return True when the server lets in, which is when it has read its log, or False when it has ended."""
    while process.poll() is None:
        if pq.PGconn.ping(address.encode()) == pq.Ping.OK:
            try:
                psycopg.connect(address).close()
            except psycopg.OperationalError as error:
                raise Refused(f"The server is back, and lets nobody in: {said(error)}") from error
            return True
        time.sleep(0.1)
    return False
