"""Sends notices to contacts: a sender for each medium that the settings have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from chassis.database import Pool
from intake import gateway
from intake.bounds import Bounds
from intake.complaint_view import find_view
from intake.contacts import Medium, find_link, mark_of, renew_marks
from intake.mail import mailbox
from intake.notices import Notice, Send
from intake.sending import Pace, send_notices
from intake.service import Task
from intake.smtp import deliver
from intake.texts import Texts
from intake_web.codes import code_senders
from intake_web.domain import PASS_DAYS
from intake_web.messages import Writer, has_link
from intake_web.settings import WebSettings

#: Messages a day to one contact, across all complaints: so nobody can flood a stranger whose address they type.
A_DAY = 5
#: Mail servers accept few concurrent connections from one sender.
MAIL_PACE = Pace(at_once=4, per_s=10)


@asynccontextmanager
async def senders(pool: Pool, settings: WebSettings, texts: Texts) -> AsyncIterator[list[Task]]:
    """Provide the sending tasks of each configured medium; no medium, no tasks."""
    writer = _writer(settings, texts)
    bounds = Bounds(later="", last=writer.last, all_a_day=A_DAY)
    async with gateway.client(settings) as http, gateway.client(settings) as for_codes:
        send: dict[Medium, Send] = {
            Medium.EMAIL: partial(_mail, pool, settings, writer),
            Medium.SMS: partial(_sms, pool, gateway.sender(settings, http, writer.more), writer),
        }
        # E-mail has no quiet hours: it wakes nobody.
        ways: dict[Medium, dict[str, Any]] = {
            Medium.EMAIL: {"pace": MAIL_PACE, "mark": partial(_mark, settings.installation_namespace)},
            Medium.SMS: {
                "pace": replace(gateway.pace(settings), a_day=settings.web_sms_a_day, zone=texts.zone),
                "quiet_until": texts.quiet_until if settings.quiet_hours else None,
            },
        }

        async def sending(medium: Medium) -> None:
            if medium == Medium.EMAIL:
                await renew_marks(pool, settings.installation_namespace)
            await send_notices(pool, medium, send[medium], bounds, medium=medium, **ways[medium])

        yield [(medium, partial(sending, medium)) for medium in settings.media] + code_senders(
            pool, settings, texts, for_codes
        )


def _writer(settings: WebSettings, texts: Texts) -> Writer:
    return Writer(
        texts=texts,
        site=settings.public_url,
        installation=settings.installation_namespace,
        address=mailbox(settings.mail_from) if settings.mail_from else None,
        reply_to=mailbox(settings.mail_reply_to) if settings.mail_reply_to else None,
    )


def _mark(installation: UUID, notice: Notice) -> bytes:
    return mark_of(installation, Medium.EMAIL, notice.address)


async def _mail(pool: Pool, settings: WebSettings, writer: Writer, notice: Notice) -> None:
    view = await find_view(pool, notice.ticket)
    link = None
    if has_link(notice, view):
        link = await find_link(pool, settings.installation_namespace, notice.ticket, PASS_DAYS)
    message = writer.mail(notice, view, link, datetime.now(writer.texts.zone))
    await deliver(
        settings.mail_server,
        message,
        mailbox(settings.mail_from).addr_spec,
        notice.address,
        timeout_s=settings.smtp_timeout_s,
        age_s=notice.age_s,
    )


async def _sms(pool: Pool, send: Send, writer: Writer, notice: Notice) -> None:
    await send(replace(notice, text=writer.sms(notice, await find_view(pool, notice.ticket))))
