"""The `lapor` command: the whole system on one machine."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer
from confluent_kafka import KafkaException

from kabupaten import RegionError
from lapor.commands import (
    backup,
    backup_key,
    bench,
    certificates,
    demo,
    dlq,
    down,
    env,
    erase,
    erasures,
    evidence,
    export,
    kill,
    logs,
    provision,
    region,
    republish,
    restart,
    restore,
    rotate,
    status,
    top,
    trace,
    unit,
    up,
)  # fmt: skip
from lapor.errors import Refused
from lapor.options import err

app = typer.Typer(
    help="LAPOR! Soppeng on one machine: start it, look at it, break it, stop it.\n\n"
    "First `lapor up`, then `lapor demo` in a second shell.",
    epilog="Exit codes: 0 done; 1 failed or refused, with a sentence that says what to do; 2 wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # they may hold a password
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    up.up, down.down, status.status, top.top, env.env, logs.logs, restart.restart, kill.kill, demo.demo, trace.trace,
    provision.provision, erase.erase, erasures.erasures, export.export, certificates.certificates, backup.backup,
    restore.restore, evidence.evidence, republish.republish, backup_key.backup_key, rotate.rotate,
):  # fmt: skip
    app.command()(command)
app.add_typer(unit.app, name="unit")
app.add_typer(dlq.app, name="dlq")
app.add_typer(region.app, name="region")
bench.add_to(app)


def main() -> NoReturn:
    """Run a command. A refusal, and each problem of a region, is one sentence on stderr, with exit code 1."""
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
