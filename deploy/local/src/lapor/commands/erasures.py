"""The command `erasures`: the ledger of erased complaints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import typer
from msgspec import UNSET
from rich.table import Table

from contracts import topics
from contracts.events import ComplaintErased, ComplaintUpdated, UnitRouted
from lapor.errors import Refused
from lapor.kafka.principal import Principal, principal
from lapor.kafka.reader import Found, read_to_end
from lapor.options import Access, Json, err, out, with_access

#: The longest that an overwritten record stays on disk: max.compaction.lag.ms of the topics, and a cleaner's round.
_LAG = timedelta(hours=49)


@with_access
def erasures(
    verify: Annotated[
        bool, typer.Option("--verify", help="Look for what should be gone; exit 1 if it is not.")
    ] = False,
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Show the ledger of erasures: ticket, unit, times and reason; with --verify also topics that still hold a text.

    Overwritten records stay on disk until Kafka cleans them, two days at most: until then --verify names them without
    failing.

    Examples:

        lapor erasures

        lapor erasures --verify
    """
    auditor = principal("auditor", *access)
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


def ledger(auditor: Principal) -> dict[str, dict[str, Any]]:
    """Return the latest state of each erasure, by ticket, the oldest first. Raises: Refused, KafkaException."""
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
    held = (topics.RECEIVED, topics.FOLLOWED_UP, topics.CLASSIFIED, topics.UPDATED)
    return name in held or inboxes or name.endswith(".dlq")


def _told_by(found: Found, ids: dict[bytes, str]) -> Iterator[str]:
    """Find the tickets of erased complaints about which ``found`` still says something."""
    if found.topic.endswith(".dlq"):
        yield from (ticket for id_, ticket in ids.items() if id_ in found.value or ticket.encode() in found.value)
        return
    key = topics.kept_together(found.key or b"")
    if key in ids and found.value and not _is_silent(found.event.data if found.event else None):
        yield ids[key]


def _is_silent(data: object) -> bool:
    """Whether it holds nobody's words."""
    if isinstance(data, UnitRouted):
        return data.complaint is UNSET or not data.complaint.text
    return isinstance(data, ComplaintUpdated) and not (data.message or data.reason or data.evidence)


def _table(rows: list[dict[str, Any]], verified: bool) -> Table:
    names = ("ticket", "by", "asked_at", "done_at", "reason", *(("left_on",) if verified else ()))
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(", ".join(row[n]) or "-" if n == "left_on" else str(row[n] or "-") for n in names))
    return table
