"""The log arrives in the archive complete, in order and once; damaged and foreign files in it are named."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from lapor.errors import Refused
from lapor.servers import wal
from lapor.system import archive, backups, moment

OURS = UUID(int=1)
SIZE = 1 << 16  # bytes of a log file in these tests
FIRST, SECOND = (wal.segment(1, n * SIZE, SIZE) for n in (5, 6))
BEGIN = 5 * SIZE


def bytes_of_the_log(length: int) -> bytes:
    return bytes(n % 251 + 1 for n in range(length))


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    spool = tmp_path / "spool"
    spool.mkdir()
    return spool


@pytest.fixture
def place(tmp_path: Path) -> archive.Place:
    (tmp_path / "archive").mkdir()
    return archive.Place(directory=tmp_path / "archive", installation=OURS)


def log(place: archive.Place) -> archive.Log:
    """Open the log, as a new process does."""
    return archive.Log(place, place.directory / "router" / "7")


def receive(spool: Path, name: str, content: bytes, *, whole: bool = False) -> None:
    (spool / f"{name}.partial").write_bytes(content.ljust(SIZE, b"\0"))
    if whole:
        (spool / f"{name}.partial").rename(spool / name)


def found(place: archive.Place) -> list[tuple[str, bytes]]:
    return list(log(place).read(FIRST, [], SIZE))


def pieces(place: archive.Place) -> list[str]:
    return sorted(".".join(path.name.split(".")[:2])[16:] for path in (place.directory / "router/7/log").iterdir())


def test_names_and_places_of_the_log_are_those_of_postgresql() -> None:
    assert "000000010000000000000002" == wal.segment(1, 0x2000028, 1 << 24)
    assert "0000000300000001000000FF" == wal.segment(3, 0x1FF000000, 1 << 24)
    assert "000000030000000200000000" == wal.following("0000000300000001000000FF", 1 << 24)
    assert 0x1FF000000 == wal.first_place("0000000300000001000000FF", 1 << 24)


def test_only_what_was_received_is_taken_and_each_byte_once(place: archive.Place, spool: Path) -> None:
    content = bytes_of_the_log(300)
    taking = log(place)
    receive(spool, FIRST, content)  # the receiver is still writing it

    for received in (100, 100, 250, 40):
        assert taking.take(spool, BEGIN + received, SIZE)

    assert ["00000005.00000000-00000064", "00000005.00000064-000000fa"] == pieces(place)
    assert [(FIRST, content[:250].ljust(SIZE, b"\0"))] == found(place)


@pytest.mark.parametrize("size", [0, SIZE // 2])
def test_log_file_below_its_full_size_is_not_archived(place: archive.Place, spool: Path, size: int) -> None:
    receive(spool, FIRST, bytes_of_the_log(SIZE), whole=True)
    (spool / f"{SECOND}.partial").write_bytes(bytes(size))

    assert log(place).take(spool, BEGIN + SIZE, SIZE)

    assert ["00000005.00000000-00010000"] == pieces(place)


def test_when_nobody_writes_any_more_all_that_is_there_is_taken(place: archive.Place, spool: Path) -> None:
    content = bytes_of_the_log(300)
    receive(spool, FIRST, content)
    log(place).take(spool, BEGIN + 100, SIZE)

    log(place).take(spool, None, SIZE)  # by a new process

    assert ["00000005.00000000-00000064", "00000005.00000064-0000012c"] == pieces(place)
    assert [(FIRST, content.ljust(SIZE, b"\0"))] == found(place)


def test_a_file_that_is_full_is_one_piece_and_leaves_the_spool(place: archive.Place, spool: Path) -> None:
    full, next_ = bytes_of_the_log(SIZE), bytes_of_the_log(10)
    taking = log(place)
    receive(spool, FIRST, full[:100])
    taking.take(spool, BEGIN + 100, SIZE)
    receive(spool, FIRST, full, whole=True)
    receive(spool, SECOND, next_)

    taking.take(spool, BEGIN + SIZE + 10, SIZE)

    assert ["00000005.00000000-00010000", "00000006.00000000-0000000a"] == pieces(place)
    assert [f"{SECOND}.partial"] == [path.name for path in spool.iterdir()]
    assert [(FIRST, full), (SECOND, next_.ljust(SIZE, b"\0"))] == found(place)


def test_received_log_is_deleted_only_after_its_piece_is_synced_to_disk(
    place: archive.Place, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(spool, FIRST, bytes_of_the_log(SIZE), whole=True)
    folder, sync = place.directory / "router" / "7" / "log", os.fsync
    synced: list[tuple[bool, bool, list[str]]] = []

    def see(descriptor: int) -> None:
        is_folder = os.path.samestat(os.fstat(descriptor), folder.stat())
        synced.append((is_folder, (spool / FIRST).exists(), [each for each in pieces(place) if each.strip(".")]))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", see)
    log(place).take(spool, None, SIZE)

    assert (True, True, ["00000005.00000000-00010000"]) == synced[-1]
    assert not (spool / FIRST).exists()


def test_many_pieces_become_one(place: archive.Place, spool: Path) -> None:
    content = bytes_of_the_log(700)
    taking = log(place)
    receive(spool, FIRST, content)

    for received in range(10, 611, 10):
        taking.take(spool, BEGIN + received, SIZE)

    assert ["00000005.00000000-00000262"] == pieces(place)
    taking.take(spool, BEGIN + 700, SIZE)
    assert [(FIRST, content.ljust(SIZE, b"\0"))] == found(place)


def test_pieces_duplicated_by_a_crash_are_read_once(place: archive.Place, spool: Path) -> None:
    """The crash came after the piece with all bytes was written, and before the pieces that it covers were deleted."""
    content = bytes_of_the_log(SIZE)
    receive(spool, FIRST, content[:100])
    log(place).take(spool, BEGIN + 100, SIZE)
    [small] = (place.directory / "router/7/log").iterdir()
    kept = small.read_bytes()
    receive(spool, FIRST, content, whole=True)
    log(place).take(spool, None, SIZE)
    small.write_bytes(kept)

    assert [(FIRST, content)] == found(place)


def test_after_a_gap_nothing_is_given(place: archive.Place, spool: Path) -> None:
    for n in (5, 7):
        receive(spool, wal.segment(1, n * SIZE, SIZE), bytes_of_the_log(SIZE), whole=True)
    log(place).take(spool, None, SIZE)

    assert [FIRST] == [name for name, _ in found(place)]


def test_a_piece_that_was_changed_renamed_or_is_of_another_is_refused(place: archive.Place, spool: Path) -> None:
    receive(spool, FIRST, bytes_of_the_log(100))
    log(place).take(spool, None, SIZE)
    [piece] = (place.directory / "router/7/log").iterdir()
    other = archive.Place(directory=place.directory, installation=UUID(int=2))
    with pytest.raises(Refused, match="was changed, or is of another installation"):
        list(log(other).read(FIRST, [], SIZE))
    assert 1 == len(list(log(archive.Place(directory=place.directory, installation=None)).read(FIRST, [], SIZE)))

    piece.rename(piece.with_name(piece.name.replace(FIRST, SECOND)))
    with pytest.raises(Refused, match="was changed"):
        list(log(place).read(SECOND, [], SIZE))


def test_a_piece_opens_with_its_key_alone(place: archive.Place, spool: Path, tmp_path: Path) -> None:
    keys = []
    for name in ("ours", "theirs"):
        private, public = backups.new_key()
        (tmp_path / name).write_text(private)
        (tmp_path / f"{name}.pub").write_text(public)
        keys.append((backups.public_keys(tmp_path / f"{name}.pub"), backups.private_keys(tmp_path / name)))
    (public_key, ours), (_, theirs) = keys
    closed = archive.Place(directory=place.directory, keys=public_key, installation=OURS)
    receive(spool, FIRST, bytes_of_the_log(100))
    log(closed).take(spool, None, SIZE)

    assert [(FIRST, bytes_of_the_log(100).ljust(SIZE, b"\0"))] == list(log(closed).read(FIRST, ours, SIZE))
    with pytest.raises(Refused, match="give the private key with --key"):
        list(log(closed).read(FIRST, [], SIZE))
    with pytest.raises(Refused, match="encrypted to another key"):
        list(log(closed).read(FIRST, theirs, SIZE))


# ── all files ────────────────────────────────────────────────────────────────────────────────────────────────────────
def a_base(folder: Path, files: dict[str, bytes], listed: dict[str, bytes]) -> None:
    """Write all files of a server nearly as PostgreSQL does."""
    folder.mkdir(parents=True)
    with tarfile.open(folder / wal.TAR, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    said = {
        "WAL-Ranges": [{"Timeline": 1, "Start-LSN": f"0/{BEGIN + 40:X}", "End-LSN": "0/0"}],
        "Files": [
            {"Path": name, "Size": len(content), "Checksum": hashlib.sha256(content).hexdigest()}
            for name, content in listed.items()
        ],
    }
    body = json.dumps(said)[:-1].encode() + b",\n"
    end = f'"Manifest-Checksum": "{hashlib.sha256(body).hexdigest()}"}}\n'.encode()
    (folder / wal.LISTING).write_bytes(body + end)


GOOD = {"PG_VERSION": b"18\n", "global": b"1234"}
LOG = {"pg_wal/000000010000000000000005": b"not listed"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (GOOD | LOG, ""),
        (GOOD | LOG | {"global": b"1235"}, "global in it is not what the server had"),
        (GOOD | {"more": b""}, "more in it is not what the server had"),
        ({"global": b"1234"}, "PG_VERSION is missing in it"),
        (GOOD | {"pg_wal/../../outside": b""}, "pg_wal/../../outside is no file of a server"),
    ],
    ids=["as it was", "changed", "more", "less", "elsewhere"],
)
def test_a_base_is_what_its_server_listed(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    a_base(tmp_path / "base", files, GOOD)
    into = tmp_path / "into"
    (into / "pg_wal").mkdir(parents=True)
    if not said:
        wal.check_base(tmp_path / "base" / wal.TAR, tmp_path / "base" / wal.LISTING, into)
        assert files == {str(path.relative_to(into)): path.read_bytes() for path in into.rglob("*") if path.is_file()}
        return
    with pytest.raises(Refused, match=f"is damaged: {said}"):
        wal.check_base(tmp_path / "base" / wal.TAR, tmp_path / "base" / wal.LISTING, into)
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(("name", "said"), [(wal.LISTING, "has not its own checksum"), (wal.TAR, "is damaged")])
def test_a_base_that_was_cut_or_changed_is_damaged(tmp_path: Path, name: str, said: str) -> None:
    a_base(tmp_path / "base", GOOD, GOOD)
    file = tmp_path / "base" / name
    file.write_bytes(file.read_bytes()[:-60])
    with pytest.raises(Refused, match=said):
        wal.check_base(tmp_path / "base" / wal.TAR, tmp_path / "base" / wal.LISTING)


def look(system: str = "7") -> wal.Look:
    return wal.Look(
        at=0, system=system, major=18, segment_bytes=SIZE, written=0, received=0, held=0, state=None, locales=["C"]
    )


@pytest.fixture
def base(place: archive.Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Archive all files of the router's server ``system`` as of ``ago``, sealed by the installation ``by``."""
    a_base(tmp_path / "base", GOOD, GOOD)

    def make(system: str, ago: timedelta = timedelta(0), by: UUID = OURS) -> Path:
        named = (datetime.now(UTC) - ago).strftime(backups.NAMED)
        monkeypatch.setattr(backups, "next_folder", lambda folder: folder / named)
        folder, theirs = place.directory / "router" / system, replace(place, installation=by)
        archive.write_base(theirs, folder, tmp_path / "base", look(system), ["router"], lambda *_: None)
        (folder / "log").mkdir(exist_ok=True)
        at = (datetime.now(UTC) - ago).timestamp()
        os.utime(folder / "log", (at, at))
        return folder / named

    return make


