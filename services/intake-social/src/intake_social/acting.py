"""Carry out a post: store it as a complaint, an addition or a request, and answer it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chassis.database import Connection
from contracts.events import FollowUp
from contracts.ids import derived_id
from contracts.masking import mask
from contracts.vocabulary import FollowUpKind
from intake.additions import Taken, follow_up
from intake.complaint_view import find_view
from intake.notices import NewNotice, NoticeKind, add_notices
from intake.noting import noted, noted_in, taken_apart
from intake.reading.reader import NOTHING, Reading
from intake.reading.talk import Meant
from intake.submissions import AlsoStore, KeyReused, Submission, TextProblem, accept, clean
from intake_social.domain import Wish
from intake_social.photos import ALBUM, keep
from intake_social.post import SERVICE, Desk, SocialPost
from intake_social.recent import mark_of
from intake_social.removed import id_of

_TAKEN = "SELECT ticket, text FROM complaints WHERE complaint_id = $1"
_QUOTES = "INSERT INTO quoted_posts (post, complaint_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"


async def complain(desk: Desk, post: SocialPost, wish: Wish, reading: Reading = NOTHING) -> None:
    submission = noted(submission_of(post, wish), reading, desk.texts.reader)
    try:
        accepted = await accept(
            desk.pool,
            desk.settings,
            SERVICE,
            submission,
            receipt=partial(desk.texts.receipt, SERVICE),
            wake=desk.wake,
            keep=desk.texts.contacts,
            also=_with_photos(desk, post),
        )
        if wish.anonim:
            _note_anonymous(desk, post, accepted.complaint_id)
        await _advise(desk, post)
    except TextProblem as problem:
        await answer(desk, post, desk.texts.refusal(problem))
    except KeyReused:
        cid = id_of(desk.settings.installation_namespace, post.channel, post.id)
        row = await desk.pool.fetchrow(_TAKEN, cid)
        if row["text"] != clean(wish.text):  # only the author's name is another
            await add(desk, post, row["ticket"], wish.text)


async def add(
    desk: Desk, post: SocialPost, number: str, text: str, reading: Reading = NOTHING, *, by: str | None = None
) -> Taken | None:
    """Add to a complaint; None when it isn't that of ``by`` (then it is a complaint of its own)."""
    item = FollowUp(id=item_id_of(post), kind=FollowUpKind.ADDITION, at=post.at, text=text)
    try:
        clean(text)
        taken = await send_follow_up(desk, post, number, item, by, reading)
        if taken:
            await _advise(desk, post)
        return taken
    except TextProblem as problem:
        await answer(desk, post, desk.texts.refusal(problem))
    except KeyReused:  # read twice, and understood otherwise the second time
        pass
    return Taken()


async def tell_more(desk: Desk, post: SocialPost, wish: Wish, number: str, reading: Reading) -> None:
    """Add ``post`` to the complaint ``number`` if that is its author's, else take it as a complaint of its own."""
    if number and wish.rahasia:
        secret = derived_id(f"{post.channel}:{post.version or post.id}", "confidential")
        item = FollowUp(id=secret, kind=FollowUpKind.CONFIDENTIAL, at=post.at)
        await send_follow_up(desk, post, number, item, by=post.address)
    taken = await add(desk, post, number, wish.text, reading, by=post.address) if number else None
    if taken is None:
        await complain(desk, post, await _as_confidential(desk, wish))
    elif reading.danger and not taken.apart:
        await answer(desk, post, desk.texts.call_for_help(reading.danger))
    elif wish.command and wish.command.asks:
        await say_status(desk, post, number)


async def send_follow_up(
    desk: Desk, post: SocialPost, number: str, item: FollowUp, by: str | None, reading: Reading = NOTHING
) -> Taken | None:
    return await follow_up(
        desk.pool,
        desk.settings,
        SERVICE,
        number,
        noted_in(item, reading, desk.texts.reader),
        address=by,
        wake=desk.wake,
        keep=desk.texts.contacts,
        also=_with_photos(desk, post),
        apart=taken_apart(desk.texts, SERVICE, post.thread),
    )


