"""The command `backup`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from lapor.errors import Refused
from lapor.options import DATA, Data, Json, counting, err
from lapor.processes.data_dir import DataDir
from lapor.servers.dump import Database
from lapor.system import backups, kept_files
from lapor.system.addresses import databases, secret

Server = Annotated[
    list[str] | None,
    typer.Option(
        envvar="BACKUP_SERVERS",
        metavar="SERVICE=ADDRESS",
        help="Not --data: the server with the database of SERVICE, for its superuser; once for each.",
    ),
]
Evidence = Annotated[
    list[Path] | None,
    typer.Option(
        envvar="BACKUP_EVIDENCE",
        metavar="FOLDER",
        help="With --server: what citizens attached. Those after the first are copied under their names.",
    ),
]


def backup(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write it to.")],
    public_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Encrypt it to the keys in FILE, of which `lapor backup-key` makes one."),
    ] = None,
    every: Annotated[
        float | None, typer.Option(metavar="HOURS", help="Go on for ever: each in a folder of its own below DIR.")
    ] = None,
    keep: Annotated[int, typer.Option(min=1, help="With --every: how many are kept.")] = 14,
    server: Server = None,
    evidence: Evidence = None,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Back up what the services know: each database as it is at one moment, with checksums. Nothing need be stopped.

    Photos and videos of citizens are copied into its folder `evidence`, or with --every into one that all backups
    share: each file once.

    Examples:

        lapor backup /media/disk/2026-11-27 --public-key lapor-backup.pub

        lapor backup /backups --every 24 --keep 14 --public-key lapor-backup.pub
    """
    keys = backups.public_keys(public_key) if public_key else []
    all_, installation = databases(DataDir(data), server), secret(DataDir(data), server)
    if not keys:
        err.print("not encrypted: who reads this folder reads every complaint (--public-key)", style="yellow")
    attached = (evidence or []) if server else [DataDir(data).evidence]
    if every is None:
        _one(directory, all_, keys, installation, as_json)
        copy_attached(attached, kept_files.place(directory), keys, None)  # deletes none: other backups may name them
        return
    if every <= 0:
        raise Refused("--every must be more than 0 hours.")
    while True:
        _wait(directory, timedelta(hours=every))
        parts = _one(backups.next_folder(directory), all_, keys, installation, as_json)
        kept = timedelta(hours=every * (keep + 1))
        copy_attached(attached, directory / kept_files.FOLDER, keys, kept)  # after the rows that name them
        backups.write_figures(directory, parts, timedelta(hours=every))
        for gone in backups.prune(directory, keep):
            err.print(f"{gone} deleted: {keep} newer ones are kept", highlight=False)


def _one(
    folder: Path, all_: list[Database], keys: list[backups.Key], installation: UUID, as_json: bool
) -> list[backups.Part]:
    with counting("written") as progress:
        parts = backups.write(folder, all_, keys, installation, progress)
    if as_json:
        typer.echo(json.dumps({"services": [backups.shown(part) for part in parts]}))
    else:
        for part in parts:
            err.print(f"{part.name}: {part.rows} rows, {part.bytes / 1e6:.1f} MB", highlight=False)
        err.print(f"{folder} is whole{', and encrypted' if keys else ''}", highlight=False, soft_wrap=True)
    return parts


def copy_attached(attached: list[Path], copies: Path, keys: list[backups.Key], kept: timedelta | None) -> None:
    """Copy new files of each folder in ``attached`` to ``copies``; delete copies of erased files after ``kept``."""
    for n, folder in enumerate(attached):
        if folder.is_dir():
            new = kept_files.copy(folder, copies / (folder.name if n else ""), keys, datetime.now(UTC), kept)
            if new or kept is None:
                err.print(f"photos and videos: {new} new ones copied", highlight=False)


def _wait(directory: Path, every: timedelta) -> None:
    """Wait until the newest backup is as old as ``every``, and write its figures first.

    It may have been made by hand: without that, the figures of the backup before it would call somebody.
    """
    if newest := next(reversed(backups.below(directory)), None):
        backups.write_figures(directory, backups.read(newest), every)
        left = backups.taken_at(newest) + every - datetime.now(UTC)
        time.sleep(max(0.0, left.total_seconds()))
