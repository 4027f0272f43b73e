"""Webhooks of units: notices, retries, the end of retries, and the acts of heads; with receivers on real ports."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import httpx
import pytest
from desk_office import NUMBER, LogIn, Tell
from desk_site import SIZES, look, page_of
from playwright.async_api import Browser, expect
from prometheus_client import REGISTRY
from receiver import Receiver, receiving, status
from standardwebhooks import WebhookVerificationError

from chassis.batch import BatchHandler
from chassis.database import Pool
from chassis.wire import Record, Tombstone, tombstone
from contracts.topics import unit_routed
from testing.waiting import BOUND_S, finish
from unit_desk import webhook_notices
from unit_desk.adapters import webhooks
from unit_desk.app import handler
from unit_desk.courier import Courier
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.rules import Rules

pytestmark = pytest.mark.connected
KEY = b"key-of-the-desk-of-the-test"
LOOPBACK = [ip_network("127.0.0.0/8")]
Somebody = Callable[..., Awaitable[Person]]


@pytest.fixture
async def it() -> AsyncIterator[Receiver]:
    async with receiving() as it:
        yield it


@pytest.fixture
def courier(pool: Pool) -> Courier:
    return Courier(pool=pool, key=KEY, allowed=LOOPBACK, within_s=BOUND_S)


@pytest.fixture
def local(desk: Desk, courier: Courier) -> Desk:
    """The desk, where heads may register receivers on this machine."""
    object.__setattr__(desk, "courier", courier)
    return desk


@pytest.fixture
def registered(pool: Pool, somebody: Somebody) -> Callable[..., Awaitable[UUID]]:
    """Registers a webhook."""

    async def add(url: str, unit: str = "PUPR") -> UUID:
        head = await somebody(role="pimpinan", unit=unit)
        async with pool.acquire() as db:
            added = await webhooks.add(db, unit, url, head)
        assert added
        return added

    return add


async def carry(courier: Courier) -> list[str]:
    """Send everything that is due."""
    return [await courier.send(each) for each in await courier.due()]


async def pass_time(pool: Pool, by: timedelta = timedelta(days=1)) -> None:
    """Make waiting deliveries due, and failures longer ago."""
    await pool.execute("UPDATE deliveries SET next_at = now() WHERE next_at IS NOT NULL")
    await pool.execute("UPDATE webhooks SET failing_since = failing_since - $1::interval", by)


async def give_up(courier: Courier, pool: Pool) -> None:
    """Let the present deliveries fail until they are given up."""
    await pass_time(pool, timedelta())
    while await carry(courier):
        await pass_time(pool, timedelta())


@asynccontextmanager
async def running(courier: Courier) -> AsyncIterator[None]:
    task = asyncio.create_task(courier.run())
    yield
    task.cancel()
    await finish(task)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.05)


async def test_webhook_notice_names_the_event_but_no_content(
    it: Receiver, courier: Courier, registered: Any, tell: Tell
) -> None:
    webhook = await registered(it.url())
    complaint = await tell(text="Rumah Pak Baso di Lapajung", reason="jalan rusak")
    await tell(unit="PDAM", complaint_id="other", ticket="SPG-S000-00007")

    assert ["204"] == await carry(courier)

    (got,) = it.got
    said = got.signed_by(webhook_notices.secret_of(KEY, webhook, 1))
    data = {"unit": "PUPR", "ticket": NUMBER, "complaint_id": complaint.complaint_id, "event_id": "event-0"}
    assert ("unit.routed", data) == (said["type"], said["data"])
    assert {"type", "timestamp", "data"} == set(said)
    assert "application/json" == got.headers["content-type"]
    assert ["Baso" in got.body.decode(), "jalan" in got.body.decode()] == [False, False]
    with pytest.raises(WebhookVerificationError):
        got.signed_by(webhook_notices.secret_of(KEY, webhook, 2))


async def test_a_unit_is_told_that_a_complaint_was_erased(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool, rules: Rules
) -> None:
    await registered(it.url())
    complaint = await tell()
    out = tombstone(unit_routed("PUPR"), complaint.complaint_id, Tombstone(ticket=NUMBER))
    await BatchHandler(pool, handler(rules))([Record(out.topic, 0, 99, out.key, None, 1, out.headers)])

    await carry(courier)

    told = {each["type"]: (each["data"]["ticket"], each["data"]["complaint_id"]) for each in it.says()}
    assert dict.fromkeys(["unit.routed", "complaint.erased"], (NUMBER, complaint.complaint_id)) == told


async def test_earlier_and_repeated_events_send_no_webhook_notice(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool, rules: Rules
) -> None:
    await tell(seq=1)
    await registered(it.url())
    value = bytes(await pool.fetchval("SELECT value FROM log"))
    await pool.execute("DELETE FROM inbox")
    await BatchHandler(pool, handler(rules))([Record(unit_routed("PUPR"), 0, 0, b"c", value, 0, ())])

    assert [] == await carry(courier)


@pytest.mark.parametrize("answer", [500, 404, 302, 429, 301])
async def test_failed_notice_is_resent_with_the_same_id_and_bytes(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool, answer: int
) -> None:
    await registered(it.url())
    it.answers = [status(answer, f"location: {it.url()}")]
    await tell()

    assert [str(answer)] == await carry(courier)
    assert [] == await carry(courier)
    await pass_time(pool)
    assert ["204"] == await carry(courier)

    first, second = it.got
    assert (first.id, first.body) == (second.id, second.body)
    row = await pool.fetchrow("SELECT tries, next_at, delivered_at IS NOT NULL AS taken FROM deliveries")
    assert (2, None, True) == tuple(row)
    assert None is await pool.fetchval("SELECT failing_since FROM webhooks")


async def test_notice_is_retried_for_a_day_then_given_up(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool
) -> None:
    await registered(it.url())
    it.answers = [status(500)] * 50
    await tell()
    waits = list[float]()
    while await carry(courier):
        row = await pool.fetchrow("SELECT extract(epoch FROM next_at - last_at)::float AS s FROM deliveries")
        waits += [round(row["s"])] if row["s"] is not None else []
        await pass_time(pool, timedelta())

    assert list(webhook_notices.WAITS_S) == waits
    assert timedelta(hours=23) < timedelta(seconds=sum(waits)) < timedelta(hours=25)
    assert len(waits) + 1 == len(it.got)


async def test_after_five_days_of_failure_it_is_switched_off_and_shown(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool
) -> None:
    def shown() -> float | None:
        return REGISTRY.get_sample_value("lapor_desk_webhooks_off", {"unit": "PUPR"})

    webhook = await registered(it.url())
    it.answers = [status(500)] * 50
    await tell(seq=1)
    await carry(courier)
    await pass_time(pool, timedelta(days=4, hours=23))
    await give_up(courier, pool)
    await courier.show()
    before = await pool.fetchval("SELECT off_at FROM webhooks"), shown()
    await pass_time(pool, timedelta(hours=2))
    await tell(seq=2)
    await give_up(courier, pool)
    await courier.show()
    await pass_time(pool)
    await tell(seq=3)

    assert ((None, 0), 1) == (before, shown())
    assert "failed" == await pool.fetchval("SELECT off_why FROM webhooks WHERE id = $1", webhook)
    assert ([], 2) == (await carry(courier), await pool.fetchval("SELECT count(*) FROM deliveries"))


async def test_one_success_restarts_the_five_days_of_failure(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool
) -> None:
    def tried() -> list[float]:
        labels = [{"unit": "PUPR", "result": result} for result in ("sent", "later")]
        return [REGISTRY.get_sample_value("lapor_desk_webhook_notices_total", each) or 0 for each in labels]

    await registered(it.url())
    it.answers = [status(500), status(204), status(500)]
    sent, later = tried()
    await tell(seq=1)
    await carry(courier)
    await pass_time(pool, timedelta(days=6))
    await carry(courier)
    await tell(seq=2)
    await carry(courier)

    assert None is await pool.fetchval("SELECT off_at FROM webhooks")
    assert [sent + 1, later + 2] == tried()


async def test_quiet_webhook_is_switched_off_only_after_its_retries_fail(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool
) -> None:
    async def off() -> str | None:
        why: str | None = await pool.fetchval("SELECT off_why FROM webhooks")
        return why

    await registered(it.url())
    it.answers = [status(500)] * 50
    await tell(seq=1)
    await give_up(courier, pool)
    await pass_time(pool, timedelta(days=6))
    await tell(seq=2)
    await carry(courier)
    first_try = await off()
    await give_up(courier, pool)

    assert (None, "failed") == (first_try, await off())


async def test_webhook_that_answers_410_is_switched_off(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool
) -> None:
    await registered(it.url())
    it.answers = [status(410)]
    await tell()

    await carry(courier)

    assert "gone" == await pool.fetchval("SELECT off_why FROM webhooks")


async def test_a_name_that_leads_into_our_network_later_gets_nothing(
    it: Receiver, courier: Courier, registered: Any, tell: Tell
) -> None:
    await registered(it.url())
    await tell()

    assert ["private-network"] == await carry(replace(courier, allowed=[]))
    assert [] == it.got


async def test_a_slow_receiver_holds_up_no_other(courier: Courier, registered: Any, tell: Tell) -> None:
    async with receiving() as slow, receiving() as quick:
        slow.hold = asyncio.Event()
        await registered(slow.url())
        await registered(quick.url())
        for n in range(1, 11):
            await tell(seq=n)

        async with running(courier):
            await until(lambda: len(quick.got) == 10)
            assert webhooks.AT_ONCE == len(slow.got)
            slow.hold.set()
            await until(lambda: len(slow.got) == 10)


async def test_two_processes_send_each_notice_once(it: Receiver, courier: Courier, registered: Any, tell: Tell) -> None:
    await registered(it.url())
    for n in range(1, 21):
        await tell(seq=n)

    async with running(courier), running(replace(courier)):
        await until(lambda: len(it.got) >= 20)
        await asyncio.sleep(1)

    assert 20 == len(it.got) == len({each.id for each in it.got})


async def test_two_processes_claim_different_notices(registered: Any, tell: Tell, pool: Pool) -> None:
    await registered("https://penerima.example/")
    for n in range(1, 7):
        await tell(seq=n)

    async with pool.acquire() as first, first.transaction():
        taken = [each.id for each in await webhooks.claim(first, [])]
        async with asyncio.timeout(60):
            others = [each.id for each in await webhooks.claim(pool, [])]

    assert (4, 2, 6) == (len(taken), len(others), len({*taken, *others}))


@pytest.mark.slow
async def test_notice_in_flight_at_a_kill_is_resent_under_its_id(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool, dsn: str
) -> None:
    await registered(it.url())
    await tell()
    program = """
