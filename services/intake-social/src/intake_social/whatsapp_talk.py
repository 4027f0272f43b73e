"""Messages by WhatsApp, and our answers: free text within a day of the person's last message, else a template."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial
from typing import IO

from chassis.database import Connection, Pool
from intake.reports import ReportState, note_report
from intake_social.adapters.downloads import Places, download
from intake_social.adapters.graph_items import TO_PERSON
from intake_social.adapters.whatsapp import Message, WhatsApp, read_hook
from intake_social.deletions import forget
from intake_social.handlers import leave_out, take
from intake_social.polling import poll
from intake_social.post import Desk, SocialPost

log = logging.getLogger(__name__)
CHANNEL = "whatsapp"
#: Seconds between two checks that the token still holds.
_CHECK_S = 300

_HEARD = """
INSERT INTO heard (channel, address, at) VALUES ($1, $2, $3)
ON CONFLICT (channel, address) DO UPDATE SET at = greatest(heard.at, excluded.at)"""
_IN_WINDOW = (
    "SELECT EXISTS (SELECT FROM heard WHERE channel = $1 AND address = $2 AND at > $3::timestamptz - interval '24 h')"
)
_FORGET = "DELETE FROM heard WHERE at < now() - interval '25 h'"


async def take_hook(desk: Desk, phone_number_id: str, body: bytes) -> None:
    """Store what a webhook delivers; the same webhook again changes nothing.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not all is stored; let it come again.
    """
    told = read_hook(body, phone_number_id)
    await leave_out(desk, CHANNEL, told.unreadable)
    for message in told.messages:
        await desk.pool.execute(_HEARD, CHANNEL, message.number, message.at)
        await take(desk, _seen(message))
    await forget(desk, CHANNEL, told.removed)
    for report in told.reports:
        await note_report(desk.pool, CHANNEL, report)
        if report.state == ReportState.FAILED:
            log.warning("message_did_not_arrive", extra={"code": report.detail})


async def write(
    pool: Pool, whatsapp: WhatsApp, target: str, text: str, own_id: str = "", *, now: datetime | None = None
) -> str | None:
    """Write to the person behind ``target``; ``own_id`` is our id of the message. Return WhatsApp's id of it.

    Raises:
        SocialError: as WhatsApp said.
    """
    number = target.removeprefix(TO_PERSON)
    in_window = await pool.fetchval(_IN_WINDOW, CHANNEL, number, now or datetime.now(UTC))
    return await whatsapp.write(number, text, own_id, in_window=in_window)


async def fetch_media(whatsapp: WhatsApp, places: Places, called: str, to: IO[bytes]) -> None:
    """Write the photo or video with WhatsApp's id ``called`` to ``to``.

    Raises:
        SocialError: as WhatsApp said, or from :func:`download`.
    """
    address = await whatsapp.address_of(called)
    await download(address, to, places, headers=whatsapp.bearer)


async def watch(whatsapp: WhatsApp) -> None:
    """Show whether the token holds, until cancelled. Messages are pushed, so nothing else is polled."""
    await poll(CHANNEL, partial(_checked, whatsapp), _CHECK_S)


async def _checked(whatsapp: WhatsApp) -> None:
    await whatsapp.check()


async def forget_heard(db: Connection) -> dict[str, int]:
    """Delete the people who last wrote more than a day ago. Return how many."""
    gone = await db.execute(_FORGET)
    return {"heard": int(gone.split()[-1])}


def _seen(message: Message) -> SocialPost:
    return SocialPost(
        channel=CHANNEL,
        id=message.id,
        author_id=message.number,
        author=message.name,
        text=message.text,
        at=message.at,
        person=f"{TO_PERSON}{message.number}",
        photos=(message.photo,) if message.photo else (),
        videos=(message.video,) if message.video else (),
        not_taken=message.not_taken,
        points_to=(message.quotes,) if message.quotes else (),
    )
