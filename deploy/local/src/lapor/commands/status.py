"""The command `status`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import typer
from confluent_kafka import KafkaException

from lapor.commands import dlq
from lapor.errors import Refused
from lapor.options import DATA, Data, Json, err, out
from lapor.processes import board, state
from lapor.processes.data_dir import DataDir
from lapor.system import attention


def status(data: Data = DATA, as_json: Json = False) -> None:
    """Show what runs, whether it is ready, and what needs attention.

    The exit code is always 0, also when nothing runs: scripts look at `ready`.

    Examples:

        lapor status

        lapor status --json
    """
    where = DataDir(data)
    now = state.read(where.state)
    lives = now is not None and state.lives(now.pid, now.started)
    waiting = attention.outboxes(where) if lives else {}
    letters = _letters(where) if lives and now is not None and state.is_ready(now, "kafka") else {}
    needs = [*_gone(where, now if lives else None), *attention.sentences(waiting, letters)]
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
    """Describe each process that is being restarted, with its last words."""
    for each in now.processes if now else []:
        if each.state == "restarting" and (why := attention.why_it_left(where, each.name)):
            yield f"{each.name} left by itself, {each.restarts} times by now: {why} (lapor logs {each.name})"


def in_a_word(now: state.State) -> str:
    """Say "ready", or which processes are not: the supervisor's own ``ready`` stays set when one of them fails."""
    waits = [f"{each.name} {each.state}" for each in now.processes if each.state != "ready"]
    return now.phase if not now.ready else f"not ready: {', '.join(waits)}" if waits else "ready"


def _with(waiting: dict[str, attention.Outbox], shown: dict[str, Any]) -> dict[str, Any]:
    """Add to the report the events that wait in each service's outbox."""
    for each in shown["services"]:
        if it := waiting.get(each["name"]):
            each |= {"outbox_parked": it.parked, "outbox_oldest_s": it.oldest_s}
    return shown


def _letters(where: DataDir) -> dict[str, int]:
    """Count the dead letters by service; empty when Kafka goes away just now."""
    try:
        return dlq.waiting(where)
    except (Refused, KafkaException):
        return {}


def report(where: DataDir) -> dict[str, Any]:
    """Return the report that `lapor status --json` prints, without what needs attention."""
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
