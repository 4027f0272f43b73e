"""The API for programs of units, which read and send with a key, on a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from desk_office import NUMBER, URL, Tell, sent

from chassis.batch import BatchHandler
from chassis.database import Pool
from chassis.keys import hash_of
from chassis.wire import Record, Tombstone, tombstone
from contracts import codec, ticket
from contracts.events import ReplyAnswer, UnitRouted
from contracts.topics import unit_routed
from testing.events import a_snapshot
from testing.waiting import within
from unit_desk import allowance
from unit_desk.adapters import keys, log, told
from unit_desk.app import build_app, handler
from unit_desk.handlers import api
from unit_desk.handlers.visit import Desk
from unit_desk.projection import Kept, Logged
from unit_desk.rules import Rules
from unit_desk.shapes import MOST_WAIT_S

pytestmark = pytest.mark.connected
DONE = "Lubang di depan SD 12 sudah ditambal aspal tadi pagi, sepanjang 4 meter."
OTHER = ticket.mint("sms")
PROOF = {"media_type": "image/jpeg", "sha256": "a", "bytes": 1, "url": "https://evil.example/a.jpg"}
EVENTS, REPLIES = "/api/v1/units/PUPR/events", "/api/v1/units/PUPR/replies"
Key = Callable[..., Awaitable[str]]


@pytest.fixture
async def web(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A program: it sends none of a browser's headers."""
    app: Any = build_app(desk)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        yield client


@pytest.fixture
def key(desk: Desk) -> Key:
    async def make(unit: str = "PUPR", rights: tuple[str, ...] = ("read", "reply"), days: int = 365) -> str:
        async with desk.pool.acquire() as db:
            return (await keys.create(db, unit, "simpu", "Bina Marga", rights, days, None))[0]

    return make


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **more}


async def read(web: httpx.AsyncClient, key: str, **query: Any) -> dict[str, Any]:
    answer = await web.get(EVENTS, params=query, headers=bearer(key))
    assert 200 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def reply(web: httpx.AsyncClient, key: str, once: str = "a", **said: Any) -> httpx.Response:
    body = {"ticket": NUMBER, "action": "acknowledge", **said}
    return await web.post(REPLIES, json=body, headers=bearer(key, **{"Idempotency-Key": once}))


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    assert "application/problem+json" == answer.headers["content-type"].partition(";")[0]
    return answer.status_code, answer.json()["type"].removeprefix("urn:lapor:problem:")


async def test_a_program_gets_the_bytes_that_a_reader_of_kafka_gets(
    web: httpx.AsyncClient, key: Key, pool: Pool, tell: Tell, rules: Rules
) -> None:
    value = codec.encode(
        codec.envelope(
            UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot(unit="PUPR", text="Jalan “rusak” di Takkalala")),
            event_id="one", source="/router", subject="c-1", time=datetime.now(UTC), causation_id="cause",
        )
    ).replace(b'"data":', b'"newer": {"field":1} , "data":')  # fmt: skip
    await BatchHandler(pool, handler(rules))([Record(unit_routed("PUPR"), 0, 0, b"c-1", value, 0, codec.HEADERS)])

    answer = await web.get(EVENTS, headers=bearer(await key()))

    assert value in answer.content
    assert "no-store" == answer.headers["cache-control"]


async def test_a_cursor_goes_through_all_in_order_and_gives_nothing_twice(
    web: httpx.AsyncClient, key: Key, tell: Tell
) -> None:
    shown = await key()
    for n in range(1, 6):
        await tell(seq=n)
        await tell(unit="PDAM", seq=n, complaint_id="other", ticket=OTHER)

    found, after = list[tuple[str, int]](), "0"
    more = True
    while more:
        page = await read(web, shown, after=after, limit=2)
        found += [(each["event"]["data"]["unit"], each["event"]["data"]["complaint"]["seq"]) for each in page["events"]]
        after, more = page["next"], page["more"]
    again = await read(web, shown, after=after)

    assert [("PUPR", n) for n in range(1, 6)] == found
    assert ([], after, False) == (again["events"], again["next"], again["more"])


async def test_waiting_reader_is_answered_as_soon_as_an_event_arrives(
    web: httpx.AsyncClient, key: Key, tell: Tell
) -> None:
    waiting = asyncio.create_task(read(web, await key(), wait=MOST_WAIT_S))
    await asyncio.sleep(0.1)

    await tell()

    async with asyncio.timeout(60):
        assert ["routed"] == [each["event"]["data"]["why"] for each in (await waiting)["events"]]


