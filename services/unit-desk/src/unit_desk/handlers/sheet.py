"""A complaint on paper: the sheet where a head writes who does what, as offices pass it on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import get
from litestar.params import Dependency
from litestar.response import Template

from unit_desk import qr
from unit_desk.adapters import accounts
from unit_desk.handlers.complaint import found, hides
from unit_desk.handlers.visit import Desk, NotAllowed, NotYours
from unit_desk.people import Person

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]


@get("/laporan/{number:str}/cetak")
async def sheet(desk: A_DESK, person: ME, number: str, unit: str = "") -> Template:
    """Show the sheet of a complaint, which fits one page of A4 unless the citizen wrote much."""
    row = await found(desk, person, number, unit)
    if hides(row, person):
        raise NotAllowed
    if row.complaint.erased:
        raise NotYours
    await accounts.note(desk.pool, person, "cetak", unit=row.unit, ticket=row.ticket)
    context: dict[str, Any] = {
        "row": row,
        "complaint": row.complaint,
        "me": person,
        "now": datetime.now(UTC),
        "picture": qr.draw(f"{desk.settings.public_url}/laporan/{row.ticket}", border=0),
    }
    return Template("lembar.html", context=context)
