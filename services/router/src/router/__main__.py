"""The router's command line: ``router run``, ``router migrate``, ``router assign``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from chassis.cli import cli
from chassis.region import RegionError
from router.adapters.region import read_rules
from router.rules import Understood, assign


def _run() -> None:
    from router.app import run  # Faust takes a second to import; `assign` has no need of it

    run()


app = cli("router", _run, [Path(__file__).parents[2] / "migrations"])


@app.command("assign")
def assign_(region: Annotated[Path, typer.Option(help="folder of the kabupaten's data, e.g. region/soppeng")]) -> None:
    """Say for each JSON line on stdin, as the classifier gives it, who would get it; one JSON line each on stdout."""
    try:
        rules = read_rules(region)
    except RegionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            given: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError as error:
            typer.echo(f"line {number} is not JSON: {error}", err=True)
            raise typer.Exit(1) from error
        to = assign(rules, _understood(given))
        out = {"id": given.get("id"), "lane": to.lane, "unit": to.unit, "support": to.support, "reason": to.reason}
        typer.echo(msgspec.json.encode(out).decode())


def _understood(given: dict[str, Any]) -> Understood:
    place = given.get("place") or {}
    return Understood(
        category=given.get("category"),
        confidence=given.get("confidence") or 0.0,
        abstained=bool(given.get("abstained")),
        urgency=given.get("urgency") or "sedang",
        about_units=tuple(given.get("about_units") or ()),
        place_conflict=isinstance(place, dict) and bool(place.get("conflict")),
        spam=bool(given.get("spam")),
    )


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
