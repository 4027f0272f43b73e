"""How each person is told the news, when each is on duty, and what was sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from contracts import ticket as tickets
from intake.gateway import mobile
from kabupaten.calendar import WEEKDAYS
from unit_desk.adapters import accounts, arrivals, notices
from unit_desk.arrivals import line_of
from unit_desk.handlers.staff import may_touch
from unit_desk.handlers.visit import Desk, NotAllowed, NotYours, page, see
from unit_desk.notices import OPTIONAL
from unit_desk.people import Person, Role

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
_TIME = re.compile(r"([01]\d|2[0-3])[.:]([0-5]\d)")
_ALL_DAY = "00.00-24.00"
#: Where SMS to staff may go: a wrong digit must not reach another country.
_OURS = "+62"


@get("/kabar")
async def wishes(desk: A_DESK, person: ME, tersimpan: str = "") -> Template:
    """Show how I am told."""
    return await _wishes(desk, person, saved=tersimpan == "ya")


async def _wishes(
    desk: Desk, person: Person, *, status: int = 200, changes: Mapping[str, Any] | None = None, **more: Any
) -> Template:
    mine = await notices.person(desk.pool, person.id)
    if mine is None:
        raise NotYours
    mine = replace(mine, **(changes or {}))
    given: dict[str, Any] = {"saved": False, "problems": {}, "typed_phone": mine.phone or "", **more}
    return await page(
        desk, person, "kabar.html", "kabar", status=status, mine=mine, media=desk.settings.media,
        sees_log=person.role in (Role.PIMPINAN, Role.OPERATOR), **given,
    )  # fmt: skip


@post("/kabar", status_code=200)
async def wish(desk: A_DESK, person: ME, data: Form) -> Response[Any]:
    """Store how I want to be told."""
    typed = data.get("phone", "").strip()[:40]
    phone = mobile(typed, desk.settings.sms_region) if typed else None
    ways = {"by_mail": "by_mail" in data, "by_sms": "by_sms" in data}
    unwanted = [kind for kind in OPTIONAL if f"mau-{kind}" not in data]
    if typed and (phone is None or not phone.startswith(_OURS)):
        problems = {"phone": "Tulis nomor HP Indonesia, misalnya 0812 3456 7890."}
        changes = {**ways, "unwanted": frozenset(unwanted)}
        return await _wishes(desk, person, status=422, problems=problems, typed_phone=typed, changes=changes)
    async with desk.pool.acquire() as db, db.transaction():
        await notices.set_wishes(db, person.id, phone, **ways, unwanted=unwanted)
        await accounts.note(db, person, "atur kabar", unit=person.unit)
    return see("/kabar?tersimpan=ya")


@post("/orang/{number:uuid}/jaga")
async def duty(desk: A_DESK, person: ME, number: UUID, data: Form) -> Response[Any]:
    """Put somebody on duty, or take them off duty."""
    other = await accounts.by_id(desk.pool, number)
    if other is None or not may_touch(desk, person, other):
        raise NotAllowed
    days = [day for day in WEEKDAYS if f"hari-{day}" in data]
    async with desk.pool.acquire() as db, db.transaction():
        await notices.set_duty(db, other.id, days, _hours(data.get("dari", ""), data.get("sampai", "")))
        await accounts.note(db, person, "atur jaga", unit=other.unit, about=str(other.id))
    return see("/orang")


def _hours(begin: str, end: str) -> str:
    """Write hours as the region does; if one is empty, or both are the same, it is the whole day."""
    found = [_TIME.fullmatch(each.strip()) for each in (begin, end)]
    hours = [f"{each[1]}.{each[2]}" for each in found if each]
    return "-".join(hours) if len(set(hours)) == 2 else _ALL_DAY


@get("/kabar/terkirim")
async def log(desk: A_DESK, person: ME, gagal: str = "") -> Template:
    """Show the messages to people of my unit, or of all units."""
    rows = await notices.log(desk.pool, _units(person), failed=gagal == "ya")
    return await page(
        desk, person, "terkirim.html", "kabar", rows=rows, failed=gagal == "ya", of_all=person.role == Role.OPERATOR,
        media=desk.settings.media,
    )  # fmt: skip


@post("/kabar/terkirim/{number:uuid}/lagi")
async def again(desk: A_DESK, person: ME, number: UUID) -> Response[Any]:
    """Queue a failed message again."""
    async with desk.pool.acquire() as db, db.transaction():
        unit = await notices.again(db, number, _units(person), datetime.now(UTC))
        if unit is not None:
            await accounts.note(db, person, "kirim lagi", unit=unit, about=str(number))
    return see("/kabar/terkirim")


@get("/kabar/warga")
async def missing(desk: A_DESK, person: ME) -> Template:
    """Show messages to citizens, of all units, that did not arrive or may not have."""
    if person.role != Role.OPERATOR:
        raise NotAllowed
    rows = await arrivals.missing(desk.pool, desk.rules.not_for(person.unit))
    now = datetime.now(UTC)
    lines = [(row, line) for row in rows if (line := line_of(row, now, desk.rules.zone))]
    return await page(desk, person, "warga.html", "kabar", lines=lines)


@post("/kabar/warga/{message:str}/lagi")
async def send_again(desk: A_DESK, person: ME, message: str, data: Form) -> Response[Any]:
    """Ask the intake of a message to a citizen to send it again."""
    if person.role != Role.OPERATOR:
        raise NotAllowed
    async with desk.pool.acquire() as db, db.transaction():
        number = await arrivals.send_again(db, message, desk.rules.not_for(person.unit), datetime.now(UTC))
        if number:
            await accounts.note(db, person, "kirim lagi ke warga", unit=person.unit, ticket=number, about=message)
    if number:
        desk.wake()
    back = tickets.parse(data.get("laporan", ""))
    return see(f"/laporan/{back}#riwayat" if back else "/kabar/warga")


def _units(person: Person) -> Sequence[str] | None:
    """List the units whose messages the person sees; None: all."""
    if person.role == Role.OPERATOR:
        return None
    if person.role == Role.PIMPINAN:
        return [person.unit]
    raise NotAllowed
