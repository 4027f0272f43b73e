"""The lists: open work, complaints to be seen, and all complaints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from unit_desk.adapters import accounts, complaints, drafts, filters
from unit_desk.adapters.complaints import Chosen
from unit_desk.handlers.complaint import hides
from unit_desk.handlers.visit import Desk, is_pressed, page, see
from unit_desk.people import Person

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
#: The parts of a list's address, in their order.
NARROWING = ("daftar", "cari", "status", "kecamatan", "unit", "sejak", "sampai", "tenggat", "warga", "mendesak")
#: The kind of each list, by its address.
LISTS = {
    "": "work",
    "lintas": "work",
    "saya": "mine",
    "setuju": "approval",
    "waktu": "more_time",
    "pastikan": "unconfirmed",
    "keberatan": "appeals",
    "lihat": "attention",
    "luar": "outside",
    "semua": "all",
}


@get("/")
async def work(
    request: Request[Any, Any, Any],
    desk: A_DESK,
    person: ME,
    daftar: str = "",
    cari: str = "",
    status: str = "",
    kecamatan: str = "",
    unit: str = "",
    sejak: str = "",
    sampai: str = "",
    tenggat: str = "",
    warga: str = "",
    mendesak: str = "",
    hal: int = 1,
    penuh: bool = False,
) -> Template:
    """Show the open work, the most urgent first; or the complaints of another list or a search."""
    daftar = daftar if daftar in LISTS and (daftar != "lintas" or person.sees_all) else ""
    which = LISTS[daftar]
    chosen = Chosen(
        which=which, search=cari[:200], status=status, kecamatan=kecamatan, since=_day(sejak), until=_day(sampai),
        due=tenggat, reporter=warga, urgency=mendesak,
        page=min(max(hal, 1), complaints.MOST_PAGES),
    )  # fmt: skip
    # People who look over all see the work of every unit; operators see it beside their own work.
    across = person.sees_all and (daftar in ("lintas", "semua", "waktu") or (person.watches and which == "work"))
    whose = (unit if unit in desk.rules.units else "") if across else person.unit
    rows, more = await complaints.listed(desk.pool, chosen, person, whose or None, desk.rules)
    cut = chosen.page >= complaints.MOST_PAGES
    await note_listed(desk, person, rows)
    if chosen.search and is_pressed(request):
        await accounts.note(desk.pool, person, "cari", unit=person.unit)
    query = {
        "daftar": daftar, "cari": cari, "status": status, "kecamatan": kecamatan, "unit": unit, "sejak": sejak,
        "sampai": sampai, "tenggat": tenggat if tenggat in complaints.DUE else "",
        "warga": warga if warga in complaints.REPORTER else "",
        "mendesak": mendesak if mendesak in complaints.URGENCY else "",
    }  # fmt: skip
    given = {name: value for name, value in query.items() if value}
    tabs, address = await filters.of(desk.pool, person.id), urlencode(given)
    return await page(
        desk, person, "daftar.html", daftar or "kerja",
        rows=rows, more=more and not cut, cut=more and cut, chosen=chosen, query=given,
        narrowed=bool(given.keys() - {"daftar"}),
        names=await _names(desk, rows), all_units=across,
        until=await complaints.until(desk.pool, rows),
        drafted=await drafts.among(desk.pool, person.unit, [row.complaint_id for row in rows]),
        tabs=tabs,
        tab=next((each["name"] for each in tabs if each["query"] == address), ""), full=penuh,
        most_tabs=filters.MOST, most_letters=filters.MOST_LETTERS,
    )  # fmt: skip


async def note_listed(desk: Desk, person: Person, rows: Sequence[complaints.Row]) -> None:
    """Add to the audit whose words a list shows."""
    shown = [row.ticket for row in rows if not hides(row, person)]
    await accounts.note_listed(desk.pool, person, shown, datetime.now(desk.rules.zone).date())


@post("/saringan")
async def keep(desk: A_DESK, person: ME, data: Form) -> Response[Any]:
    """Store the filters of a list under a name."""
    query = urlencode({name: data[name][:200] for name in NARROWING if data.get(name)})
    name = " ".join(data.get("nama", "").split())[: filters.MOST_LETTERS]
    kept = not (name and query) or await filters.keep(desk.pool, person.id, name, query)
    return see(f"/?{query}" if kept else f"/?{query}&penuh=true")


@post("/saringan/hapus")
async def drop(desk: A_DESK, person: ME, data: Form) -> Response[Any]:
    """Delete stored filters."""
    await filters.drop(desk.pool, person.id, data.get("nama", ""))
    return see("/")


async def _names(desk: Desk, rows: list[complaints.Row]) -> dict[Any, str]:
    return await accounts.names(desk.pool, [row.assignee for row in rows if row.assignee])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
