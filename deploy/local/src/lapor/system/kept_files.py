"""Copies of photos and videos of citizens, beside the backups of databases: each file once, since it never changes.

A copy is a file of the same name, encrypted with age if there is a public key. Once its original is erased, it stays as
long as a backup that may name it, and is then erased too.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import pyrage

from lapor.errors import Refused
from lapor.system.backups import FIGURES, Identity, Key

#: The folder of copies, in the folder of backups.
FOLDER = "evidence"
#: The suffixes of stored photos and videos; incomplete uploads have others.
KINDS = frozenset({".jpg", ".mp4"})
_ENCRYPTED = ".age"


def copy(source: Path, copies: Path, keys: Sequence[Key], now: datetime, kept: timedelta | None) -> int:
    """Copy new files below ``source``; if ``kept`` is given, delete copies of files that are gone for longer than that.

    Return the number of new files. If ``source`` has no files at all, nothing is deleted: a lost disk is not an
    erasure. The folder of copies is always made: if it is missing, copies are missing.

    Raises:
        Refused: a file can't be read or written.
    """
    try:
        copies.mkdir(parents=True, exist_ok=True, mode=0o700)
        there = [path.relative_to(source) for path in sorted(source.rglob("*")) if path.suffix in KINDS]
        new = sum(_copy(source / name, _place(copies, name, encrypted=bool(keys)), keys, now) for name in there)
        if there and kept is not None:
            _forget(copies, (now - kept).timestamp())
    except OSError as error:
        raise Refused(
            f"Photos and videos can't be copied from {source} to {copies} ({error.strerror}): make room there."
        ) from error
    return new


def _place(copies: Path, name: Path, *, encrypted: bool) -> Path:
    return copies / (f"{name}{_ENCRYPTED}" if encrypted else name)


def _copy(path: Path, to: Path, keys: Sequence[Key], now: datetime) -> bool:
    """Copy one file if it is new. Set the copy's time, which says when the original was last seen."""
    if new := not to.exists():
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # erased since it was listed
            return False
        to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = to.with_name(f".{to.name}")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(pyrage.encrypt(content, list(keys)) if keys else content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(to)
    os.utime(to, (now.timestamp(), now.timestamp()))
    return new


def _forget(copies: Path, before: float) -> None:
    for path in copies.rglob("*"):
        if path.is_file() and path.stat().st_mtime < before:
            path.unlink()


def place(backup: Path) -> Path:
    """Return the folder for the copies of ``backup``: in it, or beside it if backups are made by a schedule."""
    return (backup.parent if (backup.parent / FIGURES).exists() else backup) / FOLDER


def beside(backup: Path) -> Path | None:
    """Find the folder with the copies of ``backup``: in it, or beside it; None if neither exists."""
    return next((each for each in (backup / FOLDER, backup.parent / FOLDER) if each.is_dir()), None)


def put_back(copies: Path, target: Path, identities: Sequence[Identity]) -> int:
    """Restore the files that are missing below ``target``, and return their number.

    Raises:
        Refused: a copy can't be opened with the keys.
    """
    count = 0
    for name, content in _opened(copies, identities, but=target):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        part = target / f"{name}.part"
        part.write_bytes(content)
        part.replace(target / name)
        count += 1
    return count


def write_tar(copies: Path, out: IO[bytes], identities: Sequence[Identity]) -> int:
    """Write all copies, decrypted, to ``out`` as a tar without owners, and return their number.

    Raises:
        Refused: a copy can't be opened with the keys.
    """
    count = 0
    with tarfile.open(fileobj=out, mode="w|") as tar:
        for name, content in _opened(copies, identities):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
            count += 1
    return count


def _opened(copies: Path, identities: Sequence[Identity], but: Path | None = None) -> Iterator[tuple[str, bytes]]:
    for path in sorted(copies.rglob("*")):
        name = str(path.relative_to(copies)).removesuffix(_ENCRYPTED)
        if path.name.startswith(".") or Path(name).suffix not in KINDS or (but and (but / name).exists()):
            continue
        content = path.read_bytes()
        if path.suffix == _ENCRYPTED:
            try:
                content = pyrage.decrypt(content, list(identities))
            except pyrage.DecryptError as error:
                raise Refused(f"{path} is encrypted to another key than the one given: give it with --key.") from error
        yield name, content
