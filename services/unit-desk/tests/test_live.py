"""Lists that follow changes: the people who are told, the end of a stream, and the effect in Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from desk_office import Tell
from desk_site import page_of
from playwright.async_api import Browser, Page, Route, expect

from contracts import ticket
from contracts.events import Candidate
from lapor.processes.ports import HOST
from testing.waiting import finish, within
from unit_desk.adapters import accounts
from unit_desk.handlers import live
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected
FIRST, SECOND = ticket.mint("web"), ticket.mint("sms")
Somebody = Callable[..., Awaitable[Person]]


class Follower:
    """A reader of the desk's stream, like a browser."""

    def __init__(self, desk: Desk, token: str = "") -> None:
        self.desk, self.token, self.head = desk, token, ""

    async def __aenter__(self) -> Follower:
        self.reader, self.writer = await asyncio.open_connection(HOST, self.desk.settings.desk_port)
        cookie = f"Cookie: {self.desk.cookie_name}={self.token}\r\nAccept-Encoding: gzip, br\r\n"
        self.writer.write(f"GET /perubahan HTTP/1.1\r\nHost: x\r\n{cookie}\r\n".encode())
        async with asyncio.timeout(60):
            self.head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        if self.status == 200:
            assert ": here" == await self.chunk()
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.writer.close()

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    async def chunk(self) -> str:
        """The next chunk; empty at the end of the stream."""
        async with asyncio.timeout(60):
            size = int(await self.reader.readline(), 16)
            return (await self.reader.readexactly(size + 2)).decode().strip()


@pytest.fixture
async def following(here: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncio.Task[None]]:
    """Lets the desk hear of changes in its database."""
    monkeypatch.setattr(live, "TOGETHER_S", 0.05)
    listening = asyncio.create_task(here.changes.listen(here.pool))
    async with asyncio.timeout(60):
        while not await here.pool.fetchval("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"):
            await asyncio.sleep(0.02)
    yield listening
    listening.cancel()
    await finish(listening)


async def token_of(desk: Desk, person: Person) -> str:
    return await accounts.begin(desk.pool, person.id)


LIKELY = [Candidate(category="penerangan_jalan", confidence=0.4, evidence=["lampu"])]
CHANGED, OVER, PING = "event: changed\r\ndata: 1", "event: over\r\ndata: 1", "event: ping\r\ndata: 1"


async def test_stream_tells_a_clerk_of_their_unit_and_a_pemantau_of_all_units(
    here: Desk, following: object, somebody: Somebody, tell: Tell
) -> None:
    clerk, other = await somebody(), await somebody(unit="DLH")
    watcher = await somebody(unit="SETDA", role="pemantau")
    tokens = [await token_of(here, each) for each in (clerk, other, watcher)]
    async with (
        Follower(here, tokens[0]) as mine,
        Follower(here, tokens[1]) as theirs,
        Follower(here, tokens[2]) as all_,
    ):
        await tell(complaint_id="a", ticket=FIRST)
        assert [CHANGED] * 2 == [await mine.chunk(), await all_.chunk()]
        await tell(complaint_id="b", ticket=SECOND, unit="DLH")
        assert [CHANGED] * 2 == [await theirs.chunk(), await all_.chunk()]

    assert ["text/event-stream" in mine.head, "content-encoding" in mine.head] == [True, False]
    assert "x-accel-buffering: no" in mine.head


async def test_change_made_by_a_colleague_reaches_the_stream(
    here: Desk, following: object, somebody: Somebody, tell: Tell, log_in: Callable[..., Any]
) -> None:
    await tell(complaint_id="a", ticket=FIRST)
    clerk, web = await somebody(), await log_in()
    async with Follower(here, await token_of(here, clerk)) as mine:
        await web.post(f"/laporan/{FIRST}/petugas", data={"person": str(clerk.id)})

        assert CHANGED == await mine.chunk()


