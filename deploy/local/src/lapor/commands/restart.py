"""The command `restart`."""

from __future__ import annotations

import json
import signal
import time

import typer

from lapor.options import DATA, Data, Json, Name, err, wait_until
from lapor.processes import state
from lapor.processes.data_dir import DataDir


def restart(name: Name, data: Data = DATA, as_json: Json = False) -> None:
    """Stop a process in order; it is started again, and this returns when it is ready.

    Examples:

        lapor restart router
    """
    where = DataDir(data)
    restart_and_wait(where, name)
    _report(where, name, "restarted", as_json)


def restart_and_wait(where: DataDir, name: str) -> None:
    """Stop ``name`` in order, and wait until it is ready again. Raises Refused if it is unknown or takes too long."""
    before = state.entry(state.running(where), name)
    state.signal_group(before, signal.Signals(before.stop_signal))
    gone = time.monotonic() + before.stop_timeout_s

    def again() -> bool:
        now = state.entry(state.running(where), name)
        if now.pid == before.pid and time.monotonic() > gone:
            state.signal_group(before, signal.SIGKILL)
        return now.state == "ready" and now.pid != before.pid

    wait_until(again, before.stop_timeout_s + 60, f"{name} is not ready again; `lapor logs {name}` tells why.")


def _report(where: DataDir, name: str, what: str, as_json: bool) -> None:
    now = state.entry(state.running(where), name)
    if as_json:
        typer.echo(json.dumps({"name": name, "state": now.state, "pid": now.pid, "restarts": now.restarts}))
    else:
        err.print(f"{name} {what} ({now.pid})")