import asyncio
from ipaddress import ip_network
from chassis.database import open_pool
from unit_desk.courier import Courier
async def main():
    pool = await open_pool(%r)
    await Courier(pool=pool, key=%r, allowed=[ip_network("127.0.0.0/8")]).run()
asyncio.run(main())
""" % (dsn, KEY)  # fmt: skip # noqa: UP031
    env = {**os.environ, "CRASH_AT": "notify.after_send_before_mark"}
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], env=env, timeout=60, check=False, capture_output=True
    )

    assert (-9, 1) == (killed.returncode, len(it.got))
    assert [] == await carry(courier)
    await pool.execute("UPDATE deliveries SET next_at = next_at - $1::interval", webhooks.LEASE)
    assert ["204"] == await carry(courier)
    assert 1 == len({each.id for each in it.got})


def url_in(page: httpx.Response) -> str:
    found = re.search(r'action="(/program/webhook/[0-9a-f-]{36})/', page.text)
    assert found, page.text
    return found[1]


def secret_in(page: httpx.Response) -> str:
    found = re.search(r"whsec_[\w+/=]+", page.text)
    assert found, page.text
    return found[0]


async def test_a_head_registers_tries_and_takes_away_a_webhook(
    it: Receiver, local: Desk, log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    web = await log_in(role="pimpinan")
    made = await web.post("/program/webhook", data={"url": it.url()})
    here, secret = url_in(made), secret_in(made)

    tried = await web.post(f"{here}/uji")
    assert "webhook.test" == it.got[0].signed_by(secret)["type"]
    assert ("Kabar percobaan diterima (204)" in tried.text, secret in (await web.get(here)).text) == (True, False)
    await tell()
    removed = await web.post(f"{here}/lepas")

    assert 303 == removed.status_code
    assert ([], 404) == (await carry(local.courier), (await web.get(here)).status_code)
    assert ["pasang webhook", "uji webhook", "lepas webhook"] == [
        row["act"] for row in await pool.fetch("SELECT act FROM audit WHERE about LIKE 'webhook %' ORDER BY n")
    ]
    dump = json.dumps([str(row) for row in await pool.fetch("SELECT * FROM webhooks")])
    assert secret not in dump


async def test_for_a_day_two_secrets_hold_and_then_the_new_one_alone(
    it: Receiver, local: Desk, log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    web = await log_in(role="pimpinan")
    made = await web.post("/program/webhook", data={"url": it.url()})
    here, old = url_in(made), secret_in(made)
    new = secret_in(await web.post(f"{here}/rahasia"))
    third = await web.post(f"{here}/rahasia")
    await tell(seq=1)
    await carry(local.courier)
    await pool.execute("UPDATE webhooks SET rotated_at = rotated_at - interval '25 hours'")
    await tell(seq=2)
    await carry(local.courier)

    assert ("whsec_" in third.text, old == new) == (False, False)
    overlapping, alone = it.got
    assert overlapping.signed_by(old) == overlapping.signed_by(new)
    assert alone.signed_by(new)
    with pytest.raises(WebhookVerificationError):
        alone.signed_by(old)


async def test_sent_notices_are_listed_and_resent_under_their_id(
    it: Receiver, local: Desk, log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    web = await log_in(role="pimpinan")
    here = url_in(await web.post("/program/webhook", data={"url": it.url()}))
    await tell()
    await carry(local.courier)

    page = await web.get(here)
    again = await web.post(f"{here}/ulang/{it.got[0].id}")
    await carry(local.courier)

    assert (NUMBER in page.text, "diterima (204)" in page.text, 303) == (True, True, again.status_code)
    assert (2, 1) == (len(it.got), len({each.id for each in it.got}))


async def test_head_switches_a_webhook_back_on(
    it: Receiver, local: Desk, log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    web = await log_in(role="pimpinan")
    here = url_in(await web.post("/program/webhook", data={"url": it.url()}))
    await pool.execute("UPDATE webhooks SET off_at = now(), off_why = 'failed', failing_since = now()")
    page = await web.get(here)
    await web.post(f"{here}/nyalakan")
    await tell()

    assert "Lima hari tidak satu kabar pun diterima" in page.text
    assert ["204"] == await carry(local.courier)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://93.184.215.14/", "tidak dimulai dengan https://"),
        ("https://10.0.0.1/", "di jaringan dalam"),
        ("https://nowhere.invalid/", "tidak ditemukan"),
        ("bukan alamat", "salah tulis"),
        ("", "salah tulis"),
    ],
)
async def test_an_address_that_can_not_be_used_is_said_beside_its_field(
    local: Desk, log_in: LogIn, pool: Pool, url: str, said: str
) -> None:
    web = await log_in(role="pimpinan")

    page = await web.post("/program/webhook", data={"url": url})

    assert (422, True, True) == (page.status_code, 'id="url-salah"' in page.text, said in page.text)
    assert 0 == await pool.fetchval("SELECT count(*) FROM webhooks")


async def test_a_unit_has_few_webhooks(it: Receiver, local: Desk, log_in: LogIn) -> None:
    web = await log_in(role="pimpinan")
    answers = [await web.post("/program/webhook", data={"url": it.url()}) for _ in range(webhooks.MOST_OF_UNIT + 1)]

    assert [200] * webhooks.MOST_OF_UNIT + [422] == [each.status_code for each in answers]


async def test_only_the_head_of_a_unit_sees_or_changes_its_webhooks(it: Receiver, local: Desk, log_in: LogIn) -> None:
    head, clerk, other = await log_in(role="pimpinan"), await log_in(), await log_in(role="pimpinan", unit="PDAM")
    here = url_in(await head.post("/program/webhook", data={"url": it.url()}))
    deeds = ["uji", "rahasia", "nyalakan", "lepas", "ulang/6f2c2f0e-5c0b-5e6e-9c53-1c5f0f0b7312"]

    answers = [await clerk.get(here), *[await clerk.post(f"{here}/{each}") for each in deeds]]
    theirs = [await other.get(here), *[await other.post(f"{here}/{each}") for each in deeds]]
    typed = await other.post("/program/webhook", data={"url": it.url(), "unit": "PUPR"})

    assert ({403}, {404}, 403) == (
        {each.status_code for each in answers}, {each.status_code for each in theirs}, typed.status_code,
    )  # fmt: skip
    assert [] == it.got


async def test_delivered_notices_are_listed_for_thirty_days(
    it: Receiver, courier: Courier, registered: Any, tell: Tell, pool: Pool
) -> None:
    await registered(it.url())
    await tell(seq=1)
    await tell(seq=2)
    await pool.execute("UPDATE deliveries SET at = now() - interval '31 days' WHERE event_id = 'event-0'")

    async with pool.acquire() as db:
        assert 1 == await webhooks.delete_old(db)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_the_pages_bar_nobody(
    browser: Browser, here: Desk, it: Receiver, somebody: Somebody, tell: Tell, pool: Pool, size: str
) -> None:
    page = await page_of(browser, here, await somebody(role="pimpinan"), size)
    await page.goto(f"{here.settings.public_url}/program")
    await page.fill("#url", "https://10.0.0.1/lapor")
    await page.get_by_role("button", name="Pasang", exact=True).click()
    await look(page, "webhook-salah", size)
    await page.fill("#url", it.url())
    await page.get_by_role("button", name="Pasang", exact=True).click()
    await look(page, "webhook-baru", size)
    it.answers = [status(500), status(500), status(204)]
    for n in range(1, 4):
        await tell(seq=n)
        await carry(here.courier)
    await page.get_by_role("button", name="Kirim percobaan").click()
    await look(page, "webhook", size)
    await pool.execute("UPDATE webhooks SET off_at = now(), off_why = 'failed', failing_since = now()")
    await page.goto(f"{here.settings.public_url}/program")
    await look(page, "program-mati", size)
    await page.get_by_role("link", name="Lihat").click()

    await look(page, "webhook-mati", size)
    await expect(page.get_by_role("button", name="Nyalakan lagi")).to_be_visible()
