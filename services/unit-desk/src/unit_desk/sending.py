"""Sends messages to people of the desk: one at a time by each medium, danger first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chassis.database import MAIL_LOCK, SENDER_LOCK, Connection, Pool, holding
from chassis.faults import crash_point
from chassis.service import finished
from intake import gateway as sms_gateway
from intake.mail import mailbox
from intake.notices import Notice, OutcomeUnknown, Refused, Send, TryLater
from intake.smtp import deliver
from unit_desk import letters, metrics
from unit_desk.adapters import notices as kept
from unit_desk.adapters import told
from unit_desk.dispatch import ALARM, Office, dispatch
from unit_desk.letters import CODE_MINUTES, Letter, Line
from unit_desk.notices import Kind, Medium, Staff
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

log = logging.getLogger(__name__)
CODE, INVITATION, MORNING, PASSWORD = "code", "invitation", "morning", "password"
_LOCKS = {Medium.EMAIL: MAIL_LOCK, Medium.SMS: SENDER_LOCK}
_EVERY_S = 0.3
#: The most tries of a message that fails unexpectedly, or whose process dies with it.
MOST_TRIES = 5
#: The longest pause before a retry while the server takes nothing: usually, and for danger.
_PAUSE_S, _DANGER_PAUSE_S = 300.0, 10.0
#: How long a message is tried, by kind: later a morning's list is stale, and the next one has what is open.
_CODES = dict.fromkeys((CODE, PASSWORD), timedelta(minutes=CODE_MINUTES))
_LATEST = {MORNING: timedelta(hours=4), INVITATION: timedelta(days=3), **_CODES}
_LATEST_OTHER = timedelta(days=1)
_LIST = 10


@dataclass(frozen=True, kw_only=True)
class Post:
    """The rules and settings of sending; ``send_sms`` is the gateway's call."""

    office: Office
    settings: DeskSettings
    send_sms: Send | None = None

    @property
    def rules(self) -> Rules:
        """The desk's data about the region."""
        return self.office.rules

    @property
    def site(self) -> str:
        """The desk's address, for links."""
        return self.settings.public_url


class Nothing(Exception):
    """Nothing is left to tell; the text says why."""


Task = tuple[str, Callable[[], Awaitable[None]]]


@asynccontextmanager
async def posting(pool: Pool, settings: DeskSettings, rules: Rules) -> AsyncIterator[list[Task]]:
    """Yield the tasks that tell people: the dispatcher, and a sender for each medium."""
    office = Office(rules=rules, media=settings.media)
    async with sms_gateway.client(settings) as http:
        post = Post(office=office, settings=settings, send_sms=sms_gateway.sender(settings, http))
        yield [
            ("notices", partial(dispatch, pool, office)),
            *((f"sender of {medium}", partial(send_all, pool, post, medium)) for medium in settings.media),
        ]


