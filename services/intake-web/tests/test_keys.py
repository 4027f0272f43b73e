"""Keys of other systems: what a key opens, why it is refused, and how operators create and revoke it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from chassis.database import Pool
from chassis.keys import Key, KeyRefused, hash_of
from intake_web.keys import BELIEVED_S, USUAL, KeyRight, Keys
from intake_web.limits import KEY_RATES, RATES, Guard
from testing.fakes import ManualClock

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
KEY = Key(id="3f9c01ab", system="satu-data", rights=USUAL, expires_at=datetime(2099, 1, 1, tzinfo=UTC))
SHOWN = "lapor_this-is-a-key"
AT_ONCE = RATES["complaints"].burst


def bearer(key: str = SHOWN) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def send(web: httpx.AsyncClient, n: int = 0, **headers: str) -> httpx.Response:
    return await web.post(
        "/v1/complaints", json={"text": "Jalan rusak"}, headers={"Idempotency-Key": f"k{n}", **headers}
    )


@pytest.fixture
async def site(fake: Any, client_on: Callable[..., httpx.AsyncClient]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app that knows one key."""
    fake.keys[hash_of(SHOWN)] = KEY
    async with client_on(fake, Guard(10_000)) as client:
        yield client


async def test_valid_and_invalid_keys_are_looked_up_once_in_a_while() -> None:
    asked, clock = list[bytes](), ManualClock()

    async def find(digest: bytes) -> Key | None:
        asked.append(digest)
        return KEY if digest == hash_of(SHOWN) else None

    keys = Keys(find, clock)
    for _ in range(3):
        assert KEY == await keys.of(SHOWN, KeyRight.READ)
        with pytest.raises(KeyRefused):
            await keys.of("other", KeyRight.READ)
    clock.now += BELIEVED_S + 1
    await keys.of(SHOWN, KeyRight.READ)

    assert [hash_of(SHOWN), hash_of("other"), hash_of(SHOWN)] == asked


async def test_key_allows_more_than_an_address_and_is_counted(site: httpx.AsyncClient) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("lapor_intake_web_key_complaints_total", {"system": "satu-data"}) or 0

    before = counted()
    with_key = [await send(site, n, **bearer()) for n in range(AT_ONCE + 5)]
    without = [await send(site, 1_000 + n) for n in range(AT_ONCE + 1)]

    assert {202} == {each.status_code for each in with_key}
    assert [202] * AT_ONCE + [429] == [each.status_code for each in without]
    assert before + AT_ONCE + 5 == counted()


async def test_a_key_has_a_limit_too(fake: Any, client_on: Callable[..., httpx.AsyncClient]) -> None:
    fake.keys[hash_of(SHOWN)] = KEY
    guard = Guard(10_000, ManualClock())
    async with client_on(fake, guard) as web:
        await send(web, 0, **bearer())
        guard._buckets["key_complaints"].take(KEY.id, KEY_RATES["complaints"].burst)

        assert 429 == (await send(web, 1, **bearer())).status_code
        assert 202 == (await send(web, 2)).status_code


async def test_complaint_sent_with_a_key_names_its_system_as_source(site: httpx.AsyncClient, fake: Any) -> None:
    sent = {"service_code": "jalan_jembatan", "description": "Jalan berlubang"}
    await send(site, 1, **bearer())
    await send(site, 2)
    for more in ({"api_key": SHOWN}, {}):
        answer = await site.post("/open311/v2/requests.json", data={**sent, **more, "device_id": str(more)})
        assert answer.status_code == 201

    assert ["key:satu-data", "form", "key:satu-data", "open311"] == [each.gateway for each, _ in fake.taken.values()]


async def test_counter_complaint_keeps_its_channel_and_returns_receipt_data(site: httpx.AsyncClient, fake: Any) -> None:
    fake.keys[hash_of(SHOWN)] = replace(KEY, rights=[KeyRight.SEND, KeyRight.COUNTER])
    body = {"text": "Jalan rusak", "phone": "0812 3456 7890", "channel": "loket"}

    first, again = [
        await site.post("/v1/complaints", json=body, headers={"Idempotency-Key": "k", **bearer()}) for _ in range(2)
    ]
    nobody = await site.post(
        "/v1/complaints", json={**body, "anonim": True}, headers={"Idempotency-Key": "n", **bearer()}
    )
    without = await send(site, 7, **bearer())

    ticket, code = first.json()["ticket"], first.json()["access_code"]
    opened = await site.post(f"/laporan/{ticket}", data={"secret": code})
    assert first.json() == again.json()
    assert (["sms"], []) == (first.json()["told_by"], nobody.json()["told_by"])
    assert ["loket", "loket", "web"] == [each.channel for each, _ in fake.taken.values()]
    assert (303, False) == (opened.status_code, "access_code" in without.json())


