"""The command `desk`."""

from __future__ import annotations

import json

import typer

from lapor.options import DATA, Data, Json
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from lapor.system import desk as of_desk


def desk(data: Data = DATA, as_json: Json = False) -> None:
    """List the demo accounts of the units' desk, with their passwords and codes; the first call creates them.

    A code can be used once, within half a minute: call again for the next one.

    Examples:

        lapor desk
    """
    people, url = of_desk.people(DataDir(data)), addresses.running(DataDir(data)).url("desk")
    if as_json:
        typer.echo(json.dumps({"url": url, "people": people}))
        return
    columns = ("unit", "role", "email", "password", "code")
    rows = [columns, *([row[name] for name in columns] for row in people)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(columns))]
    typer.echo(url)
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
