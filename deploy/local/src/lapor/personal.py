"""What the law on personal data asks of an operator: ``lapor erase``, ``lapor erasures``, ``lapor export``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import msgspec
import typer
from msgspec import UNSET
from rich.table import Table

from chassis.region import RegionError, read_region
from contracts import ticket as tickets
from contracts import topics
from contracts.events import ComplaintErased, UnitReplied, UnitRouted
from intake.export import export as export_from
from lapor import state, up
from lapor.errors import Refused
from lapor.files import DataDir
from lapor.options import DATA, REGION, Accounts, Bootstrap, CaFile, Data, Json, err, out, wait_until
from lapor.reading import Found, Principal, principal, read_to_end
from lapor.unit import send_reply

#: Seconds until every service has deleted it; else the ledger says so later.
_PATIENCE_S = 60
#: What is written over stays on disk so long at most (max.compaction.lag.ms of the topics), and a cleaner's round more.
_LAG = timedelta(hours=49)
_INTAKES = ("intake-sms", "intake-social", "intake-web")


def erase(
    ticket: Annotated[str, typer.Argument(metavar="TICKET")],
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why, for the ledger, which is kept: name nobody.")],
    by: Annotated[str | None, typer.Option(metavar="UNIT", help="The unit that orders it: the LAPOR admin.")] = None,
    data: Data = DATA,
    region: Annotated[Path, typer.Option(envvar="REGION_DIR", metavar="DIR")] = REGION,
    bootstrap: Bootstrap = None,
    accounts: Accounts = None,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """Delete what a complaint says of anybody, everywhere, and wait until it is; one that is open is cancelled by it.

    Its number, its unit, its times and its outcome stay. The units that had it are told to delete their copies.

    Examples:

        lapor erase SPG-S0AB-12CDW --reason "diminta pelapor lewat surat 24 November"
    """
    who = by.upper() if by else _admin(DataDir(data), region, elsewhere=bootstrap is not None)
    order = UnitReplied(ticket=ticket, action="erase", reason=reason)
    answer = send_reply(principal(who, DataDir(data), bootstrap, accounts, ca_file), order)
    if not answer["accepted"]:
        raise Refused(f"{who} can't erase {ticket}: {answer['reason']} ({answer['code']}).")
    auditor, number = principal("auditor", DataDir(data), bootstrap, accounts, ca_file), tickets.parse(ticket) or ticket
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


def erasures(
    verify: Annotated[
        bool, typer.Option("--verify", help="Look for what should be gone; exit 1 if it is not.")
    ] = False,
    data: Data = DATA,
    bootstrap: Bootstrap = None,
    accounts: Accounts = None,
    ca_file: CaFile = None,
    as_json: Json = False,
) -> None:
    """The ledger: what was erased, why, by whom, when; with --verify whether any topic still holds a text of it.

    What was written over stays on disk until Kafka cleans it, two days at most: until then --verify names it without
    failing.

    Examples:

        lapor erasures

        lapor erasures --verify
    """
    auditor = principal("auditor", DataDir(data), bootstrap, accounts, ca_file)
    rows = list(ledger(auditor).values())
    if verify:
        _look_for(auditor, rows)
    if as_json:
        typer.echo(json.dumps(rows))
    elif rows:
        out.print(_table(rows, verify))
    else:
        err.print("Nothing was erased.")
    if late := [row["ticket"] for row in rows if row.get("left_on") and row["overdue"]]:
        raise Refused(f"Still to be found after {_LAG}: {', '.join(late)}. See docs/runbook.md, an erasure.")


def export(
    wanted: Annotated[str, typer.Argument(metavar="TICKET|CONTACT", help="A ticket, or a number or address as given.")],
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """All that the intakes know of a person, as JSON to hand to that person.

    Examples:

        lapor export SPG-S0AB-12CDW > untuk-pelapor.json

        lapor export +6281234567890
    """
    databases: dict[str, str] = up.env(DataDir(data))["databases"]  # type: ignore[assignment]
    found = {name: asyncio.run(_export(databases[name], wanted)) for name in _INTAKES}
    known = {name: each for name, each in found.items() if any(each.values())}
    if not known:
        raise Refused(f"No intake knows {wanted!r}: give a ticket, or a contact exactly as it was given.")
    typer.echo(json.dumps(known, ensure_ascii=False, indent=None if as_json else 2))


async def _export(dsn: str, wanted: str) -> dict[str, Any]:
    db = await asyncpg.connect(dsn, timeout=10)
    try:
        return await export_from(db, wanted)
    finally:
        await db.close()


def _admin(data: DataDir, region: Path, *, elsewhere: bool) -> str:
    """The unit that plays the LAPOR admin, in the region of what runs from ``data``, or in ``region``."""
    folder = region if elsewhere else Path(state.running(data).region)
    try:
        units = read_region(folder, "units.yaml")["units"]
    except RegionError as error:
        raise Refused(f"{error}.") from error
    return next(str(unit["code"]) for unit in units if unit.get("triage"))


def ledger(auditor: Principal) -> dict[str, dict[str, Any]]:
    """The last word on each erasure, by ticket, the oldest first. Raises: Refused, KafkaException."""
    rows: dict[str, dict[str, Any]] = {}
    for found in read_to_end(auditor, [topics.ERASED]):
        if found.event and isinstance(found.event.data, ComplaintErased):
            row = msgspec.to_builtins(found.event.data)
            if row.get("done_at") or not rows.get(row["ticket"], {}).get("done_at"):
                rows[row["ticket"]] = {"done_at": None, "erased": {}, **row}
    return dict(sorted(rows.items(), key=lambda each: str(each[1]["asked_at"])))


def _look_for(auditor: Principal, rows: list[dict[str, Any]]) -> None:
    """Add to each row ``left_on``: the topics where a text of it can still be read, and whether that is ``overdue``."""
    names = [name for name in auditor.topics() if _may_hold_text(name)]
    left: dict[str, set[str]] = {row["ticket"]: set() for row in rows}
    ids = {row["complaint_id"].encode(): row["ticket"] for row in rows}
    for found in read_to_end(auditor, names):
        for ticket in _told_by(found, ids):
            left[ticket].add(found.topic)
    for row in rows:
        done = datetime.fromisoformat(row["done_at"] or row["asked_at"])
        row |= {"left_on": sorted(left[row["ticket"]]), "overdue": datetime.now(UTC) - done > _LAG}


def _may_hold_text(name: str) -> bool:
    inboxes = topics.unit_of(name) is not None and name.endswith(".routed.v1")
    return name in (topics.RECEIVED, topics.FOLLOWED_UP, topics.CLASSIFIED) or inboxes or name.endswith(".dlq")


def _told_by(found: Found, ids: dict[bytes, str]) -> Iterator[str]:
    """The erased complaints of which ``found`` still says something."""
    if found.topic.endswith(".dlq"):
        yield from (ticket for id_, ticket in ids.items() if id_ in found.value or ticket.encode() in found.value)
    elif found.key in ids and found.value:
        data = found.event.data if found.event else None
        silent = isinstance(data, UnitRouted) and (data.complaint is UNSET or not data.complaint.text)
        if not silent:
            yield ids[found.key]


def _table(rows: list[dict[str, Any]], verified: bool) -> Table:
    names = ("ticket", "by", "asked_at", "done_at", "reason", *(("left_on",) if verified else ()))
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(", ".join(row[n]) or "-" if n == "left_on" else str(row[n] or "-") for n in names))
    return table
