"""Writes letters to offices outside about complaints that were handed over to them, and sends the letters."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import uuid5

from jinja2 import Environment

from chassis.database import OUTAGES, Connection, Pool
from contracts.events import ComplaintSnapshot
from intake.mail import mailbox
from intake.notices import OutcomeUnknown, Refused, TryLater
from intake.smtp import deliver
from kabupaten.routing import Target
from unit_desk import parties
from unit_desk.adapters import handovers, notices
from unit_desk.letters import envelope, letter_of
from unit_desk.notices import Kind
from unit_desk.parties import Handover
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

log = logging.getLogger(__name__)
_LOOK_S = 5
_REMIND_S = 3_600
_MOST_WAIT = timedelta(hours=1)


def link(settings: DeskSettings, handover: Handover) -> str:
    """Return the address of the page where an office answers."""
    return f"{settings.public_url}/jawab/{parties.token(settings.key, handover)}"


def letter(
    settings: DeskSettings, templates: Environment, handover: Handover, complaint: ComplaintSnapshot, to: str
) -> EmailMessage:
    """Make the letter. About a confidential complaint it says only that it exists: many can read mail on its way."""
    said = templates.get_template("surat/pihak.txt").render(
        handover=handover, complaint=complaint, link=link(settings, handover), reply_to=settings.mail_reply_to
    )
    # The same id each time, so that a second copy is recognized; a letter with another link has another id.
    ends = round(handover.expires_at.timestamp())
    message = uuid5(handover.id, f"{handover.link} {ends} {handover.reminder}")
    return envelope(letter_of(said), message, to, settings, datetime.now(UTC))


async def keep_writing(pool: Pool, settings: DeskSettings, rules: Rules, templates: Environment) -> None:
    """Run until cancelled: send letters that wait, if there is a mail server."""
    while settings.smtp_url:
        try:
            while await write_one(pool, settings, rules, templates):
                pass
        except OUTAGES as error:
            log.warning("letters_wait", extra={"error": type(error).__name__})
        await asyncio.sleep(_LOOK_S)
    await asyncio.Event().wait()


async def keep_reminding(pool: Pool, settings: DeskSettings, rules: Rules) -> None:
    """Run until cancelled: each hour, queue reminders to offices that did not answer."""
    while settings.smtp_url:
        try:
            await remind(pool, rules, datetime.now(UTC))
        except OUTAGES as error:
            log.warning("reminders_wait", extra={"error": type(error).__name__})
        await asyncio.sleep(_REMIND_S)
    await asyncio.Event().wait()


async def remind(pool: Pool, rules: Rules, now: datetime) -> None:
    """Queue reminders to offices that have not answered by ``now``, on working days; tell operators of silent ones."""
    if parties.last_working(rules.calendar, now) != now:
        return
    for office in written_to(rules):
        async with pool.acquire() as db, db.transaction():
            await handovers.remind(db, office, now)
            for each in await handovers.fell_silent(db, office, now):
                said = f"silent {each['id']} {each['since'].isoformat()}"
                about = each["unit"], each["complaint_id"], each["ticket"], Kind.SILENT
                await notices.add(db, *about, said, now)


async def settle(db: Connection, rules: Rules, alive: datetime) -> None:
    """Count reminders due while the lost database was ``alive`` as sent, in the caller's transaction.

    Those due in its last hour may not have been sent: they are sent, with the Message-ID that they had.
    """
    until = parties.last_working(rules.calendar, alive - timedelta(seconds=_REMIND_S))
    for office in written_to(rules):
        await handovers.remind(db, office, until, told=True)
        await handovers.fell_silent(db, office, until)


def written_to(rules: Rules) -> list[Target]:
    """List the offices that have a mail address."""
    return [office for office in rules.targets.values() if office.email]


async def write_one(pool: Pool, settings: DeskSettings, rules: Rules, templates: Environment) -> bool:
    """Send one letter that waits; return False if no letter does."""
    async with pool.acquire() as db, db.transaction():
        found = await handovers.next_letter(db)
        if found is None:
            return False
        handover, complaint = found
        office = rules.party(handover.party)
        if office is None or not office.email:
            await handovers.refused(db, handover.id, "no address")
            return True
        message = letter(settings, templates, handover, complaint, office.email)
        try:
            sender = mailbox(settings.mail_from).addr_spec
            await deliver(settings.mail_server, message, sender, office.email, timeout_s=settings.smtp_timeout_s)
        except Refused as error:
            log.warning("letter_refused", extra={"ticket": handover.ticket, "why": str(error)})
            await handovers.refused(db, handover.id, str(error))
        except (TryLater, OutcomeUnknown) as error:  # a second copy is recognized by its Message-ID
            log.warning("letter_later", extra={"ticket": handover.ticket, "why": str(error)})
            wait = min(timedelta(minutes=1) * 2 ** min(handover.tries, 6), _MOST_WAIT)
            await handovers.later(db, handover.id, str(error), wait)
        else:
            await handovers.went(db, handover.id)
    return True
