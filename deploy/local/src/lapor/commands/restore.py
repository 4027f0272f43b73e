"""The command `restore`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from lapor.commands.backup import Server
from lapor.errors import Refused
from lapor.options import DATA, Data, Json, counting, err
from lapor.processes.data_dir import DataDir
from lapor.servers import postgres
from lapor.servers.dump import Database, discard, swap, users
from lapor.system import addresses, archive, backups, kept_files, moment
from lapor.system.rewinding import rewind

_DESK = (
    "unit-desk: its people and keys are those of the backup, and all are logged out. Who was taken out since can log in"
    " again, and a key that was revoked holds: take them out again, at Orang and Program."
)


def _moment(text: str) -> datetime:
    """Parse a time with an offset, as RFC 3339 writes it. Raises: typer.BadParameter."""
    try:
        time = datetime.fromisoformat(text.upper())
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is not a time with an offset; write it as 2026-03-17T10:00:00+08:00")
    return time


def restore(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The backup, or the archive.")],
    services: Annotated[
        list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Only their databases. Otherwise all.")
    ] = None,
    service: Annotated[list[str] | None, typer.Option(metavar="SERVICE", help="The same; may be given again.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The private key, if it is encrypted.")] = None,
    server: Server = None,
    until: Annotated[
        datetime | None,
        typer.Option(parser=_moment, metavar="TIME", help="Of an archive: as it was then. Otherwise the last moment."),
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER", help="Of an archive: of this server, where it has several in turn."),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Take a backup that is not sealed by this installation.")
    ] = False,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Restore databases from a backup, and let their services read from Kafka what the backup does not have.

    Everything else keeps running, and so do the services until the new databases are made and compared. The databases
    that were there are kept under another name. With --server nothing is stopped or rewound: stop the services first,
    and afterwards run SERVICE rewind for each.

    The installation that made a backup has sealed it: one that was changed since, or made by another installation, is
    refused. Give --trust where a new installation continues an old one.

    DIR may be an archive that `lapor archive` keeps. Then databases are restored to its last moment, or to --until.
    If a lost server was replaced and both are in the archive, choose one with --system: the refusal names them.

    Examples:

        lapor restore /media/disk/2026-11-27 --key lapor-backup.key

        lapor restore /media/disk/2026-11-27 router sla-monitor --key lapor-backup.key

        lapor restore /media/disk/archive router --until 2026-11-27T09:59+08:00 --key lapor-backup.key
    """
    where, identities = DataDir(data), backups.private_keys(key) if key else []
    installation = None if trust else addresses.secret(where, server)
    names = [*(services or []), *(service or [])]
    found = {database.service: database for database in addresses.databases(where, server)}
    with ExitStack() as ending:
        if archive.is_one(directory):
            with counting("brought back") as progress:
                moments = ending.enter_context(
                    moment.recovered(directory, names, until, identities, installation, progress, system or ())
                )
            _say_moments(moments, until)
            sources = [(each.folder, part) for each in moments for part in each.parts]
        elif until or system:
            raise Refused(f"{directory} is no archive: of a backup only its own moment can be restored.")
        else:
            sources = [(directory, part) for part in _chosen(backups.read(directory, installation), names)]
        rewound = _restore(sources, found, identities, where, server)
    if not server and "intake-web" in {part.name for _, part in sources}:
        _attached(directory, where.evidence, identities)
    if not server and "unit-desk" in {part.name for _, part in sources}:
        err.print(_DESK, style="yellow", highlight=False, soft_wrap=True)
    _report([part for _, part in sources], rewound, as_json)


def _restore(
    sources: Sequence[tuple[Path, backups.Part]],
    found: Mapping[str, Database],
    identities: Sequence[backups.Identity],
    where: DataDir,
    server: list[str] | None,
) -> list[dict[str, Any]]:
    """Restore each database from its folder. Return what the services were rewound to."""
    parts = [part for _, part in sources]
    if absent := [part.name for part in parts if part.name not in found]:
        raise Refused(f"There is no database for {', '.join(absent)}: there are {', '.join(found)}.")
    with counting("checked") as progress:
        for folder, own in groupby(sources, lambda source: source[0]):
            backups.check(folder, [part for _, part in own], identities, progress)
    if not server:
        # A lost database is created again, empty, so that the swap finds one to put aside, and its owner.
        it = addresses.running(where)
        postgres.provision(it.cluster, it.credentials.databases)
    elif busy := [part.name for part in parts if users(found[part.name])]:
        raise Refused(f"{', '.join(busy)} still runs: stop every process of it, then do this again.")
    with ExitStack() as unless_done:
        fresh = {}
        with counting("restored") as progress:
            for folder, part in sources:
                database = found[part.name]
                fresh[part.name] = backups.restore(folder, part, database, identities, progress)
                unless_done.callback(discard, database, fresh[part.name])
        swapping = [found[name] for name in fresh]
        rewound = _swap(swapping, fresh) if server else rewind(where, list(fresh), lambda: _swap(swapping, fresh))
        unless_done.pop_all()
    return rewound


def _say_moments(moments: Sequence[moment.Moment], until: datetime | None) -> None:
    for each in moments:
        names = ", ".join(part.name for part in each.parts)
        last = each.last.isoformat(timespec="seconds") if each.last else "before all files were taken"
        err.print(f"{names}: the last that it knows was committed {last}", highlight=False)
        if each.short:
            err.print(f"{names}: the archive ends before {until}", style="yellow", highlight=False)
        for path in each.passed_over:
            said = f"{names}: passed over, for it is damaged or not sealed by this installation: {path}"
            err.print(said, style="yellow", highlight=False, soft_wrap=True)


def _chosen(parts: Sequence[backups.Part], names: Sequence[str]) -> list[backups.Part]:
    if absent := set(names) - {part.name for part in parts}:
        there = ", ".join(part.name for part in parts)
        raise Refused(f"The backup has no {', '.join(sorted(absent))}: it has {there}.")
    return [part for part in parts if not names or part.name in names]


def _swap(databases: Sequence[Database], fresh: dict[str, str]) -> list[dict[str, Any]]:
    """Put the new databases in place; the old ones are kept as NAME_before_TIME."""
    for database in databases:
        aside = f"{database.name}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
        if swap(database, fresh[database.service], aside):
            err.print(f"{database.service}: what was there is kept as the database {aside}", highlight=False)
    return []


def _attached(directory: Path, target: Path, identities: Sequence[backups.Identity]) -> None:
    """Put photos and videos back below ``target``, or say loudly that the backup does not have them."""
    if copies := kept_files.beside(directory):
        count = kept_files.put_back(copies, target, identities)
        err.print(f"photos and videos: {count} were missing, and are back", highlight=False)
        return
    said = (
        f"NO PHOTOS AND VIDEOS CAME BACK: neither in {directory} nor beside it is the folder {kept_files.FOLDER}."
        " Copy it there from where backups are kept, and do this again."
    )
    err.print(said, style="bold red", highlight=False, soft_wrap=True)


def _report(parts: Sequence[backups.Part], rewound: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"services": [backups.shown(part) for part in parts], "rewound": rewound}))
        return
    for part in parts:
        err.print(f"{part.name}: {part.rows} rows as of {part.at}", highlight=False)
    if not rewound:
        for part in parts:
            err.print(f"Now, before it starts: {part.name} rewind", style="yellow", highlight=False)
