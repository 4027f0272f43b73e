"""From a post to a complaint, an addition or an answer; everything is stored before anything is said."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import asyncpg
import msgspec

from chassis.database import Connection, Pool, is_outage
from contracts.events import FollowUp
from contracts.ids import derived_id
from contracts.masking import mask
from contracts.vocabulary import DangerKind, FollowUpKind
from intake.additions import Taken, follow_up
from intake.complaint_view import APART, find_view
from intake.notices import NewNotice, NoticeKind, add_notices
from intake.own import ask_back, find_chosen, find_meant, find_sender, find_told_place, resume_news, stop_news
from intake.set_aside import put_aside
from intake.submissions import AlsoStore, KeyReused, Submission, TextProblem, accept, clean
from intake.talk import Meant
from intake.texts import Texts
from intake_social.adapters.items import Unreadable
from intake_social.domain import Wish, calls_us, read, said
from intake_social.photos import ALBUM, keep, keep_of, keep_unclaimed, keep_with, keep_with_album
from intake_social.removed import id_of, is_removed
from intake_social.settings import SocialSettings

log = logging.getLogger(__name__)
SERVICE = "intake-social"
#: So many posts are known to be dealt with: a network gives those of the last minute at every look.
MOST_KNOWN = 10_000
_TAKEN = "SELECT ticket, text FROM complaints WHERE complaint_id = $1"
_OPENED = f"""
SELECT ticket FROM complaints c JOIN reporters USING (reporter_ref) WHERE thread = ANY($1) AND address = $2
AND NOT {APART} AND NOT EXISTS (SELECT FROM complaints WHERE thread = $3) ORDER BY received_at DESC LIMIT 1"""
# An answer of several parts is called by all their names.
_TOLD_OF = """
SELECT n.ticket, c.text FROM notices n JOIN complaints c USING (ticket) JOIN reporters r USING (reporter_ref)
WHERE n.inbox = inbox_of($1) AND n.address = $1 AND r.address = $1 AND string_to_array(n.gateway_id, ' ') && $2
  AND c.complaint_id <> $3
