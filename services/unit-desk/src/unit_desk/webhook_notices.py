"""Notices to webhooks, and how they are signed: Standard Webhooks 1.0. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType
from standardwebhooks import Webhook as Signer

#: Something came for the unit; a complaint was erased; a person pressed "test".
ROUTED, ERASED, TEST = "unit.routed", "complaint.erased", "webhook.test"
#: How long the old secret still signs, too, after a new one was made.
OVERLAP = timedelta(days=1)
#: Seconds before each retry: a day in all, then the notice is given up.
WAITS_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800)
#: A webhook is switched off after so long without a success.
OFF_AFTER = timedelta(days=5)


class NoticeData(Struct, kw_only=True, frozen=True):
    """The subject of a notice: the unit and the ids. The text itself is read with a key."""

    unit: str
    ticket: str | UnsetType = UNSET
    complaint_id: str | UnsetType = UNSET
    event_id: str | UnsetType = UNSET


class Notice(Struct, kw_only=True, frozen=True):
    """The body that a receiver gets."""

    type: str
    timestamp: datetime
    data: NoticeData


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A notice on its way to ``url``; ``id`` is its webhook-id, and ``secret`` the number of its signing secret."""

    id: UUID
    webhook: UUID
    unit: str
    url: str
    secret: int
    rotated_at: datetime | None
    kind: str
    at: datetime
    ticket: str | None
    complaint_id: str | None
    event_id: str | None
    tries: int


def secret_of(key: bytes, webhook: UUID, number: int) -> str:
    """Derive the secret ``number`` of a webhook from the key of the desk; it is stored nowhere."""
    digest = hmac.digest(key, f"webhook {webhook} {number}".encode(), hashlib.sha256)
    return f"whsec_{b64encode(digest).decode()}"


def body_of(it: Delivery) -> bytes:
    """Write the notice: the same bytes however often it is sent."""
    numbers = {"ticket": it.ticket, "complaint_id": it.complaint_id, "event_id": it.event_id}
    data = NoticeData(unit=it.unit, **{name: value or UNSET for name, value in numbers.items()})
    return msgspec.json.encode(Notice(type=it.kind, timestamp=it.at, data=data))


def headers_of(it: Delivery, body: bytes, key: bytes, now: datetime) -> dict[str, str]:
    """Make the headers that sign ``body``, also with the previous secret while both are valid."""
    numbers = [it.secret]
    if it.rotated_at and now < it.rotated_at + OVERLAP:
        numbers.append(it.secret - 1)
    now = now.astimezone(UTC)
    signed = [Signer(secret_of(key, it.webhook, each)).sign(str(it.id), now, body.decode()) for each in numbers]
    return {
        "webhook-id": str(it.id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signed),
        "content-type": "application/json",
        "user-agent": "lapor-unit-desk/1",
    }


def wait_s(tries: int) -> int | None:
    """Return the seconds from try ``tries`` to the next; None when the notice is given up."""
    return WAITS_S[tries - 1] if tries <= len(WAITS_S) else None
