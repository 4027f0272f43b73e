"""Puts intake-social together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr

from chassis.database import FACEBOOK_LOCK, X_LOCK, Pool, holding
from intake import metrics
from intake.notices import Notice, Refused, TryLater, send_notices
from intake.service import Context, Parts, Task, run_intake
from intake_social.adapters import facebook, x
from intake_social.adapters.errors import (
    CursorTooOld,
    SocialError,
    SocialRefused,
    SocialThrottled,
    SocialUnauthorized,
    SocialUnavailable,
)
from intake_social.domain import posts, with_page
from intake_social.handlers import SERVICE, Desk, Seen, leave_out, take
from intake_social.settings import SocialSettings

log = logging.getLogger(__name__)
Write = Callable[[str, str], Awaitable[Any]]
#: X answers 400 to a cursor older than its window of seven days.
_WINDOW = timedelta(days=7) - timedelta(minutes=2)
#: Seconds until a network that refuses our credentials is asked again.
_REFUSED_S = 60

_STILL_OURS = "SELECT 1"  # a lock goes with its connection
_CURSOR = "SELECT position FROM cursors WHERE source = $1"
_MOVE = """
INSERT INTO cursors (source, position) VALUES ($1, $2)
ON CONFLICT (source) DO UPDATE SET position = excluded.position"""


def run() -> None:
    """Run until SIGTERM."""
    run_intake(SERVICE, SocialSettings, parts, notify=True)


@asynccontextmanager
async def parts(context: Context[SocialSettings]) -> AsyncIterator[Parts]:
    """Give the networks that are on, and the sender."""
    settings = context.settings
    desk = Desk(pool=context.pool, settings=settings, texts=context.texts, wake=context.wake)
    tasks: list[Task] = []
    writes: dict[str, Write] = {}
    async with _x(settings) as client:
        if settings.x_enabled:
            writes["x"] = partial(x.reply, client)
            tasks.append(("x", partial(poll_x, desk, client)))
        if settings.facebook_enabled:
            page = _page(settings)
            writes["facebook"] = page.comment
            tasks.append(("facebook", partial(poll_facebook, desk, page)))
        website = str(settings.web_public_url or "").rstrip("/")
        answer = partial(send, writes, context.texts.social, website)
        yield Parts(tasks=[*tasks, ("sender", partial(send_notices, context.pool, "social", answer))])


async def poll_x(desk: Desk, client: Any) -> None:
    """For ever: store what mentions us. The cursor moves when the whole window is stored. One per database.

    Raises:
        SocialUnavailable, OSError, …: start again; nothing is skipped.
    """
    me: str | None = None

    async def look() -> None:
        nonlocal me
        me = me or await x.whoami(client)
        await read_mentions(desk, client, me)

    async with _alone(desk.pool, X_LOCK, "x", look) as look_alone:
        await _poll("x", look_alone, desk.settings.x_poll_s)


@asynccontextmanager
async def _alone(
    pool: Pool, lock: int, channel: str, look: Callable[[], Awaitable[None]]
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Give ``look`` as soon as no other process of this database looks at ``channel``: a network counts how often it is
    asked, and what can't be read would be put aside by each. It fails when the lock is lost."""
    async with holding(pool, lock) as leader:

        async def look_alone() -> None:
            await leader.fetchval(_STILL_OURS)
            await look()

        try:
            yield look_alone
        finally:
            metrics.REFUSED.labels(channel).set(0)  # whoever looks next will know


async def _poll(channel: str, look: Callable[[], Awaitable[None]], every_s: float) -> None:
    """For ever. A network that throttles us is left alone as long as it says; one that refuses us needs a person."""
    while True:
        try:
            await look()
            metrics.READ.labels(channel).set_to_current_time()
            metrics.REFUSED.labels(channel).set(0)
        except SocialThrottled as throttled:
            await asyncio.sleep(_until(throttled))
        except SocialUnauthorized as refused:
            log.critical("not_read", extra={"why": str(refused)})
            metrics.REFUSED.labels(channel).set(1)
            await asyncio.sleep(_REFUSED_S)
        await asyncio.sleep(every_s)


def _until(throttled: SocialThrottled) -> float:
    return max((throttled.reset_at - datetime.now(UTC)).total_seconds(), 1)


