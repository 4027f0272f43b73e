"""The command line of an intake: the commands of every service, `set-aside`, `notices`, `resend` and `export`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from pkgutil import resolve_name
from typing import Annotated, Any, TypeVar

import typer

from chassis.cli import away, cli
from intake import MIGRATIONS

T = TypeVar("T")


def intake_cli(service: str, run: str, *own: Path, also: str | None = None) -> typer.Typer:
    """Build the command line of ``service``; ``own`` are migrations besides those of every intake.

    ``also`` exports what only this intake knows of a person. ``also`` and ``run`` name functions, as in ``cli``.
    """
    app = cli(service, run, [MIGRATIONS, *own])
    app.command("set-aside")(_set_aside_of(service))
    app.command("notices")(_notices_of(service))
    app.command("resend")(_resend_of(service))
    app.command("export")(_export_of(service, also))
    return app


def _set_aside_of(service: str) -> Callable[..., None]:
    def set_aside(
        number: Annotated[int | None, typer.Argument(metavar="ID", help="One of them, with its content.")] = None,
        settle: Annotated[bool, typer.Option("--settle", help="It was seen to, and waits no more.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """List what could not be taken and waits in the intake's own database, or show one of them.

        Examples:

            intake-sms set-aside

            intake-sms set-aside 3 --settle
        """
        import json
        from datetime import datetime

        from psycopg import OperationalError

        from chassis.settings import MigrateSettings, read_settings
        from intake.set_aside import look, waiting

        if settle and number is None:
            raise typer.BadParameter("name the ID that is settled")
        dsn = str(read_settings(MigrateSettings, service).database_url)
        try:
            found = waiting(dsn) if number is None else look(dsn, number, settle=settle)
        except OperationalError as error:
            raise away(service, dsn, error) from error
        if found is None:
            typer.echo(f"There is nothing set aside with the number {number}.", err=True)
            raise typer.Exit(1)
        if as_json or isinstance(found, dict):
            typer.echo(json.dumps(found, default=datetime.isoformat, indent=None if as_json else 2))
            return
        for row in found:
            typer.echo(f"{row['id']} {row['door']} {row['error']} {row['at'].isoformat()} {row['bytes']} bytes")
        if not found:
            typer.echo("Nothing waits.", err=True)

    return set_aside


def _notices_of(service: str) -> Callable[..., None]:
    def notices(
        ticket: Annotated[str | None, typer.Argument(metavar="TICKET", help="All that was told of this one.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """List the notices that citizens did not get, and why; with a ticket all its notices, sent or waiting.

        Examples:

            intake-web notices

            intake-web notices SPG-W0AB-12CDS
        """
        import json
        from datetime import datetime

        from contracts import ticket as tickets
        from intake.sent import sent

        wanted = tickets.parse(ticket) if ticket else None
        if ticket and not wanted:
            raise typer.BadParameter(f"{ticket} is no ticket")
        rows = _in_database(service, lambda db: sent(db, wanted))
        if as_json:
            typer.echo(json.dumps(rows, default=datetime.isoformat))
            return
        for row in rows:
            at = (row["sent_at"] or row["created_at"]).isoformat(timespec="seconds")
            said = row["report"] if row["state"] == "sent" else None  # for a refused one the detail says it
            parts = (row["id"], row["ticket"], row["kind"], row["address"], row["state"], row["detail"], said, at)
            typer.echo(" ".join(str(part) for part in parts if part not in (None, "")))
        if not rows:
            typer.echo("Nothing." if wanted else "Everybody was told.", err=True)

    return notices


def _resend_of(service: str) -> Callable[..., None]:
    def resend(
        numbers: Annotated[list[int], typer.Argument(metavar="ID...", help="As `notices` gives them.")],
    ) -> None:
        """Send again what was refused, dropped, or may not have arrived. A notice of unknown fate may then arrive
        twice.

        Examples:

            intake-web resend 17 18
        """
        from intake.sent import send_again

        again = _in_database(service, lambda db: send_again(db, numbers))
        typer.echo(f"To be sent again: {', '.join(map(str, again)) or 'none'}.")
        if left := sorted(set(numbers) - set(again)):
            typer.echo(
                f"Not: {', '.join(map(str, left))} (unknown here, sent, waiting, or its address is gone).", err=True
            )
            raise typer.Exit(1)

    return resend


def _export_of(service: str, also: str | None) -> Callable[..., None]:
    def export(
        wanted: Annotated[
            str, typer.Argument(metavar="TICKET|CONTACT", help="A ticket, or a number or address as given.")
        ],
        as_json: Annotated[bool, typer.Option("--json", help="Print it in one line.")] = False,
    ) -> None:
        """Export all that this intake knows of a person, as JSON to hand to that person.

        Examples:

            intake-sms export SPG-S0AB-12CDW
        """
        import json

        from intake.export import export_with

        known = _in_database(service, lambda db: export_with(db, wanted, resolve_name(also) if also else None))
        if not any(known.values()):
            typer.echo(f"{service} knows nothing of it: give a ticket, or a contact exactly as it was given.", err=True)
            raise typer.Exit(1)
        typer.echo(json.dumps(known, ensure_ascii=False, indent=None if as_json else 2))

    return export


def _in_database(service: str, do: Callable[[Any], Awaitable[T]]) -> T:
    """Return the result of ``do`` on a connection to the database of ``service``; exit with 75 if it can't be used."""
    import asyncio

    from chassis.database import OUTAGES, connected
    from chassis.settings import MigrateSettings, read_settings

    dsn = str(read_settings(MigrateSettings, service).database_url)

    async def within() -> T:
        async with connected(dsn) as db:
            return await do(db)

    try:
        return asyncio.run(within())
    except OUTAGES as error:
        raise away(service, dsn, error) from error