async def send_all(pool: Pool, post: Post, medium: Medium) -> None:
    """Run until cancelled: send pending messages by ``medium``.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    async with holding(pool, _LOCKS[medium]) as db:
        await kept.take_up(db, medium, MOST_TRIES)
        while True:
            sent = await finished(send_next(db, post, medium))
            await asyncio.sleep(0 if sent else _EVERY_S)


async def send_next(db: Connection, post: Post, medium: Medium) -> bool:
    """Send one message; return False if no message is due."""
    row = await kept.claim(db, medium, post.office.clock())
    if row is None:
        return False
    now = post.office.clock()
    try:
        since = await _hand(db, post, row, now)
    except Nothing as error:
        await _mark(db, post, row, "dropped", str(error))
    except TryLater as error:
        pause_s = min(error.after_s or 2.0 ** row["attempts"], _DANGER_PAUSE_S if row["weight"] else _PAUSE_S)
        await kept.later(db, row["id"], str(error), now + timedelta(seconds=pause_s))
        metrics.SENT.labels(medium, "later").inc()
    except (Refused, OutcomeUnknown) as error:
        await _mark(db, post, row, "refused" if isinstance(error, Refused) else "maybe_sent", str(error))
        log.error("notice_not_delivered", extra={"notice": str(row["id"]), "medium": medium, "why": str(error)})
    except Exception as error:  # unexpected: this message waits, the others go on
        log.exception("notice_failed", extra={"notice": str(row["id"])})
        if row["attempts"] >= MOST_TRIES:
            await _mark(db, post, row, "refused", type(error).__name__)
        else:
            await kept.later(db, row["id"], type(error).__name__, now + timedelta(seconds=2.0 ** row["attempts"]))
    else:
        crash_point("desk.after_send_before_mark")
        await _mark(db, post, row, "sent", None)
        if row["weight"] == 2 and since:
            metrics.DANGER_S.labels(medium).observe((post.office.clock() - since).total_seconds())
    return True


async def _mark(db: Connection, post: Post, row: Mapping[str, Any], state: str, detail: str | None) -> None:
    await kept.done(db, row["id"], state, detail, post.office.clock())
    metrics.SENT.labels(row["medium"], state).inc()


async def _hand(db: Connection, post: Post, row: Mapping[str, Any], now: datetime) -> datetime | None:
    """Hand a message over; return since when the danger that it tells of is known, if any.

    Raises:
        Nothing, and the errors that the servers' answers mean.
    """
    if now - row["fresh_at"] > _LATEST.get(row["kind"], _LATEST_OTHER):
        raise Nothing("late")
    person = await kept.person(db, row["person"])
    if person is None:
        raise Nothing("left")
    since = None
    if row["kind"] in (CODE, INVITATION, MORNING, PASSWORD):
        letter = await _own(db, post, row, person, now)
        lines: list[Line] = []
    else:
        lines, since = await _lines(db, post, row, person, now)
        unit_name = post.rules.units.get(person.unit, person.unit)
        letter = letters.letter(
            "kabar", post.rules, lines=lines, site=post.site, unit=person.unit, unit_name=unit_name
        )  # fmt: skip
    if row["medium"] == Medium.SMS:
        await _by_sms(post, row, person, letters.sms(lines, post.site, post.rules))
    else:
        await _by_mail(post, row, person, letter, now)
    return since


async def _lines(
    db: Connection, post: Post, row: Mapping[str, Any], person: Staff, now: datetime
) -> tuple[list[Line], datetime | None]:
    rows = await kept.about(db, row["id"], person.unit)
    words = [told.read_told(each["told"]) for each in rows]
    lines = letters.lines_of(rows, words, post.rules, post.site, now, person.unit)
    if not lines:
        raise Nothing("over")
    return lines, min((each["at"] for each in rows if each["kind"] == Kind.DANGER), default=None)


async def _own(db: Connection, post: Post, row: Mapping[str, Any], person: Staff, now: datetime) -> Letter:
    """Write a mail that is not about a complaint."""
    unit_name = post.rules.units.get(person.unit, person.unit)
    if row["kind"] in (CODE, PASSWORD):
        code = letters.code_in(post.settings.key, row["id"])
        return letters.letter("kode" if row["kind"] == CODE else "sandi", post.rules, code=code, site=post.site)
    if row["kind"] == INVITATION:
        link = f"{post.site}/undangan/{letters.token_in(post.settings.key, row['id'])}"
        return letters.letter(
            "undangan", post.rules, name=person.name, unit_name=unit_name, link=link, site=post.site
        )  # fmt: skip
    local = post.office.local(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    counts, rows = await kept.open_work(db, person.unit, now, midnight, _LIST)
    if not counts["work"]:
        raise Nothing("over")
    given = [
        {
            **each,
            "kind": Kind.DANGER if each["weight"] == 2 else Kind.NEW,
            "erased": False,
            "standing": "work",
            "shown": True,
        }
        for each in rows
    ]
    words = [told.read_told(each["told"]) for each in rows]
    lines = letters.lines_of(given, words, post.rules, post.site, now, person.unit)
    return letters.letter(
        "pagi", post.rules, lines=lines, counts=counts, today=local.date(), name=person.name, unit_name=unit_name,
        site=post.site,
    )  # fmt: skip


async def _by_mail(post: Post, row: Mapping[str, Any], person: Staff, letter: Letter, now: datetime) -> None:
    settings = post.settings
    message = letters.envelope(letter, row["id"], person.email, settings, post.office.local(now))
    await deliver(
        settings.mail_server,
        message,
        mailbox(settings.mail_from).addr_spec,
        person.email,
        timeout_s=settings.smtp_timeout_s,
        age_s=(now - row["created_at"]).total_seconds(),
    )


async def _by_sms(post: Post, row: Mapping[str, Any], person: Staff, text: str) -> None:
    if not person.phone or not post.send_sms:
        raise Nothing("no number")
    number = row["id"].int >> 64  # by it the gateway's call recognizes a message whose process died
    await post.send_sms(
        Notice(
            id=number, ticket="", kind=ALARM, key="", address=person.phone, thread=None, text=text,
            attempts=row["attempts"],
        )
    )  # fmt: skip