async def test_waiting_reader_is_answered_when_the_desk_stops(desk: Desk, key: Key) -> None:
    app: Any = build_app(replace(desk, stopping=lambda: True))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as web:
        async with asyncio.timeout(MOST_WAIT_S / 2):
            page = await read(web, await key(), wait=MOST_WAIT_S)

    assert ([], "0") == (page["events"], page["next"])


async def test_a_key_that_is_revoked_while_it_waits_gets_nothing_more(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool
) -> None:
    waiting = asyncio.create_task(web.get(EVENTS, params={"wait": 20}, headers=bearer(await key())))
    await asyncio.sleep(0.1)
    async with pool.acquire() as db:
        await keys.revoke(db, await db.fetchval("SELECT id FROM keys"), ["PUPR"], None)

    await tell()

    assert (401, "key-revoked") == kind_of(await waiting)


async def test_erased_complaint_leaves_only_deletion_notices_in_the_log(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool, rules: Rules
) -> None:
    shown = await key()
    complaint = await tell(text="Rumah Pak Baso di Lapajung")
    first = await read(web, shown)
    out = tombstone(unit_routed("PUPR"), complaint.complaint_id, Tombstone(ticket=NUMBER))
    record = Record(out.topic, 0, 99, out.key, None, 1, out.headers)
    await BatchHandler(pool, handler(rules))([record])

    page, behind = await read(web, shown), await read(web, shown, after=first["next"])

    assert 0 == await pool.fetchval("SELECT count(*) FROM log WHERE position('Baso' IN encode(value, 'escape')) > 0")
    assert [(complaint.complaint_id, None)] * 2 == [(each["complaint_id"], each["event"]) for each in page["events"]]
    assert [None] == [each["event"] for each in behind["events"]]


async def test_the_last_word_on_an_erased_complaint_is_given_and_those_before_are_not(
    web: httpx.AsyncClient, key: Key, tell: Tell
) -> None:
    await tell(seq=1, text="Rumah Pak Baso")
    await tell(seq=2, text="", erased=True, why="erased")

    events = [each["event"] for each in (await read(web, await key()))["events"]]

    assert [None, "erased"] == [event and event["data"]["why"] for event in events]


async def test_with_a_complaint_that_was_kept_long_enough_its_words_leave_the_log(
    tell: Tell, pool: Pool, web: httpx.AsyncClient, key: Key
) -> None:
    await tell(status="closed")
    await pool.execute("UPDATE complaints SET told_at = now() - interval '40 days'")

    async with pool.acquire() as db, db.transaction():
        await told.delete_old(db, {"closed": timedelta(days=30)})

    assert [None] == [each["event"] for each in (await read(web, await key()))["events"]]


async def test_event_delivered_twice_is_logged_once(
    tell: Tell, pool: Pool, rules: Rules, web: httpx.AsyncClient, key: Key
) -> None:
    await tell()
    await pool.execute("DELETE FROM inbox")
    await BatchHandler(pool, handler(rules))(
        [
            Record(unit_routed("PUPR"), 0, 0, b"c", bytes(await pool.fetchval("SELECT value FROM log")), 0, ())
        ]
    )  # fmt: skip

    assert 1 == len((await read(web, await key()))["events"])


async def test_numbers_commit_in_their_order(pool: Pool) -> None:
    """A program that reads between two transactions must not be led past the slower one."""

    def kept(event_id: str) -> dict[str, Any]:
        logged = Logged(event_id=event_id, complaint_id="c", offset=0, value=b"{}")
        return {event_id: Kept(unit="PUPR", complaint_id="c", log=(logged,))}

    async with pool.acquire() as early, pool.acquire() as late:
        first = early.transaction()
        await first.start()
        await log.write(early, kept("first"))

        async def second() -> None:
            async with late.transaction():
                await log.write(late, kept("second"))

        task = asyncio.create_task(second())
        await asyncio.sleep(0.2)
        seen = await within(log.read(pool, "PUPR", "0", 10))
        await first.commit()
        await task

    assert [] == seen
    assert ["first", "second"] == [each.event_id for each in await within(log.read(pool, "PUPR", "0", 10))]


async def test_an_old_log_loses_what_was_kept_long_enough_and_cursors_go_on(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool
) -> None:
    shown = await key()
    for n in range(1, 5):
        await tell(seq=n)
    cursors = [each["cursor"] for each in (await read(web, shown))["events"]]
    await pool.execute("UPDATE log SET at = now() - interval '91 days' WHERE n <= 2")

    async with pool.acquire() as db:
        gone = await log.delete_old(db)

    assert 2 == gone
    assert 2 == len((await read(web, shown, after=cursors[1]))["events"])
    lost = await web.get(EVENTS, params={"after": cursors[0]}, headers=bearer(shown))
    assert (410, "cursor-lost") == kind_of(lost)


