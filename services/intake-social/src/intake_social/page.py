"""The page on Facebook: what webhooks push, and polling in case one was lost."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from zlib import crc32

from chassis.database import FACEBOOK_LOCK
from intake import metrics
from intake_social.adapters import facebook
from intake_social.adapters.errors import SocialError
from intake_social.adapters.graph_items import TO_PERSON, PagePost, read_hook
from intake_social.deletions import forget
from intake_social.handlers import leave_out, take, take_all
from intake_social.polling import alone, cursor_of, move, poll
from intake_social.post import Desk, SocialPost

log = logging.getLogger(__name__)
CHANNEL = "facebook"
#: For clocks that differ.
_OVERLAP = timedelta(minutes=1)
#: Older posts were not written to LAPOR!, and their authors expect no answer from it.
_BEFORE_THE_FIRST = timedelta(days=1)


async def poll_facebook(desk: Desk, page: facebook.FacebookPage) -> None:
    """Store what people write on the page, under it and to it, until cancelled. One poller per database.

    Raises:
        SocialUnavailable, OSError, …: start again; nothing is skipped.
    """

    async def look() -> None:
        await read_page(desk, page)
        await watch_token(page)

    async with alone(desk.pool, FACEBOOK_LOCK, CHANNEL, look) as look_alone:
        await poll(CHANNEL, look_alone, desk.settings.facebook_poll_s)


async def watch_token(page: facebook.FacebookPage) -> None:
    """Show when the page's token ends. If Graph does not tell, the page is read all the same."""
    try:
        ends = await page.expires_at()
    except SocialError as error:
        log.warning("token_unknown", extra={"why": str(error)})
        return
    metrics.TOKEN_EXPIRES.labels(CHANNEL).set(ends.timestamp() if ends else float("inf"))


async def read_page(desk: Desk, page: facebook.FacebookPage) -> None:
    """Read one window: everything written since the last, at first within a day, with a minute of overlap."""
    since = await cursor_of(desk.pool, CHANNEL)
    feed = await page.fetch(datetime.fromisoformat(since) if since else datetime.now(UTC) - _BEFORE_THE_FIRST)
    await leave_out(desk, CHANNEL, feed.unreadable)
    await take_all(desk, [await _seen(page, post) for post in feed.posts])
    await move(desk.pool, CHANNEL, (feed.until - _OVERLAP).isoformat())


async def take_hook(desk: Desk, page: facebook.FacebookPage, page_id: str, body: bytes) -> None:
    """Store what a webhook delivers. It may come again, in any order, and be found by :func:`read_page` as well.

    Raises:
        SocialError, asyncpg.PostgresError, OSError, TimeoutError: not all is stored; let it come again.
    """
    hook = read_hook(body, page_id)
    await leave_out(desk, CHANNEL, hook.unreadable)
    for post in hook.written:
        if post.says:
            await take(desk, await _seen(page, post))
    await forget(desk, CHANNEL, hook.removed)


async def _seen(page: facebook.FacebookPage, post: PagePost) -> SocialPost:
    return SocialPost(
        channel=CHANNEL,
        id=post.id,
        author_id=post.author_id,
        author=post.author,
        text=post.text,
        at=post.created_at,
        root=post.root,
        within=post.within,
        # Derived from the words, since Graph counts no versions; the id tells apart posts with the same words.
        version=f"{crc32(post.text.encode(errors='replace')):08x}:{post.id}",
        person=f"{TO_PERSON}{post.author_id}" if post.kind == "message" else None,
        photos=post.photos,
        videos=post.videos,
        not_taken=post.not_taken,
        points_to=(post.quotes,) if post.quotes else (),
        overheard=post.kind == "comment" and await page.is_ours(post.within or post.id),
    )
