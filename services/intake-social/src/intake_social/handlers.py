"""Decide what a post asks for, and have it stored before anything is said."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from chassis.database import is_outage
from contracts.vocabulary import DONE, Status
from intake.complaint_view import find_view
from intake.notices import NewNotice, NoticeKind
from intake.own import ask_back, find_call, find_chosen, find_meant, find_sender, resume_news, stop_news
from intake.reading.reader import Reading
from intake.reading.talk import Meant
from intake.set_aside import put_aside
from intake_social.acting import (
    add,
    anonymous_complaint,
    answer,
    carry_out,
    complain,
    item_id_of,
    say_added,
    say_not_taken,
    say_status,
    submission_of,
    tell,
    tell_more,
)
from intake_social.adapters.items import Unreadable
from intake_social.conversations import conversation_of, is_reaction
from intake_social.domain import Wish, calls_us, read, said
from intake_social.photos import keep_of, keep_unclaimed, keep_with, keep_with_album
from intake_social.post import SERVICE, Desk, SocialPost
from intake_social.recent import content_of, find_known, mark_of, note_taken, remember, remember_mark, was_taken
from intake_social.removed import is_removed

log = logging.getLogger(__name__)


#: Authors whose posts are taken at the same time. Each holds a connection to the database, of eight.
AT_ONCE = 4
More = Callable[[SocialPost], Awaitable[SocialPost]]


async def take(desk: Desk, post: SocialPost) -> None:
    """Store what ``post`` asks for. Taking it twice changes nothing.

    A post that can't be processed is put aside once; a post that its author has deleted since is ignored.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not stored; take it again.
    """
    if was_taken(desk, content := content_of(post)):
        return
    post = _with_what_we_take(desk, post)
    try:
        if await is_removed(desk.pool, desk.settings.installation_namespace, post.channel, post.id):
            return
        await _take(desk, post)
        if post.not_taken:
            await say_not_taken(desk, post)
    except Exception as error:
        if is_outage(error):
            raise
        await put_aside(desk.pool, SERVICE, post.channel, content, error, desk.wake)
    remember(desk, content)


def _with_what_we_take(desk: Desk, post: SocialPost) -> SocialPost:
    """Return ``post`` with every file that will be fetched among its ``photos``."""
    with_films = desk.films and desk.settings.takes_photos
    shown = [*post.photos, *(post.videos if with_films else ())] if desk.settings.takes_photos else []
    missed = "video" if post.videos and post.person and not with_films else ""
    # A malformed address must not hold up the words.
    fit = tuple(each for each in shown if each.isascii() and each.isprintable())
    return replace(post, photos=fit, videos=(), not_taken=post.not_taken or missed)


async def take_all(desk: Desk, posts: Sequence[SocialPost], more: More | None = None) -> int:
    """Take ``posts`` and return how many were new. Known ones, which each look returns again, cost one query together.

    The posts of up to ``AT_ONCE`` authors are taken concurrently, so that they share the disk's writes. ``more`` asks
    the network for the quoted words of a new post that says too little without them.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not all is stored; take them again.
    """
    marks = {mark_of(desk, content_of(post)): post for post in posts}
    asked = [mark for mark in marks if mark not in desk.known]
    if not asked:
        return 0
    known = await find_known(desk.pool, asked)
    new = [mark for mark in asked if mark not in known]
    here = asyncio.Semaphore(AT_ONCE)

    async def take_line(line: Sequence[SocialPost]) -> None:
        async with here:
            for post in line:
                await take(desk, await more(post) if more else post)

    for lines in _rounds(marks[mark] for mark in new):
        # All of a round end before anything is raised: nothing goes on in the background.
        for failed in await asyncio.gather(*map(take_line, lines), return_exceptions=True):
            if failed:
                raise failed
    if new:
        await note_taken(desk.pool, new)
    for mark in known:
        remember_mark(desk, mark)
    return len(new)


def _rounds(posts: Iterable[SocialPost]) -> Iterator[list[list[SocialPost]]]:
    """Divide ``posts`` into rounds, to be taken one after the other; a round is a line of posts for each author.

    A post that continues another, of whichever author, is a round of its own: that one must be stored before it.
    """
    lines = dict[str, list[SocialPost]]()
    for post in posts:
        if post.answers or post.points_to:
            yield [*lines.values()]
            yield [[post]]
            lines = {}
        else:
            lines.setdefault(post.address, []).append(post)
    yield [*lines.values()]


async def leave_out(desk: Desk, channel: str, items: Iterable[Unreadable]) -> None:
    """Put ``items`` aside, which hold up no other.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not stored; leave them out again.
    """
    for each in items:
        if not was_taken(desk, each.item):
            await put_aside(desk.pool, SERVICE, channel, each.item, each.error, desk.wake)
            remember(desk, each.item)


async def _take(desk: Desk, post: SocialPost) -> None:
    known = await conversation_of(desk, post) or ""
    if post.quoted:
        post = replace(post, text=desk.texts.social["quoting"].format(text=post.text, quoted=post.quoted))
    wish = read(post.text, known)
    if (post.overheard and not known and not calls_us(post.text)) or await _shows_only(desk, post, known):
        return
    say = desk.texts.social
    reading = desk.texts.reader.read(said(post.text, known))
    reading = reading.only_certain if wish.ticket else reading
    if not reading.certain and await _needs_no_ticket(desk, post, wish, known, reading):
        return
    if reading.certain and (told := await _called_before(desk, post, wish, known)):
        await _do(desk, post, told, reading)
        return
    # A post that continues a complaint becomes a new one only if the danger is certain.
    if reading.danger and not wish.ticket and (reading.certain or not known):
        await complain(desk, post, replace(wish, kind="complaint", text=wish.text or post.text), reading)
        return
    match wish.kind:
        case "status":
            await _keep_photos(desk, post, wish.ticket)
            await say_status(desk, post, wish.ticket)
        case "help" | "bad_ticket" | "bad_rating":
            await _keep_photos(desk, post)
            await answer(desk, post, say[wish.kind].format(ticket=wish.ticket, **desk.texts.promises))
        case "complaint" | "addition":
            await tell_more(desk, post, wish, wish.ticket or known, reading)
        case _:
            await carry_out(desk, post, wish)


async def _shows_only(desk: Desk, post: SocialPost, known: str) -> bool:
    """Whether ``post`` has no words and is dealt with; if it is not, its author is asked for them.

    A photo below its author's own post belongs to that complaint. Any other photo is kept for the author's next words.
    """
    if said(post.text, known):
        return False
    here = desk.pool, desk.settings.installation_namespace, post
    if post.photos and (cid := anonymous_complaint(desk, post)):
        await keep_of(*here, cid)
        return True
    if post.photos and known and await keep_with(*here, known):
        return True
    if post.photos and post.person and await keep_with_album(*here):
        return True
    if post.channel == "facebook" and not post.person and not post.text.strip():
        return True  # many show something on a page, and report nothing
    if post.not_taken and not post.photos:
        return True  # which its sender is told, and that is what is missing
    return bool(post.photos) and await keep_unclaimed(*here)


async def _keep_photos(desk: Desk, post: SocialPost, ticket: str = "") -> None:
    """Assign the photos of a command to ``ticket``, or keep them unclaimed until their author names a complaint."""
    here = desk.pool, desk.settings.installation_namespace, post
    if post.photos and not (ticket and await keep_with(*here, ticket)):
        await keep_unclaimed(*here)


async def _needs_no_ticket(desk: Desk, post: SocialPost, wish: Wish, known: str, reading: Reading) -> bool:
    """Whether ``post``, which names no ticket, was dealt with: as a remark, or because its words say what it means."""
    text, item_id = said(post.text, known), item_id_of(post)
    marked = wish.rahasia and not wish.anonim
    if marked:  # it may be the whole request, about an existing complaint
        text = f"RAHASIA {text}".strip()
    if wish.kind == "help" or wish.anonim or not text:
        return False
    talk, submission = desk.texts.reader.talk, replace(submission_of(post, wish), text=text)
    sender = await find_sender(desk.pool, submission)
    meant = None if marked else await find_chosen(desk.pool, talk, submission, sender, item_id, post.at)
    if meant is None:
        if wish.ticket and wish.ticket != known:
            return False
        if not known and not marked and await is_reaction(desk, post, text):
            return True
        # A private message continues the conversation.
        bare = post.person is not None and not marked
        meant = await find_meant(desk.pool, talk, submission, sender, item_id, post.at, bare=bare, known=known)
        if meant is None or (known and (wish.ticket or meant.kind == "bad_ticket")):
            return False
        # In private this was checked above.
        if meant.kind == "courtesy" and known and not post.person and await _may_be_answered_by_thanks(desk, known):
            return False
        if reading.danger and meant.kind == "courtesy":
            return False
        if meant.kind == "which":
            await ask_back(desk.pool, submission, item_id, [each.ticket for each in meant.among])
            await _keep_photos(desk, post)
    await _do(desk, post, meant, reading)
    return True


async def _called_before(desk: Desk, post: SocialPost, wish: Wish, known: str) -> Meant | None:
    """Return the call for help of its author that ``post`` belongs to, if any."""
    text = said(post.text, known)
    if wish.ticket not in ("", known) or wish.rahasia or wish.anonim or not text:
        return None
    submission = replace(submission_of(post, wish), text=text)
    sender = await find_sender(desk.pool, submission)
    return await find_call(desk.pool, desk.texts.reader, submission, sender, item_id_of(post), post.at, known=known)


async def _may_be_answered_by_thanks(desk: Desk, number: str) -> bool:
    """Whether a question is open to the reporter of complaint ``number``, or its end was told: thanks belong to it."""
    story = await find_view(desk.pool, number)
    return story is None or story.status == Status.WAITING_FOR_REPORTER or story.status in DONE


async def _do(desk: Desk, post: SocialPost, meant: Meant, reading: Reading) -> None:
    """Carry out ``meant``, the meaning of a post that needs no ticket."""
    say = desk.texts.social
    match meant.kind:
        case "status":
            await _keep_photos(desk, post, meant.ticket)
            await resume_news(desk.pool, post.channel, post.address)
            await say_status(desk, post, meant.ticket)
        case "which" | "lost":
            form = say["which" if meant.kind == "which" else "own"]
            await answer(desk, post, form.format(list=desk.texts.listed(meant.among)))
        case "stop":
            await stop_news(desk.pool, post.channel, post.address)
            await answer(desk, post, say["stopped"])
        case "courtesy":
            today = f"{post.at.astimezone(desk.texts.zone):%Y-%m-%d}"
            await tell(desk, post, NewNotice(post.address, NoticeKind.COURTESY, today, say["courtesy"]))
        case "help" | "bad_ticket" | "bad_rating" | "early" | "over":
            await answer(desk, post, say[meant.kind].format(ticket=meant.ticket, **desk.texts.promises))
        case "offered" | "addition" | "answer":
            await _go_on(desk, post, meant, reading)
        case "cancel" | "rating" | "reopen" | "appeal" | "erasure" | "restriction" | "confidential":
            text = meant.command.text if meant.command else ""
            await carry_out(desk, post, Wish(kind=meant.kind, text=text, ticket=meant.ticket, command=meant.command))


async def _go_on(desk: Desk, post: SocialPost, meant: Meant, reading: Reading) -> None:
    """Add ``post`` to the complaint that is meant, or turn the last addition into a complaint of its own."""
    text = meant.command.text if meant.command else said(post.text)
    if meant.kind == "offered":
        await complain(desk, post, Wish(kind="complaint", text=text), reading)
        return
    taken = await add(desk, post, meant.ticket, text, reading, by=post.address)
    if taken is None or taken.apart:
        return
    if reading.danger:
        await answer(desk, post, desk.texts.call_for_help(reading.danger))
    elif meant.among:  # it named no ticket: say which one was meant, and what to do if it was another
        await say_added(desk, post, meant)