async def test_only_a_counter_says_that_something_was_brought_to_one(site: httpx.AsyncClient, fake: Any) -> None:
    body, key = {"text": "Jalan rusak", "channel": "loket"}, {"Idempotency-Key": "k"}

    refused = [await site.post("/v1/complaints", json=body, headers={**key, **more}) for more in ({}, bearer())]
    unknown = await site.post("/v1/complaints", json={**body, "channel": "sms"}, headers=key)

    assert [403, 403, 400] == [each.status_code for each in (*refused, unknown)]
    assert {} == fake.taken


@pytest.mark.parametrize(
    ("key", "kind", "status"),
    [
        (None, "key-unknown", 401),
        (replace(KEY, revoked=True), "key-revoked", 401),
        (replace(KEY, expires_at=NOW - timedelta(days=1)), "key-expired", 401),
        (replace(KEY, rights=[KeyRight.READ]), "key-not-allowed", 403),
    ],
    ids=["unknown", "revoked", "expired", "not allowed"],
)
async def test_a_key_that_is_refused_is_a_problem_that_says_what_to_do(
    site: httpx.AsyncClient, fake: Any, key: Key | None, kind: str, status: int
) -> None:
    def counted() -> float:
        name = "lapor_intake_web_keys_refused_total"
        return REGISTRY.get_sample_value(name, {"why": kind.replace("-", "_")}) or 0

    fake.keys, before = {hash_of(SHOWN): key} if key else {}, counted()
    answer = await send(site, 0, **bearer())
    assert before + 1 == counted()
    open311 = await site.post("/open311/v2/requests.xml", data={"api_key": SHOWN})
    asked = await site.get("/open311/v2/requests.json?api_key=wrong")

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert f"urn:lapor:problem:{kind}" == answer.json()["type"]
    assert "Kontak" in answer.json()["detail"] or "tanpa kunci" in answer.json()["detail"]
    assert (status == 401) == ("www-authenticate" in answer.headers)
    assert (status, 401) == (open311.status_code, asked.status_code)
    assert open311.text.startswith("<?xml")
    assert {} == fake.taken


async def test_pages_know_no_key(site: httpx.AsyncClient) -> None:
    assert 200 == (await site.get("/", headers=bearer("wrong"))).status_code
    assert 202 == (await send(site, 0, Authorization="Basic eDp5")).status_code


@pytest.mark.connected
async def test_an_operator_makes_lists_and_revokes_a_key(dsn: str, pool: Pool, kept: httpx.AsyncClient) -> None:
    def key(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "intake_web", "key", *arguments]
        return subprocess.run(
            command, env={**os.environ, "DATABASE_URL": dsn}, capture_output=True, text=True, timeout=60
        )

    assert 2 == key("create", "Satu Data", "--contact", "x").returncode
    usual, counter = [key("create", "x1", "--contact", "x", *more) for more in ((), ("--right", "counter"))]
    assert [["send", "read"], ["send", "counter"]] == [
        each["rights"] for each in json.loads(key("list", "--json").stdout)
    ]
    await pool.execute("DELETE FROM keys")
    assert (0, 0) == (usual.returncode, counter.returncode)
    made = key("create", "satu-data", "--contact", "Bidang Statistik", "--right", "send", "--days", "30")
    shown = made.stdout.strip()
    (before,) = json.loads(key("list", "--json").stdout)
    taken = await send(kept, 0, **bearer(shown))
    refused = await kept.get("/v1/complaints", headers=bearer(shown))
    (after,) = json.loads(key("list", "--json").stdout)
    revoked = key("revoke", after["id"])
    unknown = key("revoke", "none")
    kept_of_it = await pool.fetchrow("SELECT * FROM keys")

    assert (202, 403) == (taken.status_code, refused.status_code)
    assert (["send"], None, "Bidang Statistik") == (before["rights"], before["used_on"], before["contact"])
    assert datetime.now(UTC).date().isoformat() == after["used_on"]
    assert "key:satu-data" == await pool.fetchval("SELECT gateway FROM complaints")
    assert (0, 1) == (revoked.returncode, unknown.returncode)
    assert "revoked" in key("list").stdout
    assert hash_of(shown) == kept_of_it["key_hash"]
    assert shown not in str(dict(kept_of_it))
