"""From a post to a complaint, an addition or an answer; everything is stored before anything is said."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import msgspec

from chassis.database import Pool, is_outage
from contracts.events import FollowUp
from contracts.ids import complaint_id, derived_id
from contracts.masking import mask
from contracts.vocabulary import DangerKind, FollowUpKind
from intake.complaint_view import find_view
from intake.notices import NewNotice, NoticeKind, add_notices
from intake.own import ask_back, find_chosen, find_meant, resume_news, stop_news
from intake.set_aside import put_aside
from intake.submissions import KeyReused, Submission, TextProblem, accept, clean, follow_up
from intake.talk import Meant
from intake.texts import Texts
from intake_social.adapters.items import Unreadable
from intake_social.domain import Wish, read, said
from intake_social.settings import SocialSettings

log = logging.getLogger(__name__)
SERVICE = "intake-social"
#: So many posts are known to be dealt with: a network gives those of the last minute at every look.
MOST_KNOWN = 10_000
_TAKEN = "SELECT ticket, text FROM complaints WHERE complaint_id = $1"
_OPENED = """
SELECT ticket FROM complaints JOIN reporters USING (reporter_ref) WHERE thread = $1 AND address = $2
AND NOT EXISTS (SELECT FROM complaints WHERE thread = $3)"""
_SOMEBODYS = "SELECT EXISTS (SELECT FROM complaints WHERE thread = $1)"
#: Who speaks in another's conversation only reacts to it, with no more words than these and no matter of their own.
REACTION = 12


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What taking a post needs. ``known``: hashes of what was dealt with of late, the oldest first."""

    pool: Pool
    settings: SocialSettings
    texts: Texts
    wake: Callable[[], None]
    known: dict[bytes, None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A post on any network. ``id`` stays the same over edits; ``root`` is the post that opened the conversation."""

    channel: str
    id: str
    author_id: str
    author: str
    text: str
    at: datetime
    root: str | None = None
    version: str | None = None

    @property
    def address(self) -> str:
        """Whose it is; a post whose author the network hides stands for itself."""
        return self.author_id or self.id

    @property
    def thread(self) -> str:
        """Where an answer goes."""
        return f"{self.channel}:{self.id}"


async def take(desk: Desk, post: Seen) -> None:
    """Store what ``post`` wants. Taking it twice changes nothing; what can't be taken is put aside, once.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not stored; take it again.
    """
    if _is_known(desk, content := _as_seen(post)):
        return
    try:
        await _take(desk, post)
    except Exception as error:
        if is_outage(error):
            raise
        await put_aside(desk.pool, SERVICE, post.channel, content, error, desk.wake)
    _remember(desk, content)


async def leave_out(desk: Desk, channel: str, items: Iterable[Unreadable]) -> None:
    """Put ``items`` aside, which hold up no other.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not stored; leave them out again.
    """
    for each in items:
        if not _is_known(desk, each.item):
            await put_aside(desk.pool, SERVICE, channel, each.item, each.error, desk.wake)
            _remember(desk, each.item)


def _is_known(desk: Desk, content: bytes) -> bool:
    return hashlib.sha256(content).digest() in desk.known


def _remember(desk: Desk, content: bytes) -> None:
    desk.known[hashlib.sha256(content).digest()] = None
    if len(desk.known) > MOST_KNOWN:
        del desk.known[next(iter(desk.known))]


def _as_seen(post: Seen) -> bytes:
    """The post in JSON; half surrogates, which UTF-8 does not have, as JSON writes them."""
    return json.dumps(msgspec.to_builtins(post), ensure_ascii=False).encode(errors="backslashreplace")


async def _take(desk: Desk, post: Seen) -> None:
    known = await _conversation(desk, post) or ""
    wish = read(post.text, known)
    say = desk.texts.social
    kind_words = desk.texts.talk.is_courtesy(said(post.text, known), wholly=True)
    words = desk.texts.danger_words
    certain = [] if kind_words else words.certain(post.text)
    danger = certain if kind_words or wish.ticket else words.kinds(post.text)
    if not certain and await _needs_no_ticket(desk, post, wish, known, danger):
        return
    # What goes on with something is a complaint of its own only if that is certain.
    if danger and not wish.ticket and (certain or not known):
        await _complain(desk, post, replace(wish, kind="complaint", text=wish.text or post.text), danger)
        return
    match wish.kind:
        case "status":
            await _say_status(desk, post, wish.ticket)
        case "help" | "bad_ticket" | "bad_rating":
            await _say(desk, post, say[wish.kind].format(ticket=wish.ticket, **desk.texts.promises))
        case "complaint" | "addition":
            number = wish.ticket or known
            if not (number and await _add(desk, post, number, wish.text, danger, by=post.address)):
                await _complain(desk, post, await _as_confidential(desk, wish))
            elif danger:
                await _say(desk, post, desk.texts.call_for_help(danger))
            elif wish.command and wish.command.asks:
                await _say_status(desk, post, number)
        case _:
            await _carry_out(desk, post, wish)


async def _needs_no_ticket(desk: Desk, post: Seen, wish: Wish, known: str, danger: Sequence[DangerKind]) -> bool:
    """Whether ``post`` is dealt with by now: it is only a remark, or its words tell what is meant."""
    text, item_id = said(post.text, known), _item_id(post)
    if wish.kind == "help" or wish.rahasia or wish.anonim or not text:
        return False
    talk, submission = desk.texts.talk, replace(_submission(post, wish), text=text)
    meant = await find_chosen(desk.pool, talk, submission, item_id, post.at)
    if meant is None:
        if wish.ticket and wish.ticket != known:
            return False
        if not known and await _reacts(desk, post, text):
            return True
        meant = await find_meant(desk.pool, talk, submission, item_id, post.at, bare=False, known=known)
        if meant is None or (known and (wish.ticket or meant.kind in ("courtesy", "bad_ticket"))):
            return False
        if danger and meant.kind == "courtesy":
            return False
        if meant.kind == "which":
            await ask_back(desk.pool, submission, item_id, meant.among)
    await _do(desk, post, meant, danger)
    return True


async def _reacts(desk: Desk, post: Seen, text: str) -> bool:
    """Whether it is a remark in somebody else's conversation: nobody asked for an answer."""
    if post.root in (None, post.id) or len(text.split()) > REACTION or desk.texts.talk.is_apart(text):
        return False
    somebodys: bool = await desk.pool.fetchval(_SOMEBODYS, f"{post.channel}:{post.root}")
    return somebodys


async def _do(desk: Desk, post: Seen, meant: Meant, danger: Sequence[DangerKind]) -> None:
    """Carry out what needs no ticket."""
    say = desk.texts.social
    match meant.kind:
        case "status":
            await resume_news(desk.pool, post.channel, post.address)
            await _say_status(desk, post, meant.ticket)
        case "which" | "lost":
            form = say["which" if meant.kind == "which" else "own"]
            await _say(desk, post, form.format(list=desk.texts.listed(meant.among)))
        case "stop":
            await stop_news(desk.pool, post.channel, post.address)
            await _say(desk, post, say["stopped"])
        case "courtesy":
            today = f"{post.at.astimezone(desk.texts.zone):%Y-%m-%d}"
            await _tell(desk, post, NewNotice(post.address, NoticeKind.COURTESY, today, say["courtesy"]))
        case "help" | "bad_ticket" | "bad_rating" | "early" | "over":
            await _say(desk, post, say[meant.kind].format(ticket=meant.ticket, **desk.texts.promises))
        case "addition":
            text = meant.command.text if meant.command else ""
            if await _add(desk, post, meant.ticket, text, danger, by=post.address) and danger:
                await _say(desk, post, desk.texts.call_for_help(danger))
        case "cancel" | "rating" | "reopen" | "erasure" | "restriction":
            text = meant.command.text if meant.command else ""
            await _carry_out(desk, post, Wish(kind=meant.kind, text=text, ticket=meant.ticket, command=meant.command))


async def _say_status(desk: Desk, post: Seen, number: str) -> None:
    """Everybody reads it, whoever asked."""
    story = await find_view(desk.pool, number)
    more = f" {desk.texts.social['private']}" if story and story.rahasia else ""
    await _say(desk, post, desk.texts.status_line(story, number) + more)


async def _carry_out(desk: Desk, post: Seen, wish: Wish) -> None:
    """A wish for a change; the router answers it."""
    item = wish.command and wish.command.follow_up(_item_id(post), post.at)
    try:
        if item and not await _follow_up(desk, wish.ticket, item, by=post.address):
            await _say(desk, post, desk.texts.social["not_yours"].format(ticket=wish.ticket))
    except TextProblem as problem:
        await _say(desk, post, desk.texts.refusal(problem))
    except KeyReused:  # read twice, and understood otherwise the second time
        pass


async def _follow_up(
    desk: Desk, number: str, item: FollowUp, by: str | None, danger: Sequence[DangerKind] = ()
) -> bool:
    keep, item = desk.texts.contacts, desk.texts.read(item, danger)
    return await follow_up(desk.pool, desk.settings, SERVICE, number, item, address=by, wake=desk.wake, keep=keep)


def _item_id(post: Seen) -> str:
    return derived_id(f"{post.channel}:{post.version or post.id}", "follow-up")


async def _as_confidential(desk: Desk, wish: Wish) -> Wish:
    """A complaint of its own is as confidential as that of somebody else which it was meant for."""
    story = await find_view(desk.pool, wish.ticket) if wish.ticket else None
    return replace(wish, rahasia=story.rahasia, anonim=story.anonim) if story else wish


def _submission(post: Seen, wish: Wish) -> Submission:
    return Submission(
        channel=post.channel,
        gateway=post.channel,
        external_id=post.id,
        text=wish.text,
        address=post.address,
        name=post.author,
        rahasia=wish.rahasia,
        anonim=wish.anonim,
        thread=post.thread,
    )


async def _complain(desk: Desk, post: Seen, wish: Wish, danger: Sequence[DangerKind] = ()) -> None:
    submission = desk.texts.understood(_submission(post, wish), danger)
    try:
        await accept(
            desk.pool,
            desk.settings,
            SERVICE,
            submission,
            receipt=partial(desk.texts.receipt, SERVICE),
            wake=desk.wake,
            keep=desk.texts.contacts,
        )
        await _advise(desk, post)
    except TextProblem as problem:
        await _say(desk, post, desk.texts.refusal(problem))
    except KeyReused:
        cid = complaint_id(
            desk.settings.installation_namespace, channel=post.channel, gateway=post.channel, external_id=post.id
        )
        row = await desk.pool.fetchrow(_TAKEN, cid)
        if row["text"] != clean(wish.text):  # only the author's name is another
            await _add(desk, post, row["ticket"], wish.text)


async def _conversation(desk: Desk, post: Seen) -> str | None:
    """The complaint that opened the conversation ``post`` is in, if its author is the same.

    Posts are read twice and not quite in order: one that was taken before what it answers stays a complaint itself.
    """
    if post.root is None or post.root == post.id:
        return None
    number: str | None = await desk.pool.fetchval(_OPENED, f"{post.channel}:{post.root}", post.address, post.thread)
    return number


async def _add(
    desk: Desk, post: Seen, number: str, text: str, danger: Sequence[DangerKind] = (), *, by: str | None = None
) -> bool:
    """Add to a complaint; False when it isn't that of ``by`` (then it is a complaint of its own)."""
    item = FollowUp(id=_item_id(post), kind=FollowUpKind.ADDITION, at=post.at, text=text)
    try:
        clean(text)
        taken = await _follow_up(desk, number, item, by, danger)
        if taken:
            await _advise(desk, post)
        return taken
    except TextProblem as problem:
        await _say(desk, post, desk.texts.refusal(problem))
    except KeyReused:  # read twice, and understood otherwise the second time
        pass
    return True


async def _advise(desk: Desk, post: Seen) -> None:
    """What we mask everybody reads in the post itself, until its author deletes that."""
    if mask(post.text, desk.texts.contacts) != post.text:
        key = f"personal {post.version or post.id}"  # its end tells apart posts with the same words
        await _tell(desk, post, NewNotice(post.thread, NoticeKind.ANSWER, key, desk.texts.social["personal"]))


async def _say(desk: Desk, post: Seen, text: str) -> None:
    await _tell(desk, post, NewNotice(post.thread, NoticeKind.ANSWER, post.version or post.id, text))


async def _tell(desk: Desk, post: Seen, notice: NewNotice) -> None:
    """Answer ``post`` with ``notice``."""
    async with desk.pool.acquire() as db:
        await add_notices(db, [replace(notice, address=post.address, thread=post.thread)])
