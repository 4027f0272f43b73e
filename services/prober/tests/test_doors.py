"""A canary goes through a door like any other message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from prober.doors import doors
from prober.settings import Settings
from testing import fixtures

GIVEN: dict[str, Any] = {
    **fixtures.UNREACHABLE,
    "kafka_username": "prober",
    "region_dir": Path("/nowhere"),
    "canary_key": "k" * 24,
    "probe_web_url": "https://lapor.example/",
    "probe_sms_url": "http://intake-sms:8081/sms/kannel/mo",
    "sms_mo_token": "t" * 24,
}
SETTINGS = Settings(**GIVEN)


class Doors:
    """Records the requests to the doors, and answers them with ``status``."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.status = 202

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self.status)

    async def hand_over(self, channel: str, *message: str) -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self.answer)) as http:
            await doors(SETTINGS, http)[channel](*message)


async def test_the_website_gets_a_complaint_with_a_key_of_its_own() -> None:
    found = Doors()

    await found.hand_over("web", "web-1", "CANARY")

    (request,) = found.asked
    assert ("POST", "https://lapor.example/v1/complaints") == (request.method, str(request.url))
    assert "web-1" == request.headers["idempotency-key"]
    assert b'{"text":"CANARY"}' == request.content


async def test_the_gateways_door_gets_an_sms_that_nobody_can_answer() -> None:
    found = Doors()

    await found.hand_over("sms", "sms-1", "CANARY x")

    (request,) = found.asked
    assert {"id": "sms-1", "from": "canary", "text": "CANARY x", "token": "t" * 24} == dict(request.url.params)


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_refused_complaint_raises_an_error(channel: str) -> None:
    found = Doors()
    found.status = 503

    with pytest.raises(httpx.HTTPError):
        await found.hand_over(channel, "name", "CANARY x")
