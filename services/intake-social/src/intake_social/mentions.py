"""Read X: posts that mention us, and posts with only the hashtag. The cursor moves when a whole window is stored."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from chassis.database import X_LOCK
from intake_social.adapters import x
from intake_social.adapters.errors import CursorTooOld, SocialRefused
from intake_social.conversations import says_too_little
from intake_social.deletions import forget_deleted
from intake_social.handlers import leave_out, take_all
from intake_social.polling import alone, cursor_of, move, poll
from intake_social.post import Desk, SocialPost
from intake_social.spending import Billed, is_left, spend

log = logging.getLogger(__name__)
#: X answers 400 to a cursor older than its window of seven days.
_WINDOW = timedelta(days=7) - timedelta(minutes=2)
#: Interval between two lookups of deleted posts, which X wants forgotten within a day.
_CHECKED = timedelta(hours=12)
#: The first poll of all answers nothing older than this.
_FIRST = timedelta(days=1)
#: The cursors' names.
_MENTIONS, _FOUND = "x", "x-search"
#: Letters of a quoted post that are added to the complaint.
_QUOTED_LETTERS = 1_000
#: The name under which the time of the last lookup of deleted posts is kept.
_DELETED = "x-deleted"


class Fetch(Protocol):
    """Fetch one page after ``since``, or from ``start_time`` on."""

    async def __call__(self, since: str | None, token: str | None, /, *, start_time: datetime | None) -> x.MentionsPage:
        """Raises: CursorTooOld, SocialError."""


async def poll_x(desk: Desk, client: Any) -> None:
    """Store posts that mention us and posts that the search finds, until cancelled. One poller per database.

    Raises:
        SocialUnavailable, OSError, …: start again; nothing is skipped.
    """
    me: str | None = None
    searched_at = float("-inf")

    async def look() -> None:
        nonlocal me, searched_at
        me = me or await x.whoami(client)
        await read_mentions(desk, client, me)
        if desk.settings.x_search and time.monotonic() - searched_at >= desk.settings.x_search_s:
            searched_at = time.monotonic()
            await read_found(desk, client, me)
        await look_for_deleted(desk, client, datetime.now(UTC))

    async with alone(desk.pool, X_LOCK, "x", look) as look_alone:
        await poll("x", look_alone, desk.settings.x_poll_s)


async def look_for_deleted(desk: Desk, client: Any, now: datetime) -> None:
    """Forget deleted posts, twice a day. X bills a post once a day by UTC, so only the first lookup of a day costs."""
    looked = await cursor_of(desk.pool, _DELETED)
    last = datetime.fromisoformat(looked) if looked else None
    if last is None or now - last >= _CHECKED:
        await forget_deleted(desk, client, billed=last is None or last.date() < now.date())
        await move(desk.pool, _DELETED, now.isoformat())


async def read_mentions(desk: Desk, client: Any, me: str) -> None:
    """Read one window: every page of the mentions since the cursor, with a minute of overlap for late posts.

    X lists only the newest 800 mentions. If a window has as many, the search finds the rest.
    """
    since, seen = await cursor_of(desk.pool, _MENTIONS), partial(_seen, me)
    newest, many = await _read_window(desk, client, me, since, partial(x.fetch_mentions, client, me), seen, "mention")
    if many >= x.MOST_MENTIONS:
        log.warning("x_more_mentions_than_listed", extra={"since": since})
        ours = await x.handle(client)
        rest = partial(x.search, client, f"@{ours} -from:{ours} -is:retweet")
        await _read_window(desk, client, me, since, rest, seen, "found")
    await _moved(desk, _MENTIONS, since, newest)


async def read_found(desk: Desk, client: Any, me: str) -> None:
    """Read one window of the search, while some of the month's budget is left. The query excludes posts that mention
    us; the posts found are taken but never answered: https://docs.x.com/developer-terms/restricted-use-cases."""
    if not is_left(await spend(desk.pool, "x", "found", 0), desk.settings.x_budget_usd):
        log.error("x_budget_used_up", extra={"usd": desk.settings.x_budget_usd})
        return
    ours, since = await x.handle(client), await cursor_of(desk.pool, _FOUND)
    find = partial(x.search, client, f"({desk.settings.x_search}) -@{ours} -from:{ours} -is:retweet")
    newest, _ = await _read_window(desk, client, me, since, find, partial(_seen, me, quiet=True), "found")
    await _moved(desk, _FOUND, since, newest)


async def _read_window(
    desk: Desk,
    client: Any,
    me: str,
    since: str | None,
    fetch: Fetch,
    seen: Callable[[x.Post], SocialPost | None],
    billed: Billed,
) -> tuple[str | None, int]:
    """Store all pages after ``since``, or of the last day without it. Return the newest id and the number of posts."""
    start = None if since else datetime.now(UTC) - _FIRST
    token: str | None = None
    newest: str | None = None
    many = 0
    while True:
        try:
            page = await fetch(x.overlap(since) if since and not start else None, token, start_time=start)
        except CursorTooOld:
            if start or not since:  # then it is not the cursor's fault
                raise
            log.error("x_gap_possible", extra={"since": since})
            start, token = datetime.now(UTC) - _WINDOW, None
            continue
        newest, many = newest or page.newest_id, many + len(page.posts)
        await leave_out(desk, "x", page.unreadable)
        posts = [post for each in page.posts if (post := seen(each))]
        new = await take_all(desk, posts, partial(_with_quoted, desk, client, me))
        if new:
            await spend(desk.pool, "x", billed, new)
        token = page.next_token
        if token is None:
            return newest, many


async def _moved(desk: Desk, source: str, since: str | None, newest: str | None) -> None:
    if newest and newest != since:
        await move(desk.pool, source, newest)


async def _with_quoted(desk: Desk, client: Any, me: str, post: SocialPost) -> SocialPost:
    """Return ``post`` with the words that it quotes or replies to, if it says too little alone. Our own don't count.

    Raises:
        SocialError: take it again.
    """
    if not await says_too_little(desk, post):
        return post
    try:
        found = {each.id: each for each in await x.fetch_posts(client, post.points_to)}
    except SocialRefused:  # take it as it is: one post that X won't show must not hold up all behind it
        return post
    await spend(desk.pool, "x", "found", len(found))
    others = [found[each] for each in post.points_to if each in found and found[each].author_id != me]
    for each in others[:1]:
        return replace(post, quoted=each.text[:_QUOTED_LETTERS], quoted_id=each.id)
    return post


def _seen(me: str, post: x.Post, *, quiet: bool = False) -> SocialPost | None:
    """Return the post as it is taken; None for our own posts and retweets."""
    if post.author_id == me or post.is_retweet:
        return None
    return SocialPost(
        channel="x",
        id=post.edit_history_ids[0],
        author_id=post.author_id,
        author=post.handle,
        text=post.text,
        at=post.created_at,
        root=post.conversation_id,
        version=post.id,
        quiet=quiet,
        points_to=post.points_to,
        photos=post.photos,
        videos=post.videos,
    )
