"""Shared parts of the commands: options, the consoles, waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from lapor.errors import Refused
from lapor.processes.data_dir import DATA as DATA
from lapor.processes.data_dir import DataDir

REGION = Path("region/soppeng")
Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="The data folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(metavar="SERVICE", help="A process, as `lapor status` names it.")]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca-file", envvar="KAFKA_CA_FILE", metavar="FILE", help="With it, TLS; without, plaintext."),
]
out = Console()
err = Console(stderr=True)  # results go to stdout, everything else here


class Access(NamedTuple):
    """Where Kafka is and who knows its passwords: what runs from ``data``, or a cluster elsewhere."""

    data: DataDir
    bootstrap: str | None
    accounts: Path | None
    ca_file: Path | None


def _access(
    data: Data = DATA,
    bootstrap: Annotated[
        str | None,
        typer.Option(envvar="KAFKA_BOOTSTRAP_SERVERS", metavar="HOST:PORT,…", help="A cluster elsewhere, not --data."),
    ] = None,
    accounts: Annotated[
        Path | None,
        typer.Option(envvar="ACCOUNTS_FILE", metavar="FILE", help="With --bootstrap: as `lapor provision` wrote it."),
    ] = None,
    ca_file: CaFile = None,
) -> Access:
    return Access(DataDir(data), bootstrap, accounts, ca_file)


def with_access(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command`` the options of an ``Access``, in place of its keyword ``access``."""
    own = signature(command, eval_str=True)
    ours = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in signature(_access, eval_str=True).parameters.values()]

    @wraps(command)
    def run(**given: Any) -> None:
        access = _access(**{each.name: given.pop(each.name) for each in ours})
        command(access=access, **given)

    all_ = [each for one in own.parameters.values() for each in (ours if one.name == "access" else [one])]
    run.__signature__ = own.replace(parameters=all_)  # type: ignore[attr-defined]  # what typer reads
    run.__annotations__ = {each.name: each.annotation for each in all_}
    return run


def wait_until(done: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Wait until ``done()``. Raises Refused with the sentence ``otherwise`` if it takes longer than ``seconds``."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise Refused(otherwise)
        time.sleep(0.1)


@contextmanager
def counting(verb: str) -> Iterator[Callable[[str, int], None]]:
    """Show on a terminal how many bytes are done for each name; yield the function to call as more are done."""
    what = TextColumn("{task.description}")
    with Progress(
        SpinnerColumn(), what, DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn(), console=err, transient=True
    ) as shown:
        tasks: dict[str, Any] = {}

        def more(name: str, done: int) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(f"{name} {verb}", total=None)
            shown.advance(tasks[name], done)

        yield more
