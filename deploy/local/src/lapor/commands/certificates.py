"""The command `certificates`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lapor.options import Json, err
from lapor.servers.certificates import prepare, server


def certificates(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where they are kept.")],
    host: Annotated[
        list[str], typer.Option(metavar="NAME[=HOST,…]", help="A server; its hosts, if they are not its name.")
    ],
    given: Annotated[
        Path | None, typer.Option(metavar="DIR", help="NAME/cert.pem, NAME/key.pem and ca.pem in place of our own.")
    ] = None,
    owner: Annotated[int | None, typer.Option(metavar="UID", help="Who may read the keys; needs root.")] = None,
    as_json: Json = False,
) -> None:
    """Make a CA and a certificate for each server. Run again, it makes only those missing, wrong or about to expire.

    Clients need DIR/trust/ca.pem, a server needs DIR/NAME/cert.pem and key.pem; give DIR/authority to nobody.
    A certificate lasts a year and is renewed in its last 60 days; the CA lasts 10 years.

    Examples:

        lapor certificates --out certificates --host router-db --host kafka=kafka,localhost

        lapor certificates --out certificates --given from-our-ca --host agencies=kafka.soppengkab.go.id
    """
    servers = [server(text) for text in host]
    done = prepare(out, servers, given=given, owner=owner, now=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in done]))
    for each in () if as_json else done:
        err.print(f"{each.name}: {each.state}, valid until {each.expires}", highlight=False)
