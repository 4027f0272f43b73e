"""Live updates of a complaint: the stream of events, and its cost."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from chassis.changes import Changes
from chassis.database import Pool, open_pool
from chassis.http_server import Limits, WebServer
from contracts import ticket
from intake.complaint_view import CHANGED, ComplaintView, announce, save_views
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.domain import pass_for
from intake_web.handlers import live
from intake_web.limits import AT_ONCE, STREAMS_OF_ONE
from intake_web.settings import WebSettings
from lapor.processes.ports import HOST, choose
from testing.waiting import BOUND_S, finish, soon, within

NUMBER = ticket.mint("web")
PATH = f"/v1/complaints/{NUMBER}/events"
PAGE = f"/laporan/{NUMBER}/kabar"


class Site:
    """A running website, its store, and a notifier of changes."""

    def __init__(self, store: Any, changes: Changes, settings: WebSettings, texts: Texts) -> None:
        self.store, self.changes, self.settings = store, changes, settings
        app = build_app(store, settings, texts, changes=changes)
        limits = Limits(proxies=settings.web_trusted_proxies)
        self.server = WebServer(app, HOST, settings.web_port, stop_within_s=5, limits=limits)

    async def change(self, status: str, seq: int, **facts: Any) -> None:
        self.store.stories[NUMBER] = ComplaintView(ticket=NUMBER, status=status, seq=seq, **facts)
        self.changes._wake([NUMBER])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Site]:
        task = asyncio.create_task(self.server.run())
        async with asyncio.timeout(60):
            while not self.server.answers:
                await asyncio.sleep(0.01)
        yield self
        task.cancel()
        await finish(task)


class Reader:
    """A client that reads a stream of events."""

    def __init__(self, port: int, path: str = PATH, method: str = "GET", **headers: str) -> None:
        self.port, self.path, self.method, self.headers, self.head = port, path, method, headers, ""

    async def ask(self) -> None:
        """Open the connection and send the request, without waiting for the answer."""
        self.reader, self.writer = await asyncio.open_connection(HOST, self.port)
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in self.headers.items())
        self.writer.write(f"{self.method} {self.path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode())

    async def __aenter__(self) -> Reader:
        await self.ask()
        async with asyncio.timeout(60):
            self.head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.writer.close()

    @property
    def status(self) -> int:
        return int(self.head.split()[1])

    async def chunk(self) -> str:
        """Read the next chunk; empty at the end of the stream."""
        async with asyncio.timeout(60):
            size = int(await self.reader.readline(), 16)
            return (await self.reader.readexactly(size + 2))[:-2].decode()

    async def event(self) -> tuple[str, dict[str, Any]]:
        """Read the next event: its id and its data."""
        text = await self.chunk()
        found = re.fullmatch(r"id: (\S+)\r\nevent: complaint\r\ndata: (.*)\r\n\r\n", text)
        assert found, text
        return found[1], json.loads(found[2])


async def until_answered(status: int, ask: Callable[[], Reader]) -> Reader:
    """Ask repeatedly until the answer is ``status``."""
    async with asyncio.timeout(60):
        while True:
            async with ask() as reader:
                if reader.status == status:
                    return reader
            await asyncio.sleep(0.05)


@pytest.fixture
def settings(make_settings: Callable[..., WebSettings], tmp_path: Any) -> WebSettings:
    return make_settings(web_port=choose({"web": 0}, tmp_path / "ports.json")["web"], web_public_url=None)


@pytest.fixture
async def site(fake: Any, settings: WebSettings, texts: Texts) -> AsyncIterator[Site]:
    site = Site(fake, Changes(CHANGED), settings, texts)
    async with site.running():
        await site.change("routed", 1)
        yield site


async def test_stream_starts_with_the_current_state_and_tells_each_change(site: Site, settings: WebSettings) -> None:
    async with Reader(settings.web_port) as reader:
        first = await reader.event()
        await site.change("in_progress", 3)
        second = await reader.event()

    assert (200, True) == (reader.status, "text/event-stream" in reader.head)
    assert [("1", "routed"), ("3", "in_progress")] == [(each[0], each[1]["status"]) for each in (first, second)]


async def test_reconnecting_reader_hears_only_missed_and_new_changes(site: Site, settings: WebSettings) -> None:
    await site.change("in_progress", 3)
    async with Reader(settings.web_port, last_event_id="1") as behind:
        assert ("3", "in_progress") == ((event := await behind.event())[0], event[1]["status"])
    async with Reader(settings.web_port, last_event_id="3") as up_to_date:
        await site.change("waiting_for_reporter", 4)
        assert "4" == (await up_to_date.event())[0]


async def test_the_end_is_told_and_whoever_knows_it_is_told_not_to_ask_again(site: Site, settings: WebSettings) -> None:
    async with Reader(settings.web_port) as reader:
        await reader.event()
        await site.change("closed", 9)
        assert "closed" == (await reader.event())[1]["status"]
        assert "" == await reader.chunk()
    async with Reader(settings.web_port, last_event_id="9") as again:
        assert again.status == 204


async def test_silence_is_broken_so_that_no_proxy_takes_the_line_for_dead(
    site: Site, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    async with Reader(settings.web_port) as reader:
        await reader.event()
        assert ": ping\r\n\r\n" == await reader.chunk()


async def test_strangers_of_a_confidential_one_hear_the_outline_and_not_that_it_goes_on(
    site: Site, settings: WebSettings
) -> None:
    await site.change("in_progress", 3, rahasia=True, unit="INSPEKTORAT")
    cookie = f"akses={pass_for(settings.installation_namespace, NUMBER)}"
    async with Reader(settings.web_port) as stranger, Reader(settings.web_port, PAGE, cookie=cookie) as own:
        seen, full = await stranger.event(), await own.event()
        await site.change("in_progress", 5, rahasia=True, unit="DINKES")
        assert "5" == (await own.event())[0]
        await site.change("resolved", 6, rahasia=True, unit="DINKES")
        after = await stranger.event()

    assert "INSPEKTORAT" == full[1]["unit"]
    assert ["in_progress", "resolved"] == [each[1]["status"] for each in (seen, after)]
    assert not {"unit", "said", "history"} & seen[1].keys()
    assert not {"3", "5", "6"} & {seen[0], after[0]}


async def test_stream_to_a_stranger_ends_when_the_complaint_becomes_confidential(
    site: Site, settings: WebSettings
) -> None:
    async with Reader(settings.web_port) as reader:
        await reader.event()
        await site.change("in_progress", 3, rahasia=True)
        assert "" == await reader.chunk()


async def test_an_address_has_so_many_streams_and_one_that_ended_makes_room(site: Site, settings: WebSettings) -> None:
    readers = [Reader(settings.web_port) for _ in range(STREAMS_OF_ONE)]
    for each in readers:
        await each.__aenter__()
        await each.event()
    async with Reader(settings.web_port) as refused:
        assert (429, True) == (refused.status, "retry-after: 60" in refused.head.lower())
    for each in readers:
        await each.__aexit__()

    await until_answered(200, lambda: Reader(settings.web_port))


async def test_address_gets_five_streams_even_if_it_opens_fifty_at_once(
    site: Site, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, all_asked, find = 0, asyncio.Event(), site.store.find

    async def find_when_all_have_asked(number: str) -> Any:
        nonlocal asked
        asked += 1
        await within(all_asked.wait())
        return await find(number)

    monkeypatch.setattr(site.store, "find", find_when_all_have_asked)
    readers = [Reader(settings.web_port) for _ in range(50)]
    opening = [asyncio.create_task(each.__aenter__()) for each in readers]
    await soon(lambda: asked + sum(task.done() for task in opening) == len(readers))
    all_asked.set()
    await within(asyncio.gather(*opening))

    assert Counter({429: 45, 200: STREAMS_OF_ONE}) == Counter(each.status for each in readers)
    for each in readers:
        assert (each.status == 429) == ("connection: close" in each.head.lower())
        await each.__aexit__()


async def test_silent_stream_ends_and_a_reconnect_gets_the_missed_changes(
    site: Site, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.01)
    monkeypatch.setattr(live, "STREAM_S", 0)
    async with Reader(settings.web_port) as reader:
        known, _ = await reader.event()
        assert "" == await reader.chunk()
    await site.change("in_progress", 2)
    async with Reader(settings.web_port, last_event_id=known) as again:
        assert "2" == (await again.event())[0]


async def test_one_client_behind_a_proxy_has_so_many_requests_open_and_others_are_answered(
    fake: Any, make_settings: Callable[..., WebSettings], texts: Texts, tmp_path: Path
) -> None:
    port = choose({"web": 0}, tmp_path / "ports.json")["web"]
    settings = make_settings(web_port=port, web_public_url=None, web_trusted_proxies="127.0.0.0/8")

    def whose_body_never_comes(client: str) -> Reader:
        return Reader(port, "/v1/complaints", x_forwarded_for=client, content_length="10", method="POST")

    async with Site(fake, Changes(CHANGED), settings, texts).running(), AsyncExitStack() as open_:
        # Like a home with a whole /56: each of its addresses is in another /64.
        held = [whose_body_never_comes(f"2001:db8:0:{n:x}::1") for n in range(AT_ONCE)]
        for each in held:
            await each.ask()
            open_.callback(each.writer.close)
        refused = await until_answered(429, lambda: Reader(port, "/lacak", x_forwarded_for="2001:db8:0:ff::9"))
        assert "retry-after: 5" in refused.head.lower()
        assert "connection: close" in refused.head.lower()
        for other in ("2001:db8:0:100::1", "198.51.100.7"):
            async with Reader(port, "/lacak", x_forwarded_for=other) as neighbour:
                assert 200 == neighbour.status
        for each in held:
            each.writer.close()
        await until_answered(200, lambda: Reader(port, "/lacak", x_forwarded_for="2001:db8:0:ff::9"))


async def test_unknown_number_gets_no_stream(site: Site, settings: WebSettings) -> None:
    async with Reader(settings.web_port, f"/v1/complaints/{ticket.mint('web')}/events") as reader:
        assert (404, True) == (reader.status, "application/problem+json" in reader.head)


@pytest.mark.connected
async def test_stored_change_wakes_readers_and_a_stop_ends_all_streams(
    pool: Pool, dsn: str, settings: WebSettings, texts: Texts
) -> None:
    other = await open_pool(dsn, timeout_s=5)  # the pool of another process, which stores the story
    store, changes = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S), Changes(CHANGED)
    listening = asyncio.create_task(changes.listen(pool))

    async def keep(status: str, seq: int) -> None:
        async with other.acquire() as db, db.transaction():
            await save_views(db, {NUMBER: ComplaintView(ticket=NUMBER, status=status, seq=seq)}, also=announce)

    await keep("routed", 1)
    async with Site(store, changes, settings, texts).running(), Reader(settings.web_port) as reader:
        assert "1" == (await reader.event())[0]
        async with asyncio.timeout(60):
            while not await pool.fetchval("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'"):
                await asyncio.sleep(0.05)
        await keep("in_progress", 2)
        assert "2" == (await reader.event())[0]
        listening.cancel()
        assert "" == await reader.chunk()
    await finish(listening)
    other.terminate()


async def test_two_hundred_readers_take_less_than_a_megabyte_each(
    site: Site, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake_web.limits.STREAMS_OF_ONE", 200)
    monkeypatch.setattr("intake_web.limits.AT_ONCE", 200)
    monkeypatch.setattr(site.server, "limits", Limits(of_one=200))
    before, readers = psutil.Process().memory_info().rss, [Reader(settings.web_port) for _ in range(200)]
    for each in readers:
        await each.__aenter__()
        await each.event()
    each_bytes = (psutil.Process().memory_info().rss - before) / len(readers)

    await site.change("in_progress", 2)
    assert {"2"} == {(await each.event())[0] for each in readers}

    for each in readers:
        await each.__aexit__()
    assert each_bytes < 1_000_000, each_bytes
    print(f"{each_bytes / 1000:.0f} kB each, with its client")