ORDER BY n.id DESC LIMIT 1"""
_WROTE = f"""
SELECT ticket, text FROM complaints c JOIN reporters r USING (reporter_ref)
WHERE complaint_id = ANY($1) AND r.address = $2 AND NOT {APART} ORDER BY received_at DESC LIMIT 1"""
_QUOTES = "INSERT INTO quoted_posts (post, complaint_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_SOMEBODYS = "SELECT EXISTS (SELECT FROM complaints WHERE thread = ANY($1))"
_KNOWN_POSTS = "SELECT mark FROM taken_posts WHERE mark = ANY($1)"
_NOTE_TAKEN = "INSERT INTO taken_posts (mark) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING"
# No network gives again what is older: X keeps seven days.
_FORGET = """
DELETE FROM taken_posts WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM taken_posts WHERE at < now() - interval '8 d' ORDER BY at LIMIT $1))"""
#: Rows that are deleted at once.
_BATCH = 1_000
#: Behind a thread in which we may say nothing: nobody there addressed us.
QUIET = ":quiet"
#: Who speaks in another's conversation only reacts to it, with no more words than these and no matter of their own.
REACTION = 12


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What taking a post needs. ``known``: hashes of what was dealt with of late, the oldest first. ``anonymous``: of
    addresses from which an anonymous complaint came just now, with its id and when, for the rest of its album.
    ``films``: videos can be made anew; without it they are not taken.
    """

    pool: Pool
    settings: SocialSettings
    texts: Texts
    wake: Callable[[], None]
    films: bool = False
    known: dict[bytes, None] = field(default_factory=dict)
    anonymous: dict[bytes, tuple[str, datetime]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A post on any network. ``id`` stays the same over edits; ``root`` is the post that opened the conversation.

    ``within``: the post that all of it stands under. ``person``: whom a private message is answered to, which nobody
    else reads. ``overheard``: it stands under a post of ours, so it is for us only if it says so. ``quiet``: it was
    found by its words and does not address us, so the network forbids us to answer it. ``photos`` and ``videos`` are
    where the network has what it shows, as its adapter calls that. ``not_taken``: how texts.yaml calls what else came
    with it, of a private message. ``points_to``: what it replies to or quotes, somebody else's or ours. ``quoted`` are
    the words of one of those, and ``quoted_id`` which, where it says too little without.
    """

    channel: str
    id: str
    author_id: str
    author: str
    text: str
    at: datetime
    root: str | None = None
    version: str | None = None
    within: str | None = None
    person: str | None = None
    overheard: bool = False
    quiet: bool = False
    photos: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    not_taken: str = ""
    points_to: tuple[str, ...] = ()
    quoted: str = ""
    quoted_id: str = ""

    @property
    def address(self) -> str:
        """Whose it is; a post whose author the network hides stands for itself."""
        return self.author_id or self.id

    @property
    def thread(self) -> str:
        """Where an answer goes."""
        return f"{self.channel}:{self.person or self.id}{QUIET if self.quiet else ''}"

    @property
    def answers(self) -> list[str]:
        """The threads that it may go on with; none of them is its own."""
        above = [f"{self.channel}:{each}" for each in (self.root, self.within) if each and each != self.id]
        return [thread + end for thread in above for end in ("", QUIET)]


More = Callable[[Seen], Awaitable[Seen]]


async def take(desk: Desk, post: Seen) -> None:
    """Store what ``post`` wants. Taking it twice changes nothing; what can't be taken is put aside, once, and what its
    author has deleted by now is let be.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not stored; take it again.
    """
    if _is_known(desk, content := _as_seen(post)):
        return
    post = _with_what_we_take(desk, post)
    try:
        if await is_removed(desk.pool, desk.settings.installation_namespace, post.channel, post.id):
            return
        await _take(desk, post)
        if post.not_taken:
            await _say_not_taken(desk, post)
    except Exception as error:
        if is_outage(error):
            raise
        await put_aside(desk.pool, SERVICE, post.channel, content, error, desk.wake)
    _remember(desk, content)


def _with_what_we_take(desk: Desk, post: Seen) -> Seen:
    """``post`` with all files that are fetched among its ``photos``."""
    with_films = desk.films and desk.settings.takes_photos
    shown = [*post.photos, *(post.videos if with_films else ())] if desk.settings.takes_photos else []
    missed = "video" if post.videos and post.person and not with_films else ""
    # What is no address holds up no words.
    fit = tuple(each for each in shown if each.isascii() and each.isprintable())
    return replace(post, photos=fit, videos=(), not_taken=post.not_taken or missed)


async def take_all(desk: Desk, posts: Sequence[Seen], more: More | None = None) -> int:
    """Take ``posts``, of which a look gives many again: those that are known cost one question altogether.

    ``more`` asks the network for what a new one says too little without. Returns how many were not known.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not all is stored; take them again.
    """
    marks = {_mark(desk, _as_seen(post)): post for post in posts}
    asked = [mark for mark in marks if mark not in desk.known]
    if not asked:
        return 0
    known = {bytes(row["mark"]) for row in await desk.pool.fetch(_KNOWN_POSTS, asked)}
    new = [mark for mark in asked if mark not in known]
    for mark in new:
        await take(desk, await more(marks[mark]) if more else marks[mark])
    if new:
        await desk.pool.execute(_NOTE_TAKEN, new)
    for mark in known:
        _note(desk, mark)
    return len(new)


async def forget_taken(db: Connection) -> dict[str, int]:
    """Delete a batch of what no network gives again; how many rows went."""
    gone = await db.execute(_FORGET, _BATCH)
    return {"taken_posts": int(gone.split()[-1])}


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
    return _mark(desk, content) in desk.known


def _mark(desk: Desk, content: bytes) -> bytes:
    """What stands for ``content``; without the installation's secret nobody can try what it was made of."""
    return hmac.digest(desk.settings.installation_namespace.bytes, content, "sha256")


def _remember(desk: Desk, content: bytes) -> None:
    _note(desk, _mark(desk, content))


def _note(desk: Desk, mark: bytes) -> None:
    desk.known[mark] = None
    if len(desk.known) > MOST_KNOWN:
        del desk.known[next(iter(desk.known))]


def _as_seen(post: Seen) -> bytes:
    """The post in JSON; half surrogates, which UTF-8 does not have, as JSON writes them. A network gives its photos
    and videos another address each time, and what it points to is none of its words."""
    told = msgspec.to_builtins(replace(post, photos=(), videos=()))
    for name in ("points_to", "quoted", "quoted_id"):
        del told[name]
    return json.dumps(told, ensure_ascii=False).encode(errors="backslashreplace")


async def _take(desk: Desk, post: Seen) -> None:
    known = await _conversation(desk, post) or ""
    if post.quoted:
        post = replace(post, text=desk.texts.social["quoting"].format(text=post.text, quoted=post.quoted))
    wish = read(post.text, known)
    if (post.overheard and not known and not calls_us(post.text)) or await _shows_only(desk, post, known):
        return
    say = desk.texts.social
    kind_words = desk.texts.talk.is_courtesy(said(post.text, known), wholly=True)
    words = desk.texts.danger_words
    certain = [] if kind_words else words.certain(post.text)
    danger = certain if kind_words or wish.ticket else words.kinds(post.text)
    if not certain and await _needs_no_ticket(desk, post, wish, known, danger):
        return
    if certain and (told := await _told_place(desk, post, wish, known)):
        await _do(desk, post, told, danger)
        return
    # What goes on with something is a complaint of its own only if that is certain.
    if danger and not wish.ticket and (certain or not known):
        await _complain(desk, post, replace(wish, kind="complaint", text=wish.text or post.text), danger)
        return
    match wish.kind:
        case "status":
            await _keep_photos(desk, post, wish.ticket)
            await _say_status(desk, post, wish.ticket)
        case "help" | "bad_ticket" | "bad_rating":
            await _keep_photos(desk, post)
            await _say(desk, post, say[wish.kind].format(ticket=wish.ticket, **desk.texts.promises))
        case "complaint" | "addition":
            await _tell_more(desk, post, wish, wish.ticket or known, danger)
        case _:
            await _carry_out(desk, post, wish)


async def _tell_more(desk: Desk, post: Seen, wish: Wish, number: str, danger: Sequence[DangerKind]) -> None:
    """Add what ``post`` says to the complaint ``number``; a complaint of its own where that is none of its author's."""
    if number and wish.rahasia:
        secret = derived_id(f"{post.channel}:{post.version or post.id}", "confidential")
        item = FollowUp(id=secret, kind=FollowUpKind.CONFIDENTIAL, at=post.at)
        await _follow_up(desk, post, number, item, by=post.address)
    taken = await _add(desk, post, number, wish.text, danger, by=post.address) if number else None
    if taken is None:
        await _complain(desk, post, await _as_confidential(desk, wish))
    elif danger and not taken.apart:
        await _say(desk, post, desk.texts.call_for_help(danger))
    elif wish.command and wish.command.asks:
        await _say_status(desk, post, number)


async def _shows_only(desk: Desk, post: Seen, known: str) -> bool:
    """Whether ``post`` has no word, and is dealt with by now; if not, its author is asked what is missing.

    Under what its author wrote a photo belongs to that. Else it is kept for what they say next.
    """
    if said(post.text, known):
        return False
    here = desk.pool, desk.settings.installation_namespace, post
    if post.photos and (cid := _anonymous(desk, post)):
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


async def _keep_photos(desk: Desk, post: Seen, ticket: str = "") -> None:
    """Note the photos of ``post``, whose words store nothing, as those of ``ticket``, or until it is said whose."""
    here = desk.pool, desk.settings.installation_namespace, post
    if post.photos and not (ticket and await keep_with(*here, ticket)):
        await keep_unclaimed(*here)


def _anonymous(desk: Desk, post: Seen) -> str | None:
    """The anonymous complaint that came from the same place just now. Only memory knows: nothing of it is stored."""
    cid, at = desk.anonymous.get(_mark(desk, f"{post.channel}:{post.address}".encode()), (None, post.at))
    return cid if abs(post.at - at) <= ALBUM else None


def _note_anonymous(desk: Desk, post: Seen, cid: str) -> None:
    for mark, (_, at) in list(desk.anonymous.items()):
        if post.at - at > ALBUM:
            del desk.anonymous[mark]
    desk.anonymous[_mark(desk, f"{post.channel}:{post.address}".encode())] = cid, post.at


def _with_photos(desk: Desk, post: Seen) -> AlsoStore:
    """What stores with its words the photos of ``post``, those that its author sent before, and whom it quotes."""

    async def store(db: Connection, cid: str) -> None:
        if desk.settings.takes_photos:
            await keep(desk.settings.installation_namespace, post, db, cid)
        if post.quoted_id:
            await db.execute(_QUOTES, f"{post.channel}:{post.quoted_id}", cid)

    return store


async def _needs_no_ticket(desk: Desk, post: Seen, wish: Wish, known: str, danger: Sequence[DangerKind]) -> bool:
    """Whether ``post`` is dealt with by now: it is only a remark, or its words tell what is meant."""
    text, item_id = said(post.text, known), _item_id(post)
    marked = wish.rahasia and not wish.anonim
    if marked:  # it may be all that is wished: of what is there
        text = f"RAHASIA {text}".strip()
    if wish.kind == "help" or wish.anonim or not text:
        return False
    talk, submission = desk.texts.talk, replace(_submission(post, wish), text=text)
    sender = await find_sender(desk.pool, submission)
    meant = None if marked else await find_chosen(desk.pool, talk, submission, sender, item_id, post.at)
    if meant is None:
        if wish.ticket and wish.ticket != known:
            return False
        if not known and not marked and await _reacts(desk, post, text):
            return True
        # In a talk between two, what comes next goes on with what was said.
        bare = post.person is not None and not marked
        meant = await find_meant(desk.pool, talk, submission, sender, item_id, post.at, bare=bare, known=known)
        # In a conversation that all read, thanks may be the answer to a question; between two it was asked for above.
        of_it = ("bad_ticket",) if post.person else ("courtesy", "bad_ticket")
        if meant is None or (known and (wish.ticket or meant.kind in of_it)):
            return False
        if danger and meant.kind == "courtesy":
            return False
        if meant.kind == "which":
            await ask_back(desk.pool, submission, item_id, [each.ticket for each in meant.among])
            await _keep_photos(desk, post)
    await _do(desk, post, meant, danger)
    return True


async def _told_place(desk: Desk, post: Seen, wish: Wish, known: str) -> Meant | None:
    """What a call for help goes on with, if it only says where."""
    text = said(post.text, known)
    if wish.ticket not in ("", known) or wish.rahasia or wish.anonim or not text:
        return None
    talk, submission = desk.texts.talk, replace(_submission(post, wish), text=text)
    sender = await find_sender(desk.pool, submission)
    here = desk.pool, talk, submission, sender, _item_id(post), post.at
    return await find_told_place(*here, same=desk.texts.danger_words.same_as(post.text), known=known)


async def _reacts(desk: Desk, post: Seen, text: str) -> bool:
    """Whether it is a remark in somebody else's conversation: nobody asked for an answer."""
    if not post.answers or len(text.split()) > REACTION or desk.texts.talk.is_apart(text):
        return False
    somebodys: bool = await desk.pool.fetchval(_SOMEBODYS, post.answers)
    return somebodys


async def _do(desk: Desk, post: Seen, meant: Meant, danger: Sequence[DangerKind]) -> None:
    """Carry out what needs no ticket."""
    say = desk.texts.social
    match meant.kind:
        case "status":
            await _keep_photos(desk, post, meant.ticket)
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
        case "offered" | "addition" | "answer":
            await _go_on(desk, post, meant, danger)
        case "cancel" | "rating" | "reopen" | "appeal" | "erasure" | "restriction" | "confidential":
            text = meant.command.text if meant.command else ""
            await _carry_out(desk, post, Wish(kind=meant.kind, text=text, ticket=meant.ticket, command=meant.command))


async def _go_on(desk: Desk, post: Seen, meant: Meant, danger: Sequence[DangerKind]) -> None:
    """Add what ``post`` says to the complaint that is meant, or make what was added last one of its own."""
    text = meant.command.text if meant.command else said(post.text)
    if meant.kind == "offered":
        await _complain(desk, post, Wish(kind="complaint", text=text), danger)
        return
    taken = await _add(desk, post, meant.ticket, text, danger, by=post.address)
    if taken is None or taken.apart:
        return
    if danger:
        await _say(desk, post, desk.texts.call_for_help(danger))
    elif meant.among:  # it named none, so it is said which, and what to do if that was not meant
        await _say_added(desk, post, meant)


async def _say_added(desk: Desk, post: Seen, meant: Meant) -> None:
    form = desk.texts.social["added" if meant.among[0].open else "added_resolved"]
    notice = NewNotice(meant.ticket, NoticeKind.ADDED, _item_id(post), form.format(ticket=meant.ticket))
    await _tell(desk, post, notice)


async def _say_status(desk: Desk, post: Seen, number: str) -> None:
    """Everybody reads it, whoever asked."""
    story = await find_view(desk.pool, number)
    more = f" {desk.texts.social['private']}" if story and story.rahasia else ""
    await _say(desk, post, desk.texts.status_line(story, number) + more)


async def _carry_out(desk: Desk, post: Seen, wish: Wish) -> None:
    """A wish for a change; the router answers it."""
    item = wish.command and wish.command.follow_up(_item_id(post), post.at)
    try:
        if item and not await _follow_up(desk, post, wish.ticket, item, by=post.address):
            await _say(desk, post, desk.texts.social["not_yours"].format(ticket=wish.ticket))
    except TextProblem as problem:
        await _say(desk, post, desk.texts.refusal(problem))
    except KeyReused:  # read twice, and understood otherwise the second time
        pass


async def _follow_up(
    desk: Desk, post: Seen, number: str, item: FollowUp, by: str | None, danger: Sequence[DangerKind] = ()
) -> Taken | None:
    return await follow_up(
        desk.pool,
        desk.settings,
        SERVICE,
        number,
        desk.texts.read(item, danger),
        address=by,
        wake=desk.wake,
        keep=desk.texts.contacts,
        also=_with_photos(desk, post),
        apart=desk.texts.apart(SERVICE, post.thread),
    )


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
        await _say(desk, post, desk.texts.refusal(problem))
    except KeyReused:
        cid = id_of(desk.settings.installation_namespace, post.channel, post.id)
        row = await desk.pool.fetchrow(_TAKEN, cid)
        if row["text"] != clean(wish.text):  # only the author's name is another
            await _add(desk, post, row["ticket"], wish.text)


async def _conversation(desk: Desk, post: Seen) -> str | None:
    """The complaint that opened the conversation ``post`` is in, or of which we told what it answers, if its author is
    the same.

    Posts are read twice and not quite in order: one that was taken before what it answers stays a complaint itself.
    Of private messages there is one conversation for all: what they quote says which complaint they are about, unless
    they tell of another matter and its place.
    """
    row, number = None, None
    if post.points_to:
        named = partial(id_of, desk.settings.installation_namespace, post.channel)
        row = await desk.pool.fetchrow(_TOLD_OF, post.address, list(post.points_to), named(post.id))
        if row is None and post.person:
            row = await desk.pool.fetchrow(_WROTE, [named(each) for each in post.points_to], post.address)
    if row and not (post.person and desk.texts.talk.is_apart(said(post.text), row["text"])):
        number = str(row["ticket"])
    if number is None and post.answers:
        number = await desk.pool.fetchval(_OPENED, post.answers, post.address, post.thread)
    return number


async def says_too_little(desk: Desk, post: Seen) -> bool:
    """Whether ``post`` points at something and tells of no matter itself: "tolong ini" in front of what it quotes.

    What goes on with something, asks for something, thanks, or stands in the conversation of somebody's complaint needs
    nothing more.
    """
    try:
        if not post.points_to or await _conversation(desk, post):
            return False
    except asyncpg.DataError:  # ``take`` meets the same, and puts it aside; here it would hold up all behind it
        return False
    wish, talk, text = read(post.text), desk.texts.talk, said(post.text)
    if wish.kind not in ("complaint", "help") or (talk.is_courtesy(text) and text) or talk.tells_of_a_matter(text):
        return False
    return not (post.answers and await desk.pool.fetchval(_SOMEBODYS, post.answers))


async def _add(
    desk: Desk, post: Seen, number: str, text: str, danger: Sequence[DangerKind] = (), *, by: str | None = None
) -> Taken | None:
    """Add to a complaint; None when it isn't that of ``by`` (then it is a complaint of its own)."""
    item = FollowUp(id=_item_id(post), kind=FollowUpKind.ADDITION, at=post.at, text=text)
    try:
        clean(text)
        taken = await _follow_up(desk, post, number, item, by, danger)
        if taken:
            await _advise(desk, post)
        return taken
    except TextProblem as problem:
        await _say(desk, post, desk.texts.refusal(problem))
    except KeyReused:  # read twice, and understood otherwise the second time
        pass
    return Taken()


async def _advise(desk: Desk, post: Seen) -> None:
    """What we mask everybody reads in the post itself, until its author deletes that."""
    if post.person is None and not post.quoted and mask(post.text, desk.texts.contacts) != post.text:
        key = f"personal {post.version or post.id}"  # its end tells apart posts with the same words
        await _tell(desk, post, NewNotice(post.thread, NoticeKind.ANSWER, key, desk.texts.social["personal"]))


async def _say_not_taken(desk: Desk, post: Seen) -> None:
    """What came is not kept, and its sender shall not believe that it is."""
    say = desk.texts.social
    taken = say["taken_words" if not desk.settings.takes_photos else "taken_videos" if desk.films else "taken_photos"]
    text = say["not_taken"].format(taken=taken, what=say[f"not_taken_{post.not_taken}"])
    await _tell(desk, post, NewNotice(post.thread, NoticeKind.ANSWER, f"not taken {post.version or post.id}", text))


async def _say(desk: Desk, post: Seen, text: str) -> None:
    await _tell(desk, post, NewNotice(post.thread, NoticeKind.ANSWER, post.version or post.id, text))


async def _tell(desk: Desk, post: Seen, notice: NewNotice) -> None:
    """Answer ``post`` with ``notice``."""
    async with desk.pool.acquire() as db:
        await add_notices(db, [replace(notice, address=post.address, thread=post.thread)])
