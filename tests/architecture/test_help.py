"""The help of each command shows how it is used."""

from __future__ import annotations

from typing import Any

from typer import Context
from typer.core import TyperGroup
from typer.main import get_command

from classifier import __main__ as classifier
from lapor import __main__ as lapor
from router import __main__ as router
from sla_monitor import __main__ as sla_monitor

APPS = {"lapor": lapor.app, "classifier": classifier.app, "router": router.app, "sla-monitor": sla_monitor.cli}
#: These take nothing but their settings.
BARE = {"run", "migrate", "rewind"}


def helps(command: Any, path: str) -> dict[str, str]:
    """Return the help of each command at or below ``command``."""
    if not isinstance(command, TyperGroup):
        return {path: command.help or ""}
    here = Context(command)
    below = ((f"{path} {name}", command.get_command(here, name)) for name in command.list_commands(here))
    return {name: text for path, each in below for name, text in helps(each, path).items()}


def test_every_command_shows_an_example_of_itself() -> None:
    told = {name: text for path, app in APPS.items() for name, text in helps(get_command(app), path).items()}
    assert len(told) > 30
    without = [name for name, text in told.items() if name.split()[-1] not in BARE and name not in text]
    assert [] == without
