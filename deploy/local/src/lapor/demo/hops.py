"""The names of a complaint's hops: what each event means, in a few words."""

from __future__ import annotations

from typing import Any

from contracts.dates import due_in_words
from contracts.events import (
    ComplaintClassified,
    ComplaintErased,
    ComplaintFollowedUp,
    ComplaintReceived,
    ComplaintSupported,
    ComplaintTold,
    ComplaintUpdated,
    FollowUp,
    ResendAsked,
    UnitRouted,
)
from contracts.vocabulary import CLOCK_KINDS, StageName, UpdateKind, Why
from lapor.demo.scenarios import BREACHED


def hop_name(data: Any) -> str:
    """Name a step of the journey in a few words."""
    match data:
        case ComplaintReceived():
            return "received"
        case ComplaintClassified():
            return f"classified as {data.category}" + (" (not sure)" if data.abstained else "")
        case ComplaintFollowedUp():
            return _added(data.items[-1])
        case ComplaintUpdated():
            return _moved(data)
        case ComplaintErased():
            return "erased everywhere" if data.done_at else "ordered to be erased"
        case ComplaintSupported():
            return f"supported by {data.supporters}"
        case ComplaintTold():
            return f"message {data.kind}: {data.state}"
        case ResendAsked():
            return "a message is to be sent again"
        case UnitRouted():
            return _told(data)
    return str(type(data).__name__)


def _moved(data: ComplaintUpdated) -> str:
    if data.kind == UpdateKind.ROUTED:
        return f"routed to {data.unit}"
    return _of_the_clock(data) if data.kind in CLOCK_KINDS else data.kind


def _added(item: FollowUp) -> str:
    if item.deleted:
        return "photo deleted"
    return "photo fetched" if item.late else f"follow-up: {item.kind}"


def _of_the_clock(data: ComplaintUpdated) -> str:
    match data.kind, data.stage:
        case UpdateKind.BREACHED, StageName.COMPLETION:
            return BREACHED
        case UpdateKind.ESCALATED, _:
            return f"escalated to {', '.join(data.escalate_to)}"
        case UpdateKind.DEADLINE_SET, StageName.COMPLETION if data.deadline_at:
            return f"due {due_in_words(data.deadline_at)}"
    return f"clock {data.kind} ({data.stage})"


def _told(data: UnitRouted) -> str:
    if data.reply:
        return f"{data.unit}'s answer " + ("accepted" if data.reply.accepted else f"refused: {data.reply.reason}")
    return f"{data.unit} has it" if data.why == Why.ROUTED else f"{data.unit} is told: {data.why}"