DAY = timedelta(days=1)


def test_an_empty_server_drives_out_nothing_of_the_lost_one(place: archive.Place, base: Callable[..., Path]) -> None:
    """Its own number of bases limits only its own; those of the lost server are deleted when they are too old."""
    expired, old, newest = base("6", 9 * DAY), base("7", 8 * DAY), base("7", 2 * DAY)
    empty = [base("8", DAY / 24 * n) for n in (3, 2, 1)]

    archive.prune(place, empty[0].parent, 2, 7 * DAY)

    assert {newest, *empty[1:]} == set(archive.bases(place.directory))
    assert not expired.parent.exists()
    assert not old.exists()


def test_a_lost_server_whose_files_were_taken_long_ago_stays_while_its_log_is_young(
    place: archive.Place, base: Callable[..., Path]
) -> None:
    old, empty = base("7", 9 * DAY), base("8")
    os.utime(old.parent / "log")

    archive.prune(place, empty.parent, 1, 7 * DAY)

    assert {old, empty} == set(archive.bases(place.directory))


def test_archive_of_another_installation_is_pruned_by_age_without_reading_it(
    place: archive.Place, base: Callable[..., Path]
) -> None:
    theirs, older, ours = base("6", DAY, UUID(int=2)), base("5", 9 * DAY, UUID(int=2)), base("7")

    archive.prune(place, ours.parent, 1, 7 * DAY)

    assert {theirs, ours} == set(archive.bases(place.directory))
    assert not older.parent.exists()


