"""Runs a benchmark's program, with servers of its own if it wants them, shows its progress, and prints its result."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from lapor.errors import Refused
from lapor.options import err, out
from lapor.processes import credentials
from lapor.processes.ports import choose
from lapor.system.installation import database_name
from lapor.system.wanted import wanted
from testing.servers import Stack, start_kafka_and_postgres


def show(found: dict[str, Any], *, as_json: bool) -> None:
    """Print a result: JSON, or a line for each figure."""
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, value in found.items():
        out.print(f"{name:<14} {value if not isinstance(value, dict) else json.dumps(value)}", highlight=False)


def run_service(name: str, region: Path, sizes: Mapping[str, int | str], what: str = "", **own: str) -> dict[str, Any]:
    """Run the benchmark of service ``name`` on a broker and a database of its own; ``own``: its variables.

    ``what`` is its module, if that is not named after the service. Returns its result.
    """
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
        run_command([name, "migrate"], **variables)
        arguments = [str(word) for pair in sizes.items() for word in pair]
        found = watched([sys.executable, "-m", f"testing.bench.{what or module}", *arguments], **variables)
        found["cpu_s"] = found.get("cpu_s", {}) | {
            server: _cpu_s(psutil.Process(each.pid)) for server, each in stack.processes.items()
        }
    return found


@contextlib.contextmanager
def scratch(start: Callable[[Path], Stack]) -> Iterator[Stack]:
    """Start servers that are removed at the end, with all that they stored.

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


def run_command(command: list[str], **variables: str) -> None:
    command = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=900)  # noqa: S603
    if done.returncode:
        raise Refused(f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}")


def watched(command: list[str], **variables: str) -> dict[str, Any]:
    """Run a benchmark program. It writes JSON lines: ``phase, done, of`` as progress, and its result at the end."""
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
    """Return the CPU time of a server and of all its processes, alive or not."""
    times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    ended = times[0].children_user + times[0].children_system
    return round(sum(each.user + each.system for each in times) + ended, 2)


@contextlib.contextmanager
def website_alone() -> Iterator[dict[str, str]]:
    """Yield the settings that intake-web needs to run alone, and a port for a server beside it."""
    with tempfile.TemporaryDirectory(prefix="lapor-bench-") as folder:
        ports = choose({"web": 0, "bare": 0}, Path(folder) / "ports.json")
        yield {
            "EVENT_KEY": credentials.password(),
            "INSTALLATION_NAMESPACE": str(uuid.uuid4()),
            "WEB_PORT": str(ports["web"]),
            "BARE_PORT": str(ports["bare"]),
            "WEB_TAKES_PER_S": "100000",
            "WEB_TRUSTED_PROXIES": "127.0.0.1/32",
            "EVIDENCE_URL": f"file://{folder}",
        }
