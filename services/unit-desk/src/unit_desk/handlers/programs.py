"""The programs of a unit: its head gives them keys, and revokes these."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from chassis.keys import is_system
from unit_desk.adapters import keys, webhooks
from unit_desk.adapters.keys import Right
from unit_desk.handlers.staff import units_of
from unit_desk.handlers.visit import Desk, NotAllowed, NotYours, page, pressed, see
from unit_desk.people import Person

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
#: The choices of the form, and their labels.
RIGHTS = {
    "read": ((Right.READ,), "Membaca kabar unit"),
    "both": ((Right.READ, Right.REPLY), "Membaca dan membalas"),
}
DAYS = {"90": "3 bulan", "365": "1 tahun", "730": "2 tahun"}


async def show(desk: Desk, person: Person, *, status: int = 200, **more: Any) -> Template:
    """Make the page of a unit's programs."""
    units = units_of(desk, person)
    given = {
        "units": units, "keys": await keys.listed(desk.pool, units),
        "webhooks": await webhooks.listed(desk.pool, units), "rights": RIGHTS, "days": DAYS,
        "typed": {}, "problems": {}, "key": "", "new_id": uuid4(), "address": desk.settings.public_url, **more,
    }  # fmt: skip
    return await page(desk, person, "program.html", "program", status=status, **given)


@get("/program")
async def programs(desk: A_DESK, person: ME) -> Template:
    """Show the programs of the unit."""
    return await show(desk, person)


@post("/program/kunci", status_code=200)
async def make_key(desk: A_DESK, person: ME, data: Form) -> Template:
    """Create a key; it is shown once, and again to a second press of the same form."""
    unit, system = data.get("unit", "") or person.unit, data.get("system", "").strip().lower()[:100]
    contact, rights, days = " ".join(data.get("contact", "").split())[:200], data.get("rights"), data.get("days")
    if unit not in units_of(desk, person):
        raise NotAllowed
    problems = {}
    if not is_system(system):
        problems["system"] = "Pakai 2 sampai 40 huruf kecil, angka dan tanda hubung, misalnya simpu."
    if len(contact) < 3:
        problems["contact"] = "Tulis siapa yang merawat program itu, dan nomornya."
    if problems or rights not in RIGHTS or days not in DAYS:
        return await show(desk, person, status=422, typed=data, problems=problems)
    bits = hmac.digest(desk.settings.key, f"key of a program {pressed(person, data)}".encode(), hashlib.sha256)
    async with desk.pool.acquire() as db:
        key, made = await keys.create(db, unit, system, contact, RIGHTS[rights][0], int(days), person, bits)
    return await show(desk, person, key=key, made=made)


@post("/program/kunci/{key_id:str}/cabut")
async def revoke_key(desk: A_DESK, person: ME, key_id: str) -> Response[Any]:
    """Revoke a key immediately."""
    async with desk.pool.acquire() as db:
        if await keys.revoke(db, key_id, units_of(desk, person), person) is None:
            raise NotYours
    return see("/program")