@pytest.fixture
def chosen(place: archive.Place, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[Path, list[Path]]]]:
    """Choose the bases to restore, and list those passed over for each."""
    monkeypatch.setattr(moment, "_recover", lambda _, base, *more: (base.folder, more[-1]))

    def choose(
        until: datetime | None = None, systems: Sequence[str] = (), services: Sequence[str] = ()
    ) -> list[tuple[Path, list[Path]]]:
        recovered = moment.recovered(place.directory, services, until, [], OURS, lambda *_: None, systems)
        with recovered as moments:
            return list(moments)  # type: ignore[arg-type]

    return choose


def test_archive_of_two_servers_is_refused_until_one_is_chosen(
    base: Callable[..., Path], chosen: Callable[..., list[tuple[Path, list[Path]]]]
) -> None:
    """The newest base may be that of the empty server made when the other was lost."""
    lost, empty = base("6", DAY), base("7")
    ended = archive.ends_at(lost.parent).isoformat(timespec="seconds")

    with pytest.raises(Refused, match="The archive has router of 2 servers") as refused:
        chosen()
    assert f": 6 until {ended}, 7 until 20" in str(refused.value)
    assert "--system NUMBER" in str(refused.value)

    assert [(lost, [])] == chosen(None, ["6"])
    assert [(empty, [])] == chosen(None, ["7"])
    assert [(empty, [])] == chosen(datetime.now(UTC) + DAY)
    with pytest.raises(Refused, match=r"The archive has no server 9\."):
        chosen(None, ["9"])


