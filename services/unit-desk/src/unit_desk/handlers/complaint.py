"""One complaint: everything known of it, and what is done with it at the desk alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from contracts import ticket as tickets
from contracts.vocabulary import Action
from intake.report import map_link
from kabupaten.routing import Target
from unit_desk import acts, approvals, judging, powers, similar, telling
from unit_desk import arrivals as told_reporter
from unit_desk.acts import Act
from unit_desk.adapters import accounts, arrivals, complaints, drafts, handovers, notices
from unit_desk.adapters.complaints import OF_THE_CLOCK, Row
from unit_desk.approvals import Draft
from unit_desk.handlers.visit import Desk, NotAllowed, NotYours, page, see
from unit_desk.notices import Kind
from unit_desk.people import Person, Role
from unit_desk.powers import Known
from unit_desk.projection import WORK
from unit_desk.rules import Rules

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
#: How long a page waits for the answer to a reply that was just sent: the router takes a fifth of a second.
_ANSWER_S, _EVERY_S = 1.5, 0.1
MOST_NOTE = 2_000
_PENDING = timedelta(minutes=10)


async def found(desk: Desk, person: Person, number: str, unit: str = "") -> Row:
    """Find a complaint that the person may see.

    Raises:
        NotYours: it does not exist, or their unit was never told of it.
    """
    ticket = tickets.parse(number)
    row = await complaints.one(desk.pool, ticket, person, desk.rules, unit or None) if ticket else None
    if row is None:
        raise NotYours
    return row


def is_mine(row: Row, person: Person) -> bool:
    """Whether the complaint is at the unit that the person answers for."""
    return row.unit == person.unit and person.answers


async def possible(
    desk: Desk,
    person: Person,
    row: Row,
    events: Sequence[Mapping[str, Any]] | None = None,
    replies: Sequence[Mapping[str, Any]] = (),
) -> tuple[list[Act], Known]:
    """Return what the person can do now, and the facts that this rests on; pass ``events`` and ``replies`` if read."""
    if events is None:
        events, replies, _ = await complaints.story(desk.pool, row, person.unit)
    heard = await complaints.heard(desk.pool, row, person.unit) if person.unit in desk.rules.powers.superiors else []
    what = powers.known(events, replies, heard, person.unit)
    mine = acts.offered(row.told, desk.rules) if is_mine(row, person) else []
    if mine and _waits(await drafts.last(desk.pool, row)):
        mine = [act for act in mine if not approvals.is_wanted(act, row.complaint, person, desk.rules)]
    can = [*mine, *powers.more(row.told, person, what, desk.rules, datetime.now(UTC))]
    if (row.complaint.confirmation or row.complaint.appeal) and await complaints.resolver(desk.pool, row) == person.id:
        can = [act for act in can if act.slug not in judging.BY_ANOTHER]
    return can, what


def _waits(draft: Draft | None) -> bool:
    return draft is not None and draft.agreed is None


def hides(row: Row, person: Person) -> bool:
    """Whether a confidential complaint's words are hidden from a person who only looks over the units, or sorts."""
    return row.complaint.rahasia and row.unit != person.unit


@get("/laporan/{number:str}")
async def show(desk: A_DESK, person: ME, number: str, unit: str = "", balasan: str = "") -> Template:
    """Show everything about a complaint."""
    if balasan:
        await _answered(desk, balasan)
    row = await found(desk, person, number, unit)
    operator, now = person.role == Role.OPERATOR, datetime.now(UTC)
    async with desk.pool.acquire() as db, db.transaction():
        await accounts.note(db, person, "buka", unit=row.unit, ticket=row.ticket)
        await notices.opened(db, row.ticket, person.unit, now, operator=operator, person=person.id)
    shown = await about(desk, person, row, balasan)
    others = [like.complaint.ticket for like in shown["likes"]]  # the page shows their first words
    await accounts.note_listed(desk.pool, person, others, datetime.now(desk.rules.zone).date())
    return await page(desk, person, "laporan.html", "", **shown)


