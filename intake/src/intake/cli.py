"""The command line of an intake: that of every service, and a look at what it could not take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from chassis.cli import away, cli
from intake import MIGRATIONS


def intake_cli(service: str, run: Callable[[], None], *own: Path) -> typer.Typer:
    """The command line of ``service``; ``own`` are migrations besides those of every intake."""
    app = cli(service, run, [MIGRATIONS, *own])

    @app.command("set-aside")
    def set_aside(
        number: Annotated[int | None, typer.Argument(metavar="ID", help="One of them, with its content.")] = None,
        settle: Annotated[bool, typer.Option("--settle", help="It was seen to, and waits no more.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """What could not be taken and is kept in the intake's own database: all that waits, or one of them.

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

    return app