def test_a_base_that_is_not_sealed_by_us_is_passed_over_and_named(
    base: Callable[..., Path], chosen: Callable[..., list[tuple[Path, list[Path]]]]
) -> None:
    theirs = base("6", DAY, UUID(int=2))
    with pytest.raises(Refused, match="was changed, or is of another installation"):
        chosen()
    ours = base("7")

    assert [(ours, [theirs])] == chosen()
    with pytest.raises(Refused, match="was changed, or is of another installation"):
        chosen(None, ["6"])
    (theirs.parents[2] / "desk").mkdir()
    theirs.parent.rename(theirs.parents[2] / "desk" / "6")
    assert [(ours, [])] == chosen(services=["router"])
    with pytest.raises(Refused, match="was changed, or is of another installation"):
        chosen()  # all services: the other server has no base of ours


def test_with_the_oldest_base_the_log_goes_that_only_it_needs(
    place: archive.Place, spool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in (4, 5, 6):
        receive(spool, wal.segment(1, n * SIZE, SIZE), bytes_of_the_log(SIZE), whole=True)
    log(place).take(spool, None, SIZE)
    a_base(tmp_path / "base", GOOD, GOOD)
    for day in (1, 2, 3):
        named = f"2026-12-0{day}T020000Z"
        monkeypatch.setattr(backups, "next_folder", lambda folder, named=named: folder / named)
        archive.write_base(
            place, place.directory / "router" / "7", tmp_path / "base", look(), ["router"], lambda *_: None
        )

    archive.prune(place, place.directory / "router" / "7", 2, DAY)

    assert ["2026-12-02T020000Z", "2026-12-03T020000Z"] == [path.name for path in archive.bases(place.directory)]
    assert ["00000005.00000000-00010000", "00000006.00000000-00010000"] == pieces(place)
    base = archive.read_base(archive.bases(place.directory)[0], OURS)
    assert (FIRST, 18, SIZE, ["router"]) == (base.since, base.major, base.segment_bytes, base.services)
    assert datetime.now(UTC) - base.at < timedelta(minutes=10)


# ── its place ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_where_the_disk_is_not_mounted_nothing_is_written(place: archive.Place, spool: Path, tmp_path: Path) -> None:
    """Neither the running process nor the next one writes: the folder below has no number, or another one."""
    notes = tmp_path / "notes"
    notes.mkdir()
    used = archive.claimed(place, notes)
    assert used == archive.claimed(place, notes)
    receive(spool, FIRST, bytes_of_the_log(10), whole=True)
    disk = place.directory.rename(tmp_path / "disk")
    place.directory.mkdir()
    for numbered in (False, True):
        if numbered:
            archive.claimed(place, tmp_path)
        before = [path.name for path in place.directory.iterdir()]
        with pytest.raises(Refused, match="is not where the archive was: mount that again"):
            log(used).take(spool, None, SIZE)
        with pytest.raises(Refused, match=r"mount that again\..* delete"):
            archive.claimed(place, notes)
        assert before == [path.name for path in place.directory.iterdir()]
    shutil.rmtree(place.directory)
    with pytest.raises(Refused, match="is not where the archive was"):
        archive.claimed(place, notes)
    assert not place.directory.exists()

    disk.rename(place.directory)
    log(archive.claimed(place, notes)).take(spool, None, SIZE)

    assert ["00000005.00000000-00010000"] == pieces(place)


def test_a_place_that_changed_its_disk_is_looked_at_first(place: archive.Place, spool: Path) -> None:
    used = archive.claimed(place, spool)
    number, device = used.found or ("", 0)
    with pytest.raises(Refused, match="is on another disk than before"):
        replace(used, found=(number, device + 1)).see()


def test_only_the_last_folder_of_a_new_archive_is_created(tmp_path: Path, spool: Path) -> None:
    """A folder above it may be a mount point."""
    with pytest.raises(Refused, match=r"can't be written \(.*\): make it, or mount it"):
        archive.claimed(archive.Place(directory=tmp_path / "disk" / "archive", installation=OURS), spool)
    assert not (tmp_path / "disk").exists()
    (tmp_path / "disk").mkdir()
    archive.claimed(archive.Place(directory=tmp_path / "disk" / "archive", installation=OURS), spool)
    assert (tmp_path / "disk" / "archive").is_dir()


def test_backup_or_unrelated_folder_is_not_an_archive(place: archive.Place, tmp_path: Path) -> None:
    assert not archive.is_one(tmp_path)
    backups.write(tmp_path / "2026-12-01T020000Z", [], [], OURS, lambda *_: None)
    assert not archive.is_one(tmp_path)
    assert not archive.is_one(tmp_path / "2026-12-01T020000Z")


def test_figures_are_written_for_each_server(tmp_path: Path) -> None:
    archive.AT.labels("router").set(17)
    archive.write_figures(tmp_path)
    assert 'lapor_archive_timestamp_seconds{service="router"} 17.0\n' in (tmp_path / archive.FIGURES).read_text()
