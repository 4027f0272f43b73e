"""The website behind its real server: what a client does to a connection."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.intake.server import WebServer, with_heads
from chassis.intake.texts import Texts
from intake_web.app import build_app
from intake_web.settings import WebSettings
from lapor.ports import HOST


@pytest.fixture
async def port(fake: Any, make_settings: Callable[..., WebSettings], texts: Texts) -> AsyncIterator[int]:
    """The port of a running website."""
    with socket.create_server((HOST, 0)) as probe:
        free: int = probe.getsockname()[1]
    server = WebServer(with_heads(build_app(fake, make_settings(), texts)), HOST, free, stop_within_s=1)
    running = asyncio.create_task(server.run())
    async with asyncio.timeout(10):
        while not server.answers:
            await asyncio.sleep(0.01)
    yield free
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def counted() -> float:
    """Everything that was sent to the web door so far."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "lapor_intake_requests_total" and sample.labels["channel"] == "web"
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/complaints", "application/json"),
        ("/", "multipart/form-data; boundary=x"),
        ("/", "application/x-www-form-urlencoded"),
    ],
)
async def test_who_hangs_up_in_the_body_is_neither_an_error_nor_counted(
    port: int, caplog: pytest.LogCaptureFixture, path: str, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    before = counted()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Type: {kind}\r\nContent-Length: 99\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(HOST, port)
    writer.write(head.encode() + b"--x")
    await writer.drain()
    writer.close()
    async with asyncio.timeout(5):
        while "client_gone" not in [record.getMessage() for record in caplog.records]:
            await asyncio.sleep(0.01)

    assert [] == [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert before == counted()
