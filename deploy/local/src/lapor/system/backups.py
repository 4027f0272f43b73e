"""A backup is a folder: a file for each database, and a manifest that describes them, written last.

A folder without a manifest is not a backup. The manifest is sealed with the installation's secret, so somebody who can
write to the folder can neither change a backup nor pass off another's. The files are in pg_dump's custom format,
encrypted with age (https://age-encryption.org/v1) if a public key is given; so `age --decrypt` and `pg_restore` read
them too, without our programs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, TypeAlias
from uuid import UUID

import pyrage
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from lapor.errors import Refused
from lapor.servers.dump import Database, dump, load

MANIFEST = "manifest.json"
#: How ``next_folder`` names a folder.
NAMED = "%Y-%m-%dT%H%M%SZ"
#: The file for node_exporter's textfile collector.
FIGURES = "lapor_backup.prom"
#: The metrics in that file.
REGISTRY = CollectorRegistry()
_AT, _DUE, _BYTES, _ROWS = (
    Gauge(f"lapor_backup_{name}", said, ["service"], registry=REGISTRY)
    for name, said in (
        ("timestamp_seconds", "When the database was last backed up, as Unix time"),
        ("due_timestamp_seconds", "When it is to be backed up again, as Unix time"),
        ("bytes", "Size of that backup's file"),
        ("rows", "Rows in that backup"),
    )
)
_FORMAT = 1
_CHUNK = 1 << 20

Key: TypeAlias = Any  # a pyrage.x25519.Recipient; pyrage ships no types
Identity: TypeAlias = Any  # a pyrage.x25519.Identity
#: Reads a stream to its end.
Take = Callable[[IO[bytes]], None]
#: Called for each chunk with the service and the chunk's size in bytes.
Progress = Callable[[str, int], None]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One database in a backup: ``bytes`` and ``sha256`` of its stored file; ``rows`` in all its tables."""

    name: str
    file: str
    bytes: int
    rows: int
    sha256: str
    at: str
    encrypted: bool


def shown(part: Part) -> dict[str, object]:
    """Return what `--json` prints about a part."""
    return {name: getattr(part, name) for name in ("name", "bytes", "rows", "sha256", "at")}


# ── making one ───────────────────────────────────────────────────────────────────────────────────────────────────────
def write(
    folder: Path, databases: Sequence[Database], keys: Sequence[Key], installation: UUID, progress: Progress
) -> list[Part]:
    """Back ``databases`` up to ``folder``, encrypted to ``keys`` if there are any, and sealed by ``installation``.

    Raises:
        Refused: it can't be written, ``folder`` already holds a backup, or a database can't be read; files written so
            far are deleted.
    """
    if (folder / MANIFEST).exists():
        raise Refused(f"{folder} holds a backup already, which is not overwritten: name another folder.")
    new = not folder.exists()
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        parts = []
        for database in databases:
            file = folder / f"{database.name}.dump{'.age' if keys else ''}"
            written.append(file)
            parts.append(_write(file, database, keys, progress))
        written.append(folder / MANIFEST)
        write_manifest(folder, parts, installation)
    except BaseException as error:
        for file in written:
            file.unlink(missing_ok=True)
        if new and folder.exists():
            folder.rmdir()
        if isinstance(error, OSError):
            raise Refused(f"{folder} can't be written ({error.strerror}): {_MEND_SPACE}") from error
        raise
    return parts


_MEND_SPACE = "make room there, or name another folder. What was there before is as it was."


def write_manifest(folder: Path, parts: Sequence[Part], installation: UUID, **more: object) -> None:
    """Complete the backup in ``folder``, which has the files of ``parts``; ``more`` is sealed with them."""
    said = {"format": _FORMAT, "services": [asdict(part) for part in parts], **more}
    with private(folder / MANIFEST) as file:
        file.write(json.dumps({**said, "seal": _seal(said, installation)}, indent=2).encode() + b"\n")


def _write(path: Path, database: Database, keys: Sequence[Key], progress: Progress) -> Part:
    return write_part(path, database.service, lambda take: dump(database, take), keys, progress)


