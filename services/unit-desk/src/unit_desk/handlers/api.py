"""The API for programs of units: they read and reply with a key, without Kafka."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Dependency
from msgspec import Raw
from msgspec.structs import replace

from chassis.keys import check
from contracts import ticket as tickets
from contracts.events import UnitReplied
from contracts.ids import derived_id
from unit_desk import checks
from unit_desk.adapters import accounts, complaints, keys, log
from unit_desk.adapters.complaints import OtherReply
from unit_desk.adapters.keys import Right, UnitKey
from unit_desk.handlers.api_problems import Problem
from unit_desk.handlers.visit import Desk
from unit_desk.shapes import MOST_EVENTS, MOST_WAIT_S, USUAL_EVENTS, Accepted, EventsOut, ProgramEvent

A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
MOST_BODY = 256 * 1024
_EVERY_S = 0.3
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,200}")
_reply = msgspec.json.Decoder(UnitReplied)
_PRIVATE = {"Cache-Control": "no-store"}


def _may(wait_s: float) -> None:
    if wait_s:
        raise Problem("too-often", wait_s=wait_s)


async def _key_of(request: Request[Any, Any, Any], desk: Desk, code: str, right: Right) -> UnitKey:
    """Return the key of the request, if it is valid for the unit and allows ``right``.

    Raises:
        Problem, chassis.keys.KeyRefused: it is not, or the request has no key.
    """
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not shown.strip():
        raise Problem("key-missing")
    found = await keys.find(desk.pool, shown.strip())
    check(found, right, datetime.now(UTC))
    assert found is not None  # noqa: S101 - it was checked
    if found.unit != code.upper():
        raise Problem("key-not-allowed")
    if found.unit not in desk.rules.desks:
        raise Problem("not-found")
    return found


@get("/api/v1/units/{code:str}/events")
async def events(
    request: Request[Any, Any, Any],
    desk: A_DESK,
    code: str,
    after: str = log.START,
    limit: int = USUAL_EVENTS,
    wait: int = 0,
) -> Response[bytes]:
    """Return the events after a cursor; with ``wait``, wait at most so many seconds for the first one."""
    key = await _key_of(request, desk, code, Right.READ)
    _may(desk.allowance.wait_s(key.id, Right.READ))
    problems = {
        "limit": f"1 sampai {MOST_EVENTS}" if not 1 <= limit <= MOST_EVENTS else "",
        "wait": f"0 sampai {MOST_WAIT_S} detik" if not 0 <= wait <= MOST_WAIT_S else "",
    }
    if any(problems.values()):
        raise Problem("invalid-fields", errors={field: why for field, why in problems.items() if why})
    found = await _read(desk, key, after, limit)
    if not found and wait:
        with desk.allowance.waiting(key.id) as may:
            _may(0 if may else MOST_WAIT_S)
            await _something_came(desk, key, after, wait)
        # The key may have been revoked during the wait.
        key = await _key_of(request, desk, code, Right.READ)
        found = await _read(desk, key, after, limit)
    if found:
        span = f"{key_name(key)} {found[0].n}-{found[-1].n}"
        await accounts.note(desk.pool, None, "baca lewat API", unit=key.unit, about=span)
    answer = EventsOut(
        events=[_event(each) for each in found],
        next=found[-1].cursor if found else after,
        more=bool(found) and await log.is_behind(desk.pool, key.unit, found[-1].n),
    )
    return Response(msgspec.json.encode(answer), headers=_PRIVATE, media_type="application/json")


def key_name(key: UnitKey) -> str:
    """Return the name of a key in the audit."""
    return f"kunci {key.id}"


def _event(entry: log.Entry) -> ProgramEvent:
    value: Any = None if entry.value is None else Raw(entry.value)
    return ProgramEvent(cursor=entry.cursor, complaint_id=entry.complaint_id, event=value)


async def _read(desk: Desk, key: UnitKey, after: str, limit: int) -> list[log.Entry]:
    try:
        return await log.read(desk.pool, key.unit, after, limit)
    except log.CursorLost as error:
        raise Problem("cursor-lost") from error


async def _something_came(desk: Desk, key: UnitKey, after: str, wait_s: float) -> None:
    place, loop = int(after.partition("-")[0]), asyncio.get_running_loop()
    until = loop.time() + wait_s
    # A desk that is told to stop answers waiting requests, so that the programs ask another process.
    while loop.time() < until and not desk.stopping():
        await asyncio.sleep(_EVERY_S)
        if await log.is_behind(desk.pool, key.unit, place):
            return


@post("/api/v1/units/{code:str}/replies", status_code=202)
async def reply(request: Request[Any, Any, Any], desk: A_DESK, code: str) -> Response[bytes]:
    """Take a reply: check it, store it, and queue it for the router, which decides."""
    key = await _key_of(request, desk, code, Right.REPLY)
    _may(desk.allowance.wait_s(key.id, Right.REPLY))
    once = request.headers.get("idempotency-key", "")
    if not _IDEMPOTENCY_KEY.fullmatch(once):
        missing = "Wajib: 1 sampai 200 huruf ASCII, satu untuk setiap balasan."
        raise Problem("invalid-fields", errors={"Idempotency-Key": missing})
    said = _said(await _body(request))
    row = await complaints.of_unit(desk.pool, said.ticket, key.unit)
    if row is None:
        raise Problem("unknown-complaint")
    # Each unit has ids of its own, so its keys can't collide with another unit's.
    reply_id = UUID(derived_id(f"{key.unit}\x1f{once}", "unit.replied.v1"))
    if await complaints.answer_of(desk.pool, reply_id) is None:
        if row.complaint.erased:
            raise Problem("erased")
        if errors := checks.wrong(said, row.told, desk.rules):
            raise Problem("invalid-fields", errors=errors)
        if checks.not_now(said, row.told, desk.rules):
            raise Problem("not-now")
    try:
        async with desk.pool.acquire() as db, db.transaction():
            if await complaints.reply_of_program(db, row, key.id, reply_id, said, datetime.now(UTC)):
                await accounts.note(db, None, said.action, unit=key.unit, ticket=row.ticket, about=key_name(key))
    except OtherReply as error:
        raise Problem("key-reused") from error
    desk.wake()
    cursor = await log.before_reply(desk.pool, reply_id)
    body = Accepted(event_id=str(reply_id), cursor=cursor, ticket=row.ticket)
    return Response(msgspec.json.encode(body), status_code=202, headers=_PRIVATE, media_type="application/json")


async def _body(request: Request[Any, Any, Any]) -> bytes:
    body, size = list[bytes](), 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BODY:
            raise Problem("too-large")
        body.append(part)
    return b"".join(body)


def _said(body: bytes) -> UnitReplied:
    try:
        said = _reply.decode(body)
    except msgspec.ValidationError as error:
        # The error names the field and the expected type, but does not quote what was sent.
        about, _, where = str(error).partition(" - at `$")
        raise Problem("invalid-fields", errors={where.strip("`.") or "body": about}) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("bad-request") from error
    ticket = tickets.parse(said.ticket)
    if ticket is None:
        raise Problem("invalid-fields", errors={"ticket": "Bukan nomor laporan, misalnya SPG-S4K7-Q2MDN."})
    return replace(said, ticket=ticket)