@pytest.mark.parametrize("after", ["5-aaaaaaaa", "1-aaaaaaaa", "1", "x", "-1", "٣-aaaaaaaa", "0-a", "9" * 30])
async def test_a_cursor_of_another_log_is_refused_and_not_guessed_at(
    web: httpx.AsyncClient, key: Key, tell: Tell, after: str
) -> None:
    await tell()

    answer = await web.get(EVENTS, params={"after": after}, headers=bearer(await key()))

    assert (410, "cursor-lost") == kind_of(answer)


@pytest.mark.parametrize("field", ["limit=0", "limit=201", "wait=-1", "wait=26", "limit=x"])
async def test_invalid_query_parameters_are_refused(web: httpx.AsyncClient, key: Key, field: str) -> None:
    answer = await web.get(f"{EVENTS}?{field}", headers=bearer(await key()))

    assert kind_of(answer) in {(422, "invalid-fields"), (400, "bad-request")}


async def test_a_reply_is_stored_sent_once_and_its_answer_is_among_the_events(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool
) -> None:
    shown = await key()
    await tell()

    answers = [await reply(web, shown, action="resolve", message=DONE) for _ in range(2)]

    assert [202, 202] == [each.status_code for each in answers]
    assert answers[0].json() == answers[1].json()
    reply_id = answers[0].json()["event_id"]
    assert [("unit.pupr.replied.v1", "resolve", DONE)] == [
        (topic, said.action, said.message) for topic, said in await sent(pool)
    ]
    await tell(seq=2, status="resolved", why="replied", reply=ReplyAnswer(event_id=reply_id, accepted=True))
    events = (await read(web, shown))["events"]
    assert {"event_id": reply_id, "accepted": True, "masked": []} == events[-1]["event"]["data"]["reply"]
    assert (True, None) == tuple(await pool.fetchrow("SELECT accepted, person FROM replies"))
    assert [(None, "resolve", NUMBER)] == [
        tuple(row) for row in await pool.fetch("SELECT person, act, ticket FROM audit WHERE ticket IS NOT NULL")
    ]


async def test_a_key_for_another_reply_is_refused(web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool) -> None:
    shown = await key()
    await tell()
    await reply(web, shown)

    assert (422, "key-reused") == kind_of(await reply(web, shown, action="progress", message="Mulai dikerjakan"))
    assert 1 == len(await sent(pool))


async def test_two_units_may_use_the_same_idempotency_key(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool
) -> None:
    await tell()
    await tell(unit="PDAM", complaint_id="other", ticket=OTHER)
    headers = bearer(await key("PDAM"), **{"Idempotency-Key": "a"})

    mine = await reply(web, await key())
    body = {"ticket": OTHER, "action": "acknowledge"}
    theirs = await web.post("/api/v1/units/pdam/replies", json=body, headers=headers)

    assert [202, 202] == [mine.status_code, theirs.status_code]
    assert 2 == len(await sent(pool))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"action": "resolve"}, "message"),
        ({"action": "resolve", "message": "Sudah ditindaklanjuti"}, "message"),
        ({"action": "hand-over", "to": "entah", "reason": "Jalan ini milik provinsi"}, "to"),
        ({"action": "return", "reason": ""}, "reason"),
        ({"action": "resolve", "message": DONE, "evidence": [PROOF]}, "evidence/0"),
        ({"ticket": "bukan nomor"}, "ticket"),
        ({"message": 7}, "message"),
        ({"message": "a" * 4_001}, "message"),
    ],
)
async def test_invalid_reply_names_its_field_and_is_not_sent(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool, said: dict[str, Any], field: str
) -> None:
    await tell()

    answer = await reply(web, await key(), **said)

    assert (422, "invalid-fields") == kind_of(answer)
    assert [field] == [each["field"] for each in answer.json()["errors"]]
    assert [] == await sent(pool)


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b'{"ticket": "\xff"}'])
async def test_malformed_reply_body_is_refused(web: httpx.AsyncClient, key: Key, body: bytes) -> None:
    headers = bearer(await key(), **{"Idempotency-Key": "a"})

    answer = await web.post(REPLIES, content=body, headers=headers)

    assert kind_of(answer) in {(400, "bad-request"), (422, "invalid-fields")}


async def test_a_reply_needs_its_idempotency_key(web: httpx.AsyncClient, key: Key) -> None:
    answer = await web.post(REPLIES, json={}, headers=bearer(await key()))

    assert ["Idempotency-Key"] == [each["field"] for each in answer.json()["errors"]]


async def test_a_reply_is_not_read_to_its_end_when_it_is_too_large(web: httpx.AsyncClient, key: Key) -> None:
    headers = bearer(await key(), **{"Idempotency-Key": "a"})

    answer = await web.post(REPLIES, content=b" " * (api.MOST_BODY + 1), headers=headers)

    assert (413, "too-large") == kind_of(answer)


