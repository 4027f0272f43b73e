"""uvicorn as a task: cancelling it finishes the requests in hand, and no client holds it up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from typing import Any
from urllib.request import urlopen

import httpx
import pytest

from chassis.http_server import Limits, WebServer, _Connection, _Refused, with_heads
from chassis.metrics import Health, serve
from lapor.processes.ports import HOST, any_free
from testing.waiting import finish, soon, within


@pytest.fixture
def port() -> int:
    return any_free()


async def until_it_answers(server: WebServer) -> None:
    async with asyncio.timeout(10):
        while not server.answers:
            await asyncio.sleep(0.01)


async def test_a_request_in_hand_is_finished_at_a_stop(port: int) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        entered.set()
        await within(leave.wait())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"SPG"})

    server = WebServer(app, HOST, port, stop_within_s=5)
    running = asyncio.create_task(server.run())
    await until_it_answers(server)
    async with httpx.AsyncClient(trust_env=False) as client:
        asked = asyncio.create_task(client.get(f"http://{HOST}:{port}/"))
        await within(entered.wait())
        running.cancel()
        await asyncio.sleep(0)
        leave.set()
        answer = await asked

    with pytest.raises(asyncio.CancelledError):
        await running
    assert (answer.status_code, answer.text) == (200, "SPG")
    assert not server.answers


async def test_an_answer_has_the_date_of_its_second(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(port, Limits()), httpx.AsyncClient(trust_env=False) as client:

        async def date() -> str:
            return (await client.get(f"http://{HOST}:{port}/")).headers["date"]

        before = await date()
        monkeypatch.setattr("uvicorn.server.formatdate", lambda _now, usegmt: "Sun, 06 Nov 1994 08:49:37 GMT")
        async with asyncio.timeout(60):
            while await date() == before:
                await asyncio.sleep(0.1)
        after = await date()

    assert after == "Sun, 06 Nov 1994 08:49:37 GMT"


async def test_head_request_gets_the_headers_of_the_page(port: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        status = 200 if scope["method"] == "GET" else 405
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"3")]})
        await send({"type": "http.response.body", "body": b"SPG"})

    server = WebServer(with_heads(app), HOST, port, stop_within_s=1)
    running = asyncio.create_task(server.run())
    await until_it_answers(server)
    async with httpx.AsyncClient(trust_env=False) as client:
        head, page = [await client.request(method, f"http://{HOST}:{port}/") for method in ("HEAD", "GET")]
    running.cancel()
    await finish(running)

    assert (200, "3", b"") == (head.status_code, head.headers["content-length"], head.content)
    assert (200, b"SPG") == (page.status_code, page.content)


async def test_an_answer_in_two_pieces_waits_for_no_acknowledgement(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[bool] = []
    taken = _Connection.connection_made

    def seen(self: Any, transport: Any) -> None:
        taken(self, transport)
        waits.append(not transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(_Connection, "connection_made", seen)
    async with serving(port, Limits()) as connect:
        reader, _ = await connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await within(reader.readline())

    assert [False] == waits


async def test_a_taken_port_is_an_error_and_not_an_exit(port: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    with socket.create_server((HOST, port)), pytest.raises(OSError, match="in use"):
        await WebServer(app, HOST, port, stop_within_s=1).run()


#: Another client on this machine: every address that begins with 127 is its own (RFC 1122, 3.2.1.3).
ATTACKER = "127.0.0.2"
GET = b"GET / HTTP/1.1\r\nHost: door\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: door\r\nContent-Length: 1000\r\n\r\n"


async def read_all(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the number of bytes of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message["body"]), message.get("more_body", False)
    body = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


Connect = Callable[[bytes], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@contextlib.asynccontextmanager
async def serving(port: int, limits: Limits, app: Any = read_all) -> AsyncIterator[Connect]:
    """Serve until the end of the block; yield the function with which the attacker connects and sends something."""
    writers: list[asyncio.StreamWriter] = []

    async def connect(sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(HOST, port, local_addr=(ATTACKER, 0))
        writers.append(writer)
        writer.write(sent)
        return reader, writer

    server = WebServer(app, HOST, port, stop_within_s=1, limits=limits)
    running = asyncio.create_task(server.run())
    await until_it_answers(server)
    try:
        yield connect
    finally:
        for writer in writers:
            writer.transport.abort()
        running.cancel()
        await finish(running)


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then until cancelled."""
    with contextlib.suppress(OSError):
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)


async def asked(port: int, path: str = "/") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        return await client.get(f"http://{HOST}:{port}{path}")