def write_part(
    path: Path,
    name: str,
    give: Callable[[Take], int],
    keys: Sequence[Key],
    progress: Progress,
) -> Part:
    """Write the stream that ``give`` passes to its argument to ``path``, encrypted if there are keys.

    ``give`` returns the number of rows in it.
    """
    at = datetime.now(UTC)
    with private(path) as file:
        sink = _Counted(file, lambda more: progress(name, more))

        def take(stream: IO[bytes]) -> None:
            if keys:
                _encrypt(stream, sink, keys)
            else:
                shutil.copyfileobj(stream, sink, _CHUNK)

        rows = give(take)
    return Part(
        name=name,
        file=path.name,
        bytes=sink.bytes,
        rows=rows,
        sha256=sink.sha256.hexdigest(),
        at=at.isoformat(timespec="seconds"),
        encrypted=bool(keys),
    )


def _encrypt(stream: IO[bytes], sink: _Counted, keys: Sequence[Key]) -> None:
    """Encrypt ``stream`` into ``sink``. Raises the file's own OSError: pyrage wraps it, and ignores one at the end."""
    try:
        pyrage.encrypt_io(stream, sink, list(keys))
    except pyrage.EncryptError as error:
        raise sink.error or error from error
    if sink.error:
        raise sink.error


class _Counted:
    """Wraps a file for reading or writing, and counts and hashes its bytes."""

    def __init__(self, file: IO[bytes], progress: Callable[[int], None]) -> None:
        self.file, self.progress, self.bytes, self.sha256 = file, progress, 0, hashlib.sha256()
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        self._count(data)
        try:
            return self.file.write(data)
        except OSError as error:
            self.error = error
            raise

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self._count(data)
        return data

    def flush(self) -> None:
        self.file.flush()

    def _count(self, data: bytes) -> None:
        self.bytes += len(data)
        self.sha256.update(data)
        self.progress(len(data))


