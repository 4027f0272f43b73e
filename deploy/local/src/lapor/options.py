"""What the commands have in common: options, the consoles, waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lapor.errors import Refused
from lapor.processes.data_dir import DATA as DATA

REGION = Path("region/soppeng")
Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="The data folder.")]
# A cluster elsewhere, in place of what runs from --data.
Bootstrap = Annotated[
    str | None,
    typer.Option(
        "--bootstrap", envvar="KAFKA_BOOTSTRAP_SERVERS", metavar="HOST:PORT,…", help="A cluster elsewhere, not --data."
    ),
]
Accounts = Annotated[
    Path | None,
    typer.Option(
        "--accounts", envvar="ACCOUNTS_FILE", metavar="FILE", help="With --bootstrap: as `lapor provision` wrote it."
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca-file", envvar="KAFKA_CA_FILE", metavar="FILE", help="With it, TLS; without, plaintext."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(metavar="SERVICE", help="A process, as `lapor status` names it.")]
out = Console()
err = Console(stderr=True)  # results go to stdout, all else here


def wait_until(done: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Return when ``done``. Raises Refused with the sentence ``otherwise`` when it takes longer than ``seconds``."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise Refused(otherwise)
        time.sleep(0.1)
