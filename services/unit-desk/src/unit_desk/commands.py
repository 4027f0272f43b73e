"""The commands about the desk's people, their messages, and the keys of programs."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b32encode
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AnyHttpUrl, Field, SecretStr

from chassis.database import Connection
from chassis.keys import is_system
from chassis.settings import MigrateSettings
from contracts.vocabulary import UnitRole
from kabupaten import load
from kabupaten.units import Units
from unit_desk import passwords
from unit_desk.adapters import accounts, keys, notices
from unit_desk.adapters.keys import Right
from unit_desk.people import WITH_CODE, Person, Role, belongs
from unit_desk.rules import over_all

_HERE = ("localhost", "127.0.0.1", "::1")


class DeskAccess(MigrateSettings):
    """The settings of the commands, which need neither Kafka nor a port."""

    region_dir: Path = Field(description="folder of the kabupaten's data")
    desk_public_url: AnyHttpUrl | None = Field(None, description="address by which people reach the desk")
    desk_host: str = Field("127.0.0.1", description="address of the desk")
    desk_port: int = Field(8080, description="port of the desk")
    desk_key: SecretStr = Field(min_length=16, description="secret from which second factors derive")

    @property
    def public_url(self) -> str:
        """The address of the desk, without a slash at its end."""
        return str(self.desk_public_url or f"http://{self.desk_host}:{self.desk_port}").rstrip("/")


class Unfit(ValueError):
    """The request can't be met; the message says why."""


async def invite(db: Connection, settings: DeskAccess, email: str, name: str, unit: str, role: str) -> str:
    """Invite somebody; return the link.

    Raises:
        Unfit: the unit has no desk, or no such role.
    """
    units = load(settings.region_dir, "units").units
    if unit not in units.desks:
        raise Unfit(f"{unit} has no desk: write `desk: true` in its row of units.yaml, then `lapor provision`")
    if role not in set(Role):
        raise Unfit(f"there is no role {role}: petugas, pimpinan, operator or pemantau")
    sorting, watching = units.holder(UnitRole.TRIAGE), over_all(units)
    if not belongs(role, unit, sorting, watching):
        are = [each.value for each in Role if belongs(each, unit, sorting, watching)]
        raise Unfit(f"{unit} has no {role}: it has {' and '.join(are)}")
    return f"{settings.public_url}/undangan/{await accounts.invite(db, email, name, unit, role, None)}"


async def everybody(db: Connection, settings: DeskAccess, emails: Sequence[str]) -> list[dict[str, Any]]:
    """List all people, or those with ``emails``: who they are, when last changed, and when they last logged in."""
    units, wanted = load(settings.region_dir, "units").units, {each.strip().lower() for each in emails}
    rows = await accounts.colleagues(db, list(units.by_code))
    return [
        {
            **{name: row[name] for name in ("email", "name", "unit", "role", "here")},
            "changed": row["changed_at"].isoformat(timespec="minutes"),
            "entered": row["entered_at"].isoformat(timespec="minutes") if row["entered_at"] else "",
        }
        for row in rows
        if not wanted or row["email"] in wanted
    ]


async def take_out(db: Connection, emails: Sequence[str]) -> None:
    """Remove people from the desk, all of ``emails`` or nobody.

    Raises:
        Unfit: an address belongs to nobody.
    """
    async with db.transaction():
        for email in dict.fromkeys(emails):
            found = await accounts.account(db, email)
            if found is None:
                raise Unfit(f"nobody here has the address {email}")
            await accounts.leave(db, found.person, None)


async def create_key(
    db: Connection, settings: DeskAccess, unit: str, system: str, contact: str, rights: Sequence[str], days: int
) -> tuple[str, Mapping[str, Any]]:
    """Create a key for a program of ``unit``; return it with its record.

    Raises:
        Unfit: the unit has no desk, or a value does not fit.
    """
    if unit not in load(settings.region_dir, "units").units.desks:
        raise Unfit(f"{unit} has no desk: write `desk: true` in its row of units.yaml, then `lapor provision`")
    if not is_system(system):
        raise Unfit("a program is called by 2 to 40 of a-z, 0-9 and -")
    if not contact.strip():
        raise Unfit("say who answers for it: --contact")
    if wrong := set(rights) - set(Right):
        raise Unfit(f"there is no right {min(wrong)}: read or reply")
    return await keys.create(db, unit, system, contact.strip(), list(rights) or list(Right), days, None)


