"""Photos and videos of citizens are copied once, restored unchanged, and erased from the copies too."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.evidence import LARGE, SMALL
from lapor.commands.backup import copy_attached
from lapor.commands.restore import _attached
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
def test_copied_files_are_restored(source: Path, tmp_path: Path, keys: Keys, encrypted: bool) -> None:
    public, private = keys if encrypted else ([], [])
    copies = tmp_path / "backups" / kept_files.FOLDER
    new = [kept_files.copy(source, copies, public, NOW, KEPT) for _ in range(2)]
    read = b"".join(there(copies).values())
    back = kept_files.put_back(copies, tmp_path / "back", private)

    assert ([2, 0], 2) == (new, back)
    assert there(source) == there(tmp_path / "back")
    assert (b"satu" in read) is not encrypted
    assert copies == kept_files.beside(tmp_path / "backups" / "2026-11-27T020000Z")


def test_every_kind_of_file_is_copied_and_no_piece_of_one(tmp_path: Path) -> None:
    source, kinds = tmp_path / "source" / "aa", {*LARGE.values(), SMALL}
    source.mkdir(parents=True)
    for name in (*kinds, "3", "large.mp4#1"):
        (source / name).write_bytes(name.encode())
    kept_files.copy(source.parent, tmp_path / "copies", [], NOW, KEPT)
    out = io.BytesIO()
    kept_files.write_tar(tmp_path / "copies", out, [])
    kept_files.put_back(tmp_path / "copies", tmp_path / "back", [])

    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        assert {f"aa/{name}" for name in kinds} == set(tar.getnames()) == there(tmp_path / "back").keys()


def test_as_a_tar_too(source: Path, tmp_path: Path, keys: Keys) -> None:
    public, private = keys
    kept_files.copy(source, tmp_path / "copies", public, NOW, KEPT)
    out = io.BytesIO()
    kept_files.write_tar(tmp_path / "copies", out, private)
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        tar.extractall(tmp_path / "back", filter="data")

    assert there(source) == there(tmp_path / "back")


def test_erased_file_leaves_the_copies_with_the_last_backup_that_names_it(source: Path, tmp_path: Path) -> None:
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


def test_desk_photos_are_copied_beside_citizen_photos_and_keep_their_folder(source: Path, tmp_path: Path) -> None:
    desk = tmp_path / "unit-desk"
    (desk / "abc").mkdir(parents=True)
    (desk / "abc" / "large.jpg").write_bytes(b"tambalan")
    for _ in range(2):
        copy_attached([source, desk], tmp_path / "backups" / kept_files.FOLDER, [], KEPT)

    kept_files.put_back(tmp_path / "backups" / kept_files.FOLDER, tmp_path / "back", [])

    assert {**there(source), "unit-desk/abc/large.jpg": b"tambalan"} == there(tmp_path / "back")


def test_restore_warns_of_missing_copies_unless_nothing_was_attached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Copies lie beside the folder with a date: somebody who fetches only that folder does not get them."""
    backup, said = tmp_path / "backups" / "2026-11-27T020000Z", "NO PHOTOS AND VIDEOS CAME BACK"
    backup.mkdir(parents=True)
    _attached(backup, tmp_path / "back", [])
    assert said in capsys.readouterr().err

    (tmp_path / "empty").mkdir()
    copy_attached([tmp_path / "empty"], kept_files.place(backup), [], KEPT)
    _attached(backup, tmp_path / "back", [])
    assert said not in capsys.readouterr().err


def test_one_made_by_hand_among_others_copies_nothing_again_and_forgets_nothing(source: Path, tmp_path: Path) -> None:
    """It makes no second copy of all photos on the same disk, and deletes none that other backups name."""
    (tmp_path / backups.FIGURES).touch()
    copies = kept_files.place(tmp_path / "before-2026-11-27")
    kept_files.copy(source, tmp_path / kept_files.FOLDER, [], NOW, KEPT)
    (source / "aa/bb/one/large.jpg").unlink()

    assert tmp_path / kept_files.FOLDER == copies == kept_files.beside(tmp_path / "before-2026-11-27")
    assert 0 == kept_files.copy(source, copies, [], NOW + timedelta(days=99), None)
    assert 2 == len(there(copies))
    assert tmp_path / "disk" / "today" / kept_files.FOLDER == kept_files.place(tmp_path / "disk" / "today")
