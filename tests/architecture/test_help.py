"""Whoever asks a command for help is shown how it is used."""

from __future__ import annotations

import typer

from classifier import __main__ as classifier
from lapor import __main__ as lapor
from router import __main__ as router
from sla_monitor import __main__ as sla_monitor

APPS = {"lapor": lapor.app, "classifier": classifier.app, "router": router.app, "sla-monitor": sla_monitor.cli}
#: These take nothing but their settings.
BARE = {"run", "migrate", "rewind"}


def helps(app: typer.Typer, path: str) -> dict[str, str]:
    """What each command of ``app`` and of its groups says of itself."""
    found = {}
    for command in app.registered_commands:
        assert command.callback
        name = command.name or command.callback.__name__.replace("_", "-")
        found[f"{path} {name}"] = command.callback.__doc__ or ""
    for group in app.registered_groups:
        assert group.typer_instance
        found |= helps(group.typer_instance, f"{path} {group.name}")
    return found


def test_every_command_shows_an_example_of_itself() -> None:
    told = {name: text for path, app in APPS.items() for name, text in helps(app, path).items()}
    assert len(told) > 30
    without = [name for name, text in told.items() if name.split()[-1] not in BARE and name not in text]
    assert [] == without
