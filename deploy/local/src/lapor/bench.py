"""`lapor bench`: measures one part at a time, beside a bare loop that does the same writes. A scenario is a command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from lapor import load, postgres
from lapor.credentials import password
from lapor.errors import Refused
from lapor.files import DataDir, tail
from lapor.options import DATA, REGION, Data, Json, err, out, wait_until
from lapor.ports import HOST, choose
from lapor.process import environment, identity

Rate = Annotated[float, typer.Option("--rate", min=0.1, help="Complaints a second.")]
Max = Annotated[bool, typer.Option("--max", help="As fast as 32 callers can.")]
Seconds = Annotated[float, typer.Option("--seconds", min=1, help="For how long.")]

app = typer.Typer(help="Measure a part of the system, on servers of its own.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """Measure a part of the system, on servers of its own."""


@app.command()
def sla(
    stored: Annotated[int, typer.Option(min=0, help="Clocks that are stored already.")] = 1_000_000,
    count: Annotated[int, typer.Option(min=1_000, help="Clocks to start.")] = 30_000,
    at_once: Annotated[int, typer.Option(min=1, help="Deadlines of the same moment.")] = 50_000,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Clocks: starting them, ringing many at once, and what a tick costs. Without Kafka: announcements stay stored."""
    with scratch_database("sla_monitor") as (dsn, server):
        _run(["sla-monitor", "migrate"], DATABASE_URL=dsn)
        given = {"--dsn": dsn, "--region": region, "--stored": stored, "--count": count, "--at-once": at_once}
        arguments = [str(word) for pair in given.items() for word in pair]
        found = _watched([sys.executable, "-m", "sla_monitor.bench", *arguments])
        found["cpu_s"]["postgres"] = _cpu_s(server)
    show(found, as_json=as_json)


@app.command()
def classify(
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, help="For each of three measurements.")] = 5,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Texts understood a second on one core, with a model built for it. Without Kafka."""
    with tempfile.TemporaryDirectory(prefix="lapor-bench-") as folder:
        model = str(Path(folder) / "model")
        with err.status("building the model"):
            _run(["classifier", "build", "--region", str(region), "--out", model])
        arguments = ["--model", model, "--region", str(region), "--seconds", str(seconds)]
        show(_watched([sys.executable, "-m", "classifier.bench", *arguments]), as_json=as_json)


@app.command()
def intake(rate: Rate = 50, max_: Max = False, seconds: Seconds = 10, data: Data = DATA, as_json: Json = False) -> None:
    """Complaints through the running system's web door, until each has its ticket; beside bare inserts."""
    found = asyncio.run(load.intake(DataDir(data), None if max_ else rate, seconds, _phase))
    with scratch_database("intake_web") as (dsn, _):
        show(_beside(found, asyncio.run(load.bare_inserts(dsn, min(seconds, 5)))), as_json=as_json)


@app.command()
def lifecycle(rate: Rate = 20, seconds: Seconds = 10, data: Data = DATA, as_json: Json = False) -> None:
    """Whole lives on the running system: sent, routed, acknowledged, resolved, told; beside bare writes.

    Times are from the ticket to the unit's topic. The load is made on the same machine.
    """
    found = asyncio.run(load.lifecycle(DataDir(data), rate, seconds))
    with scratch_database("router") as (dsn, _):
        bare = asyncio.run(load.bare_inserts(dsn, min(seconds, 5)))
    show(_beside(found, bare / load.STEPS), as_json=as_json)


def _phase(text: str) -> None:
    err.print(text, highlight=False)


def _beside(found: dict[str, Any], bare: float) -> dict[str, Any]:
    return {**found, "baseline_rate": round(bare, 1), "ratio": round(found["rate"] / bare, 3)}


def show(found: dict[str, Any], *, as_json: bool) -> None:
    """Print a result: JSON, or a line for each figure."""
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, value in found.items():
        out.print(f"{name:<14} {value if not isinstance(value, dict) else json.dumps(value)}", highlight=False)


@contextlib.contextmanager
def scratch_database(name: str) -> Iterator[tuple[str, psutil.Process]]:
    """A PostgreSQL server that is gone afterwards: the address of its database ``name``, and its process.

    Raises:
        Refused: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="lapor-bench-") as folder:
        root = Path(folder)
        port = choose({"postgres": 0}, root / "ports.json")["postgres"]
        cluster = postgres.Cluster(directory=root / "postgres", port=port, password=password())
        postgres.prepare(cluster)
        process = postgres.process(cluster)
        with (root / "postgres.log").open("wb") as log:
            server = psutil.Popen(
                process.command,
                env=environment(process.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **identity(process.user),
            )
        try:
            with err.status("starting PostgreSQL"):
                wait_until(lambda: postgres.is_ready(cluster) or server.poll() is not None, 30, "no PostgreSQL")
            if server.poll() is not None:
                raise Refused(f"PostgreSQL did not start: {tail(root / 'postgres.log')}")
            secret = password()
            postgres.provision(cluster, {name: secret})
            yield f"postgresql://{name}:{secret}@{HOST}:{port}/{name}", server
        finally:
            server.send_signal(process.stop_signal)
            server.wait(process.stop_timeout_s)


def _run(command: list[str], **variables: str) -> None:
    command = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise Refused(f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}")


def _watched(command: list[str]) -> dict[str, Any]:
    """Run a measuring program. It writes JSON lines: ``phase, done, of`` as it goes on, and its result at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}"), TimeElapsedColumn())
    found: dict[str, Any] = {}
    with (
        Progress(*columns, console=err, transient=True) as progress,
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as child,  # noqa: S603
    ):
        tasks: dict[str, Any] = {}
        for line in child.stdout or ():
            found = json.loads(line)
            if "phase" in found:
                phase = found["phase"]
                task = tasks.setdefault(phase, progress.add_task(phase) if phase not in tasks else tasks[phase])
                progress.update(task, completed=found["done"], total=found["of"])
        if child.wait():
            errors.seek(0)
            raise Refused(f"the measurement failed: {errors.read().strip()[-600:]}")
    return found


def _cpu_s(server: psutil.Process) -> float:
    """CPU time of a server and of all it started, alive or not."""
    times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    ended = times[0].children_user + times[0].children_system
    return round(sum(each.user + each.system for each in times) + ended, 2)
