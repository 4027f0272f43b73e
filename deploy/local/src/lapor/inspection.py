"""The commands that look at what runs, or disturb one process of it."""

from __future__ import annotations

import json
import signal
import time
from collections import deque
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaException
from rich.table import Table

from lapor import board, dlq, health, state, up
from lapor.errors import Refused
from lapor.files import DataDir
from lapor.options import DATA, Data, Json, Name, err, out, wait_until


def status(data: Data = DATA, as_json: Json = False) -> None:
    """What runs, whether it is ready, and what needs attention.

    Exit code 0 whatever it finds, also that nothing runs: scripts look at `ready`.

    Examples:

        lapor status

        lapor status --json
    """
    where = DataDir(data)
    now = state.read(where.state)
    lives = now is not None and state.lives(now.pid, now.started)
    waiting = health.outboxes(where) if lives else {}
    letters = _letters(where) if lives and now is not None and state.is_ready(now, "kafka") else {}
    needs = [*_gone(where, now if lives else None), *health.attention(waiting, letters)]
    if as_json:
        typer.echo(json.dumps({**_with(waiting, report(where)), "attention": needs}))
    elif now is None or not lives:
        err.print(state.nothing_runs(where), highlight=False, soft_wrap=True)
    else:
        out.print(board.table(now))
        out.print(in_a_word(now), style="bold")
        for sentence in needs:
            out.print(f"needs attention: {sentence}", style="red", highlight=False, soft_wrap=True)


def _gone(where: DataDir, now: state.State | None) -> Iterator[str]:
    """The processes that are started again, with what each said when it left."""
    for each in now.processes if now else []:
        if each.state == "restarting" and (why := health.why_it_left(where, each.name)):
            yield f"{each.name} left by itself, {each.restarts} times by now: {why} (lapor logs {each.name})"


def in_a_word(now: state.State) -> str:
    """Ready, or what is not. The supervisor itself is ready once: what falls over later is a process's own state."""
    waits = [f"{each.name} {each.state}" for each in now.processes if each.state != "ready"]
    return now.phase if not now.ready else f"not ready: {', '.join(waits)}" if waits else "ready"


def _with(waiting: dict[str, health.Outbox], shown: dict[str, Any]) -> dict[str, Any]:
    """The report with what waits in each service's outbox."""
    for each in shown["services"]:
        if it := waiting.get(each["name"]):
            each |= {"outbox_parked": it.parked, "outbox_oldest_s": it.oldest_s}
    return shown


def _letters(where: DataDir) -> dict[str, int]:
    """The dead letters; none known when Kafka goes away just now."""
    try:
        return dlq.waiting(where)
    except (Refused, KafkaException):
        return {}


def env(data: Data = DATA, as_json: Json = False) -> None:
    """Addresses and accounts of what runs. Passwords only with --json.

    Examples:

        lapor env

        lapor env --json | python -m json.tool
    """
    where = DataDir(data)
    values = up.env(where)
    if as_json:
        typer.echo(json.dumps(values))
        return
    shown = Table(box=None, show_header=False, pad_edge=False)
    for name in ("web_url", "standins_url", "sent_url", "x_mention_url", "bootstrap"):
        shown.add_row(name, str(values[name]))
    shown.add_row("passwords", f"{where.credentials} (or `{where.command('lapor env --json')}`)")
    out.print(shown)


def logs(
    name: Name,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as more comes.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines.")] = 50,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """What a process wrote to its log.

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


def restart(name: Name, data: Data = DATA, as_json: Json = False) -> None:
    """Stop a process in order; it is started again, and this returns when it is ready.

    Examples:

        lapor restart router
    """
    where = DataDir(data)
    before = state.entry(state.running(where), name)
    state.signal_group(before, signal.Signals(before.stop_signal))
    gone = time.monotonic() + before.stop_timeout_s

    def again() -> bool:
        now = state.entry(state.running(where), name)
        if now.pid == before.pid and time.monotonic() > gone:
            state.signal_group(before, signal.SIGKILL)
        return now.state == "ready" and now.pid != before.pid

    wait_until(again, before.stop_timeout_s + 60, f"{name} is not ready again; `lapor logs {name}` tells why.")
    _report(where, name, "restarted", as_json)


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


def _report(where: DataDir, name: str, what: str, as_json: bool) -> None:
    now = state.entry(state.running(where), name)
    if as_json:
        typer.echo(json.dumps({"name": name, "state": now.state, "pid": now.pid, "restarts": now.restarts}))
    else:
        err.print(f"{name} {what} ({now.pid})")


def report(where: DataDir) -> dict[str, Any]:
    """What `lapor status --json` prints."""
    now = state.read(where.state)
    lives = now is not None and state.lives(now.pid, now.started)
    entries = now.processes if now else []
    return {
        "ready": lives and now is not None and now.ready and all(e.state == "ready" for e in entries),
        "services": [
            {
                "name": e.name,
                "state": e.state if lives else "left behind" if state.lives(e.pid, e.started) else "stopped",
                "pid": e.pid if state.lives(e.pid, e.started) else None,
                "restarts": e.restarts,
            }
            for e in entries
        ],
    }
