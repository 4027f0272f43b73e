"""Sends notices to contacts: a sender for each medium that the settings have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from chassis.database import Pool
from intake import kannel
from intake.complaint_view import find_view
from intake.contacts import Medium, find_link
from intake.notices import Bounds, Notice, Send, send_notices
from intake.service import Task
from intake.texts import Texts
from intake_web.adapters.smtp import deliver
from intake_web.domain import PASS_DAYS
from intake_web.messages import Writer, has_link
from intake_web.settings import WebSettings, mailbox

#: Messages a day to one contact, of whatever complaints: whoever types the address of a stranger can send no more.
A_DAY = 5


@asynccontextmanager
async def senders(pool: Pool, settings: WebSettings, texts: Texts) -> AsyncIterator[list[Task]]:
    """Give what sends by each medium; nothing where there is none."""
    writer = _writer(settings, texts)
    bounds = Bounds(later="", last=writer.last, all_a_day=A_DAY)
    async with kannel.client(settings) as http:
        send: dict[Medium, Send] = {
            Medium.EMAIL: partial(_mail, pool, settings, writer),
            Medium.SMS: partial(_sms, pool, kannel.sender(settings, http, writer.more), writer),
        }
        yield [
            (medium, partial(send_notices, pool, medium, send[medium], bounds, medium=medium))
            for medium in settings.media
        ]


def _writer(settings: WebSettings, texts: Texts) -> Writer:
    return Writer(
        texts=texts,
        site=settings.public_url,
        installation=settings.installation_namespace,
        address=mailbox(settings.mail_from) if settings.mail_from else None,
        reply_to=mailbox(settings.mail_reply_to) if settings.mail_reply_to else None,
    )


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
