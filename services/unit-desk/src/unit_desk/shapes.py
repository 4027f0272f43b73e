"""The desk's answers to programs of units. Their OpenAPI document is made from these types."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from contracts.codec import Envelope
from contracts.events import UnitReplied, UnitRouted

#: The most events in one answer, the usual number, and the most seconds that a request waits for the next event.
MOST_EVENTS, USUAL_EVENTS, MOST_WAIT_S = 200, 100, 25


class ProgramEvent(Struct, kw_only=True):
    """An event of the unit; ``event`` has the same bytes as in Kafka."""

    cursor: Annotated[str, Meta(description="The place behind this event; keep it, and read nothing into it.")]
    complaint_id: str
    event: Annotated[
        Envelope[UnitRouted] | None,
        Meta(description="CloudEvents 1.0; null: the complaint was erased, delete your copies of it."),
    ]


class EventsOut(Struct, kw_only=True):
    """A part of the unit's events, in their order."""

    events: list[ProgramEvent]
    next: Annotated[str, Meta(description="Give it as `after` next time; also if there were no events.")]
    more: Annotated[bool, Meta(description="There is more already: ask again at once.")]


class Accepted(Struct, kw_only=True):
    """The reply is stored and goes to the router, which decides: its answer is among the events."""

    event_id: Annotated[str, Meta(description="The answer names it in `reply.event_id`.")]
    cursor: Annotated[str, Meta(description="The answer comes behind it: give it as `after`.")]
    ticket: str
    state: Literal["accepted-for-sending"] = "accepted-for-sending"


class FieldProblem(Struct, kw_only=True):
    """A problem with one field."""

    field: str
    detail: str


class ProblemOut(Struct, kw_only=True):
    """A problem in the form of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | UnsetType = UNSET


ReplyIn = UnitReplied
