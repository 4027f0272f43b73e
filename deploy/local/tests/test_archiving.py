"""A moment counts as archived if a base and the whole log since then are; otherwise the files are archived again."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from lapor.servers import wal
from lapor.servers.dump import Database
from lapor.system import archive, archiving, backups

OURS, OTHERS = UUID(int=1), UUID(int=2)
SIZE = 1 << 16  # bytes of a log file in these tests


class Receiver:
    """A program that receives until somebody ends it."""

    ended = False

    def poll(self) -> int | None:
        return 0 if self.ended else None

    def terminate(self) -> None:
        self.ended = True

    def communicate(self) -> tuple[bytes, bytes]:
        return b"", b""


class Work(Executor):
    """Runs a submitted task when the test says so."""

    def __init__(self) -> None:
        self.given: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, what: Callable[..., Any], /, *more: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.given.append((future, lambda: what(*more)))
        return future

    def end(self) -> None:
        """Run the submitted task."""
        [(future, what)] = self.given
        self.given = []
        try:
            future.set_result(what())
        except Exception as error:
            future.set_exception(error)


class Db:
    closed = False

    def close(self) -> None:
        self.closed = True


class Simulated:
    """A server with simulated programs and answers of PostgreSQL."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.place = archive.Place(directory=folder / "archive", installation=OURS)
        self.place.directory.mkdir()
        self.spool, self.work = folder / "spool", Work()
        self.seen = wal.Look(
            at=0,
            system="7",
            major=18,
            segment_bytes=SIZE,
            written=0,
            received=None,
            held=0,
            state=None,
            locales=["C"],
        )
        self.start = 5 * SIZE  # position in the log of a base that is begun now
        self.said: list[str] = []
        patch.setattr(psycopg, "connect", lambda *_, **__: Db())
        # Two bases may be begun in one second here.
        seconds = itertools.count(int(datetime.now(UTC).timestamp()))
        patch.setattr(
            backups,
            "next_folder",
            lambda folder: folder / datetime.fromtimestamp(next(seconds), UTC).strftime(backups.NAMED),
        )
        patch.setattr(wal, "look", lambda _: self.seen)
        patch.setattr(wal, "reserve", lambda _: setattr(self, "seen", replace(self.seen, state="reserved")))
        patch.setattr(wal, "receive", lambda *_: Receiver())
        patch.setattr(wal, "take_base", lambda _, folder: self._base(folder))
        for nothing in ("commit", "turn_out"):
            patch.setattr(wal, nothing, lambda _: None)

    def _base(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / wal.TAR).write_bytes(b"files")
        (folder / wal.LISTING).write_text(
            json.dumps({"WAL-Ranges": [{"Timeline": 1, "Start-LSN": f"0/{self.start + 40:X}"}]})
        )

    def receive(self, to: int, at: float) -> None:
        """Let its log be received from the beginning of a file up to position ``to``, which it reached at ``at``."""
        name = wal.segment(1, to, SIZE)
        folder = self.spool / "router" / self.seen.system / "log"
        (folder / f"{name}.partial").write_bytes((b"x" * (to % SIZE)).ljust(SIZE, b"\0"))
        self.seen = replace(self.seen, at=at, written=to, received=to)

    @contextmanager
    def archived(self, keep: int = 7) -> Iterator[archiving.Server]:
        server = archiving.Server(
            "router",
            [Database(service="router", name="router", admin="host=nowhere")],
            self.place,
            self.spool,
            every=timedelta(hours=24),
            keep=keep,
            say=self.said.append,
        )
        with closing(server):
            yield server

    def turn(self, server: archiving.Server, times: int = 1) -> float:
        """Do turns of ``server``; return the moment up to when it then counts as archived."""
        for _ in range(times):
            server.turn(self.work)
        return float(archive.AT.labels("router")._value.get())


@pytest.fixture
def it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulated:
    return Simulated(tmp_path, monkeypatch)


def begin(it: Simulated, server: archiving.Server) -> None:
    """Archive all its files, and its log up to a moment."""
    it.turn(server)
    it.receive(5 * SIZE + 100, at=100)
    it.turn(server, 2)
    it.work.end()


def test_before_all_files_are_there_no_moment_is(it: Simulated) -> None:
    with it.archived() as server:
        it.turn(server)
        it.receive(5 * SIZE + 100, at=100)
        assert 0 == it.turn(server, 3)

        it.work.end()

        assert 100 == it.turn(server, 3)
        assert [] == it.work.given


def test_base_begun_before_a_gap_in_the_log_is_taken_again(it: Simulated) -> None:
    """A base was being taken when the server gave its log up."""
    with it.archived() as server:
        begin(it, server)
        assert 100 == it.turn(server, 3)
        it.seen = replace(it.seen, state="lost", received=None)
        it.turn(server)  # makes a base due
        assert 1 == len(it.work.given)
        it.seen = replace(it.seen, state="lost", received=None)
        it.turn(server)
        it.receive(9 * SIZE + 10, at=200)
        it.work.end()  # the base begins where the log is missing

        assert 100 == it.turn(server, 4)
        assert 1 == len(it.work.given)
        assert "router: a part of its log is missing since its files were taken: they are taken anew" in it.said
        it.start = 9 * SIZE
        it.work.end()

        assert 200 == it.turn(server, 3)
        assert [] == it.work.given


