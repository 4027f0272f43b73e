"""The counter: complaints by letter, by telephone or in person are typed in, checked, sent, and receipted."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from io import BytesIO
from typing import Annotated, Any
from uuid import UUID, uuid4

import segno
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from chassis.database import OUTAGES, is_outage
from chassis.faults import crash_point
from intake import report
from intake.texts import Texts
from unit_desk import counter
from unit_desk.adapters import counter as kept
from unit_desk.adapters.counter import Brought
from unit_desk.handlers.visit import Desk, NotAllowed, NotYours, page, see
from unit_desk.people import Person

log = logging.getLogger(__name__)
ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
#: How often complaints that wait are sent again, and their least age: before it, their clerk still looks at them.
AGAIN_S, NOT_BEFORE = 15, timedelta(seconds=20)


def _may(person: Person) -> None:
    if not person.answers:
        raise NotAllowed


@get("/loket")
async def form(desk: A_DESK, person: ME) -> Template:
    """Show an empty form, whose key makes two presses one complaint; and the complaints typed in lately."""
    _may(person)
    return await _form(desk, person, uuid4(), {}, {})


async def _form(
    desk: Desk, person: Person, key: UUID, typed: dict[str, str], problems: dict[str, str], *, before: str = ""
) -> Template:
    status = 422 if problems or before else 200
    return await page(
        desk, person, "loket.html", "loket", status=status,
        key=key, typed=typed, problems=problems, before=before, ways=counter.WAYS,
        areas=report.areas(desk.rules.texts.territory), ready=desk.intake is not None,
        mine=await kept.mine(desk.pool, person),
    )  # fmt: skip


@post("/loket", status_code=200)
async def take(desk: A_DESK, person: ME, data: Form) -> Response[Any]:
    """Show a warning if there is danger, show what was typed, or send it."""
    _may(person)
    key, typed, step, texts = _key(data.get("key", "")), counter.read(data), data.get("step", ""), desk.rules.texts
    if step == "ubah" or desk.intake is None:
        return await _form(desk, person, key, typed, {})
    danger = None if data.get("called") else counter.stop(typed.get("text", ""), texts)
    if not danger and (problems := counter.missing(typed)):
        return await _form(desk, person, key, typed, problems)
    if danger or step != "kirim":
        body = counter.body_of(typed, texts)
        return await page(
            desk, person, "loket-periksa.html", "loket",
            key=key, typed=typed, danger=danger, body=body, ways=counter.WAYS, called=bool(data.get("called")),
            place_missing=counter.lacks_place(typed, texts), fields=counter.FIELDS,
        )  # fmt: skip
    await kept.keep(desk.pool, key, person, typed)
    crash_point("ack.after_commit_before_response")
    known = await _mine(desk, person, key)
    if known.digest != counter.digest(typed):
        # The clerk went back, changed the form and sent it again: the first complaint stands; this would be another.
        return await _form(desk, person, uuid4(), typed, {}, before=known.ticket or str(known.key))
    await deliver(desk, key)
    return see(f"/loket/{key}")


@get("/loket/{key:uuid}")
async def show(desk: A_DESK, person: ME, key: UUID) -> Template:
    """Show the receipt; or what must be fixed; or that the complaint waits."""
    brought = await _mine(desk, person, key)
    if brought.ticket:
        return await _receipt(desk, person, brought)
    if brought.wrong:
        return await _form(desk, person, key, dict(brought.typed or {}), dict(brought.wrong))
    body = counter.body_of(brought.typed or {}, desk.rules.texts)
    return await page(desk, person, "loket-tunggu.html", "loket", brought=brought, body=body, ways=counter.WAYS)


@post("/loket/{key:uuid}")
async def again(desk: A_DESK, person: ME, key: UUID) -> Response[Any]:
    """Send a complaint that waits once more."""
    await _mine(desk, person, key)
    await deliver(desk, key)
    return see(f"/loket/{key}")


async def _mine(desk: Desk, person: Person, key: UUID) -> Brought:
    brought = await kept.one(desk.pool, key)
    if brought is None or brought.person != person.id:
        raise NotYours
    return brought


async def _receipt(desk: Desk, person: Person, brought: Brought) -> Template:
    texts = desk.rules.texts
    link = f"{brought.page}/buka#{brought.code}"
    picture = BytesIO()
    segno.make(link, micro=False, error="m").save(
        picture, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass="qr-code", lineclass=None
    )
    return await page(
        desk, person, "loket-tanda.html", "loket",
        brought=brought, picture=picture.getvalue().decode(), say=_said(brought, texts), ways=counter.WAYS,
        by_sms=desk.settings.sends_sms,
    )  # fmt: skip


def _said(brought: Brought, texts: Texts) -> dict[str, str]:
    """Make the sentences of a receipt."""
    site, words = (brought.page or "").partition("/laporan/")[0], texts.counter
    how = f" {texts.both} ".join(words[f"by_{medium}"] for medium in brought.told_by if f"by_{medium}" in words)
    values = {
        **texts.promises,
        "ticket": brought.ticket,
        "site": site.partition("://")[2] or site,
        "number": texts.on_web("sms_number"),
        "begins": texts.on_web("sms_begins").strip(),
        "how": how,
    }
    said = {name: text.format(**values) for name, text in words.items()}
    return {**said, "news": said["told"] if how else said["untold"]}


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return uuid4()


async def deliver(desk: Desk, key: UUID) -> None:
    """Hand in the complaint typed under ``key``, if it waits. Handed in twice, it is the same complaint."""
    brought = await kept.one(desk.pool, key)
    if desk.intake is None or brought is None or brought.typed is None or brought.wrong is not None:
        return
    body = counter.body_of(brought.typed, desk.rules.texts)
    await kept.settle(desk.pool, key, await desk.intake.send(str(key), body))


async def keep_delivering(desk: Desk) -> None:
    """Run until cancelled: hand in complaints that wait, even after their clerk has left; delete old ones."""
    while True:
        try:
            for key in await kept.waiting(desk.pool, NOT_BEFORE):
                await deliver(desk, key)
            await kept.sweep(desk.pool)
        except OUTAGES as error:
            if not is_outage(error):
                raise
            log.warning("database_away", extra={"error": type(error).__name__})
        await asyncio.sleep(AGAIN_S)
