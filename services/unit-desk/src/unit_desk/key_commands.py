"""``unit-desk key``: keys of the programs of units. Imports are inside, as in ``chassis/cli.py``."""

from __future__ import annotations

from typing import Annotated

import typer

from unit_desk.connected import in_database, refused

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
app = typer.Typer(no_args_is_help=True, help="Keys of the programs of units: create, list, revoke.")


@app.command()
def create(
    unit: Annotated[str, typer.Argument(metavar="CODE", help="A unit with `desk: true` in units.yaml.")],
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="The program: a-z, 0-9 and -, such as simpu.")],
    contact: Annotated[str, typer.Option("--contact", help="Who answers for it: an office, a number.")],
    right: Annotated[list[str] | None, typer.Option("--right", help="read or reply; without it both.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=1_100, help="For how long it holds.")] = 365,
) -> None:
    """Create a key, and print it this once: it is stored nowhere.

    Examples:

        unit-desk key create PUPR simpu --contact "Bidang Bina Marga, 0484 21111" --right read
    """
    from unit_desk.commands import Unfit, create_key

    try:
        key, made = in_database(lambda db, settings: create_key(db, settings, unit, system, contact, right or [], days))
    except Unfit as error:
        raise refused(str(error)) from error
    typer.echo(key)
    typer.echo(f"{made['id']} of {unit} holds until {made['expires_at'].isoformat(timespec='minutes')}.", err=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all keys, also revoked and expired ones: unit, program, rights, end, and last use.

    Examples:

        unit-desk key list --json
    """
    import json
    from datetime import datetime

    from unit_desk.commands import every_key

    rows = in_database(every_key)
    if as_json:
        typer.echo(json.dumps([dict(row) for row in rows], default=datetime.isoformat))
        return
    for row in rows:
        ends = f"revoked {row['revoked_at']:%Y-%m-%d}" if row["revoked_at"] else f"until {row['expires_at']:%Y-%m-%d}"
        used = f"used {row['used_at']:%Y-%m-%d %H:%M}" if row["used_at"] else "never used"
        about = row["id"], row["unit"], row["system"], "+".join(row["rights"]), ends, used, f"({row['contact']})"
        typer.echo(" ".join(about))
    if not rows:
        typer.echo("There is no key.", err=True)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` gives it.")]) -> None:
    """Revoke a key, for good and immediately. Replies that were sent with it stay.

    Examples:

        unit-desk key revoke 3f9c01ab
    """
    from unit_desk.commands import revoke_key

    row = in_database(lambda db, settings: revoke_key(db, settings, key_id))
    if row is None:
        raise refused(f"There is no key {key_id}.")
    typer.echo(f"{key_id} of {row['unit']} is revoked: nothing takes it any more.")
