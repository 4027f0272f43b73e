"""The page where an office outside answers a complaint that was handed over to it, by the link in its letter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from contracts.events import ComplaintSnapshot
from unit_desk import parties
from unit_desk.adapters import accounts, handovers
from unit_desk.handlers.complaint import found
from unit_desk.handlers.visit import Desk, NotAllowed, see
from unit_desk.parties import Handover
from unit_desk.people import Person

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
#: Why a link takes no answer, and the status for that (RFC 9110, 15.5.11 for a link that was valid).
UNKNOWN, EXPIRED, REVOKED, MOVED, ENOUGH = "tidak dikenal", "lewat", "dicabut", "ditarik", "cukup"
_STATUS = {UNKNOWN: 404, EXPIRED: 410, REVOKED: 410, MOVED: 410}


async def _opened(desk: Desk, token: str) -> tuple[Handover, ComplaintSnapshot, str] | None:
    """Return a link's hand-over and complaint, and why it takes no answer (empty: it does); None: not our link."""
    named = parties.named(token)
    it = await handovers.one(desk.pool, named) if named else None
    if it is None or not parties.is_good(desk.settings.key, it[0], token):
        return None
    handover, complaint = it
    if handover.over_at or handovers.handed_to(complaint) != handover.party:
        return handover, complaint, MOVED
    if handover.revoked_at:
        return handover, complaint, REVOKED
    return handover, complaint, EXPIRED if handover.expires_at <= datetime.now(UTC) else ""


@get("/jawab/{token:str}")
async def letter(desk: A_DESK, token: str, terkirim: str = "") -> Template:
    """Show the complaint, the answers, and the form."""
    opened = await _opened(desk, token)
    if opened and not opened[2]:
        await _note_look(desk, opened[0])
    return await _page(desk, token, opened, sent=bool(terkirim))


async def _note_look(desk: Desk, it: Handover) -> None:
    await accounts.note(desk.pool, None, "dibuka pihak luar", unit=it.unit, ticket=it.ticket, about=it.party)


async def _page(
    desk: Desk,
    token: str,
    opened: tuple[Handover, ComplaintSnapshot, str] | None,
    *,
    text: str = "",
    answer_id: UUID | None = None,
    problem: str | None = None,
    sent: bool = False,
) -> Template:
    handover, complaint, closed = opened or (None, None, UNKNOWN)
    said = await handovers.answers(desk.pool, handover.id) if handover else []
    if not closed and len(said) >= parties.MOST_ANSWERS:
        closed = ENOUGH
    # The complaint is not shown by a link that is no longer valid.
    shown = complaint if closed in ("", ENOUGH) else None
    new_id = parties.answer_id(handover.id) if handover else ""
    context = {
        "token": token, "handover": handover, "complaint": shown, "closed": closed, "answers": said if shown else [],
        "text": text, "answer_id": answer_id or new_id, "problem": problem, "sent": sent,
        "contact": desk.settings.mail_reply_to, "most": parties.MOST_LETTERS,
    }  # fmt: skip
    return Template("jawaban.html", context=context, status_code=422 if problem else _STATUS.get(closed, 200))


@post("/jawab/{token:str}", status_code=200)
async def answer(desk: A_DESK, token: str, data: Form) -> Response[Any]:
    """Store an answer; pressed twice, it is stored once."""
    opened = await _opened(desk, token)
    text = data.get("text", "").replace("\r\n", "\n").replace("\0", "").strip()[:20_000]
    if opened is None or opened[2]:
        return await _page(desk, token, opened, text=text)
    handover = opened[0]
    answer_id = _id(data.get("id", "")) or parties.answer_id(handover.id)
    if problem := parties.wrong(text):
        await _note_look(desk, handover)  # the page that comes back shows the complaint
        return await _page(desk, token, opened, text=text, answer_id=answer_id, problem=problem)
    try:
        async with desk.pool.acquire() as db, db.transaction():
            await handovers.answer(db, handover, answer_id, text, datetime.now(UTC))
            await accounts.note(
                db, None, "jawaban pihak luar", unit=handover.unit, ticket=handover.ticket, about=handover.party
            )
    except handovers.Closed:
        return await _page(desk, token, await _opened(desk, token), text=text)
    desk.wake()
    return see(f"/jawab/{token}?terkirim=1")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@post("/laporan/{number:str}/pihak")
async def manage(desk: A_DESK, person: ME, number: str, data: Form) -> Response[Any]:
    """Write to the office (again), with a new link; or revoke its link."""
    row = await found(desk, person, number)
    party = handovers.handed_to(row.complaint)
    office = desk.rules.party(party or "")
    if row.unit != desk.rules.sorting or person.unit != row.unit or not person.answers:
        raise NotAllowed
    before = await handovers.of_complaint(desk.pool, row.unit, row.complaint_id)
    handover = before[0] if before and not before[0].over_at else None
    revokes, link = data.get("tindakan") == "cabut", data.get("link", "")
    if not revokes and handover and link.isdecimal() and link != str(handover.link):
        return see(f"/laporan/{row.ticket}#pihak")  # pressed twice: the letter was queued
    async with desk.pool.acquire() as db, db.transaction():
        if revokes and handover:
            await handovers.revoke(db, handover.id)
        elif not revokes and party and office and office.email:
            if handover:
                await handovers.write_again(db, handover, office.answer_days)
            else:
                await handovers.begin(db, desk.rules, row.unit, row.complaint, party, datetime.now(UTC))
        act = "cabut tautan pihak luar" if revokes else "surati pihak luar"
        await accounts.note(db, person, act, unit=row.unit, ticket=row.ticket, about=party or "")
    return see(f"/laporan/{row.ticket}#pihak")
