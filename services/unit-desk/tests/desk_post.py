"""A mail server, an SMS gateway and a clock that tests move, for the messages to people of the desk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from chassis.database import Pool
from intake import gateway as sms_gateway
from testing.mail import Sink, mail_sink
from testing.standins import serving, settings_for_tests
from unit_desk.adapters import notices
from unit_desk.dispatch import Office, climb, send_morning, tell
from unit_desk.notices import Medium
from unit_desk.people import Person
from unit_desk.rules import Rules
from unit_desk.sending import Post, send_next
from unit_desk.settings import DeskSettings

ZONE = ZoneInfo("Asia/Makassar")
WEEK = ("senin", "selasa", "rabu", "kamis", "jumat")
SITE = "https://meja.example"


@dataclass
class Moved:
    """A clock that stands still until a test moves it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def on(self, **given: float) -> None:
        """Move it forward."""
        self.now += timedelta(**given)

    def to(self, hour: int, minute: int = 0) -> None:
        """Move it to the next time of that hour and minute."""
        local = self.now.astimezone(ZONE)
        at = local.replace(hour=hour, minute=minute)
        self.now = (at if at > local else at + timedelta(days=1)).astimezone(UTC)


@pytest.fixture
def clock() -> Moved:
    """One o'clock on a future Monday that is not a holiday: the morning's list is out."""
    at = datetime.now(ZONE).replace(hour=13, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while at.weekday() or (at.month, at.day) in {(1, 1), (6, 1), (8, 17), (12, 25)}:
        at += timedelta(days=1)
    return Moved(at.astimezone(UTC))


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with mail_sink() as sink:
        yield sink


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[str]:
    """The SMS stand-in; yields its address."""
    with serving(settings_for_tests(tmp_path / "standins")) as base:
        yield base


@pytest.fixture
async def post(
    rules: Rules, make_settings: Callable[..., DeskSettings], clock: Moved, sink: Sink, gateway: str
) -> AsyncIterator[Post]:
    settings = make_settings(
        smtp_url=f"smtp://127.0.0.1:{sink.port}",
        mail_from="LAPOR! Soppeng <lapor@contoh.id>",
        kannel_send_url=f"{gateway}/cgi-bin/sendsms",
        kannel_username="lapor",
        kannel_password="kannel-password",
    )
    office = Office(rules=rules, media=settings.media, clock=clock)
    async with sms_gateway.client(settings) as http:
        yield Post(office=office, settings=settings, send_sms=sms_gateway.sender(settings, http))


@pytest.fixture
def staff(pool: Pool, somebody: Callable[..., Awaitable[Person]]) -> Callable[..., Awaitable[Person]]:
    """Makes a person with hours on duty, a number and wishes."""

    async def make(
        unit: str = "PUPR", role: str = "petugas", name: str = "Rahma", email: str = "", **given: Any
    ) -> Person:
        person = await somebody(unit, role, name, email)
        await notices.set_duty(pool, person.id, given.get("days", ()), given.get("hours", "00.00-24.00"))
        await notices.set_wishes(
            pool,
            person.id,
            given.get("phone"),
            by_mail=given.get("by_mail", True),
            by_sms=given.get("by_sms", True),
            unwanted=given.get("unwanted", ()),
        )
        return person

    return make


async def turn(pool: Pool, post: Post, *, only: tuple[Medium, ...] = tuple(Medium)) -> int:
    """Let the dispatcher and the senders do everything that is due; return how many messages they sent or tried."""
    async with pool.acquire() as db:
        await tell(db, post.office)
        await climb(db, post.office)
        await send_morning(db, post.office)
        tried = 0
        for medium in only:
            while await send_next(db, post, medium):
                tried += 1
    return tried


def told_to(sink: Sink) -> list[tuple[str, str]]:
    """List the recipient and the subject of each mail."""
    return [(mail["To"], mail["Subject"]) for mail in sink.mails]


def text_of(mail: EmailMessage) -> str:
    """Return the text of a mail."""
    return str(mail.get_content()).replace("\r\n", "\n")


def texts(base: str) -> list[tuple[str, str]]:
    """List the SMS that the gateway took: recipients and texts."""
    return [(each["to"], each["text"]) for each in httpx.get(f"{base}/sent").json() if each["channel"] == "sms"]


async def states(pool: Pool) -> list[tuple[str, str, str]]:
    """List the medium, kind and state of each message, the oldest first."""
    rows = await pool.fetch("SELECT medium, kind, state FROM messages ORDER BY created_at, medium")
    return [(row["medium"], row["kind"], row["state"]) for row in rows]
