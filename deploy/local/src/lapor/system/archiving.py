"""The work of `lapor archive` for one server: receive its log, archive that, and each day archive all its files."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from lapor.errors import Refused
from lapor.servers import wal
from lapor.servers.dump import Database
from lapor.system import archive

#: The most that may wait here for an archive that is away. The server keeps the rest, up to its own limit.
MOST_BYTES = 1 << 30
#: Seconds between two commits of ours: a moment can be restored if a database was dropped this long after it or later.
_COMMIT_EVERY_S = 10.0
#: Until a failed copy of all files of a server is retried.
_AGAIN = timedelta(minutes=1)


class Server:
    """One server with ``databases``. ``say`` is called when something goes wrong, and when that is over."""

    def __init__(
        self,
        name: str,
        databases: Sequence[Database],
        place: archive.Place,
        spool: Path,
        *,
        every: timedelta,
        keep: int,
        say: Callable[[str], None],
    ) -> None:
        self.name, self._place, self._say = name, place, say
        self._services, self._admin = [each.service for each in databases], databases[0].address("postgres")
        self._spool, self._every, self._keep = spool / name, every, keep
        self._db: psycopg.Connection[Any] | None = None
        self._receiver: subprocess.Popen[bytes] | None = None
        self._system: str | None = None
        self._log: archive.Log | None = None
        self._writing = threading.Lock()  # keeps pruning and writing of the log apart
        self._asked: tuple[float, int] | None = None
        self._base: Future[None] | None = None
        self._base_due = self._base_again = datetime.now(UTC)
        self._since: str | None = None  # the first log file that the newest base needs
        self._broken = False  # the log has a gap since then, or there is no base
        self._commit_due = 0.0
        self._wrong: str | None = None
        archive.AT.labels(name).set(0)  # until it is known: without a figure the alert would not fire

    def turn(self, work: Executor) -> None:
        """Do what is due now, with long tasks on ``work``. Say what fails; the next turn retries it."""
        wrong = None
        try:
            seen = self._look()
        except psycopg.Error as error:
            seen, wrong = None, f"its server does not answer: {' '.join(str(error).split())}"
        try:
            wrong = self._receive(seen) or wrong if seen else wrong
            self._take(seen)
            wrong = self._bases(seen, work) or wrong if seen else wrong
        except OSError as error:
            wrong = f"the archive can't be written ({error.strerror}): make room there, or mount it."
        except psycopg.Error as error:
            wrong = f"its server does not answer: {' '.join(str(error).split())}"
        except Refused as error:
            wrong = str(error)
        if wrong != self._wrong:
            self._say(f"{self.name}: {wrong or 'all is archived again'}")
        self._wrong = wrong

    def close(self) -> None:
        """Stop the receiver and close the connection."""
        self._end_receiver()
        if self._db:
            self._db.close()

    def _look(self) -> wal.Look:
        if self._db is None or self._db.closed:
            self._db = psycopg.connect(self._admin, autocommit=True, connect_timeout=5)
        try:
            return wal.look(self._db)
        except psycopg.Error:
            self._db.close()
            raise

    @property
    def _received(self) -> Path:
        return self._spool / str(self._system) / "log"

    @property
    def _folder(self) -> Path:
        return self._place.directory / self.name / str(self._system)

    def _receive(self, seen: wal.Look) -> str | None:
        """Make sure that this server's log is received. Return what is wrong, such as the last receiver's error."""
        if self._db is None:
            return None
        archive.HELD.labels(self.name).set(seen.held)
        if time.monotonic() >= self._commit_due:
            wal.commit(self._db)
            self._commit_due = time.monotonic() + _COMMIT_EVERY_S
        if seen.system != self._system:  # the server is new, or we have just started
            self._end_receiver()
            self._system = self._log = self._asked = None
            self._place.see()  # otherwise an unmounted archive would seem to have no base
            self._take_what_is_left(seen.system)
            (self._spool / seen.system / "log").mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = self._place.directory / self.name / seen.system
            self._base_due = self._next_base(folder)
            self._log = archive.Log(self._place, folder)
            self._system = seen.system  # last, so that the next turn retries all of it after a failure
        if seen.state in (None, "lost"):
            self._end_receiver()
            self._take(None)
            shutil.rmtree(self._received)
            self._received.mkdir(mode=0o700)
            wal.reserve(self._db)
            self._base_due = datetime.now(UTC)  # only a new base has what was written before the slot
            self._asked = None
            if seen.state == "lost":
                self._say(f"{self.name}: for too long nobody took its log, a part is missing: its files are taken anew")
        if sum(path.stat().st_size for path in self._received.iterdir()) > MOST_BYTES:
            self._end_receiver()
            return "so much waits for the archive that its server keeps the rest"
        if self._receiver and self._receiver.poll() is None:
            return None
        said = self._end_receiver()
        wal.turn_out(self._db)
        self._receiver = wal.receive(self._admin, self._received)
        return " ".join(said.split())[-300:] or None

    def _take_what_is_left(self, system: str) -> None:
        """Archive what was received of earlier servers, and delete it here."""
        self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        for before in [each for each in self._spool.iterdir() if each.name != system]:
            if (before / "log").is_dir():
                archive.Log(self._place, self._place.directory / self.name / before.name).take(before / "log", None, 0)
            shutil.rmtree(before)

    def _end_receiver(self) -> str:
        """Stop the receiver, if there is one, and return its last words."""
        if self._receiver is None:
            return ""
        if self._receiver.poll() is None:
            self._receiver.terminate()
        _, said = self._receiver.communicate()
        self._receiver = None
        return said.decode(errors="replace")

    def _take(self, seen: wal.Look | None) -> None:
        """Archive what was received, and set the figure that says up to when everything is archived."""
        if self._log is None:
            return
        writing = self._receiver is not None and self._receiver.poll() is None
        if writing and (seen is None or seen.received is None):
            return  # it is unknown how far it has written
        with self._writing:
            received, segment_bytes = (seen.received, seen.segment_bytes) if writing and seen else (None, 0)
            whole = self._log.take(self._received, received, segment_bytes)
            if seen is None or not writing or not whole or seen.received is None:
                return
            # Without a base, or with a gap after it, no later moment can be restored: take a base, and set no figure.
            self._broken = self._since is None or self._log.reaches(self._since, seen.segment_bytes) < seen.received
        if self._broken:
            return
        if self._asked and seen.received >= self._asked[1]:
            archive.AT.labels(self.name).set(self._asked[0])
            self._asked = None
        self._asked = self._asked or (seen.at, seen.written)

    # ── all files ────────────────────────────────────────────────────────────────────────────────────────────────────
    def _bases(self, seen: wal.Look, work: Executor) -> str | None:
        wrong = None
        if self._base and self._base.done():
            self._place.see()  # otherwise an unmounted archive would seem to have no base
            done, self._base = self._base, None
            if error := done.exception():
                wrong = f"its files can't be archived: {error}"
                self._base_again = datetime.now(UTC) + _AGAIN
            else:
                self._base_due = self._next_base(self._folder)
                self._broken = False  # until the next check
        now = datetime.now(UTC)
        if not self._base and now >= self._base_again and (self._broken or now >= self._base_due):
            if self._broken and self._since:
                self._say(f"{self.name}: a part of its log is missing since its files were taken: they are taken anew")
            self._base = work.submit(self._take_base, seen)
        return wrong

    def _next_base(self, folder: Path) -> datetime:
        """Return when all files are to be taken again, and set the figure of when they were."""
        self._since = None
        for each in reversed(archive.bases_of(folder)):
            with suppress(Refused):  # one that is damaged, or sealed with an earlier secret, does not count
                base = archive.read_base(each, self._place.installation)
                self._since = base.since
                archive.BASE_AT.labels(self.name).set(base.at.timestamp())
                return base.at + self._every
        return datetime.now(UTC)

    def _take_base(self, seen: wal.Look) -> None:
        folder, taken = self._place.directory / self.name / seen.system, self._spool / seen.system / "base"
        with suppress(FileNotFoundError):
            shutil.rmtree(taken)
        try:
            wal.take_base(self._admin, taken)
            archive.write_base(self._place, folder, taken, seen, self._services, lambda _name, _bytes: None)
        finally:
            shutil.rmtree(taken, ignore_errors=True)
        with self._writing:
            try:
                archive.prune(self._place, folder, self._keep, self._every * self._keep)
                if folder == self._folder:
                    self._log = archive.Log(self._place, folder)
            except (Refused, OSError) as error:  # the base is complete nevertheless
                self._say(f"{self.name}: what is old in the archive can't be deleted: {error}")
        archive.BYTES.labels(self.name).set(archive.size(self._place.directory / self.name))
