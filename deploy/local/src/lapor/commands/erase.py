"""The command `erase`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from contracts import ticket as tickets
from contracts.events import UnitReplied
from contracts.vocabulary import Action, UnitRole
from kabupaten import load
from lapor.commands.erasures import ledger
from lapor.errors import Refused
from lapor.kafka.principal import principal
from lapor.kafka.replies import send_reply
from lapor.options import REGION, Access, Json, err, wait_until, with_access
from lapor.processes import state

#: Seconds until every service has deleted it; else the ledger says so later.
_PATIENCE_S = 60


@with_access
def erase(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why, for the ledger, which is kept: name nobody.")],
    by: Annotated[str | None, typer.Option(metavar="UNIT", help="The unit that orders it: the LAPOR admin.")] = None,
    region: Annotated[Path, typer.Option(envvar="REGION_DIR", metavar="DIR")] = REGION,
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Delete everywhere what a complaint says about people, and wait until that is done. An open one is cancelled.

    Its number, its unit, its times and its outcome stay. The units that had it are told to delete their copies.

    Examples:

        lapor erase SPG-S0AB-12CDW --reason "diminta pelapor lewat surat 24 November"
    """
    who = by.upper() if by else _admin(access, region)
    order = UnitReplied(ticket=ticket, action=Action.ERASE, reason=reason)
    answer = send_reply(principal(who, *access), order)
    if not answer["accepted"]:
        raise Refused(f"{who} can't erase {ticket}: {answer['reason']} ({answer['code']}).")
    auditor, number = principal("auditor", *access), tickets.parse(ticket) or ticket
    err.print(f"{number}: ordered; each service deletes what it has …", highlight=False)
    wait_until(
        lambda: ledger(auditor).get(number, {}).get("done_at") is not None,
        _PATIENCE_S,
        f"{number}: the order is accepted, but not every service has done it after {_PATIENCE_S} s. It goes on by "
        "itself: `lapor erasures` shows when it is done, `lapor status` what keeps it.",
    )
    row = ledger(auditor)[number]
    if as_json:
        typer.echo(json.dumps(row))
    else:
        rows = ", ".join(f"{table} {n}" for table, n in sorted(row["erased"].items()))
        err.print(
            f"{number}: erased at {row['done_at']} ({rows or 'nothing was left'})", highlight=False, soft_wrap=True
        )


def _admin(access: Access, region: Path) -> str:
    """Return the unit that acts as the LAPOR admin: of ``region`` for a cluster elsewhere, else of the running one."""
    folder = region if access.bootstrap else Path(state.running(access.data).region)
    return load(folder, "units").units.holder(UnitRole.TRIAGE)
