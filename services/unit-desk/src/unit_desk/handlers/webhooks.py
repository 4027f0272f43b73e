"""The webhooks of a unit's programs: its head adds, tests, inspects and removes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from chassis import public_hosts
from unit_desk import webhook_notices
from unit_desk.adapters import webhooks
from unit_desk.handlers import programs
from unit_desk.handlers.staff import units_of
from unit_desk.handlers.visit import Desk, NotAllowed, NotYours, page, see
from unit_desk.people import Person

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
#: The outcome of a try, in words; any other code is an HTTP status.
RESULTS: Mapping[str, str] = {
    "address": "alamatnya salah tulis",
    "scheme": "alamatnya tidak dimulai dengan https://",
    "private-network": "alamatnya di jaringan dalam, dan ke situ tidak dikirim",
    "no-such-host": "nama servernya tidak ditemukan",
    "timeout": "tidak dijawab dalam 10 detik",
    "tls": "sertifikatnya tidak sah",
    "no-answer": "sambungannya gagal",
}


def said(result: str | None) -> str:
    """Say what became of a try."""
    if not result:
        return "belum dicoba"
    if result.startswith("2"):
        return f"diterima ({result})"
    if result.startswith("3"):
        return f"dialihkan ({result}), dan pengalihan tidak diikuti"
    return RESULTS.get(result, f"ditolak ({result})")


async def _found(desk: Desk, person: Person, webhook: UUID) -> Mapping[str, Any]:
    found = await webhooks.one(desk.pool, webhook, units_of(desk, person))
    if found is None:
        raise NotYours
    return found


async def _page(desk: Desk, person: Person, found: Mapping[str, Any], **more: Any) -> Template:
    given = {
        "webhook": await _found(desk, person, found["id"]),
        "deliveries": await webhooks.deliveries(desk.pool, found["id"]),
        "both_until": webhooks.both_until(found, datetime.now(UTC)),
        "said": said, "secret": "", "tested": "", **more,
    }  # fmt: skip
    return await page(desk, person, "webhook.html", "program", **given)


async def _wrong(desk: Desk, url: str) -> str:
    """Say what is wrong with an address; empty if we can send to it."""
    try:
        await public_hosts.place_of(url, desk.courier.allowed, desk.courier.resolve)
    except public_hosts.Unfit as error:
        return f"Tidak dapat dipakai: {RESULTS[error.why]}."
    except OSError:
        return "Nama servernya tidak ditemukan. Periksa ejaannya."
    return ""


@post("/program/webhook", status_code=200)
async def add(desk: A_DESK, person: ME, data: Form) -> Template:
    """Add a webhook; its secret is shown once."""
    unit, url = data.get("unit", "") or person.unit, data.get("url", "").strip()[:2_000]
    if unit not in units_of(desk, person):
        raise NotAllowed
    problem, added = await _wrong(desk, url), None
    if not problem:
        async with desk.pool.acquire() as db:
            added = await webhooks.add(db, unit, url, person)
        problem = "" if added else f"Unit ini sudah punya {webhooks.MOST_OF_UNIT} webhook. Lepas satu dulu."
    if added is None:
        return await programs.show(desk, person, status=422, typed=data, problems={"url": problem})
    found = await _found(desk, person, added)
    return await _page(desk, person, found, secret=webhook_notices.secret_of(desk.settings.key, added, 1), new=True)


@get("/program/webhook/{webhook:uuid}")
async def show(desk: A_DESK, person: ME, webhook: UUID) -> Template:
    """Show the latest deliveries to a webhook, and what became of each."""
    return await _page(desk, person, await _found(desk, person, webhook))


@post("/program/webhook/{webhook:uuid}/uji", status_code=200)
async def try_out(desk: A_DESK, person: ME, webhook: UUID) -> Template:
    """Send a test notice now, also to a webhook that is off."""
    found = await _found(desk, person, webhook)
    async with desk.pool.acquire() as db:
        delivery = await webhooks.new_test(db, found, person)
    return await _page(desk, person, found, tested=await desk.courier.send(delivery))


@post("/program/webhook/{webhook:uuid}/rahasia", status_code=200)
async def rotate(desk: A_DESK, person: ME, webhook: UUID) -> Template:
    """Create a secret, which is shown once; the old one is valid for another day."""
    found = await _found(desk, person, webhook)
    async with desk.pool.acquire() as db:
        number = await webhooks.rotate(db, found, person)
    secret = webhook_notices.secret_of(desk.settings.key, webhook, number) if number else ""
    return await _page(desk, person, await _found(desk, person, webhook), secret=secret)


@post("/program/webhook/{webhook:uuid}/nyalakan")
async def switch_on(desk: A_DESK, person: ME, webhook: UUID) -> Response[Any]:
    """Switch a webhook on again."""
    found = await _found(desk, person, webhook)
    async with desk.pool.acquire() as db:
        await webhooks.switch_on(db, found, person)
    return see(f"/program/webhook/{webhook}")


@post("/program/webhook/{webhook:uuid}/ulang/{delivery:uuid}")
async def again(desk: A_DESK, person: ME, webhook: UUID, delivery: UUID) -> Response[Any]:
    """Queue a delivery again, under the same id."""
    found = await _found(desk, person, webhook)
    async with desk.pool.acquire() as db:
        if not await webhooks.again(db, found, delivery, person):
            raise NotYours
    return see(f"/program/webhook/{webhook}")


@post("/program/webhook/{webhook:uuid}/lepas")
async def remove(desk: A_DESK, person: ME, webhook: UUID) -> Response[Any]:
    """Remove a webhook."""
    found = await _found(desk, person, webhook)
    async with desk.pool.acquire() as db:
        await webhooks.remove(db, found, person)
    return see("/program")
