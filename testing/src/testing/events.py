"""Events for tests, each valid as it is: a test names the facts that it is about. ``a_…(**facts)`` gives the data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts import topics
from contracts.events import (
    Candidate,
    ComplaintClassified,
    ComplaintErased,
    ComplaintFollowedUp,
    ComplaintReceived,
    ComplaintSnapshot,
    ComplaintSupported,
    ComplaintTold,
    ComplaintUpdated,
    Data,
    DerivationDay,
    Place,
    SlaBreached,
    SlaUpdated,
)
from contracts.ticket import INTAKES, door
from contracts.vocabulary import ClockKind, ComplaintType, UpdateKind, Urgency

#: A Tuesday morning in Soppeng.
NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
DEADLINE = NOW + timedelta(days=3)
TICKET = "SPG-S000-00007"
_TOPICS: dict[type[Any], str] = {
    ComplaintReceived: topics.RECEIVED,
    ComplaintClassified: topics.CLASSIFIED,
    ComplaintFollowedUp: topics.FOLLOWED_UP,
    ComplaintUpdated: topics.UPDATED,
    SlaUpdated: topics.SLA_UPDATED,
    SlaBreached: topics.SLA_BREACHED,
    ComplaintErased: topics.ERASED,
    ComplaintSupported: topics.SUPPORTED,
    ComplaintTold: topics.TOLD,
}


def topic_of(data: Data) -> str:
    """Return the topic of an event about a complaint. Raises KeyError for events whose topic bears a unit's code."""
    return _TOPICS[type(data)]


def a_received(**facts: Any) -> ComplaintReceived:
    """Return a complaint as an intake takes it; channel and origin follow from the ticket."""
    return ComplaintReceived(**{"text": "jalan rusak di Cabenge", "reporter_ref": "r", **_sent(facts), **facts})


def a_classified(**facts: Any) -> ComplaintClassified:
    """Return the classifier's result for a complaint, by default one that is sure of ``category``."""
    category = facts.get("category", "jalan_jembatan")
    usual = {
        "complaint_id": "c1", "ticket": TICKET, "category": category, "confidence": 0.9, "abstained": False,
        "top": [Candidate(category=category, confidence=0.9, evidence=["jalan"])], "type": ComplaintType.PENGADUAN,
        "urgency": Urgency.SEDANG, "spam": False, "language": "id", "place": Place(), "about_units": [],
        "model_version": "m",
    }  # fmt: skip
    return ComplaintClassified(**{**usual, **facts})


def an_updated(seq: int, kind: str = UpdateKind.ROUTED, **facts: Any) -> ComplaintUpdated:
    """Return step ``seq`` of a complaint's story; its status has the name of the ``kind``, its unit is PUPR."""
    usual = {
        "seq": seq, "kind": kind, "status": kind, "unit": "PUPR", "lane": "unit", "category": None, "type": None,
        "urgency": None,
    }  # fmt: skip
    return ComplaintUpdated(**{**usual, **_sent(facts), **facts})


def an_sla_updated(kind: str = ClockKind.STARTED, **facts: Any) -> SlaUpdated:
    """Return an event of the clock, by default about the first round to completion."""
    return SlaUpdated(**{"kind": kind, "warn_at": NOW, **_clock(facts), **facts})


def an_sla_breached(**facts: Any) -> SlaBreached:
    """Return a missed deadline, by default that of completion."""
    return SlaBreached(**{**_clock(facts), **facts})


def a_snapshot(**facts: Any) -> ComplaintSnapshot:
    """Return a complaint as its unit sees it."""
    sent = _sent(facts)
    del sent["origin"]
    usual = {
        "seq": 1, "status": "routed", "unit": "PUPR", "lane": "unit", "text": "jalan rusak di Cabenge",
        "anonim": False, "rahasia": False, "category": None, "type": None, "urgency": None,
    }  # fmt: skip
    return ComplaintSnapshot(**{**usual, **sent, **facts})


def _sent(facts: dict[str, Any]) -> dict[str, Any]:
    where = door(facts.get("ticket", TICKET))
    return {
        "complaint_id": "c1", "ticket": TICKET, "channel": {"W": "web", "M": "x"}.get(where, "sms"),
        "origin": INTAKES.get(where, ""), "received_at": NOW,
    }  # fmt: skip


def _clock(facts: dict[str, Any]) -> dict[str, Any]:
    due = facts.get("deadline_at", DEADLINE)
    return {
        "complaint_id": "c1", "ticket": TICKET, "policy": "p", "stage": "completion", "round": 1, "deadline_at": due,
        "based_on_seq": 0, "derivation": [DerivationDay(date=due.date(), counted=True, reason="hari kerja")],
    }  # fmt: skip
