"""An archive is a folder in another place. It gets a server's log as that is written, and regular copies of all files.

    SERVER/SYSTEM/2026-12-01T020000Z/    a base: all files of the server, a backup as `lapor.system.backups` makes them
    SERVER/SYSTEM/log/NAME.FROM-TO.MARK.gz.age

SYSTEM is PostgreSQL's own number for the server, and a new server has a new one. NAME is PostgreSQL's name for 16 MB of
the log; a piece has its bytes from FROM to TO (hexadecimal). MARK is sealed with the installation's secret, as the
manifest of a base is. Each file is written once and never changed, so it may lie on another machine's disk too. A
person can read one without our programs, by `age --decrypt` and `gunzip`.
"""

from __future__ import annotations

import gzip
import hmac
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pyrage
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from lapor.errors import Refused
from lapor.servers import wal
from lapor.system import backups
from lapor.system.backups import Identity, Key, Part

#: The file for node_exporter's textfile collector.
FIGURES = "lapor_archive.prom"
#: The metrics in that file.
REGISTRY = CollectorRegistry()
AT, BASE_AT, HELD, BYTES = (
    Gauge(f"lapor_archive_{name}", said, ["service"], registry=REGISTRY)
    for name, said in (
        ("timestamp_seconds", "Up to when all that the server committed is in the archive, as Unix time"),
        ("base_timestamp_seconds", "When all files of the server were last archived, as Unix time"),
        ("held_bytes", "Bytes of its log that the server keeps because the archive has not taken them"),
        ("bytes", "Size of all that is in the archive of the server"),
    )
)
_LOG = "log"
#: The file in the archive that holds its number.
_NUMBER = ".lapor-archive"
_AWAY = "{} is not where the archive was: mount that again."
_PIECE = re.compile(r"([0-9A-F]{24})\.([0-9a-f]{8})-([0-9a-f]{8})\.([0-9a-f]{32})\.gz(?:\.age)?")
#: Pieces of one log file that are merged into one: an idle server takes days to fill a file.
_PIECES = 60


@dataclass(frozen=True, kw_only=True)
class Place:
    """An archive's folder, the keys that it is encrypted to, and its installation; None skips the checks of seals.

    ``found``: its number and its disk's, as ``claimed`` found them; None if they need not stay the same.
    """

    directory: Path
    keys: Sequence[Key] = ()
    installation: UUID | None
    found: tuple[str, int] | None = None

    def see(self) -> None:
        """Check that the archive is still there: with its disk unmounted, writes would fill the disk below.

        Raises:
            Refused: it is not there.
            OSError: that can't be determined.
        """
        if self.found and _number(self.directory) != self.found[0]:
            raise Refused(_AWAY.format(self.directory))
        if self.found and self.directory.stat().st_dev != self.found[1]:
            raise Refused(f"{self.directory} is on another disk than before: see which, then start this again.")

    def make(self, folder: Path) -> None:
        """Make ``folder`` below the archive, but no folder above the archive. Raises as ``see`` does."""
        self.see()
        for each in [*reversed(folder.relative_to(self.directory).parents), folder.relative_to(self.directory)][1:]:
            (self.directory / each).mkdir(mode=0o700, exist_ok=True)


def claimed(place: Place, spool: Path) -> Place:
    """Return ``place`` with its number, a new one for a new archive; ``spool`` holds the number used last.

    Raises:
        Refused: it can't be written, or is not the archive that was used last.
    """
    note = spool / _NUMBER
    try:
        known = note.read_text() if note.exists() else None
        if known is None:
            place.directory.mkdir(mode=0o700, exist_ok=True)  # no parents: one may be a mount point
        number = _number(place.directory)
        if known is not None and number != known:
            raise Refused(f"{_AWAY.format(place.directory)} If another is meant from now on, delete {note}.")
        if number is None:
            number = uuid4().hex
            with backups.private(place.directory / _NUMBER) as file:
                file.write(number.encode())
        with backups.private(note) as file:
            file.write(number.encode())
        return replace(place, found=(number, place.directory.stat().st_dev))
    except OSError as error:
        raise Refused(f"{place.directory} can't be written ({error.strerror}): make it, or mount it.") from error


def _number(directory: Path) -> str | None:
    try:
        return (directory / _NUMBER).read_text()
    except FileNotFoundError:
        return None


@dataclass(frozen=True, kw_only=True)
class Piece:
    """The bytes from ``start`` to ``end`` of the file ``name`` of the log."""

    path: Path
    name: str
    start: int
    end: int
    mark: str


