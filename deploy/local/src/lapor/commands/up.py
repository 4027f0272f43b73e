"""The command `up`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from lapor.commands.status import report
from lapor.errors import Refused
from lapor.options import DATA, REGION, Data, Json, err
from lapor.processes import board, state
from lapor.processes.data_dir import DataDir
from lapor.system import start

READY_S = 600  # for a first start that downloads


def up(
    region: Annotated[
        Path, typer.Option(metavar="DIR", help="The kabupaten's folder; region/seconds has quick deadlines.")
    ] = REGION,
    detach: Annotated[bool, typer.Option("--detach", help="Return when all is ready, and leave it running.")] = False,
    no_tty: Annotated[bool, typer.Option("--no-tty", help="Plain lines instead of the live board.")] = False,
    set_: Annotated[
        list[str], typer.Option("--set", metavar="SERVICE:NAME=VALUE", help="One more variable for one service.")
    ] = [],  # noqa: B006 - typer copies it
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Start everything and keep it running: Kafka, PostgreSQL, the services and the vendors' stand-ins.

    Examples:

        lapor up                          in the foreground, with a live board

        lapor up --detach                 returns when all is ready

        lapor up --region region/seconds  deadlines in seconds, to watch one being missed
    """
    overrides = _overrides(set_)
    if detach:
        _detached(DataDir(data), region, set_)
        if as_json:
            typer.echo(json.dumps(report(DataDir(data))))
        return
    plain = no_tty or not err.is_terminal or os.environ.get("CI") == "true"
    with (board.plain if plain else board.live)(err) as (changed, below):
        asyncio.run(start.up(DataDir(data), region, overrides, changed, below))


def _overrides(pairs: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for pair in pairs:
        service, colon, rest = pair.partition(":")
        name, equals, value = rest.partition("=")
        if not (service and colon and name and equals):
            raise typer.BadParameter(f"{pair!r} is not SERVICE:NAME=VALUE", param_hint="--set")
        found.setdefault(service, {})[name] = value
    return found


def _detached(where: DataDir, region: Path, sets: list[str]) -> None:
    """Start another `lapor up` in a session of its own, and wait until it is ready, showing its output.

    Raises:
        typer.Exit: it gave up.
        Refused: it is not ready in time.
    """
    where.create()
    log = where.log("up")
    command = [sys.executable, "-m", "lapor", "up", "--no-tty", "--region", str(region), "--data", str(where.root)]
    shown = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - this same program
            [*command, *(word for pair in sets for word in ("--set", pair))],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + READY_S
    while True:
        ended, now = child.poll() is not None, state.read(where.state)
        with log.open("rb") as written:
            written.seek(shown)
            more = written.read()
        shown += len(more)
        err.print(more.decode(errors="replace"), end="", markup=False, highlight=False, soft_wrap=True)
        if now and now.pid == child.pid and now.ready and more == b"":
            return
        if ended:
            raise typer.Exit(1)  # its sentence has just been shown
        if time.monotonic() > deadline:
            raise Refused(f"Not ready after {READY_S} s: `lapor status` and {log} tell more.")
        time.sleep(0.1)
