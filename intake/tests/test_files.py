"""Files are on the disk when ``put`` returns, and a full disk loses none of them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake import files
from intake.files import Files, StoreDown, StoreFull
from testing.programs import missing


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, timeout=120).returncode:
        missing("a small disk can be mounted only by root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=120)


async def test_stored_file_is_there_until_its_deletion(tmp_path: Path) -> None:
    there = Files(f"file://{tmp_path}/new")
    await there.put("aa/bb/cc/one", b"1")
    await there.put("aa/bb/cc/two", b"2")
    await there.delete_folder("aa/bb/cc", but=["two"])

    assert (None, b"2") == (await there.get("aa/bb/cc/one"), await there.get("aa/bb/cc/two"))
    await there.delete_folder("aa/bb/cc")
    await there.delete_folder("aa/bb/cc")
    assert not (tmp_path / "new/aa/bb/cc").exists()


async def test_a_file_and_its_folders_are_synced_before_it_is_said_to_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    await Files(f"file://{tmp_path}/new").put("aa/bb/one", b"1")

    assert [f"{tmp_path}/new{each}" for each in ("/aa/bb/one", "/aa/bb", "/aa", "")] == synced


async def test_a_full_disk_is_told_from_one_that_is_away_and_loses_nothing(small: Path) -> None:
    there = Files(f"file://{small}")
    await there.put("aa/one", b"1")
    with pytest.raises(StoreFull):
        await there.put("aa/two", b"x" * 3_000_000)

    assert (b"1", None) == (await there.get("aa/one"), await there.get("aa/two"))
    with pytest.raises(StoreFull):
        there.check_room(1)


def test_room_is_kept_for_what_is_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RESERVE", 1)
    Files(f"file://{tmp_path}").check_room(1)


async def test_a_bucket_keeps_gives_and_deletes_as_a_folder_does(bucket: dict[str, str]) -> None:
    there = Files("s3://lapor/prefix", bucket)
    for name in ("one", "two", "large.jpg"):
        await there.put(f"aa/bb/cc/{name}", name.encode())
    there.check_room(1)
    before = [await there.get(f"aa/bb/cc/{name}") for name in ("one", "none")]
    await there.delete(["aa/bb/cc/none"])
    await there.delete_folder("aa/bb/cc", but=("large.jpg",))
    after = [await there.get(f"aa/bb/cc/{name}") for name in ("one", "two", "large.jpg")]

    assert ([b"one", None], [None, None, b"large.jpg"]) == (before, after)


async def test_a_bucket_that_nobody_answers_for_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_WITHIN_S", 1)
    s3 = {"endpoint": "http://127.0.0.1:9", "access_key_id": "x", "secret_access_key": "x"}

    with pytest.raises(StoreDown):
        await Files("s3://bucket/prefix", s3).put("aa/one", b"1")