async def read_mentions(desk: Desk, client: Any, me: str) -> None:
    """One window: every page of the mentions since the cursor, with a minute of overlap for late posts."""
    since = await _cursor(desk.pool, "x")
    start: datetime | None = None
    token: str | None = None
    newest: str | None = None
    while True:
        try:
            page = await x.fetch_mentions(
                client, me, x.overlap(since) if since and not start else None, token, start_time=start
            )
        except CursorTooOld:
            if start:  # not the cursor's fault, then
                raise
            log.error("x_gap_possible", extra={"since": since})
            start, token = datetime.now(UTC) - _WINDOW, None
            continue
        newest = newest or page.newest_id
        await leave_out(desk, "x", page.unreadable)
        for post in page.posts:
            if post.author_id != me and not post.is_retweet:
                await take(desk, _seen(post))
        token = page.next_token
        if token is None:
            break
    if newest and newest != since:
        await _move(desk.pool, "x", newest)


def _seen(post: x.Post) -> Seen:
    return Seen(
        channel="x",
        id=post.edit_history_ids[0],
        author_id=post.author_id,
        author=post.handle,
        text=post.text,
        at=post.created_at,
        root=post.conversation_id,
        version=post.id,
    )


async def poll_facebook(desk: Desk, page: facebook.FacebookPage) -> None:
    """For ever: store what visitors post on the page. One per database.

    Raises:
        SocialUnavailable, OSError, …: start again; nothing is skipped.
    """

    async def look() -> None:
        await read_page(desk, page)
        await watch_token(page)

    async with _alone(desk.pool, FACEBOOK_LOCK, "facebook", look) as look_alone:
        await _poll("facebook", look_alone, desk.settings.facebook_poll_s)


async def watch_token(page: facebook.FacebookPage) -> None:
    """Show when the page's token ends. That nobody tells is no reason to read nothing."""
    try:
        ends = await page.expires_at()
    except SocialError as error:
        log.warning("token_unknown", extra={"why": str(error)})
        return
    metrics.TOKEN_EXPIRES.labels("facebook").set(ends.timestamp() if ends else float("inf"))


async def read_page(desk: Desk, page: facebook.FacebookPage) -> None:
    """One window: what visitors posted since the last, or within a week, with a minute of overlap."""
    since = await _cursor(desk.pool, "facebook")
    started = datetime.now(UTC) - timedelta(minutes=1)
    feed = await page.fetch_posts(datetime.fromisoformat(since) if since else started - timedelta(days=7))
    await leave_out(desk, "facebook", feed.unreadable)
    for post in feed.posts:
        await take(desk, _seen_on_page(post))
    await _move(desk.pool, "facebook", started.isoformat())


def _seen_on_page(post: facebook.PagePost) -> Seen:
    return Seen(
        channel="facebook",
        id=post.id,
        author_id=post.author_id,
        author=post.author,
        text=post.text,
        at=post.created_at,
    )


async def send(writes: dict[str, Write], say: Mapping[str, str], page: str, notice: Notice) -> None:
    """Answer in the thread; ``say`` are the words of texts.yaml, ``page`` is the website's address.

    Raises:
        Refused, TryLater, OutcomeUnknown: as the network said.
    """
    channel, _, post_id = (notice.thread or "").partition(":")
    write = writes.get(channel)
    if write is None:
        raise TryLater(f"{channel} is switched off", after_s=300)
    try:
        for text in posts(
            with_page(notice, say, page, channel), say, channel
        ):  # those that are there already are left at that
            await write(post_id, text)
    except SocialRefused as refused:
        raise Refused(refused.reason) from refused
    except SocialThrottled as throttled:
        raise TryLater("throttled", after_s=_until(throttled)) from throttled
    except SocialUnauthorized as refused:
        log.critical("social_unauthorized", extra={"channel": channel})
        raise TryLater("not authorized", after_s=_REFUSED_S) from refused
    except SocialUnavailable as unavailable:
        # Saying it again is safe: X refuses the same words twice, and on the page we look for our comment first.
        raise TryLater("unavailable") from unavailable


async def _cursor(pool: Pool, source: str) -> str | None:
    position: str | None = await pool.fetchval(_CURSOR, source)
    return position


async def _move(pool: Pool, source: str, position: str) -> None:
    await pool.execute(_MOVE, source, position)


def _x(settings: SocialSettings) -> Any:
    return x.connect(
        consumer_key=_secret(settings.x_consumer_key),
        consumer_secret=_secret(settings.x_consumer_secret),
        access_token=_secret(settings.x_access_token),
        access_secret=_secret(settings.x_access_secret),
        api_url=settings.x_api_url,
    )


def _page(settings: SocialSettings) -> facebook.FacebookPage:
    return facebook.FacebookPage(
        page_id=settings.facebook_page_id or "",
        token=_secret(settings.facebook_page_token),
        app_id=settings.facebook_app_id or "",
        app_secret=_secret(settings.facebook_app_secret),
        version=settings.facebook_graph_version,
        graph_url=settings.facebook_graph_url,
    )


def _secret(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
