"""The command line of unit-desk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from chassis.cli import cli
from unit_desk import key_commands
from unit_desk.connected import in_database, refused

main = cli("unit-desk", "unit_desk.app:run", [Path(__file__).parents[2] / "migrations"], "unit_desk.app:catch_up")
main.add_typer(key_commands.app, name="key")
EMAIL = Annotated[str, typer.Argument(metavar="EMAIL", help="Their address: by it they log in.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@main.command("invite")
def invite_(
    email: EMAIL,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As colleagues read it.")],
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="A unit with `desk: true` in units.yaml.")],
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="petugas, pimpinan, operator or pemantau.")],
) -> None:
    """Invite somebody, and print the link for choosing a password; it works once, within three days.

    The first people of an installation are invited this way; later, heads and operators invite at the desk. Invite a
    person again who has forgotten the password: the old one stops working immediately.

    Examples:

        unit-desk invite rahma@soppengkab.go.id "Rahma" --unit DISKOMINFO --role operator
    """
    from unit_desk.commands import Unfit, invite

    try:
        print(in_database(lambda db, settings: invite(db, settings, email, name, unit, role)))  # noqa: T201
    except Unfit as error:
        raise refused(str(error)) from error


@main.command("user")
def user_(
    emails: Annotated[list[str] | None, typer.Argument(metavar="[EMAIL]...", help="Only these.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="They have left: out at once, from everywhere.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """List the people of the desk, when their account was last changed and when they last logged in; or remove some.

    Examples:

        unit-desk user

        unit-desk user rahma@soppengkab.go.id andi@soppengkab.go.id --remove
    """
    from unit_desk.commands import Unfit, everybody, take_out

    try:
        if remove:
            if not emails:
                raise typer.BadParameter("name the EMAIL of who has left")
            in_database(lambda db, settings: take_out(db, emails))
            return
        rows = in_database(lambda db, settings: everybody(db, settings, emails or []))
    except Unfit as error:
        raise refused(str(error)) from error
    for row in [json.dumps(rows)] if as_json else ["\t".join(map(str, row.values())) for row in rows]:
        print(row)  # noqa: T201


@main.command("notices")
def notices_(
    failed: Annotated[bool, typer.Option("--failed", help="Only what was not sent, or perhaps.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """List the messages to people of the desk, the newest first: recipient, medium, subject and outcome.

    Examples:

        unit-desk notices

        unit-desk notices --failed
    """
    from unit_desk.commands import sent

    rows = in_database(lambda db, settings: sent(db, failed=failed))
    for row in [json.dumps(rows)] if as_json else ["\t".join(map(str, row.values())) for row in rows]:
        print(row)  # noqa: T201


@main.command("resend")
def resend_(
    numbers: Annotated[list[UUID], typer.Argument(metavar="ID...", help="As `notices` gives them.")],
) -> None:
    """Send messages again that were refused or may not have arrived; the latter may arrive twice.

    Examples:

        unit-desk resend 0b9d3c1e-8a52-4d0e-9d6f-1f6f0a3c2b11
    """
    from unit_desk.commands import send_again

    again = in_database(lambda db, settings: send_again(db, numbers))
    print(f"To be sent again: {', '.join(map(str, again)) or 'none'}.")  # noqa: T201
    if left := [each for each in numbers if each not in again]:
        raise refused(f"Not: {', '.join(map(str, left))} (unknown here, sent, waiting, or its reader has left).")


@main.command("demo")
def demo_(as_json: AS_JSON = False) -> None:
    """Create demo accounts, and print how each logs in now; only if DESK_PUBLIC_URL is on this machine.

    Examples:

        unit-desk demo
    """
    from unit_desk.commands import Unfit, demo

    try:
        rows = in_database(demo)
    except Unfit as error:
        raise refused(str(error)) from error
    for row in [json.dumps(rows)] if as_json else ["\t".join(map(str, row.values())) for row in rows]:
        print(row)  # noqa: T201


if __name__ == "__main__":
    main()