async def every_key(db: Connection, settings: DeskAccess) -> list[Mapping[str, Any]]:
    """List the keys of all units."""
    return await keys.listed(db, list(load(settings.region_dir, "units").units.by_code))


async def revoke_key(db: Connection, settings: DeskAccess, key_id: str) -> Mapping[str, Any] | None:
    """Revoke a key and return its record; None if there is no such key."""
    return await keys.revoke(db, key_id, list(load(settings.region_dir, "units").units.by_code), None)


async def sent(db: Connection, *, failed: bool) -> list[dict[str, Any]]:
    """List the messages to people; with ``failed`` only those that were not sent, or perhaps not."""
    rows = await notices.log(db, None, failed=failed)
    return [
        {
            **{name: str(row[name]) for name in ("id", "medium", "kind", "state")},
            "to": f"{row['name']} ({row['unit']})",
            "about": " ".join(row["tickets"] or []),
            "why": row["detail"] or "",
            "at": (row["sent_at"] or row["created_at"]).isoformat(timespec="seconds"),
        }
        for row in rows
    ]


async def send_again(db: Connection, numbers: Sequence[UUID]) -> list[UUID]:
    """Queue messages to be sent again; return the ids of those that are."""
    now = datetime.now(UTC)
    return [number for number in numbers if await notices.again(db, number, None, now)]


async def demo(db: Connection, settings: DeskAccess) -> list[dict[str, Any]]:
    """Create the missing demo accounts, and say how each logs in.

    Their passwords derive from the desk's key: they stay the same, and are stored nowhere.

    Raises:
        Unfit: the desk is not on this machine alone.
    """
    if urlsplit(settings.public_url).hostname not in _HERE:
        raise Unfit("these accounts are to play with, on one machine: DESK_PUBLIC_URL leads elsewhere")
    rows = []
    region = load(settings.region_dir, "units", "categories")
    shares = Counter[str]()
    for each in region.categories.values():
        shares[each.unit or ""] += round(each.share * 100)
    for unit, role in _demo_people(region.units, shares):
        email, key = f"{role}.{unit.lower()}@contoh.id", settings.desk_key.get_secret_value().encode()
        digest = hmac.digest(key, f"demo {email}".encode(), hashlib.sha256)
        password = "-".join(b32encode(digest).decode().lower()[n : n + 5] for n in range(0, 20, 5))
        found = await accounts.account(db, email)
        if found is None or found.password is None:
            found = await _joined(db, email, f"{role.title()} {unit}", unit, role, password)
        code = ""
        if found.code_key:
            secret = passwords.code_secret(key, found.person.id, found.code_key)
            code = passwords.code_now(secret, time.time())
        rows.append({"email": email, "password": password, "code": code, "unit": unit, "role": role})
    return rows


def _demo_people(units: Units, shares: Mapping[str, int]) -> list[tuple[str, str]]:
    """List demo people: a clerk of each answering unit, by share of complaints; a head of the first unit; operators;
    and those who look over all, at the last resort and its supervisor."""
    over = {row.supervisor for row in units.rows}
    plain = [row.code for row in units.rows if row.desk and not row.has_role and row.code not in over]
    plain.sort(key=lambda unit: -shares[unit])
    sorting = [row.code for row in units.rows if row.desk and row.triage]
    conduct = [row.code for row in units.rows if row.desk and row.conduct]
    last = {code for row in units.rows if row.fallback for code in (row.code, row.supervisor)}
    above = [row.code for row in units.rows if row.desk and row.code in last]
    people = [(unit, Role.PETUGAS.value) for unit in (*plain, *conduct)]
    people += [(unit, Role.PIMPINAN.value) for unit in plain[:1]]
    people += [(unit, Role.OPERATOR.value) for unit in sorting] + [(unit, Role.PEMANTAU.value) for unit in above]
    return people


async def _joined(db: Connection, email: str, name: str, unit: str, role: str, password: str) -> accounts.Account:
    token = await accounts.invite(db, email, name, unit, role, None)
    person: tuple[Person, int] | None = await accounts.invited(db, token)
    number = person[1] if person and role in WITH_CODE else 0
    await accounts.accept(db, token, await passwords.hashed(password), number, 0)
    found = await accounts.account(db, email)
    assert found is not None  # noqa: S101 - just made
    return found
