"""Sorting: one queue of complaints that no unit has yet, and two keys to decide each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from contracts.events import ComplaintSnapshot
from contracts.vocabulary import ACTIVE
from unit_desk.adapters import complaints
from unit_desk.adapters.complaints import Chosen, Moved
from unit_desk.handlers.acting import decide, sorting
from unit_desk.handlers.complaint import found
from unit_desk.handlers.visit import Desk, NotAllowed, page, see
from unit_desk.handlers.work import note_listed
from unit_desk.people import Person
from unit_desk.rules import Rules

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
MOST_CHOICES = 3


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A category that the complaint may have, the unit of that category, and the words that speak for it."""

    category: str
    name: str
    unit: str
    unit_name: str
    percent: int
    words: tuple[str, ...]

    @property
    def value(self) -> str:
        """The value of the choice in a form."""
        return f"{self.category}|{self.unit}"


def choices(complaint: ComplaintSnapshot, me: str, rules: Rules) -> list[Choice]:
    """List the likeliest units for a complaint, the likeliest first; not its present unit, nor one that it accuses."""
    found, barred = [], {me, *rules.accused(complaint.accuses)}
    for each in complaint.candidates:
        unit = rules.unit_of(each.category)
        if unit and unit not in barred:
            found.append(
                Choice(
                    category=each.category,
                    name=rules.category_name(each.category),
                    unit=unit,
                    unit_name=rules.units.get(unit, unit),
                    percent=round(each.confidence * 100),
                    words=tuple(each.evidence[:4]),
                )
            )
    return found[:MOST_CHOICES]


@get("/triase")
async def queue(desk: A_DESK, person: ME, hal: int = 1, baru: str = "", pindah: str = "") -> Template:
    """Show the complaints to be sorted, the most urgent first."""
    if not person.answers:
        raise NotAllowed
    number = min(max(hal, 1), complaints.MOST_PAGES)
    rows, more = await complaints.listed(
        desk.pool, Chosen(which="triage", page=number), person, person.unit, desk.rules
    )
    # A complaint that was decided a moment ago is no longer in the queue, even before the router has answered.
    open_ = [
        row for row in rows if row.complaint.status in ACTIVE and not await complaints.waits(desk.pool, row, row.unit)
    ]
    await note_listed(desk, person, open_)
    items = [
        (
            row,
            [(each, _told(row, each, desk.rules)) for each in choices(row.complaint, person.unit, desk.rules)],
            uuid4(),
        )
        for row in open_
    ]
    done = await _done(desk, person, baru)
    straight = await complaints.straight(desk.pool, person.unit, _yesterday(desk.rules))
    return await page(
        desk, person, "triase.html", "triase",
        items=items, more=more and number < complaints.MOST_PAGES, number=number, done=done, moved=pindah,
        straight=straight,
    )  # fmt: skip


def _told(row: complaints.Row, choice: Choice, rules: Rules) -> list[str]:
    """List the messages that the reporter gets when ``choice`` is taken."""
    return [shown for *_, shown in sorting(row, UUID(int=0), choice.category, choice.unit, rules)]


def _yesterday(rules: Rules) -> datetime:
    """Return when yesterday began in the kabupaten."""
    today = datetime.now(rules.zone).date()
    return datetime.combine(today - timedelta(days=1), time(), rules.zone)


async def _done(desk: Desk, person: Person, ticket: str) -> complaints.Row | None:
    return await complaints.one(desk.pool, ticket, person, desk.rules, person.unit) if ticket else None


@post("/triase/{number:str}")
async def sort(desk: A_DESK, person: ME, number: str, data: Form) -> Response[Any]:
    """Give a complaint to one of the units that were offered."""
    row = await found(desk, person, number, person.unit)
    if row.unit != person.unit or not person.answers:
        raise NotAllowed
    category, _, unit = data.get("pilihan", "").partition("|")
    if (category, unit) not in {(each.category, each.unit) for each in choices(row.complaint, row.unit, desk.rules)}:
        return see(f"/laporan/{row.ticket}/teruskan")
    try:
        await decide(desk, person, row, UUID(data.get("id", "")), category, unit, int(data.get("seen", "-1")))
    except (Moved, ValueError):
        return see(f"/triase?pindah={row.ticket}")
    return see(f"/triase?baru={row.ticket}")
