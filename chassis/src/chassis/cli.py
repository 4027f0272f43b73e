"""The command line every service has. Imports are inside the commands: ``--help`` need not wait for Faust."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import typer


def cli(service: str, run: Callable[[], None], migrations: Sequence[Path] = ()) -> typer.Typer:
    """The command line of ``service``: ``run``, and ``migrate`` where it owns a database."""
    app = typer.Typer(name=service, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.callback()
    def root() -> None:
        """LAPOR! Soppeng. Settings come from the environment: see this service's README."""

    app.command("run", help="Run the service until SIGTERM.")(run)
    if migrations:

        @app.command("migrate")
        def migrate_() -> None:
            """Bring the service's own database up to date; safe to repeat, and to run twice at once."""
            from chassis.database import migrate
            from chassis.settings import MigrateSettings, read_settings

            settings = read_settings(MigrateSettings, service)
            applied = migrate(str(settings.database_url), *migrations)
            typer.echo(f"{service}: {applied} migration(s) applied", err=True)

    return app
