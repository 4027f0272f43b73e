"""The command `restore`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lapor.commands.backup import Server
from lapor.errors import Refused
from lapor.options import DATA, Data, Json, counting, err
from lapor.processes.data_dir import DataDir
from lapor.servers import postgres
from lapor.servers.dump import Database, discard, swap, users
from lapor.system import addresses, backups, kept_files
from lapor.system.rewinding import rewind


def restore(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The backup.")],
    services: Annotated[
        list[str] | None, typer.Argument(metavar="[SERVICE]...", help="Only their databases. Otherwise all.")
    ] = None,
    service: Annotated[list[str] | None, typer.Option(metavar="SERVICE", help="The same; may be given again.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The private key, if it is encrypted.")] = None,
    server: Server = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Take a backup that is not sealed by this installation.")
    ] = False,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Put databases back to a backup, and let their services read again from Kafka what it does not know.

    Everything runs on, also the services themselves until the new databases are made and compared. The databases that
    were there are kept under another name. Where --server is given nothing is stopped or rewound: stop the services
    first, and then say SERVICE rewind for each.

    A backup is sealed by the installation that made it: what was changed since, or is another's, is refused. Say
    --trust where a new installation is to go on from an old one's.

    Examples:

        lapor restore /media/disk/2026-11-27 --key lapor-backup.key

        lapor restore /media/disk/2026-11-27 router sla-monitor --key lapor-backup.key
    """
    where, identities = DataDir(data), backups.private_keys(key) if key else []
    installation = None if trust else addresses.secret(where, server)
    parts = _chosen(backups.read(directory, installation), [*(services or []), *(service or [])])
    found = {database.service: database for database in addresses.databases(where, server)}
    if absent := [part.name for part in parts if part.name not in found]:
        raise Refused(f"There is no database for {', '.join(absent)}: there are {', '.join(found)}.")
    with counting("checked") as progress:
        backups.check(directory, parts, identities, progress)
    if not server:
        # A database that is lost is made anew, empty: then there is one to be put aside, and its owner.
        it = addresses.running(where)
        postgres.provision(it.cluster, it.credentials.databases)
    elif busy := [part.name for part in parts if users(found[part.name])]:
        raise Refused(f"{', '.join(busy)} still runs: stop every process of it, then do this again.")
    with ExitStack() as unless_done:
        fresh = {}
        with counting("restored") as progress:
            for part in parts:
                database = found[part.name]
                fresh[part.name] = backups.restore(directory, part, database, identities, progress)
                unless_done.callback(discard, database, fresh[part.name])
        swapping = [found[name] for name in fresh]
        rewound = _swap(swapping, fresh) if server else rewind(where, list(fresh), lambda: _swap(swapping, fresh))
        unless_done.pop_all()
    if not server and "intake-web" in fresh:
        _attached(directory, where.evidence, identities)
    _report(parts, rewound, as_json)


def _chosen(parts: Sequence[backups.Part], names: Sequence[str]) -> list[backups.Part]:
    if absent := set(names) - {part.name for part in parts}:
        there = ", ".join(part.name for part in parts)
        raise Refused(f"The backup has no {', '.join(sorted(absent))}: it has {there}.")
    return [part for part in parts if not names or part.name in names]


def _swap(databases: Sequence[Database], fresh: dict[str, str]) -> list[dict[str, Any]]:
    """Put the new databases in place; what was there is kept as NAME_before_TIME."""
    for database in databases:
        aside = f"{database.name}_before_{datetime.now(UTC):%Y%m%d_%H%M%S}"
        if swap(database, fresh[database.service], aside):
            err.print(f"{database.service}: what was there is kept as the database {aside}", highlight=False)
    return []


def _attached(directory: Path, target: Path, identities: Sequence[backups.Identity]) -> None:
    """Put back below ``target`` what citizens attached, or say loudly that there is nothing to put back."""
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
