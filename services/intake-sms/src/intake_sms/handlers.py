"""Decides what an SMS becomes: a complaint, an addition, an answer to its sender, or a dead letter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import msgspec

from chassis.database import Pool
from contracts import ticket
from contracts.events import FollowUp
from contracts.ids import derived_id
from contracts.vocabulary import FollowUpKind
from intake import metrics
from intake.additions import follow_up
from intake.complaint_view import ComplaintView, find_view
from intake.notices import NewNotice, NoticeKind, add_notices
from intake.noting import noted, noted_in, taken_apart
from intake.own import (
    Sender,
    ask_back,
    find_call,
    find_chosen,
    find_meant,
    find_sender,
    resume_news,
    stop_news,
)
from intake.reading.commands import Command
from intake.reading.marks import read_marks
from intake.reading.reader import NOTHING, Reading
from intake.reading.talk import Meant
from intake.set_aside import put_aside
from intake.submissions import Submission, TextProblem, accept, find_same_text_today, is_reporter
from intake.texts import Texts
from intake_sms.domain import Mo, Wish, body_of, read, read_complaint
from intake_sms.settings import SmsSettings

SERVICE = "intake-sms"
#: An addition with this many words says enough without the complaint that it was meant for.
ENOUGH_ALONE = 6
#: Meanings that are answered, but change no complaint.
_SAID = frozenset({"which", "sure", "lost", "stop", "courtesy"})
CHANNEL = "sms"


def utc_now() -> datetime:
    """Return the wall-clock time."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The dependencies for handling an SMS. ``wake`` tells the relay that something is ready to publish."""

    pool: Pool
    settings: SmsSettings
    texts: Texts
    wake: Callable[[], None] = lambda: None
    clock: Callable[[], datetime] = utc_now


@dataclass(frozen=True)
class _Done:
    """The result for an SMS: the ``answer`` to send; ``apart``: the receipt of the complaint taken apart is enough."""

    answer: NewNotice | None = None
    apart: bool = False


async def take(desk: Desk, mo: Mo) -> None:
    """Carry out the wish of ``mo``, durably; the same SMS again changes nothing.

    Raises:
        KeyReused, TextProblem, contracts.codec.InvalidEvent: it can't be taken, and its sender can't be told.
        asyncpg.PostgresError, OSError, TimeoutError: not stored; let the gateway bring it again.
    """
    # Without a number that we can answer, only complaints are possible, no commands.
    wish = (read if mo.repliable else read_complaint)(mo.text, desk.settings.sms_keywords)
    try:
        notice = await _grant(desk, mo, wish)
    except TextProblem as problem:
        if not mo.repliable:
            raise
        notice = _answer(mo, desk.texts.refusal(problem), wish.ticket)
        metrics.REQUESTS.labels(CHANNEL, problem.code).inc()
    if notice:
        async with desk.pool.acquire() as db, db.transaction():
            await add_notices(db, [notice])


async def _grant(desk: Desk, mo: Mo, wish: Wish) -> NewNotice | None:
    """Act on ``wish``; return the answer to send beyond the notices that its effects cause."""
    item_id, body = derived_id(_key(mo), "follow-up"), body_of(mo.text, desk.settings.sms_keywords)
    sender = await find_sender(desk.pool, _submission(mo, wish)) if mo.repliable else Sender()
    reading = desk.texts.reader.read(body)
    reading = reading.only_certain if wish.ticket else reading
    # A certain call for help is a complaint, however short it is, and whatever it might answer or seem to ask for,
    # unless it belongs to the one before. A possible one is a complaint only if it continues nothing.
    meant = await (_called_before if reading.certain else _meant)(desk, mo, wish, body, sender, item_id)
    if wish.kind == "hint" and meant is None and desk.texts.reader.talk.tells_of_trouble(body):
        wish = replace(wish, kind="complaint", text=body)
    # Asking back which complaint is meant would leave a call for help with nobody until the answer. A word of
    # praise alone is no praise: "apinya cepat sekali".
    if reading.danger and not wish.ticket and (meant is None or meant.kind in ("which", "courtesy")):
        return await _complain(desk, mo, replace(wish, kind="complaint", text=wish.text or mo.text), sender, reading)
    if meant and meant.kind in _SAID:
        metrics.REQUESTS.labels(CHANNEL, meant.kind).inc()
        return await _reply(desk, mo, meant)
    implied = meant if meant and meant.kind == "addition" else None
    done = await _act(desk, mo, _as_meant(wish, meant, mo), sender, reading, told=implied is not None)
    if done.answer or done.apart:
        return done.answer
    said = _said_back(desk, implied, item_id) if implied else None
    if not reading.danger or (meant or wish).kind not in ("addition", "answer"):
        return said
    if implied and said:
        return replace(said, text=desk.texts.added_in_danger(reading.danger, _added(implied), implied.ticket))
    call = desk.texts.call_for_help(reading.danger)
    return NewNotice((meant or wish).ticket, NoticeKind.DANGER, item_id, call, mo.sender, forget=True)