class Log:
    """The archived log of one server; ``folder`` is its system's."""

    def __init__(self, place: Place, folder: Path) -> None:
        self._place, self._folder, self._system = place, folder / _LOG, folder.name
        self._pieces: dict[str, list[Piece]] = {}
        for path in sorted(self._folder.glob("*.gz*")):
            if found := _PIECE.fullmatch(path.name):
                name, start, end, mark = found.groups()
                piece = Piece(path=path, name=name, start=int(start, 16), end=int(end, 16), mark=mark)
                self._pieces.setdefault(name, []).append(piece)

    def take(self, spool: Path, received: int | None, segment_bytes: int) -> bool:
        """Archive what a receiver wrote to ``spool`` before ``received``, or all of it (None) if none writes now.

        A file may still be smaller than ``segment_bytes``: the receiver first fills it with zeros.

        Return False if the receiver completed a file during the call, which the next call takes. Delete complete files
        from ``spool`` once they are archived.

        Raises:
            OSError: the archive can't be written.
        """
        self._place.make(self._folder)
        still = True
        for path in sorted(spool.iterdir()):
            name = path.name.removesuffix(".partial")
            try:
                whole = name == path.name
                start, content = (0, path.read_bytes()) if whole else self._new(path, name, received, segment_bytes)
            except FileNotFoundError:  # the receiver has just completed and renamed it
                still = False
                continue
            if content:
                self._put(name, start, content)
            if whole:
                path.unlink()
        return still

    def _new(self, path: Path, name: str, received: int | None, segment_bytes: int) -> tuple[int, bytes]:
        """Return where the unarchived part of a file begins, and that part; all of it if there are too many pieces."""
        chained = chain(self._pieces.get(name, []))
        done = chained[-1].end if chained else 0
        with path.open("rb") as file:
            file.seek(done)
            if received is None:
                new = file.read().rstrip(b"\0")  # the receiver made it full size, with zeros
            else:
                before = min(segment_bytes, received - wal.first_place(name, segment_bytes))
                new = file.read(max(0, before - done))
            if new and len(chained) >= _PIECES:
                file.seek(0)
                return 0, file.read(done + len(new))
        return done, new

    def _put(self, name: str, start: int, content: bytes) -> None:
        """Write one piece, and delete those that it covers."""
        end = start + len(content)
        stored = gzip.compress(content, 1, mtime=0)
        if self._place.keys:
            stored = pyrage.encrypt(stored, list(self._place.keys))
        mark = self._mark(name, start, end, stored, self._place.installation)
        suffix = ".gz.age" if self._place.keys else ".gz"
        path = self._folder / f"{name}.{start:08x}-{end:08x}.{mark}{suffix}"
        part = path.with_name(f".{path.name}")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(stored)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync(self._folder)  # before the deletions: after them it is the only copy
        old = self._pieces.get(name, [])
        self._pieces[name] = [each for each in old if each.start < start or each.end > end]
        self._pieces[name].append(Piece(path=path, name=name, start=start, end=end, mark=mark))
        for each in old:
            if each not in self._pieces[name] and each.path != path:
                each.path.unlink(missing_ok=True)

    def _mark(self, name: str, start: int, end: int, stored: bytes, installation: UUID | None) -> str:
        said = f"{self._system}/{name}.{start:08x}-{end:08x}/".encode()
        return backups.mark(said + stored, installation)[:32] if installation else ""

    def read(self, since: str, identities: Sequence[Identity], segment_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Yield each log file, padded with zeros, from ``since`` on until one is missing or incomplete.

        Raises:
            Refused: a piece was changed, is another installation's, or no key opens it.
        """
        name = since
        while chained := chain(self._pieces.get(name, [])):
            content = b"".join(self._opened(piece, identities) for piece in chained)
            yield name, content.ljust(segment_bytes, b"\0")
            if len(content) < segment_bytes:
                return
            name = wal.following(name, segment_bytes)

    def reaches(self, since: str, segment_bytes: int) -> int:
        """Return the position in the log where the first byte is missing after the beginning of the file ``since``."""
        name = since
        while (chained := chain(self._pieces.get(name, []))) and chained[-1].end == segment_bytes:
            name = wal.following(name, segment_bytes)
        return wal.first_place(name, segment_bytes) + (chained[-1].end if chained else 0)

    def _opened(self, piece: Piece, identities: Sequence[Identity]) -> bytes:
        stored = piece.path.read_bytes()
        installation = self._place.installation
        sealed = self._mark(piece.name, piece.start, piece.end, stored, installation)
        if installation and not hmac.compare_digest(sealed, piece.mark):
            raise Refused(
                f"{piece.path} was changed, or is of another installation. Nothing was restored: if you know that"
                " nobody else could write to it, say --trust."
            )
        try:
            if piece.path.suffix == ".age":
                if not identities:
                    raise Refused(f"{piece.path} is encrypted: give the private key with --key.")
                stored = pyrage.decrypt(stored, list(identities))
            return gzip.decompress(stored)
        except pyrage.DecryptError as error:
            raise Refused(f"{piece.path} is encrypted to another key than the one given, or damaged.") from error
        except (OSError, EOFError) as error:
            raise Refused(f"{piece.path} is damaged.") from error

    def forget(self, before: str) -> None:
        """Delete log files older than ``before``."""
        for name in [each for each in self._pieces if each[8:] < before[8:]]:
            for piece in self._pieces.pop(name):
                piece.path.unlink(missing_ok=True)


def chain(pieces: Sequence[Piece]) -> list[Piece]:
    """Select the pieces of one log file that cover it without a gap from its beginning."""
    chained: list[Piece] = []
    place = 0
    while after := [each for each in pieces if each.start == place and each.end > place]:
        chained.append(max(after, key=lambda each: each.end))
        place = chained[-1].end
    return chained


# ── bases ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, kw_only=True)
class Base:
    """All files of a server, in ``folder``; the log from the file ``since`` on turns them into any later moment."""

    folder: Path
    parts: list[Part]
    since: str
    major: int
    segment_bytes: int
    locales: list[str]
    services: list[str]

    @property
    def at(self) -> datetime:
        """The earliest moment that it can become."""
        return max(datetime.fromisoformat(part.at) for part in self.parts)


def write_base(
    place: Place, folder: Path, taken: Path, seen: wal.Look, services: Sequence[str], progress: backups.Progress
) -> None:
    """Put the files that ``wal.take_base`` made in ``taken`` into the archive, below ``folder``, its system's."""
    if place.installation is None:
        raise Refused("An archive is sealed by its installation.")
    base = backups.next_folder(folder)
    place.make(folder)
    base.mkdir(mode=0o700)
    parts = [_part(taken / name, base, place, progress) for name in (wal.TAR, wal.LISTING)]
    timeline, start = wal.begins(taken / wal.LISTING)
    said = {
        "since": wal.segment(timeline, start, seen.segment_bytes),
        "major": seen.major,
        "segment_bytes": seen.segment_bytes,
        "locales": seen.locales,
        "services": list(services),
    }
    backups.write_manifest(base, parts, place.installation, base=said)


def _part(file: Path, base: Path, place: Place, progress: backups.Progress) -> Part:
    def give(take: backups.Take) -> int:
        with file.open("rb") as stream:
            take(stream)
        return 0

    path = base / f"{file.name}{'.age' if place.keys else ''}"
    return backups.write_part(path, file.name, give, place.keys, progress)


def read_base(folder: Path, installation: UUID | None) -> Base:
    """Read the manifest of the base in ``folder``. Raises Refused as ``backups.read`` does."""
    parts, said = backups.read_manifest(folder, installation)
    return Base(folder=folder, parts=parts, **said["base"])


def bases(directory: Path) -> list[Path]:
    """List the complete bases of all servers below ``directory``, the oldest first."""
    found = directory.glob(f"*/*/*/{backups.MANIFEST}")
    return [path.parent for path in sorted(found, key=lambda path: (path.parent.name, path))]


def bases_of(system: Path) -> list[Path]:
    """List the complete bases of the server whose folder is ``system``, the oldest first."""
    return [manifest.parent for manifest in sorted(system.glob(f"*/{backups.MANIFEST}"))]


def is_one(directory: Path) -> bool:
    """Whether ``directory`` is an archive and not a backup."""
    return bool(bases(directory))


def taken_at(folder: Path) -> datetime:
    """Return when the base in ``folder`` was begun, without its manifest, which may be another installation's."""
    try:
        return datetime.strptime(folder.name, backups.NAMED).replace(tzinfo=UTC)
    except ValueError:
        return _changed_at(folder / backups.MANIFEST)


def ends_at(system: Path) -> datetime:
    """Return when something of the server whose folder is ``system`` was last archived."""
    log = system / _LOG
    return max([taken_at(each) for each in bases_of(system)] + ([_changed_at(log)] if log.exists() else []))


def prune(place: Place, system: Path, keep: int, age: timedelta) -> None:
    """Delete all but the newest ``keep`` bases of ``system``, and the log files that only deleted bases needed.

    Delete the bases of earlier servers in its place that are older than ``age``. An earlier server's newest base stays
    while any of its log is younger, so that a new, empty server never drives out the data of the lost one.

    Raises:
        Refused: the oldest base to keep is not this installation's, so the part of the log that it needs is unknown.
    """
    oldest = datetime.now(UTC) - age
    for other in system.parent.iterdir():
        if other == system:
            continue
        had = bases_of(other)
        if not had or ends_at(other) < oldest:
            shutil.rmtree(other)
        for gone in [each for each in had[:-1] if other.exists() and taken_at(each) < oldest]:
            _delete(gone)
    own = bases_of(system)
    for gone in own[:-keep]:
        _delete(gone)
    Log(place, system).forget(read_base(own[-keep:][0], place.installation).since)


def _delete(base: Path) -> None:
    (base / backups.MANIFEST).unlink()
    shutil.rmtree(base)


def _sync(folder: Path) -> None:
    """Flush the names in ``folder`` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def size(folder: Path) -> int:
    """Count the bytes below ``folder``."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def write_figures(folder: Path) -> None:
    """Write the figures of all servers, for node_exporter."""
    write_to_textfile(str(folder / FIGURES), REGISTRY)
