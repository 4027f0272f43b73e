"""The helpers that tests of the desk share besides its fixtures: people, sessions, and forms that are sent."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from chassis.database import Pool
from chassis.wire import Record
from contracts import codec
from contracts.events import ComplaintSnapshot, Data
from unit_desk.app import build_app
from unit_desk.handlers.visit import Desk

REGION = Path(__file__).parents[3] / "region" / "soppeng"
URL = "https://meja.example"
#: Everybody's password here: long enough, and in no list.
PASSWORD = "kerbau biru menyanyi pagi"
NUMBER = "SPG-S000-00007"
PAGE = f"/laporan/{NUMBER}"

#: Tells a unit of a complaint; returns the complaint.
Tell = Callable[..., Awaitable[ComplaintSnapshot]]
#: Makes a client that is logged in as somebody.
LogIn = Callable[..., Awaitable[httpx.AsyncClient]]


class _Lent:
    """Stands for each test's desk in one website that all tests share: making a website takes longer than a test."""

    desk: Desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self.desk, name)


_websites: dict[tuple[Any, ...], tuple[_Lent, Any]] = {}


def website_of(desk: Desk) -> Any:
    """Return the shared website, which shows ``desk`` until the next call."""
    made_of = (id(desk.rules), desk.photos.url, desk.settings.public_url, tuple(desk.settings.photo_sites))
    if made_of not in _websites:
        lent: Any = _Lent()
        lent.desk = desk
        _websites[made_of] = lent, build_app(lent)
    lent, app = _websites[made_of]
    lent.desk = desk
    return app


async def sent(pool: Pool) -> list[tuple[str, Any]]:
    """Return the topics and data in the outbox, mostly replies."""
    rows = await pool.fetch("SELECT topic, value FROM outbox ORDER BY seq")
    return [(row["topic"], codec.decode(row["value"]).data) for row in rows]


def hidden(page: httpx.Response) -> dict[str, str]:
    """Return the hidden fields of a page."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))


def record(topic: str, data: Data, n: int, event_id: str, subject: str, at: datetime | None = None) -> Record:
    """Make a record as a broker delivers it."""
    at = at or datetime.now(UTC)
    event = codec.envelope(data, event_id=event_id, source="/router", subject=subject, time=at, causation_id="a-cause")
    ms = round(at.timestamp() * 1000)
    return Record(topic, 0, n, subject.encode(), codec.encode(event), ms, codec.HEADERS)
