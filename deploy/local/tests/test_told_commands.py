"""Documents name commands that exist, with options that they have: an operator follows them at night."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from lapor.__main__ import app

ROOT = Path(__file__).parents[3]
PAGES = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md"))]
#: A command in backticks, or a line of a block of commands.
TOLD = re.compile(r"(?:`|^\s*(?:\$ )?)lapor((?: +[^`\n#|&;<>)]+)?)", re.MULTILINE)
OPTION = re.compile(r"--[a-z][\w-]*")


def _commands(page: str) -> list[str]:
    return [found.strip() for found in TOLD.findall((ROOT / page).read_text()) if found.strip()]


def _fault(told: str) -> str:
    """Return what is wrong with a command of ours, or ""."""
    command: Any = typer.main.get_command(app)
    for word in told.split():
        if not hasattr(command, "get_command") or word.startswith("-"):
            break
        if (found := command.get_command(None, word)) is None:
            return f"{word} is no command"
        command = found
    has = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = set(OPTION.findall(told)) - has - {"--help"}
    return f"{command.name} has no {', '.join(sorted(unknown))}" if unknown else ""


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_document_tells_exists(page: str) -> None:
    assert {} == {told: fault for told in _commands(page) if (fault := _fault(told))}


def test_commands_are_found_in_the_runbook_and_a_wrong_one_is_seen() -> None:
    assert len(_commands("docs/runbook.md")) > 40
    assert ["nothing is no command", "logs has no --line"] == [_fault("dlq nothing"), _fault("logs router --line 3")]
