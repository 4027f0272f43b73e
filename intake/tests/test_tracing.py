"""A trace begins where a citizen's words are taken, and ends with the notice to the citizen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from chassis import tracing
from chassis.database import Pool
from chassis.wire import TRACEPARENT
from contracts.events import FollowUp
from intake.additions import follow_up
from intake.notices import NewNotice, Notice, NoticeKind, Refused, TryLater, add_notices
from intake.sending import send_notices
from intake.submissions import Accepted, IntakeSettings, Submission, accept
from testing.otlp import Backend, Told, otlp_backend, place
from testing.waiting import finish

pytestmark = pytest.mark.connected
CAUSE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SMS = Submission(channel="sms", gateway="kannel", external_id="mo-1", text="Jalan rusak", address="+6281234567890")
Settings = Callable[..., IntakeSettings]


@pytest.fixture
def backend() -> Iterator[Backend]:
    with otlp_backend() as backend:
        yield backend


@pytest.fixture
def traced(backend: Backend, make_settings: Settings) -> Iterator[Settings]:
    tracing.start("intake-sms", make_settings(otel_exporter_otlp_endpoint=backend.url))
    yield make_settings
    tracing.stop()


def all_told(backend: Backend) -> list[Told]:
    tracing.stop()  # sends what is left
    return backend.told


async def take(pool: Pool, settings: Settings) -> Accepted:
    return await accept(pool, settings(), "intake-sms", SMS, lambda view: f"{view.ticket} diterima")


async def add(pool: Pool, settings: Settings, ticket: str) -> bool:
    item = FollowUp(id="a1", kind="addition", at=datetime.now(UTC), text="depan masjid")
    return await follow_up(pool, settings(), "intake-sms", ticket, item) is not None


async def headers(pool: Pool) -> list[str | None]:
    rows = await pool.fetch("SELECT headers FROM outbox ORDER BY seq")
    return [dict(json.loads(row["headers"])).get(TRACEPARENT) for row in rows]


async def test_complaint_and_addition_each_begin_one_trace(pool: Pool, backend: Backend, traced: Settings) -> None:
    accepted = await take(pool, traced)
    await take(pool, traced)  # the gateway repeats it
    assert await add(pool, traced, accepted.ticket)
    assert await add(pool, traced, accepted.ticket)

    complaint, addition = all_told(backend)
    assert ["create complaint.received.v1", "create complaint.followed-up.v1"] == [complaint.name, addition.name]
    assert [complaint.at, addition.at] == [place(header or "") for header in await headers(pool)]
    assert complaint.at == place(await pool.fetchval("SELECT trace FROM notices"))
    for told in (complaint, addition):
        assert (None, (), accepted.complaint_id) == (told.parent, told.links, told.attributes["lapor.complaint_id"])


async def test_disabled_tracing_leaves_no_trace(pool: Pool, make_settings: Settings) -> None:
    accepted = await take(pool, make_settings)
    await add(pool, make_settings, accepted.ticket)

    assert [None, None] == await headers(pool)
    assert "" == await pool.fetchval("SELECT trace FROM notices")


async def test_sending_goes_on_with_the_trace_and_what_is_tried_again_is_linked(
    pool: Pool, backend: Backend, traced: Settings
) -> None:
    troubles: list[Exception] = [TryLater("busy", after_s=0.05), Refused("nomor 0812")]

    async def send(notice: Notice) -> None:
        raise troubles.pop(0)

    notices = [
        NewNotice("A", NoticeKind.STEP, "1", "x", "+62811", trace=CAUSE),
        NewNotice("B", NoticeKind.ANSWER, "1", "x", "+62812"),
    ]
    async with pool.acquire() as db, db.transaction():
        await add_notices(db, notices[:1])
    sender = asyncio.create_task(send_notices(pool, "sms", send))
    async with asyncio.timeout(60):
        while troubles:
            await asyncio.sleep(0.02)
        async with pool.acquire() as db, db.transaction():
            troubles.append(Refused("B"))
            await add_notices(db, notices[1:])
        while troubles:
            await asyncio.sleep(0.02)
    sender.cancel()
    await finish(sender)

    first, again = all_told(backend)  # a retry without a hop as its cause is not part of a trace
    assert (place(CAUSE), ()) == (first.parent, first.links)
    assert (None, (place(CAUSE),)) == (again.parent, again.links)
    assert ["TryLater", "Refused"] == [told.attributes["error.type"] for told in (first, again)]
    assert ("intake-sms", "send notice", "step") == (first.service, first.name, first.attributes["lapor.notice.kind"])
    assert b"0812" not in b"".join(backend.raw)