async def about(desk: Desk, person: Person, row: Row, just_sent: str = "") -> dict[str, Any]:
    """Collect everything that the page of a complaint shows."""
    events, replies, notes = await complaints.story(desk.pool, row, person.unit)
    written = await handovers.of_complaint(desk.pool, row.unit, row.complaint_id)
    messages = [] if hides(row, person) else await arrivals.of_complaint(desk.pool, row.complaint_id)
    happened = [event for event in events if event["why"] not in OF_THE_CLOCK]
    arrived = told_reporter.placed(messages, happened, datetime.now(UTC), desk.rules.zone)
    # The router's answer to an office's words is shown with these.
    of_party = {str(each.id) for each in written[1]} if written else set()
    events = [each for each in events if each["reply_id"] not in of_party]
    waits = bool(replies) and await complaints.waits(desk.pool, row, person.unit)
    answers = telling.read_replies(replies, row.told, desk.rules, waits=waits)
    # A reply without an answer for so long was put aside, and blocks nobody: the router says what it accepts.
    lately = datetime.now(UTC) - _PENDING
    pending = [
        each for each in answers if each.state == telling.WAITS or (each.state == telling.SENT and each.at > lately)
    ]
    refused = answers[0] if answers and answers[0].state == telling.REFUSED else None
    mine = is_mine(row, person)
    draft = await drafts.last(desk.pool, row) if mine else None
    people = {each.person for each in answers} | {note["person"] for note in notes} | {row.assignee}
    people |= {draft.person, draft.decided_by} if draft else set()
    names = await accounts.names(desk.pool, [each for each in people if each])
    can, what = await possible(desk, person, row, events, replies)
    happened = [event for event in events if event["why"] not in OF_THE_CLOCK]
    colleagues = await accounts.colleagues(desk.pool, [row.unit]) if mine else []
    return {
        "row": row,
        "told": row.told,
        "complaint": row.complaint,
        "steps": telling.story(events, answers, [] if hides(row, person) else notes, desk.rules),
        "arrived": arrived,
        "advice": told_reporter.advice("" if person.role == Role.OPERATOR else desk.rules.short[desk.rules.sorting]),
        "resends": person.role == Role.OPERATOR,
        "pending": pending,
        "refused": refused,
        "refused_slug": acts.slug_of(refused.said) if refused else "",
        "sent": next((each for each in answers if str(each.id) == just_sent), None),
        "offered": [] if pending else can,
        # While the reporter is asked, the only act left is to ask for help, and nobody has to do that.
        "main": [act for act in acts.offered(row.told, desk.rules)[:1] if mine and act.action != Action.ASK_HELP],
        "judged": judging.is_judged(can),
        "too_late": powers.too_late(row.told, person, what, desk.rules, datetime.now(UTC)),
        "escalated": what.escalated,
        "until": (await complaints.until(desk.pool, [row])).get((row.unit, row.complaint_id)),
        "draft": approvals.waiting(
            row.told,
            draft,
            happened,
            desk.rules,
            desk.photos.url,
            told_today=what.told_today(desk.rules, datetime.now(UTC)),
        )
        if draft and _waits(draft)
        else None,
        "decides": approvals.may_decide(person, row.unit),
        "given_back": draft if draft and draft.note and not any(each.at > draft.at for each in answers) else None,
        "given_slug": acts.slug_of(draft.said) if draft else "",
        "hidden": hides(row, person),
        "map_link": _map_link(row, desk.rules),
        "names": names,
        "colleagues": [each for each in colleagues if each["here"] and each["role"] != Role.PEMANTAU],
        "mine": mine,
        "instructs": person.watches and not hides(row, person),
        "instructions": [note for note in notes if note["instruction"]],
        "likes": await _likes(desk, row) if mine else [],
        "written": written,
        "party": _party(desk.rules, row),
        "writes": mine and row.unit == desk.rules.sorting,
        "mail": bool(desk.settings.smtp_url),
        "now": datetime.now(UTC),
        "note_id": uuid4(),
        "looks": await accounts.looks(desk.pool, row.ticket) if mine and person.role != Role.PETUGAS else [],
    }


async def _likes(desk: Desk, row: Row) -> list[similar.Like]:
    """List other complaints of the unit that may be the same, and are not named already."""
    named = {each.ticket for each in row.complaint.similar}
    others = [each.complaint for each in await complaints.near(desk.pool, row, similar.WINDOW)]
    return similar.ranked(row.complaint, (each for each in others if each.ticket not in named))


