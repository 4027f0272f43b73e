"""The command `logs`."""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Annotated

import typer

from lapor.errors import Refused
from lapor.options import DATA, Data, Json, Name
from lapor.processes.data_dir import DataDir


def logs(
    name: Name,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as more comes.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines.")] = 50,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Show the log of a process.

    Examples:

        lapor logs router -f

        lapor logs kafka -n 200
    """
    where = DataDir(data)
    path, there = where.log(name), sorted(each.stem for each in where.logs.glob("*.log"))
    if name not in there:
        raise Refused(f"There is no log of {name!r} in {where.logs}: there are {', '.join(there) or 'none yet'}.")

    def show(line: str) -> None:
        typer.echo(json.dumps({"service": name, "line": line}) if as_json else line)

    with path.open(errors="replace") as file:
        for line in deque(file, maxlen=lines):
            show(line.rstrip("\n"))
        written = ""
        while follow:
            written += file.readline()
            if written.endswith("\n"):
                show(written.rstrip("\n"))
                written = ""
            else:
                time.sleep(0.2)
                if path.stat().st_size < file.tell():  # it was put aside, and begins again
                    file.seek(0)
