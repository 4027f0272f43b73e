"""Helpers for tests of offices outside: one with an address, and a complaint that was handed over to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from desk_office import NUMBER

from chassis.database import Pool
from unit_desk import parties
from unit_desk.adapters import handovers
from unit_desk.handlers.visit import Desk
from unit_desk.parties import Handover
from unit_desk.rules import Rules

ADDRESS = "pengaduan@pln.contoh.id"
SAYS = "Petugas kami mengganti tiang itu hari ini."
#: A complaint that the LAPOR admin is told to forward to PLN.
HANDED: Mapping[str, Any] = {
    "unit": "DISKOMINFO", "why": "handed-over", "status": "handed_over", "target": "PLN", "complaint_id": "c1",
    "ticket": NUMBER, "lane": "triage", "category": "listrik_energi", "text": "Tiang listrik di Cabenge miring",
}  # fmt: skip
#: Tells the LAPOR admin of it, and returns the hand-over.
HandOver = Callable[..., Awaitable[Handover]]


def with_an_address(rules: Rules) -> Rules:
    """Return ``rules`` in which PLN has an address; no region that we publish has one."""
    pln = msgspec.structs.replace(rules.targets["PLN"], email=ADDRESS)
    return replace(rules, targets={**rules.targets, "PLN": pln})


async def of(pool: Pool, complaint_id: str = "c1") -> Handover:
    """Return the latest hand-over of a complaint."""
    found = await handovers.of_complaint(pool, "DISKOMINFO", complaint_id)
    assert found is not None
    return found[0]


async def answer(pool: Pool, handover: Handover, n: int = 1, text: str = SAYS) -> None:
    """Answer as the office."""
    async with pool.acquire() as db, db.transaction():
        await handovers.answer(db, handover, UUID(int=n), text, datetime.now(UTC))


def path(desk: Desk, handover: Handover) -> str:
    """Return the address of the page where the office answers."""
    return f"/jawab/{parties.token(desk.settings.key, handover)}"