def _party(rules: Rules, row: Row) -> Target | None:
    """Return the office outside that has the complaint, if we can write to it."""
    office = rules.party(handovers.handed_to(row.complaint) or "") if row.unit == rules.sorting else None
    return office if office and office.email else None


def _map_link(row: Row, rules: Rules) -> str:
    """Link to the place on a map: to the point that the citizen gave for that, or else to the name of the place.

    Nothing that a citizen wrote leaves the desk with it.
    """
    if row.complaint.position:
        return map_link(row.complaint.position)
    place = row.complaint.place
    if not place or not place.kecamatan:
        return ""
    where = ", ".join(each for each in (place.desa, place.kecamatan, rules.kabupaten) if each)
    return f"https://www.openstreetmap.org/search?query={quote(where)}"


async def _answered(desk: Desk, reply: str) -> None:
    """Wait a moment for the answer to a reply that was just sent, so that the next page shows it."""
    try:
        reply_id = UUID(reply)
    except ValueError:
        return
    until = asyncio.get_running_loop().time() + _ANSWER_S
    while asyncio.get_running_loop().time() < until:
        known = await complaints.answer_of(desk.pool, reply_id)
        if known is None or known["answered_at"]:
            return
        await asyncio.sleep(_EVERY_S)


@post("/laporan/{number:str}/catatan")
async def note(desk: A_DESK, person: ME, number: str, data: Form, unit: str = "") -> Response[Any]:
    """Store a note; from a person who looks over all units it is an instruction."""
    row = await found(desk, person, number, unit)
    if hides(row, person) or not (is_mine(row, person) or person.watches):
        raise NotAllowed
    text, note_id = data.get("text", "").strip()[:MOST_NOTE], _id(data.get("id", ""))
    if text:
        async with desk.pool.acquire() as db, db.transaction():
            await complaints.add_note(db, row, person, note_id, text, instruction=person.watches)
            if person.watches:
                about = (row.unit, row.complaint_id, row.ticket, Kind.INSTRUCTION)
                await notices.add(db, *about, f"note {note_id}", datetime.now(UTC))
            act = "beri arahan" if person.watches else "catat"
            await accounts.note(db, person, act, unit=row.unit, ticket=row.ticket)
    return see(f"/laporan/{row.ticket}?unit={row.unit}&dicatat=ya#riwayat")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


@post("/laporan/{number:str}/petugas")
async def assign(desk: A_DESK, person: ME, number: str, data: Form) -> Response[Any]:
    """Assign the complaint: to oneself, to a colleague, or to nobody in particular."""
    row = await found(desk, person, number, person.unit)
    to = await _colleague(desk, row, data.get("person", ""))
    if not is_mine(row, person):
        raise NotAllowed
    async with desk.pool.acquire() as db, db.transaction():
        await complaints.assign(db, row, to)
        if to and to not in (person.id, row.assignee) and row.standing == WORK:
            about = (row.unit, row.complaint_id, row.ticket, Kind.ASSIGNED)
            await notices.add(db, *about, f"assigned {uuid4()}", datetime.now(UTC), to)
        await accounts.note(db, person, "tugaskan", unit=row.unit, ticket=row.ticket, about=str(to or ""))
    return see(f"/laporan/{row.ticket}")


async def _colleague(desk: Desk, row: Row, chosen: str) -> UUID | None:
    if not chosen:
        return None
    there = await accounts.by_id(desk.pool, _id(chosen))
    if there is None or there.unit != row.unit:
        raise NotAllowed
    return there.id


@post("/laporan/{number:str}/dilihat")
async def looked_at(desk: A_DESK, person: ME, number: str) -> Response[Any]:
    """Take a complaint that was only to be seen off the list."""
    row = await found(desk, person, number, person.unit)
    if row.unit != person.unit:
        raise NotAllowed
    async with desk.pool.acquire() as db, db.transaction():
        await complaints.looked_at(db, row)
        await accounts.note(db, person, "lihat", unit=row.unit, ticket=row.ticket)
    return see("/?daftar=lihat")
