"""`lapor bench`: measures one part at a time, beside a bare loop that does the same writes. A scenario is a command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from lapor.errors import Refused
from lapor.options import DATA, REGION, Data, Json, err, out
from lapor.processes import credentials
from lapor.processes.data_dir import DataDir
from lapor.processes.ports import choose
from lapor.system.installation import database_name
from lapor.system.wanted import wanted
from testing.bench import load
from testing.servers import Stack, start_kafka_and_postgres, start_postgres

Rate = Annotated[float, typer.Option("--rate", min=0.1, help="Complaints a second.")]
Max = Annotated[bool, typer.Option("--max", help="As fast as it goes.")]
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
    rate: Annotated[int, typer.Option("--rate", min=1, help="Then deadlines a second, to see how late each is.")] = 50,
    seconds: Annotated[int, typer.Option("--seconds", min=1, help="For how long.")] = 60,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Clocks: starting them, a tick's cost, a restart, many deadlines at once, and how late one is announced.

    Examples:

        lapor bench sla --stored 100000
    """
    sizes = {"--stored": stored, "--count": count, "--at-once": at_once, "--rate": rate, "--seconds": seconds}
    show(_service("sla-monitor", region, sizes), as_json=as_json)


@app.command()
def router(
    count: Annotated[int, typer.Option(min=100, help="Complaints: four events each.")] = 5_000,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Complaints routed and replies answered a second: from topic to topic, through PostgreSQL.

    Examples:

        lapor bench router
    """
    keys = {name: credentials.password() for name in credentials.EVENT_KEYS}
    show(_service("router", region, {"--count": count}, **keys), as_json=as_json)


@app.command()
def classify(
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, help="For each of three measurements.")] = 5,
    region: Annotated[Path, typer.Option("--region", metavar="DIR", help="The region's data.")] = REGION,
    as_json: Json = False,
) -> None:
    """Texts understood a second on one core, with a model built for it. Without Kafka.

    Examples:

        lapor bench classify --json
    """
    with tempfile.TemporaryDirectory(prefix="lapor-bench-") as folder:
        model = str(Path(folder) / "model")
        with err.status("building the model"):
            _run(["classifier", "build", "--region", str(region), "--out", model])
        arguments = ["--model", model, "--region", str(region), "--seconds", str(seconds)]
        show(_watched([sys.executable, "-m", "testing.bench.classifier", *arguments]), as_json=as_json)


@app.command()
def intake(rate: Rate = 50, max_: Max = False, seconds: Seconds = 10, data: Data = DATA, as_json: Json = False) -> None:
    """Complaints through the running system's web door, until each has its ticket; beside bare inserts.

    The door takes 20 a second in the long run; for more: lapor up --set intake-web:WEB_TAKES_PER_S=1000

    Examples:

        lapor bench intake --rate 100 --seconds 30

        lapor bench intake --max
    """
    found = asyncio.run(load.intake(DataDir(data), None if max_ else rate, seconds, _phase))
    show(_beside(found, _bare_inserts(seconds)), as_json=as_json)


@app.command()
def lifecycle(
    rate: Rate = 20,
    max_: Max = False,
    seconds: Seconds = 10,
    stored: Annotated[int, typer.Option(min=0, help="Then again with so many more stored; they stay.")] = 0,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Whole lives on the running system: sent, routed, acknowledged, resolved, told; beside bare writes.

    Times are from the ticket to the unit's topic. The load is made on the same machine; with --max all of it at once.
    With --stored its databases are filled after a first measurement, which is shown beside the second.

    Examples:

        lapor bench lifecycle --rate 20

        lapor bench lifecycle --stored 300000 --data /tmp/measured
    """
    where, count, pace = DataDir(data), round(rate * seconds), math.inf if max_ else rate
    found = asyncio.run(load.lifecycle(where, count, pace))
    if stored:  # what was measured just now has warmed it up
        found = asyncio.run(load.beside_stored(where, count, pace, stored, _phase))
    show(_beside(found, _bare_inserts(seconds) / load.STEPS), as_json=as_json)


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


def _service(name: str, region: Path, sizes: dict[str, int], **own: str) -> dict[str, Any]:
    """What the benchmark of service ``name`` finds, on a broker and a database of its own; ``own``: its variables."""
    module, wants = database_name(name), wanted(region)
    with scratch(start_kafka_and_postgres) as stack:
        with err.status("making the topics"):
            stack.provision_kafka(list(wants.topics), wants.units)
        admin, secret = stack.admin
        variables = {
            "KAFKA_BOOTSTRAP_SERVERS": stack.bootstrap,
            "KAFKA_USERNAME": admin,
            "KAFKA_PASSWORD": secret,
            "DATABASE_URL": stack.database(module),
            "REGION_DIR": str(region.absolute()),
            "HTTP_PORT": str(choose({"http": 0}, stack.logs / "http.json")["http"]),
            "LOG_LEVEL": "ERROR",
            **own,
        }
        _run([name, "migrate"], **variables)
        arguments = [str(word) for pair in sizes.items() for word in pair]
        found = _watched([sys.executable, "-m", f"testing.bench.{module}", *arguments], **variables)
        found["cpu_s"] |= {server: _cpu_s(psutil.Process(each.pid)) for server, each in stack.processes.items()}
    return found


@contextlib.contextmanager
def scratch(start: Callable[[Path], Stack]) -> Iterator[Stack]:
    """Servers that are gone afterwards, with all that they stored.

    Raises:
        Refused: they do not start.
    """
    with tempfile.TemporaryDirectory(prefix="lapor-bench-", ignore_cleanup_errors=True) as folder:
        with err.status("starting servers"):
            try:
                stack = start(Path(folder))
            except RuntimeError as error:
                raise Refused(str(error)) from error
        try:
            yield stack
        finally:
            stack.discard()


def _bare_inserts(seconds: float) -> float:
    with scratch(start_postgres) as stack:
        return asyncio.run(load.bare_inserts(stack.database("bare"), min(seconds, 5)))


def _run(command: list[str], **variables: str) -> None:
    command = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise Refused(f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}")


def _watched(command: list[str], **variables: str) -> dict[str, Any]:
    """Run a measuring program. It writes JSON lines: ``phase, done, of`` as it goes on, and its result at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}"), TimeElapsedColumn())
    found: dict[str, Any] = {}
    with (
        Progress(*columns, console=err, transient=True) as progress,
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(  # noqa: S603
            command, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as child,
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
