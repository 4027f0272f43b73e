"""What citizens attached is copied once, comes back as it was, and is erased from its copies too."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lapor.errors import Refused
from lapor.system import backups, kept_files

NOW = datetime(2026, 11, 27, 2, tzinfo=UTC)
KEPT = timedelta(days=14)
Keys = tuple[list[backups.Key], list[backups.Identity]]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    private, public = backups.new_key()
    (tmp_path / "key").write_text(private)
    (tmp_path / "key.pub").write_text(public)
    return backups.public_keys(tmp_path / "key.pub"), backups.private_keys(tmp_path / "key")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, content in (("aa/bb/one", b"satu"), ("cc/dd/two", b"dua")):
        (tmp_path / "source" / name).mkdir(parents=True)
        (tmp_path / "source" / name / "large.jpg").write_bytes(content)
    return tmp_path / "source"


def there(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("encrypted", [True, False])
def test_what_was_copied_comes_back(source: Path, tmp_path: Path, keys: Keys, encrypted: bool) -> None:
    public, private = keys if encrypted else ([], [])
    copies = tmp_path / "backups" / kept_files.FOLDER
    new = [kept_files.copy(source, copies, public, NOW, KEPT) for _ in range(2)]
    read = b"".join(there(copies).values())
    back = kept_files.put_back(copies, tmp_path / "back", private)

    assert ([2, 0], 2) == (new, back)
    assert there(source) == there(tmp_path / "back")
    assert (b"satu" in read) is not encrypted
    assert copies == kept_files.beside(tmp_path / "backups" / "2026-11-27T020000Z")


def test_as_a_tar_too(source: Path, tmp_path: Path, keys: Keys) -> None:
    public, private = keys
    kept_files.copy(source, tmp_path / "copies", public, NOW, KEPT)
    out = io.BytesIO()
    kept_files.write_tar(tmp_path / "copies", out, private)
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        tar.extractall(tmp_path / "back", filter="data")

    assert there(source) == there(tmp_path / "back")


def test_what_is_erased_goes_from_the_copies_with_the_last_backup_that_names_it(source: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    kept_files.copy(source, copies, [], NOW, KEPT)
    (source / "aa/bb/one/large.jpg").unlink()
    left = []
    for days in (13, 15):
        kept_files.copy(source, copies, [], NOW + timedelta(days=days), KEPT)
        left.append(len(there(copies)))

    assert [2, 1] == left


def test_a_disk_that_is_lost_erases_nothing(source: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    kept_files.copy(source, copies, [], NOW, KEPT)
    kept_files.copy(tmp_path / "empty", copies, [], NOW + timedelta(days=99), KEPT)

    assert 2 == len(there(copies))


def test_another_key_opens_none(source: Path, tmp_path: Path, keys: Keys) -> None:
    kept_files.copy(source, tmp_path / "copies", keys[0], NOW, KEPT)
    (tmp_path / "other").write_text(backups.new_key()[0])

    with pytest.raises(Refused, match="another key"):
        kept_files.put_back(tmp_path / "copies", tmp_path / "back", backups.private_keys(tmp_path / "other"))