async def test_slow_and_silent_clients_are_gone_in_time_and_others_served_meanwhile(port: int) -> None:
    limits = Limits(of_one=200, head_s=3, body_s=3, body_rate=1_000_000)
    half = [b"GET / HTTP/1.1\r\nX: ", HEAD + b"x", b""] * 60
    async with serving(port, limits) as connect:
        began = time.monotonic()
        slow = [await connect(sent) for sent in half]
        drips = [asyncio.create_task(drip(writer)) for (_, writer), sent in zip(slow, half, strict=True) if sent]
        answer = await asked(port)
        ends = await within(asyncio.gather(*(reader.read() for reader, _ in slow), return_exceptions=True), 10)
        gone_in = time.monotonic() - began
        for task in drips:
            task.cancel()

    assert answer.status_code == 200
    assert 3 <= gone_in
    bodies = [end for end, sent in zip(ends, half, strict=True) if sent.startswith(b"POST")]
    assert bodies
    assert all(isinstance(end, bytes) and end.startswith(b"HTTP/1.1 408 ") for end in bodies)
    assert all(
        end == b"" or isinstance(end, OSError) for end, sent in zip(ends, half, strict=True) if sent[:4] != b"POST"
    )


async def test_a_body_that_keeps_its_rate_may_take_longer(port: int) -> None:
    async with serving(port, Limits(body_s=0.3, body_rate=10)) as connect:
        reader, writer = await connect(HEAD)
        for _ in range(10):
            writer.write(b"x" * 100)
            await asyncio.sleep(0.08)
        answer = await within(reader.read(17))
        writer.close()

    assert answer == b"HTTP/1.1 200 OK\r\n"


async def test_a_body_is_not_waited_for_longer_than_the_longest_however_fast(port: int) -> None:
    endless = HEAD.replace(b"1000", b"100000000")
    async with serving(port, Limits(body_s=0.1, body_rate=1, longest_body_s=0.4)) as connect:
        reader, writer = await connect(endless)
        dripping = asyncio.create_task(drip(writer))
        async with asyncio.timeout(5):
            answer = await reader.read()
        dripping.cancel()

    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_the_second_head_of_a_connection_has_its_time_too(port: int) -> None:
    async with serving(port, Limits(head_s=0.4)) as connect:
        reader, writer = await connect(GET)
        first = await within(reader.readuntil(b"\r\n\r\n0"))
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        dripping = asyncio.create_task(drip(writer))
        async with asyncio.timeout(3):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        dripping.cancel()

    assert first.startswith(b"HTTP/1.1 200 ")


async def test_connections_of_one_client_are_limited_without_affecting_others(port: int) -> None:
    async with serving(port, Limits(of_one=3)) as connect:
        taken = [await connect(b"") for _ in range(3)]
        refused, _ = await connect(GET)
        said = await within(refused.read())
        other = await asked(port)
        taken[0][1].close()
        again = await first_line_when_free(connect)

    assert said.startswith(b"HTTP/1.1 503 ")
    assert (other.status_code, again) == (200, b"HTTP/1.1 200 OK\r\n")


async def first_line_when_free(connect: Connect) -> bytes:
    """Return the status line for the attacker's address, once one of its connections is over."""
    async with asyncio.timeout(5):
        while True:
            reader, writer = await connect(GET)
            line = await reader.readline()
            writer.close()
            if b" 200 " in line:
                return line


async def test_a_proxy_brings_everybody_and_is_not_counted_as_one(port: int) -> None:
    async with serving(port, Limits(of_one=1, proxies=[ip_network(f"{ATTACKER}/32")])) as connect:
        several = [await connect(GET) for _ in range(3)]
        lines = [await within(reader.readline()) for reader, _ in several]

    assert [b"HTTP/1.1 200 OK\r\n"] * 3 == lines


