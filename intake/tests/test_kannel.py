"""Sending an SMS by Kannel: the request, and what each answer means for the notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from intake import gateway
from intake.gateway import GatewaySettings, e164, mobile
from intake.notices import Notice, OutcomeUnknown, Refused, TryLater
from intake.segments import MAX_GSM
from testing import fixtures

Settings = Callable[..., GatewaySettings]


@pytest.fixture
def make_settings() -> Settings:
    def make(**given: Any) -> GatewaySettings:
        usual = {
            **fixtures.UNREACHABLE,
            "kafka_username": "intake-sms",
            "region_dir": "/nowhere",
            "kannel_send_url": "http://127.0.0.1:9/cgi-bin/sendsms",
            "kannel_username": "lapor",
            "kannel_password": "p&ss word",
        }
        return GatewaySettings(**{**usual, **given})

    return make


def notice(text: str = "SPG-S0AB-12CDW diterima.") -> Notice:
    return Notice(id=1, ticket="t", kind="step", key="1", address="+6281234567890", thread=None, text=text, attempts=0)


async def answered(settings: GatewaySettings, answer: httpx.Response | Exception, text: str = "ya") -> httpx.Request:
    """Send ``text`` to a Kannel that answers ``answer``; return the request."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with gateway.client(settings, httpx.MockTransport(handle)) as http:
        await gateway.sender(settings, http)(notice(text))
    return asked[0]


@pytest.mark.parametrize(
    "sender",
    ["+6281234567890", "081234567890", "6281234567890", "0062 81234567890", "0062812-3456-7890", " 0812-3456-7890"],
)
def test_a_number_becomes_e164_however_the_operator_writes_it(sender: str) -> None:
    assert e164(sender, "ID") == mobile(sender, "ID") == "+6281234567890"


@pytest.mark.parametrize("typed", ["0484-21045", "0809 1000 000", "+62900123456", "021 5551234", "1708", "Budi"])
def test_landline_or_invalid_number_gets_no_sms(typed: str) -> None:
    assert mobile(typed, "ID") is None


@pytest.mark.parametrize("sender", ["TELKOMSEL", "BANK BRI", "1708", "3355", "INFO123456789", "+", "0"])
def test_a_name_or_a_short_number_is_not_repliable(sender: str) -> None:
    assert e164(sender, "ID") is None


async def test_a_long_notice_leaves_as_three_sms_that_say_where_the_rest_is(make_settings: Settings) -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["text"])
        return httpx.Response(202)

    settings = make_settings()
    async with gateway.client(settings, httpx.MockTransport(handle)) as http:
        send = gateway.sender(settings, http, lambda number: f"Selengkapnya: {number}")
        for text in ("Tim di lokasi. " * 260, "“Tim” di lokasi – " * 260):
            await send(notice(text))

    for text in asked:
        assert text.endswith("... Selengkapnya: t")
        assert 440 < len(text) <= MAX_GSM


async def test_a_notice_leaves_as_kannels_send_call(make_settings: Settings) -> None:
    asked = await answered(make_settings(), httpx.Response(202, text="0: Accepted for delivery"), "Balas: A+B & 100%")
    assert dict(asked.url.params) == {
        "username": "lapor",
        "password": "p&ss word",
        "from": "1708",
        "to": "+6281234567890",
        "text": "Balas: A+B & 100%",
    }
    assert b"to=%2B62" in asked.url.query


async def test_a_text_beyond_the_7_bit_alphabet_goes_as_ucs2(make_settings: Settings) -> None:
    asked = await answered(make_settings(), httpx.Response(202), "ᨍᨒ 🚧")
    assert (asked.url.params["coding"], asked.url.params["charset"]) == ("2", "UTF-8")


async def test_curly_quotes_do_not_make_an_sms_dearer(make_settings: Settings) -> None:
    asked = await answered(make_settings(), httpx.Response(202), "“beres” – {kata} €5…")
    assert asked.url.params["text"] == '"beres" - {kata} €5...'
    assert "coding" not in asked.url.params


@pytest.mark.parametrize("status", [400, 410, 422])
async def test_permanent_kannel_error_counts_as_refused(make_settings: Settings, status: int) -> None:
    with pytest.raises(Refused):
        await answered(make_settings(), httpx.Response(status, text="Empty receiver number not allowed, rejected"))


@pytest.mark.parametrize("status", [401, 403, 404, 302])
async def test_our_own_wrong_settings_lose_no_notice_and_are_cried_out(
    make_settings: Settings, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    with pytest.raises(TryLater):
        await answered(make_settings(), httpx.Response(status, text="Authorization failed for sendsms"))
    assert [r.getMessage() for r in caplog.records if r.levelname == "CRITICAL"] == ["gateway_refuses_us"]


@pytest.mark.parametrize(
    "answer", [httpx.Response(503), httpx.Response(429), httpx.ConnectError("no"), httpx.ConnectTimeout("no")]
)
async def test_a_gateway_that_is_away_is_tried_later(
    make_settings: Settings, answer: httpx.Response | Exception
) -> None:
    with pytest.raises(TryLater):
        await answered(make_settings(), answer)


@pytest.mark.parametrize("silent", [httpx.ReadTimeout("no"), httpx.WriteTimeout("no")])
async def test_a_gateway_that_has_it_and_is_silent_is_not_given_it_again(
    make_settings: Settings, silent: Exception
) -> None:
    with pytest.raises(OutcomeUnknown):
        await answered(make_settings(), silent)


@pytest.mark.parametrize("lost", [httpx.ReadError("no"), httpx.WriteError("no"), httpx.RemoteProtocolError("no")])
async def test_a_gateway_that_died_with_it_is_given_it_once_more(make_settings: Settings, lost: Exception) -> None:
    settings = make_settings()
    answers: Iterator[Exception | httpx.Response] = iter([lost, lost, httpx.Response(202), lost])

    def handle(request: httpx.Request) -> httpx.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with gateway.client(settings, httpx.MockTransport(handle)) as http:
        send = gateway.sender(settings, http)
        with pytest.raises(TryLater):
            await send(notice())
        with pytest.raises(OutcomeUnknown):
            await send(notice())
        await send(notice())
        with pytest.raises(TryLater):
            await send(notice())


async def test_the_password_is_in_no_error(make_settings: Settings) -> None:
    with pytest.raises(TryLater) as caught:
        await answered(make_settings(), httpx.ConnectError("no"))
    assert "ss" not in str(caught.value)