async def test_reply_to_an_unknown_ended_or_erased_complaint_is_refused(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool
) -> None:
    shown = await key()
    unknown = await reply(web, shown)
    await tell(seq=1, status="resolved")
    over = await reply(web, shown)
    await tell(seq=2, erased=True, text="", why="erased")
    erased = await reply(web, shown)

    wanted = [(404, "unknown-complaint"), (409, "not-now"), (409, "erased")]
    assert wanted == [kind_of(each) for each in (unknown, over, erased)]
    assert [] == await sent(pool)


async def test_action_without_a_desk_form_is_left_to_the_router(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool
) -> None:
    await tell(status="resolved")

    assert 202 == (await reply(web, await key(), action="undo", reason="Salah nomor")).status_code
    assert ["undo"] == [said.action for _, said in await sent(pool)]


async def test_a_key_opens_its_unit_alone_and_what_it_is_for(web: httpx.AsyncClient, key: Key, pool: Pool) -> None:
    other, reads, replies, spent = (
        await key("PDAM"),
        await key(rights=("read",)),
        await key(rights=("reply",)),
        await key(),
    )
    await pool.execute("UPDATE keys SET expires_at = now() WHERE key_hash = $1", hash_of(spent))

    answers = {
        "none": await web.get(EVENTS),
        "basic": await web.get(EVENTS, headers={"Authorization": "Basic YTpi"}),
        "wrong": await web.get(EVENTS, headers=bearer("lapor_x")),
        "spent": await web.get(EVENTS, headers=bearer(spent)),
        "other": await web.get(EVENTS, headers=bearer(other)),
        "replies": await web.get(EVENTS, headers=bearer(replies)),
        "reads": await reply(web, reads),
        "nowhere": await web.get("/api/v1/elsewhere", headers=bearer(reads)),
    }

    assert {
        "none": (401, "key-missing"),
        "basic": (401, "key-missing"),
        "wrong": (401, "key-unknown"),
        "spent": (401, "key-expired"),
        "other": (403, "key-not-allowed"),
        "replies": (403, "key-not-allowed"),
        "reads": (403, "key-not-allowed"),
        "nowhere": (404, "not-found"),
    } == {name: kind_of(each) for name, each in answers.items()}
    assert answers["wrong"].headers["www-authenticate"].startswith("Bearer ")


async def test_a_unit_that_gave_up_its_desk_has_no_api(web: httpx.AsyncClient, key: Key) -> None:
    answer = await web.get("/api/v1/units/RSUD/events", headers=bearer(await key("RSUD")))

    assert (404, "not-found") == kind_of(answer)


async def test_a_key_has_its_share_and_another_key_has_its_own(web: httpx.AsyncClient, key: Key) -> None:
    first, second = await key(), await key()
    most = allowance.RATES["read"].burst
    answers = [await web.get(EVENTS, headers=bearer(first)) for _ in range(most)]
    # A slow machine needs seconds for these, during which a few requests are allowed again.
    while (more := await web.get(EVENTS, headers=bearer(first))).status_code == 200 and len(answers) < 2 * most:
        answers.append(more)

    assert {200} == {each.status_code for each in answers}
    assert (429, True) == (more.status_code, int(more.headers["retry-after"]) >= 1)
    assert 200 == (await web.get(EVENTS, headers=bearer(second))).status_code


async def test_fifth_waiting_request_of_one_key_is_refused(web: httpx.AsyncClient, key: Key, tell: Tell) -> None:
    headers = bearer(await key())
    waiting = [asyncio.create_task(web.get(f"{EVENTS}?wait=20", headers=headers)) for _ in range(5)]
    done, _ = await within(asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED))
    await tell()

    assert [429] == [each.result().status_code for each in done]
    assert [200, 200, 200, 200, 429] == sorted([(await each).status_code for each in waiting])


async def test_the_last_use_of_a_key_and_what_it_read_are_written_down(
    web: httpx.AsyncClient, key: Key, tell: Tell, pool: Pool
) -> None:
    shown = await key()
    await tell()

    await read(web, shown)

    row = await pool.fetchrow("SELECT id, used_at FROM keys")
    assert row["used_at"] > datetime.now(UTC) - timedelta(minutes=1)
    audit = await pool.fetch("SELECT act, about FROM audit ORDER BY n")
    assert [("buat kunci", f"kunci {row['id']}"), ("baca lewat API", f"kunci {row['id']} 1-1")] == [
        tuple(each) for each in audit
    ]
    assert shown not in json.dumps([list(map(str, each.values())) for each in audit])
