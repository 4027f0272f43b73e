"""A server's log (WAL) as it is written, and all its files, by PostgreSQL's pg_receivewal and pg_basebackup."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg

from lapor.errors import Refused
from lapor.servers.dump import Failed, run, said, variables
from lapor.servers.postgres import BIN, MAJOR, programs

SLOT = "lapor_archive"
#: The files in a folder that ``take_base`` made.
TAR, LISTING = "base.tar.gz", "backup_manifest"
#: Files in the tar without a checksum in the listing: the part of the log that makes it consistent, and the listing.
_UNLISTED = ("pg_wal/", LISTING)
_CHUNK = 1 << 20
# Positions in the log are counted in bytes from its beginning.
_LOOK = """\
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
       current_setting('server_version_num')::int / 10000 AS major,
       (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS segment_bytes,
       (pg_current_wal_flush_lsn() - '0/0')::bigint AS written,
       (client.write_lsn - '0/0')::bigint AS received,
       coalesce((pg_current_wal_flush_lsn() - slot.restart_lsn)::bigint, 0) AS held,
       slot.wal_status AS state,
       (SELECT array_agg(DISTINCT locale) FROM pg_database, unnest(ARRAY[datcollate, datctype]) locale) AS locales
FROM (SELECT 1) AS one
LEFT JOIN pg_replication_slots AS slot ON slot.slot_name = %s
LEFT JOIN pg_stat_replication AS client ON client.pid = slot.active_pid"""
_RESERVE = "SELECT pg_create_physical_replication_slot(%s, true)"
_KEEP = "SELECT pg_create_physical_replication_slot('lapor_base_' || pg_backend_pid(), true, true)"
_DROP = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s"
_TURN_OUT = "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots WHERE slot_name = %s"
_COMMIT = "SELECT pg_current_xact_id()"


@dataclass(frozen=True, kw_only=True)
class Look:
    """A server's state at ``at`` (Unix time): ``written`` and ``received`` are positions in its log.

    ``received``: our receiver has the log up to here; None while no receiver is connected. ``held``: bytes that the
    server keeps for it. ``state``: of the slot; None if it does not exist, ``lost`` if the server gave up keeping the
    log.
    """

    at: float
    system: str
    major: int
    segment_bytes: int
    written: int
    received: int | None
    held: int
    state: str | None
    locales: list[str]


def look(db: psycopg.Connection[Any]) -> Look:
    """Query the server's state."""
    at = time.time()  # before the query: later commits are not in its answer
    with db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        cursor.execute(_LOOK, [SLOT])
        return Look(at=at, **(cursor.fetchone() or {}))


def reserve(db: psycopg.Connection[Any]) -> None:
    """Make the server keep its log from now on until it was received."""
    turn_out(db)
    db.execute(_DROP, [SLOT])
    db.execute(_RESERVE, [SLOT])


def commit(db: psycopg.Connection[Any]) -> None:
    """Commit a transaction that changes nothing.

    A server that recovers to a time stops at the first commit after it, and until there replays what is not part of a
    transaction: a database that was dropped next would be gone.
    """
    db.execute(_COMMIT)


def turn_out(db: psycopg.Connection[Any]) -> None:
    """Disconnect the receiver that a killed process left: the slot allows only one."""
    db.execute(_TURN_OUT, [SLOT])


def receive(address: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a program that writes the server's log to ``folder`` as it comes, until the connection ends."""
    ours = ("--no-loop", "--status-interval=1", f"--slot={SLOT}", f"--directory={folder}")
    return subprocess.Popen(  # noqa: S603 - the wheel's program, our own arguments
        [str(BIN / "pg_receivewal"), *ours],
        env=variables(address),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def take_base(address: str, folder: Path) -> None:
    """Write all files of the server, as a tar and a listing, to the new ``folder``, and compare the two.

    Raises:
        Refused: the files can't be read, or the tar differs from the listing.
    """
    ours = ("--format=tar", "--compress=gzip:1", "--wal-method=fetch", "--checkpoint=fast")
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=5) as db:
            # pg_basebackup fetches the log since its start at its end: a busy server would have deleted it by then.
            # This slot ends with the connection; wal_keep_size would make each server keep that much permanently.
            db.execute(_KEEP)
            run(
                ("pg_basebackup", *ours, "--manifest-checksums=SHA256", "--no-password", f"--pgdata={folder}"),
                address,
            )
    except (psycopg.Error, Failed) as error:
        raise Refused(f"The server's files can't be taken: {said(error)}") from error
    check_base(folder / TAR, folder / LISTING)


def begins(listing: Path) -> tuple[int, int]:
    """Return the timeline and the position in the log at which recovery of a base starts."""
    first = json.loads(listing.read_text())["WAL-Ranges"][0]
    high, low = first["Start-LSN"].split("/")
    return first["Timeline"], (int(high, 16) << 32) + int(low, 16)


def segment(timeline: int, place: int, segment_bytes: int) -> str:
    """Return the name of the log file that contains ``place``."""
    return _name(timeline, place // segment_bytes, segment_bytes)


def following(name: str, segment_bytes: int) -> str:
    """Return the name of the log file after ``name``."""
    return _name(int(name[:8], 16), _number(name, segment_bytes) + 1, segment_bytes)


def first_place(name: str, segment_bytes: int) -> int:
    """Return the position in the log at which the file ``name`` begins."""
    return _number(name, segment_bytes) * segment_bytes


def _name(timeline: int, number: int, segment_bytes: int) -> str:
    high, low = divmod(number, (1 << 32) // segment_bytes)
    return f"{timeline:08X}{high:08X}{low:08X}"


def _number(name: str, segment_bytes: int) -> int:
    return int(name[8:16], 16) * ((1 << 32) // segment_bytes) + int(name[16:24], 16)


def check_base(tar: Path, listing: Path, into: Path | None = None) -> None:
    """Compare a base's ``tar`` with the server's listing, and write its files below ``into``, if given.

    pg_verifybackup would do this, but the wheel's ends with a segmentation fault.

    Raises:
        Refused: they differ; the text names the first file that does.
    """
    raw = listing.read_bytes()
    try:
        said_ = json.loads(raw)
        expected = {_path(each): (each["Size"], each["Checksum"]) for each in said_["Files"]}
        whole = hashlib.sha256(raw.rpartition(b'"Manifest-Checksum"')[0]).hexdigest() == said_["Manifest-Checksum"]
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise Refused(f"{listing} is damaged: it has not its own checksum.")
    try:
        with tarfile.open(tar, "r|gz") as entries:
            for entry in entries:
                name = entry.name.removeprefix("./")
                found = _entry(entries, entry, name, into)
                listed = expected.pop(name, None)
                if entry.isfile() and listed != found and (listed or not name.startswith(_UNLISTED)):
                    raise Refused(f"{tar} is damaged: {name} in it is not what the server had.")
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise Refused(f"{tar} is damaged: {said(error)}") from error
    if expected:
        raise Refused(f"{tar} is damaged: {min(expected)} is missing in it.")


def _path(listed: dict[str, str]) -> str:
    return listed["Path"] if "Path" in listed else bytes.fromhex(listed["Encoded-Path"]).decode()


def _entry(entries: tarfile.TarFile, entry: tarfile.TarInfo, name: str, into: Path | None) -> tuple[int, str]:
    """Read one entry, write it below ``into``, return its size and SHA-256. Raises ValueError if it leads elsewhere."""
    if Path(name).is_absolute() or ".." in Path(name).parts or not (entry.isfile() or entry.isdir()):
        raise ValueError(f"{name} is no file of a server")
    target = into / name if into else None
    if entry.isdir():
        if target:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return 0, ""
    source = entries.extractfile(entry)
    if target is None:
        return entry.size, _hash(source, None)
    with target.open("wb") as file:
        return entry.size, _hash(source, file)


def _hash(source: IO[bytes] | None, sink: IO[bytes] | None) -> str:
    seen = hashlib.sha256()
    while source and (more := source.read(_CHUNK)):
        seen.update(more)
        if sink:
            sink.write(more)
    return seen.hexdigest()


def server_programs(major: int) -> Path:
    """Return the folder with the programs of PostgreSQL ``major``. Raises Refused if they are not on this machine."""
    if major == MAJOR:
        return programs()
    if (debian := Path(f"/usr/lib/postgresql/{major}/bin")).is_dir():
        return debian
    raise Refused(f"The archive is of PostgreSQL {major}, which is not on this machine: install it, and do this again.")