async def carry_out(desk: Desk, post: SocialPost, wish: Wish) -> None:
    """Store the request ``wish``, which the router answers."""
    item = wish.command and wish.command.follow_up(item_id_of(post), post.at)
    try:
        if item and not await send_follow_up(desk, post, wish.ticket, item, by=post.address):
            await answer(desk, post, desk.texts.social["not_yours"].format(ticket=wish.ticket))
    except TextProblem as problem:
        await answer(desk, post, desk.texts.refusal(problem))
    except KeyReused:  # read twice, and understood otherwise the second time
        pass


def item_id_of(post: SocialPost) -> str:
    return derived_id(f"{post.channel}:{post.version or post.id}", "follow-up")


async def _as_confidential(desk: Desk, wish: Wish) -> Wish:
    """Make ``wish`` as confidential as the complaint that it names, which is another reporter's."""
    story = await find_view(desk.pool, wish.ticket) if wish.ticket else None
    return replace(wish, rahasia=story.rahasia, anonim=story.sent.anonim) if story else wish


def submission_of(post: SocialPost, wish: Wish) -> Submission:
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


def _with_photos(desk: Desk, post: SocialPost) -> AlsoStore:
    """Return a function that stores photos of ``post``, unclaimed ones of its author, and the post that it quotes."""

    async def store(db: Connection, cid: str) -> None:
        if desk.settings.takes_photos:
            await keep(desk.settings.installation_namespace, post, db, cid)
        if post.quoted_id:
            await db.execute(_QUOTES, f"{post.channel}:{post.quoted_id}", cid)

    return store


def anonymous_complaint(desk: Desk, post: SocialPost) -> str | None:
    """Return the id of the anonymous complaint that this author just made, for the rest of its album.

    It is known in memory only: nothing that leads to the author is stored.
    """
    cid, at = desk.anonymous.get(mark_of(desk, f"{post.channel}:{post.address}".encode()), (None, post.at))
    return cid if abs(post.at - at) <= ALBUM else None


def _note_anonymous(desk: Desk, post: SocialPost, cid: str) -> None:
    for mark, (_, at) in list(desk.anonymous.items()):
        if post.at - at > ALBUM:
            del desk.anonymous[mark]
    desk.anonymous[mark_of(desk, f"{post.channel}:{post.address}".encode())] = cid, post.at


async def say_status(desk: Desk, post: SocialPost, number: str) -> None:
    """Answer with the status of ``number``; it is public, so anybody may ask."""
    story = await find_view(desk.pool, number)
    more = f" {desk.texts.social['private']}" if story and story.rahasia else ""
    await answer(desk, post, desk.texts.status_line(story, number) + more)


async def say_added(desk: Desk, post: SocialPost, meant: Meant) -> None:
    form = desk.texts.social["added" if meant.among[0].open else "added_resolved"]
    notice = NewNotice(meant.ticket, NoticeKind.ADDED, item_id_of(post), form.format(ticket=meant.ticket))
    await tell(desk, post, notice)


async def _advise(desk: Desk, post: SocialPost) -> None:
    """Advise the author to delete a post with personal data: we mask it, the network still shows it to everybody."""
    if post.person is None and not post.quoted and mask(post.text, desk.texts.contacts) != post.text:
        key = f"personal {post.version or post.id}"  # its end tells apart posts with the same words
        await tell(desk, post, NewNotice(post.thread, NoticeKind.ANSWER, key, desk.texts.social["personal"]))


async def say_not_taken(desk: Desk, post: SocialPost) -> None:
    """Tell the sender which part of the message was not taken, so that they do not believe it was."""
    say = desk.texts.social
    taken = say["taken_words" if not desk.settings.takes_photos else "taken_videos" if desk.films else "taken_photos"]
    text = say["not_taken"].format(taken=taken, what=say[f"not_taken_{post.not_taken}"])
    await tell(desk, post, NewNotice(post.thread, NoticeKind.ANSWER, f"not taken {post.version or post.id}", text))


async def answer(desk: Desk, post: SocialPost, text: str) -> None:
    await tell(desk, post, NewNotice(post.thread, NoticeKind.ANSWER, post.version or post.id, text))


async def tell(desk: Desk, post: SocialPost, notice: NewNotice) -> None:
    """Answer ``post`` with ``notice``."""
    async with desk.pool.acquire() as db:
        await add_notices(db, [replace(notice, address=post.address, thread=post.thread)])
