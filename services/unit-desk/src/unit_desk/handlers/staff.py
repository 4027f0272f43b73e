"""The people of the desk: the head of a unit invites its people, the LAPOR! admin those of every unit."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from kabupaten.calendar import WEEKDAYS
from unit_desk.adapters import accounts, notices
from unit_desk.handlers.visit import Desk, NotAllowed, page, pressed, see
from unit_desk.letters import token_in
from unit_desk.notices import Medium
from unit_desk.people import Person, Role

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")


def units_of(desk: Desk, person: Person) -> list[str]:
    """List the units whose people the person sees and invites."""
    if person.role == Role.OPERATOR:
        return list(desk.rules.desks)
    if person.role == Role.PIMPINAN:
        return [person.unit]
    raise NotAllowed


async def _page(desk: Desk, person: Person, *, status: int = 200, **more: Any) -> Template:
    units = units_of(desk, person)
    rows = await accounts.colleagues(desk.pool, units)
    sorting, watching = desk.rules.sorting, desk.rules.watching
    roles = [role for role in Role if any(person.may_invite(unit, role, sorting, watching) for unit in units)]
    given = {
        "people": rows,
        "units": units,
        "roles": roles,
        "typed": {},
        "problems": {},
        "link": "",
        "new_id": uuid4(),
        "mailed": "",
        "weekdays": WEEKDAYS,
        **more,
    }
    return await page(desk, person, "orang.html", "orang", status=status, **given)


@get("/orang")
async def people(desk: A_DESK, person: ME) -> Template:
    """Show the people of the desk."""
    return await _page(desk, person)


@post("/orang", status_code=200)
async def invite(desk: A_DESK, person: ME, data: Form) -> Template:
    """Invite somebody; show the link once, to be handed over."""
    email, name = data.get("email", "").strip().lower()[:200], " ".join(data.get("name", "").split())[:100]
    unit, role = data.get("unit", "") or person.unit, data.get("role", "")
    problems = {}
    if not _EMAIL.fullmatch(email):
        problems["email"] = "Tulis alamat surel dinas, misalnya nama@soppengkab.go.id."
    if len(name) < 3:
        problems["name"] = "Tulis nama lengkapnya."
    if not person.may_invite(unit, role, desk.rules.sorting, desk.rules.watching) or unit not in desk.rules.desks:
        problems["role"] = "Peran ini tidak ada di unit itu."
    known = await accounts.account(desk.pool, email)
    if known and not problems and not may_touch(desk, person, known.person):
        problems["email"] = "Alamat ini sudah dipakai di unit lain. Hubungi Diskominfo."
    if problems:
        return await _page(desk, person, status=422, typed=data, problems=problems)
    async with desk.pool.acquire() as db:
        message = pressed(person, data)
        token = token_in(desk.settings.key, message)
        by_mail = Medium.EMAIL in desk.settings.media
        async with db.transaction():
            is_new = await accounts.invite(db, email, name, unit, role, person, token=token)
            if is_new and by_mail:
                await notices.write_invitation(db, email, message, datetime.now(UTC))
    link = f"{desk.settings.public_url}/undangan/{token}"
    return await _page(desk, person, link=link, invited=name, mailed=email if by_mail else "")


def may_touch(desk: Desk, person: Person, other: Person) -> bool:
    """Whether ``person`` may change the role and the duty of ``other``.

    Raises:
        NotAllowed: ``person`` may do that for nobody.
    """
    mine = other.unit in units_of(desk, person)
    return mine and person.may_invite(other.unit, other.role, desk.rules.sorting, desk.rules.watching)


@post("/orang/{number:uuid}/keluarkan")
async def leave(desk: A_DESK, person: ME, number: UUID) -> Response[Any]:
    """Remove somebody immediately."""
    other = await accounts.by_id(desk.pool, number)
    if other is None or other.id == person.id or not may_touch(desk, person, other):
        raise NotAllowed
    async with desk.pool.acquire() as db:
        await accounts.leave(db, other, person)
    return see("/orang")
