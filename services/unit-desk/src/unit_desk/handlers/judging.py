"""The page where a person judges what was done: before and after, and what its reporter says of it."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from litestar import get
from litestar.params import Dependency
from litestar.response import Template

from unit_desk import judging
from unit_desk.adapters import accounts, complaints
from unit_desk.handlers.complaint import found, hides, possible
from unit_desk.handlers.visit import Desk, NotAllowed, page
from unit_desk.people import Person
from unit_desk.previews import preview

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]


@get("/laporan/{number:str}/hasil")
async def judge(desk: A_DESK, person: ME, number: str, unit: str = "") -> Template:
    """Show what was reported, what was done, and what to decide; the person who resolved it reads who else may."""
    row = await found(desk, person, number, unit)
    complaint = row.complaint
    if hides(row, person) or not (complaint.confirmation or complaint.appeal):
        raise NotAllowed
    can, _ = await possible(desk, person, row)
    await accounts.note(desk.pool, person, "nilai", unit=row.unit, ticket=row.ticket)
    own = await complaints.resolver(desk.pool, row) == person.id
    return await page(
        desk, person, "hasil.html", "", row=row, complaint=complaint, told=row.told,
        judged=judging.judged(complaint), can={act.slug: act for act in can}, own=own, reply_id=uuid4(),
        shown=preview(row.told, judging.confirmed(row.ticket), desk.rules) if complaint.confirmation else None,
    )  # fmt: skip
