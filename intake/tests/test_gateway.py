"""Sending by each dialect: requests to the gateway, and what its answers mean. Kannel's are in test_kannel.py."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from intake import gateway
from intake.gateway import GatewaySettings
from intake.notices import Notice, Refused, TryLater
from testing import fixtures

Settings = Callable[..., GatewaySettings]
URL = "http://gateway.test/send"
REPORTS = "http://door.test/dlr?token=T&"


@pytest.fixture
def make_settings() -> Settings:
    def make(dialect: str, **given: Any) -> GatewaySettings:
        usual = {
            **fixtures.UNREACHABLE,
            "kafka_username": "intake-sms",
            "region_dir": "/nowhere",
            "sms_dialect": dialect,
            "sms_send_url": URL if dialect in ("jasmin", "infobip", "generic") else "",
            "sms_send_username": "user",
            "sms_send_password": "p&ss",
            "kannel_send_url": URL if dialect == "kannel" else "",
            "kannel_username": "user" if dialect == "kannel" else "",
            "kannel_password": "p&ss" if dialect == "kannel" else "",
        }
        return GatewaySettings(**{**usual, **given})

    return make


def notice(text: str) -> Notice:
    return Notice(
        id=7, ticket="t", kind="step", key="1", address="+6281234567890", thread=None, text=text, attempts=0, round=1
    )


async def sent(
    settings: GatewaySettings, answer: httpx.Response, text: str = "Selesai & beres", report_url: str = REPORTS
) -> tuple[httpx.Request, str | None]:
    """Send ``text`` to a gateway that answers ``answer``; return the request, and the gateway's id of the SMS."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    async with gateway.client(settings, httpx.MockTransport(handle)) as http:
        name = await gateway.sender(settings, http, report_url=report_url)(notice(text))
    return asked[0], name


def form(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.content.decode(), keep_blank_values=True).items()}


async def test_kannel_is_asked_to_report_by_our_own_name(make_settings: Settings) -> None:
    asked, name = await sent(make_settings("kannel"), httpx.Response(202, text="0: Accepted for delivery"))

    assert ("31", f"{REPORTS}id=7-1&state=%d", None) == (
        asked.url.params["dlr-mask"],
        asked.url.params["dlr-url"],
        name,
    )


async def test_delivery_reports_are_requested_only_with_a_report_url(make_settings: Settings) -> None:
    for dialect, answer in (("kannel", "0"), ("jasmin", 'Success "x"')):
        asked, _ = await sent(make_settings(dialect), httpx.Response(200, text=answer), report_url="")
        assert "dlr" not in f"{asked.url}{asked.content.decode()}"


async def test_jasmin_takes_letters_of_gsm_as_they_are_and_others_in_hexadecimal(make_settings: Settings) -> None:
    settings, answer = make_settings("jasmin"), httpx.Response(200, text='Success "c7b2"')
    plain, name = await sent(settings, answer)
    other, _ = await sent(settings, answer, "beres 🚧")

    usual = {"username": "user", "password": "p&ss", "from": "1708", "to": "6281234567890"}
    reports = {"dlr": "yes", "dlr-level": "3", "dlr-method": "POST", "dlr-url": f"{REPORTS}id=7-1"}
    assert (URL, "c7b2") == (str(plain.url), name)
    assert {**usual, **reports, "content": "Selesai & beres"} == form(plain)
    assert {**usual, **reports, "coding": "8", "hex-content": "beres 🚧".encode("utf-16-be").hex()} == form(other)


async def test_twilio_is_asked_by_the_account(make_settings: Settings) -> None:
    asked, name = await sent(make_settings("twilio"), httpx.Response(201, text='{"sid": "SM12", "status": "queued"}'))

    assert "https://api.twilio.com/2010-04-01/Accounts/user/Messages.json" == str(asked.url)
    assert f"Basic {base64.b64encode(b'user:p&ss').decode()}" == asked.headers["Authorization"]
    assert {
        "To": "+6281234567890",
        "From": "1708",
        "Body": "Selesai & beres",
        "StatusCallback": f"{REPORTS}id=7-1",
    } == form(asked)
    assert "SM12" == name


async def test_vonage_is_told_our_name(make_settings: Settings) -> None:
    answer = httpx.Response(200, text='{"message-count":"1","messages":[{"message-id":"0A","status":"0"}]}')
    asked, name = await sent(make_settings("vonage"), answer, "beres 🚧")

    assert {
        "api_key": "user",
        "api_secret": "p&ss",
        "from": "1708",
        "to": "6281234567890",
        "text": "beres 🚧",
        "type": "unicode",
        "client-ref": "7-1",
        "status-report-req": "1",
        "callback": f"{REPORTS}id=7-1",
    } == form(asked)
    assert "0A" == name


async def test_infobip_takes_a_list_with_our_name(make_settings: Settings) -> None:
    body = '{"messages":[{"messageId":"7-1","status":{"groupId":1,"groupName":"PENDING"},"to":"62812"}]}'
    asked, name = await sent(make_settings("infobip"), httpx.Response(200, text=body))

    (message,) = json.loads(asked.content)["messages"]
    assert ("App p&ss", "7-1") == (asked.headers["Authorization"], name)
    assert {
        "from": "1708",
        "text": "Selesai & beres",
        "destinations": [{"to": "6281234567890", "messageId": "7-1"}],
        "notifyUrl": f"{REPORTS}id=7-1",
        "notifyContentType": "application/json",
    } == message


@pytest.mark.parametrize(
    ("dialect", "status", "body", "raised", "cried"),
    [
        ("jasmin", 200, 'Error "no route"', Refused, False),
        ("jasmin", 403, 'Error "Authentication failure for username:user"', TryLater, True),
        ("jasmin", 500, 'Error "unknown"', TryLater, False),
        ("twilio", 400, '{"code": 21211, "message": "The To number +6281234567890 is not valid"}', Refused, False),
        ("twilio", 401, '{"code": 20003}', TryLater, True),
        ("twilio", 429, '{"code": 20429}', TryLater, False),
        ("twilio", 503, "", TryLater, False),
        ("vonage", 200, '{"messages":[{"status":"1","error-text":"Throttled"}]}', TryLater, False),
        ("vonage", 200, '{"messages":[{"status":"4","error-text":"Bad Credentials"}]}', TryLater, True),
        ("vonage", 200, '{"messages":[{"status":"7","error-text":"Number barred"}]}', Refused, False),
        ("infobip", 200, '{"messages":[{"status":{"groupId":5,"groupName":"REJECTED"}}]}', Refused, False),
        ("infobip", 401, "{}", TryLater, True),
        ("infobip", 400, "{}", Refused, False),
    ],
)
async def test_gateway_error_is_classified_by_its_answer(
    make_settings: Settings,
    caplog: pytest.LogCaptureFixture,
    dialect: str,
    status: int,
    body: str,
    raised: type[Exception],
    cried: bool,
) -> None:
    with pytest.raises(raised) as caught:
        await sent(make_settings(dialect), httpx.Response(status, text=body))

    assert cried == ("gateway_refuses_us" in [record.getMessage() for record in caplog.records])
    assert "81234567890" not in str(caught.value)


@pytest.mark.parametrize("dialect", ["jasmin", "vonage", "infobip"])
def test_only_who_can_send_sends(make_settings: Settings, dialect: str) -> None:
    none = make_settings(dialect, sms_send_url="", sms_send_username="", sms_send_password="")

    assert (True, False) == (make_settings(dialect).sends_sms, none.sends_sms)
