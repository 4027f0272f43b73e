"""The command `archive`."""

from __future__ import annotations

import fcntl
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from lapor.commands.backup import Evidence, Server, copy_attached
from lapor.errors import Refused
from lapor.options import DATA, Data, err
from lapor.processes.data_dir import DataDir
from lapor.servers.dump import Database
from lapor.system import backups, kept_files
from lapor.system.addresses import databases, secret
from lapor.system.archive import Place, claimed, write_figures
from lapor.system.archiving import Server as Archived

_TURN_S = 1.0
#: How often photos and videos are copied; each time all of them are looked at.
_COPY_EVERY_S = 60.0


def archive(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder in another place than the databases.")],
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Encrypt it to the keys in FILE, as `lapor backup` does.")
    ] = None,
    every: Annotated[float, typer.Option(metavar="HOURS", help="When all files are taken again.")] = 24,
    keep: Annotated[int, typer.Option(min=1, help="How many times all files are kept, and the log since.")] = 7,
    server: Server = None,
    evidence: Evidence = None,
    spool: Annotated[
        Path | None, typer.Option(metavar="DIR", help="What is on its way, not encrypted; else in the data folder.")
    ] = None,
    figures: Annotated[Path | None, typer.Option(metavar="DIR", help="For node_exporter; else DIR.")] = None,
    data: Data = DATA,
) -> None:
    """Copy what the databases write to another place, a second later, until it is stopped.

    `lapor restore DIR` then brings back the last moment, or with --until any other since the first copy of all files.
    Nothing need be stopped. Photos and videos of citizens are copied too, once a minute.

    Examples:

        lapor archive /media/disk/archive --public-key lapor-backup.pub
    """
    if every <= 0:
        raise Refused("--every must be more than 0 hours.")
    where = DataDir(data)
    keys = backups.public_keys(public_key) if public_key else []
    place = Place(directory=directory, keys=keys, installation=secret(where, server))
    if not keys:
        err.print("not encrypted: who reads this folder reads every complaint (--public-key)", style="yellow")
    spool = spool or where.spool
    if _device(directory) == _device(spool):
        err.print(f"{directory} is on the disk of {spool}: what breaks that takes both", style="yellow")
    attached = (evidence or []) if server else [where.evidence]
    copies, kept = directory / kept_files.FOLDER, timedelta(hours=every * keep)
    with ExitStack() as ending:
        ending.enter_context(_alone(spool))
        place = claimed(place, spool)
        archived = [
            Archived(name, own, place, spool, every=timedelta(hours=every), keep=keep, say=_say)
            for name, own in _servers(databases(where, server))
        ]
        for each in archived:
            ending.callback(each.close)

        def copy() -> None:
            place.see()
            copy_attached(attached, copies, keys, kept)

        def write() -> None:
            if figures is None:
                place.see()  # while the place is away the figures grow old, and an alert calls somebody
            write_figures(figures or directory)

        _go_on(archived, copy, write)


def _go_on(archived: Sequence[Archived], copy: Callable[[], None], write: Callable[[], None]) -> None:
    """Archive until SIGTERM or SIGINT."""
    enough = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: enough.set())
    copying, next_copy = None, 0.0
    with ThreadPoolExecutor(1) as work:  # for the long tasks, such as copying all files: one server at a time
        while not enough.is_set():
            for server in archived:
                server.turn(work)
            if copying and copying.done():
                if error := copying.exception():
                    _say(str(error))
                copying, next_copy = None, time.monotonic() + _COPY_EVERY_S
            if not copying and time.monotonic() >= next_copy:
                copying = work.submit(copy)
            with suppress(OSError, Refused):
                write()
            enough.wait(_TURN_S)


def _say(line: str) -> None:
    err.print(line, highlight=False, soft_wrap=True)


def _device(folder: Path) -> int:
    """Return the device number of the disk on which ``folder`` is, or will be."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    return there.stat().st_dev


def _servers(all_: Sequence[Database]) -> list[tuple[str, list[Database]]]:
    """Group databases by server: a name for each server in the archive, and its databases."""
    by_admin: dict[str, list[Database]] = {}
    for database in all_:
        by_admin.setdefault(database.admin, []).append(database)
    return [(own[0].service if len(own) == 1 else "all", own) for own in by_admin.values()]


@contextmanager
def _alone(spool: Path) -> Iterator[None]:
    """Hold the folder ``spool``. Raises Refused if another process does."""
    spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (spool / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(f"`lapor archive` runs already with {spool}: one is enough.") from error
        yield
