"""Sends messages about accounts: codes, and the news that an account has another contact.

These messages are not notices: no limit of notices delays them, and they are never sent late. A code that nobody can
use any longer would only frighten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx

from chassis.database import Connection, Pool
from chassis.service import finished
from intake import gateway
from intake.contacts import Medium
from intake.mail import mailbox
from intake.notices import Notice, OutcomeUnknown, Refused, Send, TryLater
from intake.service import Task
from intake.smtp import deliver
from intake.texts import ONE_SMS, Texts
from intake_web.account import CODE_MINUTES, Kind, code_of
from intake_web.settings import WebSettings

log = logging.getLogger(__name__)

#: Seconds between two polls, and until a retry, whatever delay the vendor asks for: later the code is useless.
_EVERY_S, _AGAIN_S = 0.5, 20
# The row stays locked while its message is sent: other processes take the next row, and a crash repeats at most one.
_NEXT = """
SELECT id, kind, medium, address, seed, sending FROM account_messages
WHERE state = 'pending' AND medium = $1 AND next_try_at <= now() AND expires_at > now()
ORDER BY next_try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"""
_LATE = """
UPDATE account_messages SET state = 'refused'
WHERE state = 'pending' AND medium = $1 AND next_try_at <= now() AND expires_at <= now()"""
_DONE = "UPDATE account_messages SET state = $2, sending = sending + 1, sent_at = now() WHERE id = $1"
_LATER = """
UPDATE account_messages SET sending = sending + 1, next_try_at = now() + make_interval(secs => $2) WHERE id = $1"""

#: Sends one text to an address; its first argument is a row of ``_NEXT``.
Hand = Callable[[Any, str], Awaitable[None]]


def code_senders(pool: Pool, settings: WebSettings, texts: Texts, http: httpx.AsyncClient) -> list[Task]:
    """Return one task per configured medium that sends its codes; ``http`` is for the SMS gateway."""
    hand: dict[Medium, Hand] = {
        Medium.EMAIL: partial(_mail, settings, texts),
        Medium.SMS: partial(_sms, settings, gateway.sender(settings, http)),
    }
    return [
        (f"codes by {medium}", partial(_send_all, pool, settings, texts, medium, hand[medium]))
        for medium in settings.media
    ]


async def _send_all(pool: Pool, settings: WebSettings, texts: Texts, medium: Medium, hand: Hand) -> None:
    """Send pending messages one at a time, until cancelled.

    Raises:
        asyncpg.PostgresError, OSError: the database is unreachable; restart.
    """
    while True:
        async with pool.acquire() as db:
            await db.execute(_LATE, medium)
            sent = await finished(_send_one(db, settings, texts, medium, hand))
        await asyncio.sleep(0 if sent else _EVERY_S)


async def _send_one(db: Connection, settings: WebSettings, texts: Texts, medium: Medium, hand: Hand) -> bool:
    async with db.transaction():
        row = await db.fetchrow(_NEXT, medium)
        if row is None:
            return False
        try:
            await hand(row, worded(row["kind"], row["seed"], settings, texts))
        except TryLater as error:
            await db.execute(_LATER, row["id"], min(error.after_s or _AGAIN_S, _AGAIN_S))
        except (Refused, OutcomeUnknown) as error:
            state = "refused" if isinstance(error, Refused) else "unknown"
            await db.execute(_DONE, row["id"], state)
            log.warning("code_not_delivered", extra={"code": row["id"], "state": state, "why": str(error)})
        except Exception:  # unforeseen: this message waits, the others go on
            log.exception("code_failed", extra={"code": row["id"]})
            await db.execute(_LATER, row["id"], _AGAIN_S)
        else:
            await db.execute(_DONE, row["id"], "sent")
        return True


def worded(kind: str, seed: bytes | None, settings: WebSettings, texts: Texts) -> str:
    """Return the text of a message of ``kind``, with the code for ``seed``."""
    code = code_of(settings.installation_namespace, seed) if seed else ""
    return texts.account[f"told_{kind}"].format(code=code, minutes=CODE_MINUTES)


async def _sms(settings: WebSettings, send: Send, row: Any, text: str) -> None:
    await send(
        Notice(
            id=row["id"],
            ticket="",
            kind=row["kind"],
            key="",
            address=row["address"],
            thread=None,
            text=for_phone(text, settings.public_url),
            attempts=row["sending"],
        )
    )


def for_phone(text: str, public_url: str) -> str:
    """Append a line that lets a phone offer the code on our pages alone, if it all still fits in one SMS.

    https://wicg.github.io/sms-one-time-codes/: the last line names the host and the code.
    """
    code, _, _ = text.partition(" ")
    bound = f"{text}\n\n@{urlsplit(public_url).hostname} #{code}"
    return bound if code.isdecimal() and len(bound) <= ONE_SMS else text


async def _mail(settings: WebSettings, texts: Texts, row: Any, text: str) -> None:
    message = mail(row["kind"], row["address"], text, settings, texts, datetime.now(texts.zone))
    sender = mailbox(settings.mail_from).addr_spec
    await deliver(settings.mail_server, message, sender, row["address"], timeout_s=settings.smtp_timeout_s)


def mail(kind: str, to: str, text: str, settings: WebSettings, texts: Texts, now: datetime) -> EmailMessage:
    """Build the e-mail that says ``text``."""
    say, sender = texts.account, mailbox(settings.mail_from)
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = sender
    message["To"] = Address(addr_spec=to)
    message["Subject"] = say["subject_changed" if kind == Kind.CHANGED else "subject_code"]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    if settings.mail_reply_to:
        message["Reply-To"] = mailbox(settings.mail_reply_to)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    page = say["mail_page"].format(page=f"{settings.public_url}/akun")
    message.set_content("\n\n".join([text, page, "-- \n" + texts.news["mail_signed"]]) + "\n")
    message["Content-Language"] = "id"  # set after the content, which brings its own headers
    return message