def _as_meant(wish: Wish, meant: Meant | None, mo: Mo) -> Wish:
    """Return the wish with the meaning and the complaint that ``meant`` has found."""
    if meant is None:
        return wish
    if meant.kind in ("help", "bad_ticket", "early", "over"):
        return Wish(meant.kind, ticket=meant.ticket)
    command = meant.command or Command(kind="addition", text=mo.text)
    if meant.kind == "offered":
        return Wish("complaint", command.text)
    return Wish(command.kind, ticket=meant.ticket, command=command)


async def _act(desk: Desk, mo: Mo, wish: Wish, sender: Sender, reading: Reading, *, told: bool) -> _Done:
    say, item_id = desk.texts.sms, derived_id(_key(mo), "follow-up")
    if wish.kind == "complaint":
        return _Done(await _complain(desk, mo, wish, sender))
    metrics.REQUESTS.labels(CHANNEL, wish.kind).inc()
    if wish.command and (item := wish.command.follow_up(item_id, desk.clock())):
        if told:
            item = msgspec.structs.replace(item, told=True)
        heard = reading if item.kind == FollowUpKind.ADDITION else NOTHING
        if wish.rahasia:
            secret = FollowUp(id=derived_id(_key(mo), "confidential"), kind=FollowUpKind.CONFIDENTIAL, at=item.at)
            await follow_up(desk.pool, desk.settings, SERVICE, wish.ticket, secret, address=mo.sender, wake=desk.wake)
        done = await _follow_up(desk, mo, wish.ticket, item, sender, heard)
        if wish.command.asks and not done.answer:
            return replace(done, answer=await _status(desk, mo, wish.ticket))
        return done
    match wish.kind:
        case "status":
            return _Done(await _status(desk, mo, wish.ticket))
        case "bad_ticket" | "bad_rating" | "early" | "over" | "help":
            return _Done(_answer(mo, say[wish.kind].format(ticket=wish.ticket, **desk.texts.promises), wish.ticket))
        case "hint":
            text = say["format"].format(emergency=desk.texts.in_doubt)
            return _Done(NewNotice(mo.sender, NoticeKind.FORMAT, _today(desk), text, mo.sender))
        case _:
            return _Done()


async def _meant(desk: Desk, mo: Mo, wish: Wish, body: str, sender: Sender, item_id: str) -> Meant | None:
    """Return the meaning of an SMS without a ticket that is no call for help; a marked one may only be an answer."""
    talk, now = desk.texts.reader.talk, desk.clock()
    # "RAHASIA, tolong identitas saya dirahasiakan" wishes nothing else, however it begins.
    unmarked = read_marks(body).text
    hides = talk.asks(unmarked) == "confidential"
    marked = (wish.rahasia or wish.anonim) and not wish.ticket and not hides
    if wish.kind == "help" or not mo.repliable or (marked and not wish.bare):
        return None
    submission = replace(_submission(mo, wish), text=unmarked if hides else body)
    if not marked and (chosen := await find_chosen(desk.pool, talk, submission, sender, item_id, now)):
        return chosen
    if wish.ticket:
        return None
    meant = await find_meant(desk.pool, talk, submission, sender, item_id, now, bare=wish.bare)
    if marked and meant and meant.kind not in ("answer", "confidential"):
        return None
    if meant and meant.kind == "which":
        await ask_back(desk.pool, submission, item_id, [each.ticket for each in meant.among])
    if meant and meant.kind == "cancel":  # whether a word or a sentence: it can't be undone, and names no number
        await ask_back(desk.pool, submission, item_id, [meant.ticket])
        meant = Meant(kind="sure", ticket=meant.ticket)
    return meant


async def _called_before(desk: Desk, mo: Mo, wish: Wish, body: str, sender: Sender, item_id: str) -> Meant | None:
    """Return the call for help that this one belongs to, if any."""
    if not mo.repliable or wish.ticket or wish.rahasia or wish.anonim:
        return None
    submission = replace(_submission(mo, wish), text=body)
    return await find_call(desk.pool, desk.texts.reader, submission, sender, item_id, desk.clock())


async def _reply(desk: Desk, mo: Mo, meant: Meant) -> NewNotice:
    say = desk.texts.sms
    match meant.kind:
        case "which" | "lost":
            form = say["which" if meant.kind == "which" else "own"]
            return _answer(mo, form.format(list=desk.texts.listed(meant.among)))
        case "sure":
            return _answer(mo, say["sure"].format(ticket=meant.ticket), meant.ticket)
        case "stop":
            await stop_news(desk.pool, CHANNEL, mo.sender)
            return _answer(mo, say["stopped"])
    return NewNotice(mo.sender, NoticeKind.COURTESY, _today(desk), say["courtesy"], mo.sender)


