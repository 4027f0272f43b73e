"""The `lapor` command: the whole system on one machine."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import typer
from confluent_kafka import KafkaException
from typer.core import TyperGroup
from typer.main import get_group

from chassis.cli import imported
from kabupaten import RegionError
from lapor.errors import Refused
from lapor.options import err

#: A module of ``lapor.commands`` each, in the order in which ``--help`` lists them.
COMMANDS = (
    "up", "down", "status", "top", "env", "desk", "logs", "restart", "kill", "demo", "trace", "provision", "erase",
    "erasures", "export", "certificates", "backup", "archive", "restore", "evidence", "republish", "backup-key",
    "rotate", "unit", "dlq", "region", "bench",
)  # fmt: skip


class Commands(TyperGroup):
    """The commands, each imported when it is called, so that no command waits for the libraries of all others."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = dict.fromkeys(COMMANDS, self)  # only the names count: ``get_command`` looks up the commands

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = imported(f"lapor.commands.{name}")
        alone = typer.Typer(rich_markup_mode="rich", callback=root)
        if hasattr(module, "app"):
            alone.add_typer(module.app, name=cmd_name)
        else:
            alone.command(context_settings=getattr(module, "CONTEXT", None))(getattr(module, name))
        return get_group(alone).commands[cmd_name]


def root() -> None:
    """LAPOR! Soppeng on one machine."""


app = typer.Typer(
    cls=Commands,
    callback=root,
    help="LAPOR! Soppeng on one machine: start it, look at it, break it, stop it.\n\n"
    "First `lapor up`, then `lapor demo` in a second shell.",
    epilog="Exit codes: 0 done; 1 failed or refused, with a sentence that says what to do; 2 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # they may hold a password
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run a command. Print a refusal, or each problem of a region, as one sentence on stderr, and exit with code 1."""
    try:
        app()
    except (Refused, RegionError, KafkaException) as error:
        said = _of_kafka(error) if isinstance(error, KafkaException) else str(error)
        err.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(0)


def _of_kafka(error: KafkaException) -> str:
    return f"Kafka does not answer, or refuses: {error.args[0].str()}. `lapor status` shows whether it runs."


if __name__ == "__main__":
    main()
