"""What is told to a webhook, and how it is signed: Standard Webhooks 1.0. Pure.

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
#: So long after a new secret was given the one before signs, too.
OVERLAP = timedelta(days=1)
#: Waits before each further try, in seconds: a day in all, and then no more.
WAITS_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800)
#: After so long without one success it is switched off.
OFF_AFTER = timedelta(days=5)


class NoticeData(Struct, kw_only=True, frozen=True):
    """What it is about: whose, and by which numbers. What was said is read with a key."""

    unit: str
    ticket: str | UnsetType = UNSET
    complaint_id: str | UnsetType = UNSET
    event_id: str | UnsetType = UNSET


class Notice(Struct, kw_only=True, frozen=True):
    """What a receiver gets."""

    type: str
    timestamp: datetime
    data: NoticeData


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A notice on its way to ``url``; ``id`` is its webhook-id, and ``secret`` the number of the secret that signs."""

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
    """Derive the secret ``number`` of a webhook from the key of the desk; it is kept nowhere."""
    digest = hmac.digest(key, f"webhook {webhook} {number}".encode(), hashlib.sha256)
    return f"whsec_{b64encode(digest).decode()}"


def body_of(it: Delivery) -> bytes:
    """Write the notice: the same bytes however often it is sent."""
    numbers = {"ticket": it.ticket, "complaint_id": it.complaint_id, "event_id": it.event_id}
    data = NoticeData(unit=it.unit, **{name: value or UNSET for name, value in numbers.items()})
    return msgspec.json.encode(Notice(type=it.kind, timestamp=it.at, data=data))


def headers_of(it: Delivery, body: bytes, key: bytes, now: datetime) -> dict[str, str]:
    """Sign ``body``, also with the secret before it while both hold."""
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
    """Give the seconds until it is tried again after ``tries`` times; None: no more."""
    return WAITS_S[tries - 1] if tries <= len(WAITS_S) else None
