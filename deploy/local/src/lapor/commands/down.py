"""The command `down`."""

from __future__ import annotations

import json
import os
import shutil
import signal
from contextlib import nullcontext
from typing import Annotated

import typer

from lapor.errors import Refused
from lapor.options import DATA, Data, Json, err, wait_until
from lapor.processes import state
from lapor.processes.data_dir import DataDir, only_one


def down(
    purge: Annotated[bool, typer.Option("--purge", help="Delete the data too: complaints, passwords, logs.")] = False,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Stop everything. The data stays, unless it is purged.

    Examples:

        lapor down

        lapor down --purge   the next start begins with nothing
    """
    where = DataDir(data)
    now = state.read(where.state)
    stopped = now is not None and state.lives(now.pid, now.started)
    if now and stopped:
        os.kill(now.pid, signal.SIGTERM)
        patience = sum(sorted(e.stop_timeout_s for e in now.processes)[-3:]) + 30
        wait_until(lambda: not state.lives(now.pid, now.started), patience, "It does not stop; `lapor down` again.")
    with only_one(where) if where.lock.exists() else nullcontext():  # another `up` may have begun since
        left = state.stop_leftovers(where.state)
        if purge:
            _purge(where)
    if as_json:
        typer.echo(json.dumps({"stopped": stopped or bool(left), "purged": purge}))
    elif not stopped and not left and not purge:
        err.print(f"Nothing ran from {data}.")


def _purge(where: DataDir) -> None:
    """Delete what `lapor up` makes, and nothing else in that folder. Raises: Refused."""
    if where.root.exists() and not where.is_ours:
        raise Refused(f"{where.root} was not made by `lapor up`, so nothing in it is deleted.")
    for path in where.made:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if where.root.is_dir() and not any(where.root.iterdir()):
        where.root.rmdir()
