"""Ids that are the same whenever the same thing happens again: UUIDv5, nothing random, no clock."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

#: Namespace of ids derived from other ids; public, since their source is already unique.
_DERIVED = UUID("6f2c2f0e-5c0b-5e6e-9c53-1c5f0f0b7312")


def complaint_id(installation: UUID, *, channel: str, gateway: str, external_id: str) -> str:
    """Derive the complaint's id from its external message. ``installation`` is secret, so that ids can't be guessed."""
    return str(uuid5(installation, "\x1f".join((channel, gateway, external_id))))


def derived_id(cause: str, event_type: str, n: int = 0) -> str:
    """Derive the id of the ``n``-th event of ``event_type`` that the event ``cause`` brings about."""
    return str(uuid5(_DERIVED, f"{cause}\x1f{event_type}\x1f{n}"))


def sla_id(complaint: str, number: int, *, round_: int, stage: str, kind: str, deadline_at: datetime) -> str:
    """Derive the id of the ``number``-th event that the clock publishes about ``complaint``."""
    what = (complaint, round_, stage, kind, int(deadline_at.timestamp()), number)
    return str(uuid5(_DERIVED, "\x1f".join(map(str, what))))
