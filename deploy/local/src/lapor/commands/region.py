"""The command `region check`: whether the files of a kabupaten fit together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kabupaten.checks import problems
from lapor.errors import Refused
from lapor.options import REGION, Json, out

app = typer.Typer(help="The data of a kabupaten.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """Check the folder of a kabupaten."""


@app.command()
def check(
    region: Annotated[Path, typer.Argument(envvar="REGION_DIR", metavar="DIR", help="The region folder.")] = REGION,
    as_json: Json = False,
) -> None:
    """Check that units, categories, routing, territory, deadlines, calendar and texts fit together; name each problem.

    Examples:

        lapor region check region/soppeng
    """
    found = problems(region)
    if as_json:
        typer.echo(json.dumps({"ok": not found, "problems": [problem._asdict() for problem in found]}))
        raise typer.Exit(1 if found else 0)
    if found:
        raise Refused("\n".join([*map(str, found), f"{region}: {len(found)} to mend."]))
    out.print(f"{region} fits together.", soft_wrap=True)