async def test_following_keeps_no_session_open_and_ends_with_it(
    here: Desk, following: object, somebody: Somebody, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    token = await token_of(here, await somebody())
    await here.pool.execute("UPDATE sessions SET seen_at = seen_at - interval '5 minutes'")
    before = await here.pool.fetchval("SELECT seen_at FROM sessions")
    async with Follower(here, token) as mine:
        await tell(complaint_id="a", ticket=FIRST)
        heard = set[str]()
        while not heard >= {CHANGED, PING}:
            heard.add(await mine.chunk())
        seen = await here.pool.fetchval("SELECT seen_at FROM sessions")
        await here.pool.execute("UPDATE sessions SET seen_at = seen_at - $1::interval", timedelta(hours=2))
        while (last := await mine.chunk()) in heard:
            pass
        end = await mine.chunk()

    assert ({CHANGED, PING}, before, OVER, "") == (heard, seen, last, end)
    assert {} == dict(here.following)


async def test_nobody_and_who_follows_too_much_are_told_not_to_ask_again(
    here: Desk, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_OF_ONE", 1)
    token = await token_of(here, await somebody())
    async with Follower(here) as nobody, Follower(here, token) as first, Follower(here, token) as second:
        assert [204, 200, 429] == [nobody.status, first.status, second.status]


async def test_silence_is_broken_so_that_no_proxy_takes_the_line_for_dead(
    here: Desk, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    async with Follower(here, await token_of(here, await somebody())) as mine:
        assert PING == await mine.chunk()


async def open_list(page: Page, url: str) -> None:
    """Open a list, and wait until it has renewed itself for the first time: what comes then is news."""
    async with page.expect_response(lambda it: it.url == url and "meja-latar" in it.request.headers) as renewed:
        await page.goto(url)
    await (await renewed.value).finished()


async def test_a_stop_ends_all_that_follow(here: Desk, following: asyncio.Task[None], somebody: Somebody) -> None:
    async with Follower(here, await token_of(here, await somebody())) as mine:
        following.cancel()

        assert [CHANGED, ""] == [await mine.chunk(), await mine.chunk()]


async def test_a_new_complaint_is_on_the_open_list_and_keys_stay_where_they_are(
    browser: Browser, here: Desk, following: object, somebody: Somebody, tell: Tell
) -> None:
    person = await somebody()
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang di depan SD 12")
    page = await page_of(browser, here, person, "meja")
    await open_list(page, f"{here.settings.public_url}/")
    await page.get_by_role("link", name="Jalan berlubang").focus()

    await tell(complaint_id="b", ticket=SECOND, text="Jembatan hampir putus", urgency="darurat")
    await expect(page.get_by_role("link", name="Jembatan hampir putus")).to_be_visible()

    await expect(page.get_by_role("status")).to_have_text("1 laporan baru di daftar ini.")
    await expect(page.get_by_role("link", name="Jalan berlubang")).to_be_focused()
    await expect(page.locator(".item.fresh h2")).to_have_text("Jembatan hampir putus")
    await expect(page.get_by_role("link", name="Kerja 2")).to_be_visible()
    await page.context.close()


async def test_the_first_complaint_comes_to_an_empty_list_and_the_last_goes(
    browser: Browser, here: Desk, following: object, somebody: Somebody, tell: Tell
) -> None:
    page = await page_of(browser, here, await somebody(), "hp")
    await page.goto(f"{here.settings.public_url}/")
    await expect(page.get_by_text("Semua sudah dijawab.")).to_be_visible()

    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang")
    await expect(page.get_by_role("link", name="Jalan berlubang")).to_be_visible()
    await tell(complaint_id="a", ticket=FIRST, seq=2, status="closed", why="withdrawn")

    await expect(page.get_by_text("Semua sudah dijawab.")).to_be_visible()
    await page.context.close()


async def test_the_queue_says_what_came_and_what_a_colleague_decided_and_moves_nothing(
    browser: Browser, here: Desk, following: object, somebody: Somebody, tell: Tell
) -> None:
    unsure: dict[str, Any] = {"unit": "DISKOMINFO", "lane": "triage", "candidates": LIKELY}
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang", **unsure)
    page = await page_of(browser, here, await somebody(unit="DISKOMINFO", role="operator"), "meja")
    await page.goto(f"{here.settings.public_url}/triase")
    await page.get_by_role("radio").first.check()

    await tell(complaint_id="b", ticket=SECOND, text="Lampu jalan padam", urgency="tinggi", **unsure)
    await expect(page.get_by_text("1 laporan baru")).to_be_visible()
    given_on = {**unsure, "unit": "PUPR", "lane": "unit"}
    await tell(complaint_id="a", ticket=FIRST, seq=2, why="withdrawn", reader="DISKOMINFO", **given_on)
    await expect(page.get_by_text("1 laporan baru, 1 sudah diputuskan")).to_be_visible()

    await expect(page.locator(".case")).to_have_count(1)
    await expect(page.get_by_role("radio").first).to_be_checked()
    await page.get_by_role("link", name="Muat ulang").click()
    await expect(page.locator(".case h2")).to_have_text("Lampu jalan padam")
    await page.context.close()


async def test_when_the_session_is_over_nothing_is_shown_any_more(
    browser: Browser, here: Desk, following: object, somebody: Somebody, tell: Tell
) -> None:
    person = await somebody()
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang")
    page = await page_of(browser, here, person, "meja")
    await page.goto(f"{here.settings.public_url}/")

    async with here.pool.acquire() as db:
        await accounts.leave(db, person, None)
    await tell(complaint_id="b", ticket=SECOND)

    await expect(page.get_by_label("Kata sandi")).to_be_visible()
    await page.context.close()


async def test_page_that_follows_after_its_session_ended_leads_to_the_login(
    browser: Browser, here: Desk, somebody: Somebody, tell: Tell
) -> None:
    person = await somebody()
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang")
    page, over = await page_of(browser, here, person, "meja"), asyncio.Event()

    async def later(route: Route) -> None:
        await within(over.wait())
        await route.continue_()

    await page.route("**/perubahan", later)
    await page.goto(f"{here.settings.public_url}/")
    await expect(page.get_by_text(FIRST)).to_be_visible()
    async with here.pool.acquire() as db:
        await accounts.leave(db, person, None)
    over.set()

    # This comes sooner than the page's own next request.
    await expect(page.get_by_label("Kata sandi")).to_be_visible(timeout=20_000)


async def test_where_nothing_can_be_followed_the_list_asks_and_says_so(
    browser: Browser, here: Desk, somebody: Somebody, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST", 0)
    page = await page_of(browser, here, await somebody(), "hp")
    await page.clock.install()
    await page.goto(f"{here.settings.public_url}/")
    await expect(page.get_by_text("Semua sudah dijawab.")).to_be_visible()
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang")

    await page.clock.fast_forward(31_000)

    await expect(page.get_by_role("link", name="Jalan berlubang")).to_be_visible()
    await page.context.close()


async def test_list_refresh_lost_on_a_bad_line_is_retried(
    browser: Browser, here: Desk, following: object, somebody: Somebody, tell: Tell
) -> None:
    page, cut = await page_of(browser, here, await somebody(), "hp"), asyncio.Event()
    await page.clock.install()
    await open_list(page, f"{here.settings.public_url}/")
    await expect(page.get_by_text("Semua sudah dijawab.")).to_be_visible()

    async def away(route: Route) -> None:
        await route.abort()
        cut.set()

    await page.route(f"{here.settings.public_url}/", away)
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang")
    await within(cut.wait())
    await page.unroute(f"{here.settings.public_url}/")
    await expect(page.get_by_role("link", name="Jalan berlubang")).to_have_count(0)

    await page.clock.run_for(5_100)

    await expect(page.get_by_role("link", name="Jalan berlubang")).to_be_visible()
    await page.context.close()


async def test_a_line_that_is_silent_for_long_is_dead_and_another_is_begun(
    browser: Browser, here: Desk, somebody: Somebody, tell: Tell
) -> None:
    page = await page_of(browser, here, await somebody(), "hp")
    await page.clock.install()
    async with page.expect_response("**/perubahan"), page.expect_response(f"{here.settings.public_url}/"):
        await page.goto(f"{here.settings.public_url}/")
    async with asyncio.timeout(60):
        while not here.following:
            await asyncio.sleep(0.02)
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang")  # nobody is told

    await page.clock.fast_forward(46_000)

    await expect(page.get_by_role("link", name="Jalan berlubang")).to_be_visible()
    await page.context.close()


async def test_a_page_that_waits_for_an_answer_renews_itself_once_nobody_writes_on_it(
    browser: Browser, here: Desk, somebody: Somebody, tell: Tell
) -> None:
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang", status="in_progress")
    page = await page_of(browser, here, await somebody(), "meja")
    await page.clock.install()
    await page.goto(f"{here.settings.public_url}/laporan/{FIRST}/tanya")
    await page.get_by_label("Pertanyaan untuk warga").fill("Sebelah mana?")
    await page.get_by_role("button", name="Lihat dulu").click()
    await page.get_by_role("button", name="Kirim sekarang").click()
    await expect(page.get_by_text("Muat ulang halaman ini")).to_be_visible()
    await page.locator("form button").first.focus()
    await page.clock.run_for(20_000)
    await expect(page.locator("form button").first).to_be_focused()

    async with page.expect_navigation():
        await page.evaluate("document.activeElement.blur()")
        await page.clock.run_for(20_000)

    await page.context.close()


async def test_a_page_that_waits_for_an_answer_calls_nobody_back_who_has_left_it(
    browser: Browser, here: Desk, somebody: Somebody, tell: Tell
) -> None:
    await tell(complaint_id="a", ticket=FIRST, text="Jalan berlubang", status="in_progress")
    page, asked, go_on = await page_of(browser, here, await somebody(), "meja"), list[str](), asyncio.Event()
    await page.goto(f"{here.settings.public_url}/laporan/{FIRST}/tanya")
    await page.get_by_label("Pertanyaan untuk warga").fill("Sebelah mana?")
    await page.get_by_role("button", name="Lihat dulu").click()
    await page.get_by_role("button", name="Kirim sekarang").click()
    await expect(page.get_by_text("Muat ulang halaman ini")).to_be_visible()

    async def slow(route: Route) -> None:
        asked.append("list")
        await within(go_on.wait())
        await route.continue_()

    async def again(route: Route) -> None:
        asked.append("again")
        await route.continue_()

    await page.route(f"{here.settings.public_url}/", slow)
    await page.route("**/laporan/**", again)
    await page.get_by_role("link", name="Daftar kerja").evaluate("each => each.click()")
    async with asyncio.timeout(60):
        while not asked:
            await asyncio.sleep(0.02)
    await asyncio.sleep(2.5)  # it would reload after 2 s
    go_on.set()

    await page.wait_for_url(f"{here.settings.public_url}/")
    assert "again" not in asked  # the list itself may have requested once more
    await page.context.close()