@contextmanager
def private(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only its owner may read, and flush it to the disk at the end."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


# ── reading one ──────────────────────────────────────────────────────────────────────────────────────────────────────
def read(folder: Path, installation: UUID | None = None) -> list[Part]:
    """Read the parts of the backup ``folder``.

    Raises:
        Refused: it is not a backup, has a newer format, or is not as ``installation``, if given, wrote it.
    """
    return read_manifest(folder, installation)[0]


def read_manifest(folder: Path, installation: UUID | None = None) -> tuple[list[Part], dict[str, Any]]:
    """Read the parts of the backup ``folder``, and its whole manifest. Raises as ``read`` does."""
    try:
        said = json.loads((folder / MANIFEST).read_text())
        seal = said.pop("seal", "")
        if said["format"] != _FORMAT:
            raise Refused(f"{folder} was made by a newer release: restore it with that.")
        if installation and not hmac.compare_digest(str(seal), _seal(said, installation)):
            raise Refused(
                f"{folder} was changed, or is of another installation or an older release. Nothing was restored: if you"
                " know that nobody else could write to it, say --trust."
            )
        parts = [Part(**part) for part in said["services"]]
        if strange := [part.file for part in parts if part.file != Path(part.file).name]:
            raise ValueError(strange)
        return parts, said
    except FileNotFoundError as error:
        newest = next(reversed(below(folder)), None)
        hint = f" Below it the newest is {newest}." if newest else ""
        raise Refused(f"{folder} holds no whole backup: it has no {MANIFEST}.{hint}") from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(f"{folder / MANIFEST} is damaged: take another backup.") from error


def _seal(said: dict[str, Any], installation: UUID) -> str:
    """Compute the HMAC of a manifest's values, whatever its layout; only ``installation`` can."""
    return mark(json.dumps(said, sort_keys=True).encode(), installation)


def mark(content: bytes, installation: UUID) -> str:
    """Compute the HMAC of ``content``, which only ``installation`` can."""
    key = hmac.digest(installation.bytes, b"lapor backup", "sha256")
    return hmac.digest(key, content, "sha256").hex()


def check(folder: Path, parts: Sequence[Part], identities: Sequence[Identity], progress: Progress) -> None:
    """Check that each file matches the manifest, and that one of ``identities`` opens it.

    Raises:
        Refused: some do not; the text names all of them.
    """
    wrong = [said for part in parts if (said := _fault(folder / part.file, part, identities, progress))]
    if wrong:
        raise Refused("Nothing was restored. " + " ".join(wrong))


def _fault(path: Path, part: Part, identities: Sequence[Identity], progress: Progress) -> str | None:
    try:
        with path.open("rb") as file:
            seen = _Counted(file, lambda more: progress(part.name, more))
            while seen.read(_CHUNK):
                pass
    except OSError as error:
        return f"{path} can't be read ({error.strerror})."
    if seen.sha256.hexdigest() != part.sha256:
        return f"{path} is damaged: it has not the checksum of the manifest. Take another backup."
    if not part.encrypted:
        return None
    if not identities:
        return f"{path} is encrypted: give the private key with --key."
    try:
        with path.open("rb") as file:
            pyrage.decrypt_io(file, _First(), list(identities))
    except _Enough:
        return None
    except pyrage.DecryptError:
        return f"{path} is encrypted to another key than the one given."
    return None


class _Enough(Exception):
    """The first decrypted bytes came, so the key is right."""


class _First:
    def write(self, data: bytes) -> int:
        raise _Enough

    def flush(self) -> None:
        pass


def restore(folder: Path, part: Part, database: Database, identities: Sequence[Identity], progress: Progress) -> str:
    """Make a database from ``part``, beside the present one, and return its name.

    Raises:
        Refused: it can't be made, or differs from the original; nothing of it is left.
    """

    return load(database, lambda sink: open_part(folder, part, sink, identities, progress), part.rows)


def open_part(folder: Path, part: Part, sink: IO[bytes], identities: Sequence[Identity], progress: Progress) -> None:
    """Write the content of the file of ``part`` to ``sink``. Call ``check`` first."""
    with (folder / part.file).open("rb") as file:
        source = _Counted(file, lambda more: progress(part.name, more))
        if part.encrypted:
            pyrage.decrypt_io(source, sink, list(identities))
        else:
            shutil.copyfileobj(source, sink, _CHUNK)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def new_key() -> tuple[str, str]:
    """Make a pair of keys: the texts of the private and of the public file."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    return f"# public key: {public}\n{identity}\n", f"{public}\n"


def public_keys(path: Path) -> list[Key]:
    """Read the public keys in a file, one a line. Raises Refused if a line is not a public key."""
    return _keys(path, pyrage.x25519.Recipient.from_str, "a public key: one begins with age1")


def private_keys(path: Path) -> list[Identity]:
    """Read the private keys in a file, one a line. Raises Refused if a line is not a private key."""
    return _keys(path, pyrage.x25519.Identity.from_str, "a private key: one begins with AGE-SECRET-KEY-1")


def _keys(path: Path, read_one: Callable[[str], Any], what: str) -> list[Any]:
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
        keys = [read_one(line) for line in lines if line and not line.startswith("#")]
    except OSError as error:
        raise Refused(f"{path} can't be read ({error.strerror}).") from error
    except (ValueError, pyrage.RecipientError, pyrage.IdentityError) as error:
        raise Refused(f"{path} does not hold {what}.") from error
    if not keys:
        raise Refused(f"{path} is empty, and not {what}.")
    return keys


# ── one after the other ──────────────────────────────────────────────────────────────────────────────────────────────
def below(folder: Path) -> list[Path]:
    """List the complete backups in the folders below ``folder``, the oldest first."""
    # By the manifest's time: one made by hand may have any name.
    manifests = sorted(folder.glob(f"*/{MANIFEST}"), key=lambda manifest: (manifest.stat().st_mtime_ns, manifest))
    return [manifest.parent for manifest in manifests]


def taken_at(folder: Path) -> datetime:
    """Return when the backup ``folder`` was begun."""
    return min(datetime.fromisoformat(part.at) for part in read(folder))


def next_folder(folder: Path) -> Path:
    """Return a folder below ``folder`` named by the present time, so that names sort by age."""
    return folder / datetime.now(UTC).strftime(NAMED)


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest ``keep`` backups below ``folder``, and return the deleted ones.

    The manifest is deleted first, so that half a backup does not count as one.
    """
    gone = below(folder)[:-keep]
    for each in gone:
        (each / MANIFEST).unlink()
        shutil.rmtree(each)
    return gone


def write_figures(folder: Path, parts: Sequence[Part], every: timedelta) -> None:
    """Write for node_exporter when each database was last backed up, when the next backup is due, and the sizes.

    The file's time is the backup's: `deploy/backup/backup.sh recent` sees by it whether one is missing.
    """
    for part in parts:
        at = datetime.fromisoformat(part.at)
        _AT.labels(part.name).set(at.timestamp())
        _DUE.labels(part.name).set((at + every).timestamp())
        _BYTES.labels(part.name).set(part.bytes)
        _ROWS.labels(part.name).set(part.rows)
    write_to_textfile(str(folder / FIGURES), REGISTRY)
    begun = min(datetime.fromisoformat(part.at) for part in parts).timestamp()
    os.utime(folder / FIGURES, (begun, begun))
