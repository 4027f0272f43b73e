"""The command `env`."""

from __future__ import annotations

import json

import typer
from rich.table import Table

from lapor.options import DATA, Data, Json, out
from lapor.processes.data_dir import DataDir
from lapor.system import addresses


def env(data: Data = DATA, as_json: Json = False) -> None:
    """Print the addresses and accounts of the running system; passwords only with --json.

    Examples:

        lapor env

        lapor env --json | python -m json.tool
    """
    where = DataDir(data)
    values = addresses.env(where)
    if as_json:
        typer.echo(json.dumps(values))
        return
    shown = Table(box=None, show_header=False, pad_edge=False)
    for name in ("web_url", "desk_url", "standins_url", "sent_url", "x_mention_url", "bootstrap"):
        shown.add_row(name, str(values[name]))
    shown.add_row("passwords", f"{where.credentials} (or `{where.command('lapor env --json')}`)")
    out.print(shown)
