"""The command line every service has. Imports are inside the commands: ``--help`` need not wait for Faust."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import psycopg

    from chassis.catch_up import Places


def cli(
    service: str,
    run: Callable[[], None],
    migrations: Sequence[Path] = (),
    catch_up: Callable[[Places], Awaitable[Places]] | None = None,
) -> typer.Typer:
    """The command line of ``service``: ``run``; and ``migrate``, ``rewind`` and ``republish`` where it owns a database.

    ``catch_up`` is for a service whose topics must not be read one before the other, as ``rewind`` would.
    """
    app = typer.Typer(name=service, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.callback()
    def root() -> None:
        """LAPOR! Soppeng. Settings come from the environment: see this service's README."""

    app.command("run", help="Run the service until SIGTERM.")(run)
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

        @app.command("rewind")
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
                offsets = asyncio.run(rewind(settings, service, catch_up))
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

        app.command("republish")(_republish_of(service))

    return app


def _moment(text: str) -> datetime:
    from chassis.republish import moment

    return moment(text)


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


def away(service: str, dsn: str, error: psycopg.OperationalError) -> typer.Exit:
    """Say that the database of ``service`` can't be used, and why, in a line; exit 75."""
    from chassis.database import reason
    from chassis.exits import EXIT_TEMPORARY

    typer.echo(f"{service}: its database can't be used: {reason(dsn, error)}", err=True)
    return typer.Exit(EXIT_TEMPORARY)
