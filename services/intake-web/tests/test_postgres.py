"""Guarantees that only a real PostgreSQL can give: one complaint per key, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from chassis.database import Pool, open_pool
from contracts import codec, ticket
from intake.complaint_view import ComplaintView, Step, save_views
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE
from intake_web.domain import MAX_FOLLOW_UPS
from intake_web.settings import WebSettings
from lapor.demo.player import somebody
from testing.servers import Stack
from testing.waiting import BOUND_S, within

pytestmark = pytest.mark.connected

KEY = {"Idempotency-Key": "a3f2c1d0-0000-4000-8000-000000000001"}
SECRET = {"Access-Secret": "k9Qw2mZx8Lr4Tn6Y"}
BODY = {"text": "Lampu jalan padam, hubungi 081234567890", "name": "Andi", "anonim": False}


async def submit(
    kept: httpx.AsyncClient, body: Mapping[str, Any] = BODY, headers: Mapping[str, str] = MappingProxyType({})
) -> httpx.Response:
    return await kept.post("/v1/complaints", json=body, headers={**KEY, **headers})


async def tell_more(kept: httpx.AsyncClient, number: str, text: str, key: str = "one") -> httpx.Response:
    body, headers = {"kind": "addition", "text": text}, {"Idempotency-Key": key, **SECRET, **somebody()}
    return await kept.post(f"/v1/complaints/{number}/follow-ups", json=body, headers=headers)


async def published(pool: Pool) -> list[Any]:
    return [codec.decode(row["value"]) for row in await pool.fetch("SELECT value FROM outbox ORDER BY seq")]


async def test_the_same_again_gets_the_same_answer_and_is_one_complaint(kept: httpx.AsyncClient, pool: Pool) -> None:
    first = await submit(kept)
    again = await submit(kept)

    assert (first.status_code, again.status_code, again.content) == (202, 202, first.content)
    (event,) = await published(pool)
    assert event.subject == first.json()["complaint_id"]
    assert event.data.ticket == first.json()["ticket"]


async def test_saved_complaint_is_confirmed_when_the_database_dies_before_the_redirect(
    kept: httpx.AsyncClient, pool: Pool, stack: Stack
) -> None:
    typed = {"text": "Banjir di Marioriwawo", "key": "a-key", "secret": "k9Qw2mZx8Lr4Tn6Y"}
    sent = (await kept.post("/", data=typed)).headers["location"]
    number = sent.split("/")[2].split("?")[0]
    stack.kill_postgres()
    try:
        page = await kept.get(sent)
    finally:
        stack.start_postgres()

    assert (503, "5") == (page.status_code, page.headers["retry-after"])
    assert f"SUDAH kami terima, nomornya {number}." in page.text
    async with asyncio.timeout(60):
        while (again := await kept.get(sent)).status_code == 503:
            await asyncio.sleep(0.1)
    assert number in again.text


async def test_published_event_carries_no_reporter_identity(kept: httpx.AsyncClient, pool: Pool) -> None:
    await submit(kept)

    (row,) = await pool.fetch("SELECT value FROM outbox")
    assert b"[TELEPON]" in row["value"]
    assert b"Andi" not in row["value"]
    assert await pool.fetchval("SELECT name FROM reporters") == "Andi"


async def test_anonymous_reporter_is_stored_without_name_or_contact(kept: httpx.AsyncClient, pool: Pool) -> None:
    await submit(kept, {**BODY, "phone": "081234567890", "email": "a@contoh.id", "anonim": True})

    row = await pool.fetchrow("SELECT address, name, phone, email FROM reporters")
    assert tuple(row) == (None, None, None, None)


@pytest.mark.parametrize(
    ("body", "headers"),
    [({**BODY, "text": "Jalan rusak"}, SECRET), ({**BODY, "rahasia": True}, SECRET), (BODY, {})],
    ids=["other text", "other flag", "no secret"],
)
async def test_the_same_key_for_something_else_is_refused(
    kept: httpx.AsyncClient, body: dict[str, Any], headers: dict[str, str]
) -> None:
    number = (await submit(kept, headers=SECRET)).json()["ticket"]

    response = await submit(kept, body, headers)

    assert (response.status_code, response.json()["type"]) == (422, "urn:lapor:problem:idempotency-key-reused")
    assert number not in response.text


async def test_a_replay_with_another_secret_is_refused(kept: httpx.AsyncClient) -> None:
    await submit(kept, headers=SECRET)

    assert (await submit(kept, headers={"Access-Secret": "x" * 22})).status_code == 422


async def test_many_at_once_with_one_key_are_one_complaint(kept: httpx.AsyncClient, pool: Pool) -> None:
    answers = await within(asyncio.gather(*(submit(kept) for _ in range(20))))

    assert Counter((a.status_code, a.json()["ticket"]) for a in answers).most_common() == [
        ((202, answers[0].json()["ticket"]), 20)
    ]
    assert await pool.fetchval("SELECT count(*) FROM complaints") == 1
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_many_at_once_with_two_texts_are_one_complaint_and_refusals(kept: httpx.AsyncClient, pool: Pool) -> None:
    answers = await within(asyncio.gather(*(submit(kept, {"text": f"Teks {n % 2}"}) for n in range(10))))

    assert Counter(a.status_code for a in answers) == {202: 5, 422: 5}
    assert await pool.fetchval("SELECT count(*) FROM complaints") == 1


async def test_an_outage_gives_no_ticket_and_afterwards_the_same_key_is_taken(
    stack: Any, kept: httpx.AsyncClient, pool: Pool
) -> None:
    await submit(kept, headers={"Idempotency-Key": "before"})
    await asyncio.to_thread(stack.kill_postgres)
    try:
        away = await submit(kept)
        read = await kept.get(f"/v1/complaints/{ticket.mint('web')}")
        page = await kept.get(f"/laporan/{ticket.mint('web')}")
    finally:
        await asyncio.to_thread(stack.start_postgres)

    back = await submit(kept)

    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    assert "SPG-" not in away.text
    assert (read.status_code, page.status_code, back.status_code) == (503, 503, 202)
    assert await pool.fetchval("SELECT count(*) FROM complaints") == 2


async def test_a_database_that_does_not_answer_is_given_up_in_time(
    dsn: str, pool: Pool, make_settings: Callable[..., WebSettings], client_on: Callable[..., httpx.AsyncClient]
) -> None:
    slow = await open_pool(dsn, connected=0)
    store = PostgresStore(slow, make_settings(), SERVICE, lambda: None, within_s=0.3)
    async with pool.acquire() as db, db.transaction(), client_on(store) as client:
        await db.execute("LOCK TABLE complaints")
        stuck = await submit(client)
    async with client_on(store) as client:
        freed = await submit(client)
    slow.terminate()

    assert (stuck.status_code, freed.status_code) == (503, 202)


async def test_the_number_of_an_office_is_not_masked(
    pool: Pool, make_settings: Callable[..., WebSettings], client_on: Callable[..., httpx.AsyncClient]
) -> None:
    store = PostgresStore(pool, make_settings(), SERVICE, lambda: None, within_s=BOUND_S, keep=["0484-21001"])
    async with client_on(store) as client:
        made = await submit(client, {"text": "Lampu mati, 0484-21001 tidak diangkat"}, SECRET)
        await tell_more(client, made.json()["ticket"], "0484-21001 masih tidak diangkat")
    values = [row["value"] for row in await pool.fetch("SELECT value FROM outbox")]
    assert (2, []) == (len(values), [value for value in values if b"0484-21001" not in value])


async def test_a_story_in_the_database_is_told(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = (await submit(kept)).json()["ticket"]
    step = Step(seq=0, kind="registered", at=datetime(2026, 11, 24, 10, tzinfo=UTC), text=f"{number} terdaftar.")
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=0, status="registered", steps=[step])})

    body = (await kept.get(f"/v1/complaints/{number}")).json()

    assert (body["status"], [step["text"] for step in body["history"]]) == ("registered", ["Terdaftar."])
    assert body["received_at"]


async def test_the_page_counts_who_reported_the_same(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = (await submit(kept)).json()["ticket"]
    async with pool.acquire() as db:
        await save_views(db, {t: ComplaintView(ticket=t, seq=1, status="merged", parent=number) for t in ("A", "B")})

    page = (await kept.get(f"/laporan/{number}")).text

    assert (await kept.get(f"/v1/complaints/{number}")).json()["reporters"] == 3
    assert "3 pelapor" in page


async def test_confidential_child_is_counted_by_its_parent_but_never_linked_to_it(
    kept: httpx.AsyncClient, pool: Pool
) -> None:
    parent = (await submit(kept)).json()["ticket"]
    headers = {**SECRET, "Idempotency-Key": "confidential"}
    child = (await kept.post("/v1/complaints", json={**BODY, "rahasia": True}, headers=headers)).json()["ticket"]
    merged = ComplaintView(ticket=child, seq=2, status="merged", unit="PUPR", parent=parent, registered=True)
    async with pool.acquire() as db:
        await save_views(db, {child: merged, parent: ComplaintView(ticket=parent, seq=1, status="routed", unit="PUPR")})

    above, below = [[await kept.get(f"/{path}/{t}") for path in ("v1/complaints", "laporan")] for t in (parent, child)]

    assert 2 == above[0].json()["reporters"]
    assert [] == [each.url for each in above if child in each.text]
    assert [] == [each.url for each in below if parent in each.text or "Pekerjaan Umum" in each.text]
    opened = (await kept.get(f"/v1/complaints/{child}", headers=SECRET)).json()
    assert (parent, "PUPR") == (opened["parent"], opened["unit"])


async def add(
    kept: httpx.AsyncClient, number: str, body: Mapping[str, Any], headers: Mapping[str, str]
) -> httpx.Response:
    return await kept.post(f"/v1/complaints/{number}/follow-ups", json=body, headers=headers)


async def test_reporter_access_attempts_are_logged_up_to_a_daily_limit(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = (await submit(kept, headers=SECRET)).json()["ticket"]
    page, api, nobodys = f"/laporan/{number}", f"/v1/complaints/{number}", ticket.mint("web")

    async def noted() -> list[tuple[Any, ...]]:
        rows = await pool.fetch("SELECT who, what, count(*) FROM reporter_accesses GROUP BY who, what ORDER BY what")
        return [tuple(row) for row in rows]

    await kept.get(page)
    await kept.get(api)
    assert [] == await noted()  # a stranger asked, and got the strangers' view
    await kept.post(page, data={"secret": "k9Qw2mZx8Lr4Tn6Z"})
    await kept.post(page, data={"secret": SECRET["Access-Secret"]})
    for _ in range(2):
        await kept.get(page)
    first = await noted()
    for n in range(25):
        await kept.get(api, headers={**SECRET, **somebody()})
        await kept.get(api, headers={"Access-Secret": f"k9Qw2mZx8Lr4Tn{n}", **somebody()})
    for path in (f"/v1/complaints/{nobodys}/evidence/x.jpg", f"/masuk/{nobodys}/x"):
        assert 404 == (await kept.get(path, headers={**SECRET, **somebody()})).status_code

    shown = ("reporter", "shown in a browser that has it", 1)
    assert [("unknown", "code refused", 1), ("reporter", "opened by code", 1), shown] == first
    assert [("unknown", "code refused", 3), ("reporter", "opened by code", 20), shown] == await noted()
    await pool.execute("UPDATE reporter_accesses SET at = at - interval '25 h'")
    await kept.get(api, headers={**SECRET, **somebody()})
    assert ("reporter", "opened by code", 21) in await noted()


async def test_an_addition_is_published_once_with_all_before_it(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = (await submit(kept, headers=SECRET)).json()["ticket"]

    for key, body in (("1", {"kind": "addition", "text": "Tiang 7"}), ("2", {"kind": "rating", "rating": 4})):
        for _ in range(2):
            assert (await add(kept, number, body, {**SECRET, "Idempotency-Key": key})).status_code == 202

    _, first, second = await published(pool)
    assert [item.text for item in first.data.items] == ["Tiang 7"]
    assert [item.kind for item in second.data.items] == ["addition", "rating"]


async def test_the_key_of_an_addition_is_not_taken_for_another(kept: httpx.AsyncClient) -> None:
    number = (await submit(kept, headers=SECRET)).json()["ticket"]
    headers = {**SECRET, "Idempotency-Key": "1"}

    await add(kept, number, {"kind": "addition", "text": "Tiang 7"}, headers)
    other = await add(kept, number, {"kind": "addition", "text": "Tiang 8"}, headers)

    assert other.status_code == 422


async def test_a_stranger_adds_nothing(kept: httpx.AsyncClient, pool: Pool) -> None:
    with_secret = (await submit(kept, headers=SECRET)).json()["ticket"]
    without = (await submit(kept, headers={"Idempotency-Key": "other"})).json()["ticket"]
    body, key = {"kind": "cancel"}, {"Idempotency-Key": "1"}

    answers = [
        await add(kept, with_secret, body, {**key, "Access-Secret": "x" * 22}),
        await add(kept, with_secret, body, key),
        await add(kept, without, body, {**key, **SECRET}),
        await add(kept, ticket.mint("web"), body, {**key, **SECRET}),
    ]

    assert {(a.status_code, a.content) for a in answers} == {(404, answers[0].content)}
    assert len(await published(pool)) == 2


async def test_additions_have_an_end_that_is_said(kept: httpx.AsyncClient) -> None:
    number = (await submit(kept, headers=SECRET)).json()["ticket"]
    body = {"kind": "addition", "text": "\U0001f987" * 4_000}

    codes = [
        (await add(kept, number, body, {**SECRET, **somebody(), "Idempotency-Key": str(n)})).status_code
        for n in range(MAX_FOLLOW_UPS + 1)
    ]

    assert codes == [202] * MAX_FOLLOW_UPS + [422]


async def test_a_finished_complaint_takes_no_addition_but_knows_the_one_it_has(
    kept: httpx.AsyncClient, pool: Pool
) -> None:
    number = (await submit(kept, headers=SECRET)).json()["ticket"]
    body, first = {"kind": "addition", "text": "Tiang 7"}, {**SECRET, "Idempotency-Key": "1"}
    await add(kept, number, body, first)
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=3, status="closed")})

    again = await add(kept, number, body, first)
    late = await add(kept, number, body, {**SECRET, "Idempotency-Key": "2"})
    right = await add(kept, number, {"kind": "rights_request", "right": "erasure"}, {**SECRET, "Idempotency-Key": "3"})

    assert (again.status_code, late.status_code, right.status_code) == (202, 422, 202)
    assert late.json()["type"] == "urn:lapor:problem:complaint-finished"
    assert [len(event.data.items) for event in (await published(pool))[1:]] == [1, 2]


async def test_many_additions_at_once_with_one_key_are_one_addition_and_refusals(
    kept: httpx.AsyncClient, pool: Pool
) -> None:
    number = (await submit(kept, headers=SECRET)).json()["ticket"]
    answers = await within(asyncio.gather(*(tell_more(kept, number, f"Tambahan {n % 2}") for n in range(8))))
    assert Counter(a.status_code for a in answers) == {202: 4, 422: 4}
    assert 1 == await pool.fetchval("SELECT jsonb_array_length(follow_ups) FROM complaints")


async def test_many_additions_at_once_are_no_more_than_there_may_be(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = (await submit(kept, headers=SECRET)).json()["ticket"]
    answers = await within(
        asyncio.gather(*(tell_more(kept, number, f"Tambahan {n}", f"key-{n}") for n in range(MAX_FOLLOW_UPS + 8)))
    )
    assert Counter(a.status_code for a in answers) == {202: MAX_FOLLOW_UPS, 422: 8}
    assert MAX_FOLLOW_UPS == await pool.fetchval("SELECT jsonb_array_length(follow_ups) FROM complaints")
