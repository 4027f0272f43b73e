"""The command `kill`."""

from __future__ import annotations

import json
import signal

import typer

from lapor.errors import Refused
from lapor.options import DATA, Data, Json, Name, err
from lapor.processes import state
from lapor.processes.data_dir import DataDir


def kill(name: Name, data: Data = DATA, as_json: Json = False) -> None:
    """End a process with SIGKILL, as a power cut would; it is started again.

    Examples:

        lapor kill kafka && lapor status
    """
    where = DataDir(data)
    found = state.entry(state.running(where), name)
    if not state.lives(found.pid, found.started):
        raise Refused(f"{name} does not run at the moment ({found.state}).")
    state.signal_group(found, signal.SIGKILL)
    if as_json:
        typer.echo(json.dumps({"name": name, "killed": found.pid}))
    else:
        err.print(f"{name} ({found.pid}) killed")
