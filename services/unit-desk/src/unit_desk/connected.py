"""A command with a connection to the database of the desk. Imports are inside, as in ``chassis/cli.py``."""

from __future__ import annotations

import sys
from typing import Any

import typer

_SERVICE = "unit-desk"


def in_database(work: Any) -> Any:
    """Run ``work`` with a connection to the desk's database and its settings; exit 75 without a database."""
    import asyncio

    from chassis.cli import away
    from chassis.database import OUTAGES, connected
    from chassis.settings import read_settings
    from unit_desk.commands import DeskAccess

    settings = read_settings(DeskAccess, _SERVICE)

    async def run() -> Any:
        async with connected(str(settings.database_url)) as db:
            return await work(db, settings)

    try:
        return asyncio.run(run())
    except OUTAGES as error:
        raise away(_SERVICE, str(settings.database_url), error) from error


def refused(said: str) -> typer.Exit:
    """Print why the command failed, and return the exit."""
    sys.stderr.write(f"{said}\n")
    return typer.Exit(1)
