"""``lapor trace``: one complaint's story, read from every topic as the auditor."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from contracts import ticket as tickets
from contracts.events import ComplaintTold
from lapor.errors import Refused
from lapor.kafka.principal import principal
from lapor.kafka.reader import Found, read_to_end, story_topics, ticket_of
from lapor.options import Access, Json, out, with_access
from lapor.processes.board import duration

Ticket = Annotated[str, typer.Argument(metavar="TICKET", help="As the citizen got it, e.g. SPG-S0AB-12CDW.")]


@with_access
def trace(
    ticket: Ticket,
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Tell one complaint's story: every event about it, in time order.

    Examples:

        lapor trace SPG-S0AB-12CDW
    """
    number = tickets.parse(ticket)
    if number is None:
        raise Refused(f"{ticket!r} is no ticket: a letter or digit is wrong, the last one checks the others.")
    auditor = principal("auditor", *access)
    found = [
        f for f in read_to_end(auditor, story_topics(auditor.topics())) if f.event and ticket_of(f.event) == number
    ]
    if not found:
        raise Refused(f"No event tells of {number}. If it was given just now, ask again in a second.")
    story = _story(number, sorted(found, key=lambda f: (f.at, f.topic, f.offset)))
    if as_json:
        typer.echo(json.dumps(story))
        return
    out.print(as_table(story))


def as_table(story: dict[str, Any]) -> Group:
    """Render the story for people: the local start time, then an event a line, where only the detail may be cut."""
    since = datetime.fromisoformat(story["events"][0]["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    table = Table(box=None, pad_edge=False)
    for name in ("after", "what", "detail", "at"):
        # rich narrows first the column that may wrap: the detail, whose text is then cut.
        table.add_column(name, no_wrap=name != "detail", justify="right" if name == "after" else "left")
    for event in story["events"]:
        fact = Text(" ".join(event["detail"].split()), no_wrap=True, overflow="ellipsis")
        table.add_row(_after(event["delta_ms"]), _kind(event), fact, f"{event['partition']}:{event['offset']}")
    return Group(f"{story['ticket']}, {since}", table)


def _after(ms: int) -> str:
    return f"{ms} ms" if ms < 10_000 else duration(ms / 1000)


def _kind(event: dict[str, Any]) -> str:
    """Shorten ``complaint.updated.routed.v1`` to ``routed``; for a unit's event use the topic, which names the unit."""
    name: str = event["topic"] if event["type"].startswith("unit.") else event["type"]
    return name.removeprefix("complaint.").removeprefix("updated.").rpartition(".v")[0]


def _story(number: str, found: list[Found]) -> dict[str, Any]:
    first = found[0].at
    events, complaint = [], None
    for each in found:
        event = each.event
        assert event is not None  # noqa: S101  (only records with an event were kept)
        data: Any = event.data
        complaint = complaint or getattr(data, "complaint_id", None)
        events.append(
            {
                "event_id": event.id,
                "type": event.type,
                "topic": each.topic,
                "partition": each.partition,
                "offset": each.offset,
                "time": each.at.isoformat(),
                "seq": getattr(data, "seq", None),
                "delta_ms": round((each.at - first).total_seconds() * 1000),
                "detail": detail(data),
            }
        )
    return {"ticket": number, "complaint_id": complaint, "events": events}


def detail(data: Any) -> str:
    """Return the one fact that tells people most about an event."""
    reply = getattr(data, "reply", None)
    if reply:
        return "accepted" if reply.accepted else f"refused: {reply.reason}"
    if isinstance(data, ComplaintTold):
        return f"{data.kind} {data.state} {data.because or ''}".rstrip()
    for name in ("why", "action", "reason", "message", "deadline_at", "category", "channel"):
        value = getattr(data, name, None)
        if value:
            return str(value)
    return ""
