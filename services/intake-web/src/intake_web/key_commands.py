"""``intake-web key``: create, list and revoke keys of other systems. Imports are inside, as in ``chassis/cli.py``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from chassis.cli import away
from chassis.keys import is_system
from intake_web.keys import BELIEVED_S, USUAL, KeyRight

_SERVICE = "intake-web"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
app = typer.Typer(no_args_is_help=True, help="Keys of other systems: create, list, revoke.")


@app.command()
def create(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Whose it is: a-z, 0-9 and -, such as satu-data.")],
    contact: Annotated[str, typer.Option("--contact", help="Who answers for that system: an office, a number.")],
    right: Annotated[
        list[KeyRight] | None,
        typer.Option("--right", help="Only this; without it send and read. With counter it sends, too."),
    ] = None,
    given: Annotated[
        str,
        typer.Option(
            envvar="GIVEN_KEY", metavar="", help="This key, of GIVEN_KEY, and not a new one; again: for longer."
        ),
    ] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=1_100, help="For how long it holds.")] = 365,
) -> None:
    """Make a key and print it: only once, because it is stored nowhere.

    Examples:

        intake-web key create satu-data --contact "Bidang Statistik" --right read

        intake-web key create loket --contact "Meja unit, Diskominfo" --right counter
    """
    from intake_web.adapters.keys import create_key

    if not is_system(system):
        raise typer.BadParameter("write 2 to 40 of a-z, 0-9 and -", param_hint="SYSTEM")
    if not contact.strip():
        raise typer.BadParameter("say who answers for it", param_hint="--contact")
    rights = [*dict.fromkeys([*([KeyRight.SEND] if KeyRight.COUNTER in (right or ()) else []), *(right or USUAL)])]
    with _database() as dsn:
        key, made = create_key(dsn, system, contact.strip(), rights, days, given)
    if not given:
        typer.echo(key)
    typer.echo(f"{made['id']} of {system} holds until {made['expires_at'].isoformat(timespec='minutes')}.", err=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all keys, past and present: their system and rights, when they end, and the day of the last use.

    Examples:

        intake-web key list --json
    """
    import json
    from datetime import date

    from intake_web.adapters.keys import list_keys

    with _database() as dsn:
        rows = list_keys(dsn)
    if as_json:
        typer.echo(json.dumps(rows, default=date.isoformat))
        return
    for row in rows:
        ends = f"revoked {row['revoked_at']:%Y-%m-%d}" if row["revoked_at"] else f"until {row['expires_at']:%Y-%m-%d}"
        used = f"used {row['used_on']}" if row["used_on"] else "never used"
        typer.echo(" ".join((row["id"], row["system"], "+".join(row["rights"]), ends, used, f"({row['contact']})")))
    if not rows:
        typer.echo("There is no key.", err=True)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` gives it.")]) -> None:
    """Revoke a key for good. The complaints sent with it stay.

    Examples:

        intake-web key revoke 3f9c01ab
    """
    from intake_web.adapters.keys import revoke_key

    with _database() as dsn:
        revoked = revoke_key(dsn, key_id)
    if revoked is None:
        typer.echo(f"There is no key {key_id}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{key_id} of {revoked['system']} is revoked: within {BELIEVED_S} s nothing takes it any more.")


@contextmanager
def _database() -> Iterator[str]:
    from psycopg import OperationalError

    from chassis.settings import MigrateSettings, read_settings

    dsn = str(read_settings(MigrateSettings, _SERVICE).database_url)
    try:
        yield dsn
    except OperationalError as error:
        raise away(_SERVICE, dsn, error) from error