def _said_back(desk: Desk, meant: Meant, item_id: str) -> NewNotice:
    """Tell the sender which complaint their words were added to, and what to do if they meant another."""
    text = desk.texts.sms[_added(meant)].format(ticket=meant.ticket)
    return NewNotice(meant.ticket, NoticeKind.ADDED, item_id, text)


def _added(meant: Meant) -> str:
    return "added" if meant.among[0].open else "added_resolved"


def _today(desk: Desk) -> str:
    return f"{desk.clock().astimezone(desk.texts.zone):%Y-%m-%d}"


async def _status(desk: Desk, mo: Mo, number: str) -> NewNotice:
    story, own = await find_view(desk.pool, number), await is_reporter(desk.pool, number, mo.sender)
    if own:
        await resume_news(desk.pool, CHANNEL, mo.sender)
    return _answer(mo, desk.texts.status_line(story, number, to_reporter=own), number)


async def _complain(desk: Desk, mo: Mo, wish: Wish, sender: Sender, reading: Reading = NOTHING) -> NewNotice | None:
    """Take a complaint. A sender who repeats it gets its status, once a day: this ends a loop of machines."""
    submission = noted(_submission(mo, wish), reading, desk.texts.reader)
    if sender.known and (number := await find_same_text_today(desk.pool, submission)):
        again = replace(await _status(desk, mo, number), kind=NoticeKind.AGAIN, key=_today(desk))
        return replace(again, text=desk.texts.said_again(reading.danger, number)) if reading.danger else again
    await accept(
        desk.pool,
        desk.settings,
        SERVICE,
        submission,
        receipt=partial(desk.texts.receipt, SERVICE),
        wake=desk.wake,
        keep=desk.texts.contacts,
    )
    return None


def _submission(mo: Mo, wish: Wish) -> Submission:
    return Submission(
        channel=CHANNEL,
        gateway=mo.gateway,
        external_id=mo.id,
        text=wish.text,
        rahasia=wish.rahasia,
        anonim=wish.anonim,
        address=mo.sender if mo.repliable else None,
        phone=mo.sender if mo.repliable else None,
        name=None if mo.repliable else mo.sender,
    )


async def _follow_up(desk: Desk, mo: Mo, number: str, item: FollowUp, sender: Sender, reading: Reading) -> _Done:
    """Add ``item``, and leave the answer to the router: done, or why not. A long addition to a stranger's complaint is
    taken as a complaint of its own.

    It is as confidential as that complaint, because an anonymous reporter can't be recognised as its reporter.
    """
    keep, item = desk.texts.contacts, noted_in(item, reading, desk.texts.reader)
    here = desk.pool, desk.settings, SERVICE, number
    apart = taken_apart(desk.texts, SERVICE)
    if taken := await follow_up(*here, item, address=mo.sender, wake=desk.wake, keep=keep, apart=apart):
        return _Done(apart=bool(taken.apart))
    if item.kind == FollowUpKind.ADDITION and item.text and len(item.text.split()) >= ENOUGH_ALONE:
        story = await find_view(desk.pool, number) or ComplaintView(ticket=number)
        wish = Wish("complaint", item.text, rahasia=story.rahasia, anonim=story.sent.anonim)
        return _Done(await _complain(desk, mo, wish, sender, reading))
    return _Done(_answer(mo, desk.texts.sms["not_yours"].format(ticket=number), number))


def _key(mo: Mo) -> str:
    return f"{CHANNEL}:{mo.gateway}:{mo.id}"


def _answer(mo: Mo, text: str, number: str = "") -> NewNotice:
    # The key is the SMS that it answers: if the gateway brings that SMS again, there is no second answer. A sender who
    # asks about a complaint may be its anonymous reporter, so it is not stored who asked.
    return NewNotice(number or mo.sender, NoticeKind.ANSWER, mo.id, text, mo.sender, forget=bool(number))


def elsewhere(desk: Desk, form: str, number: str) -> str:
    """Return the sentence ``form``, which says where the ticket ``number`` can be read; "" if it is not a ticket."""
    if ticket.parse(number) is None:
        return ""
    return desk.texts.elsewhere(form, number, str(desk.settings.web_public_url or ""))


async def bury(desk: Desk, door: str, request: bytes, error: Exception) -> None:
    """Set aside the bytes of a gateway's request that can't be taken, for an operator. ``door`` says where it came.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not stored; let the gateway bring it again.
    """
    await put_aside(desk.pool, SERVICE, door, request, error, desk.wake)
    metrics.REQUESTS.labels(CHANNEL, "dead").inc()