async def test_a_full_door_says_when_to_come_again_and_the_service_stays_ready(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    health = serve(HOST, 0, Health())
    async with serving(port, Limits(connections=3)) as connect:
        held = [await connect(b"") for _ in range(3)]
        answers = [await asked(port) for _ in range(5)]
        ready = await asyncio.to_thread(status_of, f"http://{HOST}:{health.server_port}/ready")
        del held
    health.shutdown()
    health.server_close()

    assert {(503, "5")} == {(answer.status_code, answer.headers["retry-after"]) for answer in answers}
    assert ready == 200
    assert 1 == [record.getMessage() for record in caplog.records].count("connections_refused")


def status_of(url: str) -> int:
    with urlopen(url, timeout=2) as answer:  # noqa: S310
        return int(answer.status)


class Gone(asyncio.Transport):
    """A connection whose other end has left: writes go nowhere, and it can't be ended."""

    aborted = False

    def set_protocol(self, protocol: object) -> None: ...

    def write(self, data: object) -> None: ...

    def write_eof(self) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    def abort(self) -> None:
        self.aborted = True


async def test_client_gone_before_its_refusal_causes_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.http_server._REFUSED_S", 0)
    gone = Gone()
    refused = _Refused(gone)
    await soon(lambda: gone.aborted)
    refused.connection_lost(None)

    assert 0 == _Refused.open


async def test_flood_of_refused_clients_holds_a_limited_number_of_connections(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.http_server._REFUSED_S", 10)  # long enough for all to come
    async with serving(port, Limits(connections=1)) as connect:
        _, held = await connect(b"")
        refused = [await connect(b"") for _ in range(150)]
        async with asyncio.timeout(60):
            said = await asyncio.gather(*(reader.read() for reader, _ in refused), return_exceptions=True)
        held.close()

    assert 0 < sum(isinstance(each, bytes) and b" 503 " in each for each in said) <= 100


@pytest.mark.parametrize("talks_on", [False, True])
async def test_client_that_stops_reading_a_long_response_is_cut_off(
    port: int, monkeypatch: pytest.MonkeyPatch, talks_on: bool
) -> None:
    monkeypatch.setattr("chassis.http_server._TAKE_S", 0.3)
    begun, over = asyncio.Event(), asyncio.Event()

    async def talk(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 50_000_000, "more_body": True})
        begun.set()
        await send({"type": "http.response.body", "body": b"end"})
        over.set()

    async with serving(port, Limits(), talk) as connect:
        _, writer = await connect(GET)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(3):
            await begun.wait()
            writer.write(GET * talks_on)
            await over.wait()


async def test_client_that_asks_to_close_and_stops_reading_is_cut_off(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.http_server._TAKE_S", 0.3)
    create_server = socket.create_server

    def with_little_room(*args: Any, **given: Any) -> socket.socket:
        door = create_server(*args, **given)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # accepted connections inherit it
        return door

    monkeypatch.setattr(socket, "create_server", with_little_room)

    async def talk(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 50_000})

    async with serving(port, Limits(connections=1), talk):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((HOST, port))
        client.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        async with asyncio.timeout(3):
            while (await asked(port)).status_code == 503:
                await asyncio.sleep(0.02)
        client.close()


@pytest.mark.parametrize("streams", [False, True])
async def test_a_client_that_hangs_up_in_the_body_is_nobodys_error(
    port: int, caplog: pytest.LogCaptureFixture, streams: bool
) -> None:
    """A streaming handler waits in a task group for its reader to leave."""
    caplog.set_level(logging.DEBUG)
    entered, gone = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        entered.set()
        try:
            async with asyncio.TaskGroup() if streams else contextlib.nullcontext() as group:
                await (group.create_task(read_all(scope, receive, send)) if group else read_all(scope, receive, send))
        finally:
            gone.set()

    async with serving(port, Limits(), app) as connect:
        _, writer = await connect(HEAD + b"x" * 10)
        async with asyncio.timeout(3):
            await entered.wait()
            writer.close()
            await gone.wait()

    assert "client_gone" in [record.getMessage() for record in caplog.records]
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


async def refusing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 429, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def test_expect_100_continue_request_is_refused_before_its_body(port: int) -> None:
    async with serving(port, Limits(), refusing) as connect:
        head = HEAD.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
        reader, _ = await connect(head)
        async with asyncio.timeout(2):
            assert b"HTTP/1.1 429 " in await reader.readline()


async def test_a_body_that_nobody_wants_is_not_waited_for_long(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.http_server._UNWANTED_S", 0.2)
    async with serving(port, Limits(), refusing) as connect:
        reader, writer = await connect(HEAD)
        dripping = asyncio.create_task(drip(writer))
        async with asyncio.timeout(2):
            assert b"HTTP/1.1 429 " in await reader.readline()
        dripping.cancel()


async def test_hanging_up_during_an_unwanted_body_logs_no_warning(port: int, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(port, Limits(), refusing) as connect:
        _, writer = await connect(HEAD)
        writer.transport.abort()
        assert (await asked(port)).status_code == 429
    assert [] == [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_client_that_sends_too_much_can_read_the_413_response(port: int) -> None:
    async def too_large(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"9")]})
        await send({"type": "http.response.body", "body": b"too large"})

    async with serving(port, Limits(), too_large) as connect:
        part = b"x" * 100_000
        head = b"POST / HTTP/1.1\r\nHost: door\r\nConnection: close\r\nContent-Length: 500000\r\n\r\n"
        reader, writer = await connect(head)
        for _ in range(5):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)  # long enough to be closed, if the server does that
        answer = await within(reader.read())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"too large")