def test_a_hole_is_found_by_the_next_process_too(it: Simulated) -> None:
    with it.archived() as server:
        begin(it, server)
        it.turn(server)
    it.seen = replace(it.seen, received=None)
    with it.archived() as server:
        it.turn(server)
        assert [] == it.work.given  # the received log has no gap
        for left in (it.spool / "router/7/log").iterdir():
            left.unlink()
        it.receive(9 * SIZE + 10, at=200)

        assert 0 == it.turn(server, 3)
        assert 1 == len(it.work.given)
        it.start = 9 * SIZE
        it.work.end()
        assert 200 == it.turn(server, 3)


def test_a_log_that_goes_on_over_several_files_has_no_hole(it: Simulated) -> None:
    with it.archived() as server:
        begin(it, server)
        it.turn(server)
        folder = it.spool / "router/7/log"
        for n in (5, 6):
            (folder / wal.segment(1, n * SIZE, SIZE)).write_bytes(b"x" * SIZE)
        (folder / f"{wal.segment(1, 5 * SIZE, SIZE)}.partial").unlink()
        it.receive(7 * SIZE + 1, at=300)
        assert 300 == it.turn(server, 3)
        assert [] == it.work.given


def test_old_base_of_another_installation_does_not_fail_a_new_base(it: Simulated) -> None:
    """After the installation gets another secret, earlier bases are passed over."""
    ours = it.place
    it.place = replace(ours, installation=OTHERS)
    with it.archived() as server:
        begin(it, server)
    [theirs] = archive.bases(ours.directory)
    theirs.rename(theirs.with_name("2026-01-01T000000Z"))
    it.place, it.seen = ours, replace(it.seen, received=None)
    with it.archived() as server:
        it.turn(server)
        it.work.end()
        it.turn(server)

        assert [] == it.work.given
        assert 2 == len(archive.bases(ours.directory))
        assert "router: what is old in the archive can't be deleted: " in it.said[-1]
        assert "is of another installation" in it.said[-1]


def test_a_place_that_is_not_mounted_is_said_and_nothing_goes_on_below(it: Simulated) -> None:
    it.spool.mkdir()
    it.place = archive.claimed(it.place, it.spool)
    disk = it.place.directory.with_name("disk")
    with it.archived() as server:
        begin(it, server)
        assert 100 == it.turn(server, 3)
        it.place.directory.rename(disk)
        it.place.directory.mkdir()
        it.receive(5 * SIZE + 200, at=200)

        assert 100 == it.turn(server, 3)
        assert f"router: {it.place.directory} is not where the archive was: mount that again." == it.said[-1]
        it.place.directory.rmdir()  # it is empty

        disk.rename(it.place.directory)
        assert 200 == it.turn(server, 3)
        assert "router: all is archived again" == it.said[-1]
        assert [] == it.work.given


def test_a_place_that_went_while_a_base_was_written_makes_no_hole(it: Simulated) -> None:
    away = it.place.directory.with_name("away")
    written = archive.write_base

    def gone(*given: Any) -> None:
        written(*given)
        it.place.directory.rename(away)
        it.place.directory.write_text("what is mounted there is gone")

    with it.archived() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "write_base", gone)
        it.turn(server)
        folder = it.spool / "router/7/log"
        (folder / wal.segment(1, 5 * SIZE, SIZE)).write_bytes(b"x" * SIZE)
        it.receive(6 * SIZE + 1, at=100)
        it.turn(server, 2)
        it.work.end()
        it.turn(server, 2)
        it.place.directory.unlink()
        away.rename(it.place.directory)
        it.receive(6 * SIZE + 2, at=200)

        assert 200 == it.turn(server, 3)
        assert [] == it.work.given


def test_leftover_log_of_a_previous_server_is_archived_when_the_place_returns(it: Simulated) -> None:
    left = it.spool / "router" / "6" / "log"
    left.mkdir(parents=True)
    (left / f"{wal.segment(1, 5 * SIZE, SIZE)}.partial").write_bytes(b"x" * 9)
    away = it.place.directory.with_name("away")
    it.place.directory.rename(away)
    it.place.directory.write_text("what is mounted there is gone")
    with it.archived() as server:
        it.turn(server, 2)
        assert "can't be written" in it.said[-1]
        it.place.directory.unlink()
        away.rename(it.place.directory)

        it.turn(server)

    assert "router: all is archived again" == it.said[-1]
    assert 1 == len(list((it.place.directory / "router/6/log").iterdir()))
    assert not left.exists()


def test_files_of_a_server_go_to_its_own_place_though_another_came_meanwhile(it: Simulated) -> None:
    with it.archived() as server:
        it.turn(server)
        it.seen = replace(it.seen, system="8", state=None)
        it.turn(server)

        it.work.end()

    assert ["7"] == [base.parent.name for base in archive.bases(it.place.directory)]
