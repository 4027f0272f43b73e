"""The command `bench`: its benchmarks are not installed where the system only runs."""

from __future__ import annotations

import importlib.util

import typer

from lapor.errors import Refused


def add_to(app: typer.Typer) -> None:
    """Add the benchmarks to ``app``, or a command that says how to install them."""
    if importlib.util.find_spec("testing"):
        from testing.bench import commands

        app.add_typer(commands.app, name="bench")
    else:
        app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(bench)


def bench() -> None:
    """Measure a part of the system. Not installed here.

    Examples:

        lapor bench router
    """
    raise Refused("The benchmarks are not installed here: `make sync` in a checkout installs them.")
