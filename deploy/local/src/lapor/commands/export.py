"""The command `export`: everything that is known about a person."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from intake.export import export_from
from lapor.errors import Refused
from lapor.options import DATA, Data, Json
from lapor.processes.data_dir import DataDir
from lapor.system import addresses

_INTAKES = ("intake-sms", "intake-social", "intake-web")


def export(
    wanted: Annotated[str, typer.Argument(metavar="TICKET|CONTACT", help="A ticket, or a number or address as given.")],
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Print everything that the intakes know about a person, as JSON to hand to that person.

    Examples:

        lapor export SPG-S0AB-12CDW > untuk-pelapor.json

        lapor export +6281234567890
    """
    databases: dict[str, str] = addresses.env(DataDir(data))["databases"]  # type: ignore[assignment]
    found = {name: asyncio.run(export_from(databases[name], wanted)) for name in _INTAKES}
    known = {name: each for name, each in found.items() if any(each.values())}
    if not known:
        raise Refused(f"No intake knows {wanted!r}: give a ticket, or a contact exactly as it was given.")
    typer.echo(json.dumps(known, ensure_ascii=False, indent=None if as_json else 2))
