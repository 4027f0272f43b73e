"""The command line of every service. Imports are inside the commands: ``--help`` need not wait for Faust."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from pkgutil import resolve_name
from typing import Annotated, Any

import typer


def cli(service: str, run: str, migrations: Sequence[Path] = (), catch_up: str | None = None) -> typer.Typer:
    """Build the command line of ``service``: ``run``; for a database also ``migrate``, ``rewind`` and ``republish``.

    ``run`` and ``catch_up`` are names of functions (``router.app:run``), imported by the command that calls them.
    ``catch_up`` is for a service whose topics must not be read one after the other, as ``rewind`` alone would.
    """
    app = typer.Typer(name=service, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.callback()
    def root() -> None:
        """LAPOR! Soppeng. Settings come from the environment: see this service's README."""

    @app.command("run")
    def run_() -> None:
        """Run the service until SIGTERM."""
        imported(run)()

    if migrations:

        @app.command("migrate")
        def migrate_() -> None:
            """Bring the service's own database up to date; safe to repeat, and to run twice at once."""
            from psycopg import OperationalError

            from chassis.database import migrate
            from chassis.settings import MigrateSettings, read_settings

            settings = read_settings(MigrateSettings, service)
            try:
                applied = migrate(str(settings.database_url), *migrations)
            except OperationalError as error:
                raise away(service, str(settings.database_url), error) from error
            typer.echo(f"{service}: {applied} migration(s) applied", err=True)

        app.command("rewind")(_rewind_of(service, catch_up))
        app.command("republish")(_republish_of(service))

    return app


def imported(name: str) -> Any:
    """Import the function ``name`` (``router.app:run``), or a module, without the garbage collector.

    Imported objects never die, and examining them took a quarter of the time. The collector skips them later, too.
    """
    gc.disable()
    try:
        return resolve_name(name)
    finally:
        gc.freeze()
        gc.enable()


def _moment(text: str) -> datetime:
    from chassis.republish import moment

    return moment(text)


def _rewind_of(service: str, catch_up: str | None) -> Callable[..., None]:
    def rewind_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
        """After a restored backup, with the service stopped: read again what the database does not know."""
        import asyncio
        import json

        from aiokafka.errors import KafkaError

        from chassis.database import OUTAGES
        from chassis.exits import EXIT_TEMPORARY
        from chassis.rewind import StillRunning, rewind
        from chassis.settings import DatabaseSettings, read_settings

        settings = read_settings(DatabaseSettings, service)
        try:
            offsets = asyncio.run(rewind(settings, service, imported(catch_up) if catch_up else None))
        except StillRunning as error:
            typer.echo(f"{service} still runs: stop every process of it, then do this again.", err=True)
            raise typer.Exit(1) from error
        except (*OUTAGES, KafkaError) as error:
            typer.echo(f"{service}: its database or Kafka can't be used: {error}", err=True)
            raise typer.Exit(EXIT_TEMPORARY) from error
        if as_json:
            typer.echo(json.dumps({"group": service, "partitions": offsets}))
            return
        for place, offset in offsets.items():
            typer.echo(f"{place} {offset}")

    return rewind_


def _republish_of(service: str) -> Callable[..., None]:
    def republish_(
        since: Annotated[
            datetime, typer.Option(parser=_moment, metavar="TIME", help="Since when: 2026-03-17T10:00+08:00")
        ],
        topic: Annotated[str | None, typer.Option(metavar="TOPIC", help="Only what was published on it.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        import asyncio
        import json

        from chassis.database import OUTAGES
        from chassis.exits import EXIT_TEMPORARY
        from chassis.republish import Waits, publishers, republish
        from chassis.settings import MigrateSettings, read_settings

        if topic and service not in (who := publishers(topic)):
            raise typer.BadParameter(f"{service} does not write {topic!r}; {' and '.join(who) or 'nobody'} does")
        dsn = str(read_settings(MigrateSettings, service).database_url)
        try:
            many = asyncio.run(
                republish(dsn, since, topic, lambda out, all_: typer.echo(f"{out} of {all_} are out", err=True))
            )
        except Waits as error:
            typer.echo(f"{service}: {error}; they go out when it runs and Kafka takes them", err=True)
            raise typer.Exit(EXIT_TEMPORARY) from error
        except OUTAGES as error:
            typer.echo(f"{service}: its database can't be used: {error}", err=True)
            raise typer.Exit(EXIT_TEMPORARY) from error
        typer.echo(json.dumps({"republished": many}) if as_json else f"{many} published again")

    republish_.__doc__ = f"""Publish again what the service published since TIME, for a Kafka that has lost it.

    First rewind each service that has read what is lost (docs/runbook.md). Events have the ids, keys and order that
    they had, so whoever has read one leaves it alone.

    Examples:

        {service} republish --since 2026-03-17T10:00+08:00
    """
    return republish_


def away(service: str, dsn: str, error: Exception) -> typer.Exit:
    """Report in one line that the database of ``service`` can't be used, and why; return the exit with code 75."""
    from chassis.database import reason
    from chassis.exits import EXIT_TEMPORARY

    typer.echo(f"{service}: its database can't be used: {reason(dsn, error)}", err=True)
    return typer.Exit(EXIT_TEMPORARY)
