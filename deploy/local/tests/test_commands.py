"""The commands themselves: help that shows how, arguments that reach no further than they say."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from lapor import inspection
from lapor.__main__ import app
from lapor.errors import Refused


def commands(group: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by how it is typed."""
    for each, command in getattr(group, "commands", {}).items():
        yield from commands(command, f"{name} {each}")
    if not hasattr(group, "commands"):
        yield name, group


def test_the_help_of_every_command_shows_how_it_is_typed() -> None:
    without = [
        name
        for name, command in commands(typer.main.get_command(app), "lapor")
        if f"    {name}" not in (command.help or "")
    ]

    assert [] == [name for name in without if not name.startswith("lapor bench")]


def test_logs_shows_only_logs_of_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "router.log").write_text("ours\n")
    (tmp_path / "secret.log").write_text("theirs\n")

    with pytest.raises(Refused, match=r"no log of '../secret'.*there are router"):
        inspection.logs("../secret", data=tmp_path, follow=False, lines=1)
