"""uvicorn as a task: stopped by cancelling, with the requests in hand finished."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest

from chassis.intake.server import WebServer
from lapor.ports import HOST


@pytest.fixture
def port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        free: int = probe.getsockname()[1]
        return free


async def until_it_answers(server: WebServer) -> None:
    async with asyncio.timeout(10):
        while not server.answers:
            await asyncio.sleep(0.01)


async def test_a_request_in_hand_is_finished_at_a_stop(port: int) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        entered.set()
        await leave.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"SPG"})

    server = WebServer(app, HOST, port, stop_within_s=5)
    running = asyncio.create_task(server.run())
    await until_it_answers(server)
    async with httpx.AsyncClient(trust_env=False) as client:
        asked = asyncio.create_task(client.get(f"http://{HOST}:{port}/"))
        await entered.wait()
        running.cancel()
        await asyncio.sleep(0)
        leave.set()
        answer = await asked

    with pytest.raises(asyncio.CancelledError):
        await running
    assert (answer.status_code, answer.text) == (200, "SPG")
    assert not server.answers


async def test_whoever_asks_only_for_the_head_gets_that_of_the_page(port: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        status = 200 if scope["method"] == "GET" else 405
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"3")]})
        await send({"type": "http.response.body", "body": b"SPG"})

    server = WebServer(app, HOST, port, stop_within_s=1)
    running = asyncio.create_task(server.run())
    await until_it_answers(server)
    async with httpx.AsyncClient(trust_env=False) as client:
        head, page = [await client.request(method, f"http://{HOST}:{port}/") for method in ("HEAD", "GET")]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert (200, "3", b"") == (head.status_code, head.headers["content-length"], head.content)
    assert (200, b"SPG") == (page.status_code, page.content)


async def test_a_taken_port_is_an_error_and_not_an_exit(port: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    with socket.create_server((HOST, port)), pytest.raises(OSError, match="in use"):
        await WebServer(app, HOST, port, stop_within_s=1).run()
