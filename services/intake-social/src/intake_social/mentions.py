"""Reading X: what mentions us, and what only has the hashtag. A cursor moves when a whole window is stored."""

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
#: Between two looks for what was deleted, which X wants forgotten within a day.
_CHECKED = timedelta(hours=12)
#: Who begins to read is not answered what was written long ago.
_FIRST = timedelta(days=1)
#: Where each has been read to.
_MENTIONS, _FOUND = "x", "x-search"
#: So much of what somebody quotes stands in their complaint.
_QUOTED_LETTERS = 1_000
#: When it was looked for what was deleted.
_DELETED = "x-deleted"


class Fetch(Protocol):
    """One page after ``since``, or from ``start_time`` on."""

    async def __call__(self, since: str | None, token: str | None, /, *, start_time: datetime | None) -> x.MentionsPage:
        """Raises: CursorTooOld, SocialError."""


async def poll_x(desk: Desk, client: Any) -> None:
    """For ever: store what mentions us, and what is found. One per database.

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
    """Forget what was deleted, twice a day. X bills a post once a day by UTC, so only the first look of a day costs."""
    looked = await cursor_of(desk.pool, _DELETED)
    last = datetime.fromisoformat(looked) if looked else None
    if last is None or now - last >= _CHECKED:
        await forget_deleted(desk, client, billed=last is None or last.date() < now.date())
        await move(desk.pool, _DELETED, now.isoformat())


async def read_mentions(desk: Desk, client: Any, me: str) -> None:
    """One window: every page of the mentions since the cursor, with a minute of overlap for late posts.

    X lists the newest 800 and no more; of a window with as many, the search gives the rest.
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
    """One window of the search, as long as the month's budget is not used up. What mentions us is not asked for twice,
    and what does not is taken, and never answered: https://docs.x.com/developer-terms/restricted-use-cases."""
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
    """Store all pages since; the newest id of them, and how many posts there were. Without ``since`` those of a day."""
    start = None if since else datetime.now(UTC) - _FIRST
    token: str | None = None
    newest: str | None = None
    many = 0
    while True:
        try:
            page = await fetch(x.overlap(since) if since and not start else None, token, start_time=start)
        except CursorTooOld:
            if start or not since:  # not the cursor's fault, then
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
    """``post`` with the words that it quotes or replies to, where it says too little without. Ours are none of them.

    Raises:
        SocialError: take it again.
    """
    if not await says_too_little(desk, post):
        return post
    try:
        found = {each.id: each for each in await x.fetch_posts(client, post.points_to)}
    except SocialRefused:  # it is taken all the same: one post that X won't show must not hold up all behind it
        return post
    await spend(desk.pool, "x", "found", len(found))
    others = [found[each] for each in post.points_to if each in found and found[each].author_id != me]
    for each in others[:1]:
        return replace(post, quoted=each.text[:_QUOTED_LETTERS], quoted_id=each.id)
    return post


def _seen(me: str, post: x.Post, *, quiet: bool = False) -> SocialPost | None:
    """The post as a complaint is taken from it; None for our own and for what only repeats another."""
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
