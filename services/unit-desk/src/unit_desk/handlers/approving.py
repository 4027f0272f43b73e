"""Decisions on a draft for the head of a unit: agreed to, given back with a note, or taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency

from unit_desk import acts, approvals
from unit_desk.adapters import accounts, complaints, drafts
from unit_desk.adapters.complaints import Moved, Row, Sent
from unit_desk.approvals import Draft
from unit_desk.handlers.complaint import found, is_mine
from unit_desk.handlers.visit import Desk, NotAllowed, NotYours, see
from unit_desk.people import Person

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
MOST_NOTE = 2_000


@post("/laporan/{number:str}/persetujuan", status_code=200)
async def decide(desk: A_DESK, person: ME, number: str, data: Form) -> Response[Any]:
    """Decide on a draft; an earlier decision stays."""
    row = await found(desk, person, number, person.unit)
    draft = await drafts.last(desk.pool, row)
    if not is_mine(row, person):
        raise NotAllowed
    if draft is None:
        raise NotYours
    here = f"/laporan/{row.ticket}#persetujuan"
    if draft.agreed is not None or str(draft.id) != data.get("id"):
        return see(here)
    if data.get("step") == "tarik":
        await _give_back(desk, person, row, draft, "", "tarik naskah")
        return see(f"/laporan/{row.ticket}/{acts.slug_of(draft.said)}?naskah={draft.id}")
    if not approvals.may_decide(person, row.unit):
        raise NotAllowed
    if data.get("step") == "setuju":
        sent = await _agree(desk, person, row, draft, data.get("seen", ""))
        return see(f"/laporan/{row.ticket}?balasan={draft.id}" if sent else here)
    if note := data.get("note", "").strip()[:MOST_NOTE]:
        await _give_back(desk, person, row, draft, note, "kembalikan naskah")
    return see(here)


async def _give_back(desk: Desk, person: Person, row: Row, draft: Draft, note: str, act: str) -> None:
    async with desk.pool.acquire() as db, db.transaction():
        if await drafts.decide(db, draft, person, note, agreed=False):
            await accounts.note(db, person, act, unit=row.unit, ticket=row.ticket)
            if person.id != draft.person:
                await drafts.tell_writer(db, row, draft)


async def _agree(desk: Desk, person: Person, row: Row, draft: Draft, seen: str) -> bool:
    """Send a draft as its writer's, if nothing happened since the step ``seen``, at which the head looked at it."""
    wanted = approvals.waiting(row.told, draft, [], desk.rules, desk.photos.url)
    if wanted.barred or not (seen.isascii() and seen.isdigit() and len(seen) < 12):
        return False
    replies = [Sent(id=draft.id, said=draft.said, shown=wanted.shown.text)]
    try:
        async with desk.pool.acquire() as db, db.transaction():
            if await drafts.decide(db, draft, person, agreed=True):
                writer = replace(person, id=draft.person)
                await complaints.reply(db, row, writer, replies, int(seen), datetime.now(UTC))
                await accounts.note(db, person, "setujui", unit=row.unit, ticket=row.ticket, about=draft.said.action)
    except Moved:
        return False
    desk.wake()
    return True
