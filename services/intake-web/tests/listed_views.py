"""Complaints for the public list, and a helper that stores them as the intake does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from chassis.database import Pool
from contracts import ticket
from contracts.vocabulary import Lane, Status
from intake.complaint_view import ComplaintView, save_views
from intake.texts import Texts
from intake_web.adapters import listings

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NOW = datetime.now(UTC).replace(microsecond=0)


def view(n: int, **facts: Any) -> ComplaintView:
    """Make the ``n``-th complaint; a higher number was received earlier."""
    usual: dict[str, Any] = {
        "status": Status.ROUTED,
        "unit": "PUPR",
        "lane": Lane.UNIT,
        "category": "jalan_jembatan",
        "listed": True,
        "kecamatan": "Lalabata",
        "desa": "Bila",
        "received_at": NOW - timedelta(minutes=n),
        "seq": 3,
    }
    return ComplaintView(ticket=number(n), **{**usual, **facts})


@cache
def number(n: int) -> str:
    """Make the ``n``-th ticket, with its check character."""
    return next(found for check in ALPHABET if (found := ticket.parse(f"SPG-S{n % 1000:03}-{n // 1000:04}{check}")))


async def tell(pool: Pool, texts: Texts, *views: ComplaintView) -> None:
    """Store ``views`` as the intake stores a batch."""
    async with pool.acquire() as db, db.transaction():
        await save_views(db, {each.ticket: each for each in views}, also=partial(listings.keep, texts.zone))
