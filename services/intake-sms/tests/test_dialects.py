"""Each dialect as a whole: an SMS comes as its gateway brings it, the receipt leaves by its call, its report arrives.

The vendors' servers are not within reach, so their answers to our call are played.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlencode

import httpx
import pytest

from chassis.database import Pool
from intake import gateway
from intake.dialect import NAMES
from intake.service import Context
from intake_sms.app import parts
from intake_sms.settings import SmsSettings
from lapor.processes.ports import HOST, any_free
from testing import fixtures
from testing.background import kept_running

pytestmark = pytest.mark.connected
REGION = Path(__file__).parents[3] / "region" / "soppeng"
ME, TEXT, PUBLIC = "+6281234567890", "lampu jalan padam di Desa Jampu", "https://sms.contoh.id"
PASSWORD, SIGNING = "p&ss", "signing-secret"
#: A request of the gateway: method, the query beside our own part of it, and the body.
Request = tuple[str, dict[str, str], dict[str, Any]]
Sign = Callable[[str, dict[str, str]], dict[str, str]]


def by_twilio(target: str, form: dict[str, str]) -> dict[str, str]:
    """Return the headers that sign ``form`` as Twilio does."""
    signed = f"{PUBLIC}{target}" + "".join(name + form[name] for name in sorted(form))
    mac = base64.b64encode(hmac.digest(PASSWORD.encode(), signed.encode(), "sha1")).decode()
    return {"X-Twilio-Signature": mac}


def by_vonage(_target: str, form: dict[str, str]) -> dict[str, str]:
    """Add to ``form`` the field that signs it as Vonage does."""
    signed = "".join(f"&{name}={form[name]}" for name in sorted(form)) + SIGNING
    form["sig"] = hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest()
    return {}


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """What a gateway brings, answers to our call (``takes``), hears as success and reports of the SMS with our id."""

    brings: Request
    takes: httpx.Response
    reports: Callable[[str], Request]
    hears: bytes = b""
    sign: Sign | None = None


SAID = f"SOPPENG {TEXT}"
GATEWAYS = {
    "kannel": Gateway(
        brings=("GET", {"id": "a1", "from": ME, "to": "1708", "raw": SAID, "text": SAID}, {}),
        takes=httpx.Response(202, text="0: Accepted for delivery"),
        reports=lambda own: ("GET", {"id": own, "state": "1"}, {}),
    ),
    "jasmin": Gateway(
        brings=(
            "POST",
            {},
            {"data": {"id": "a1", "from": ME, "to": "1708", "binary": SAID.encode("utf-16-be").hex(), "coding": "8"}},
        ),
        takes=httpx.Response(200, text='Success "c7b2"'),
        reports=lambda own: ("POST", {"id": own}, {"data": {"id": "c7b2", "level": "2", "message_status": "DELIVRD"}}),
        hears=b"ACK/Jasmin",
    ),
    "twilio": Gateway(
        brings=("POST", {}, {"data": {"MessageSid": "SM1", "From": ME, "To": "1708", "Body": SAID}}),
        takes=httpx.Response(201, text='{"sid": "SM12", "status": "queued"}'),
        reports=lambda own: ("POST", {"id": own}, {"data": {"MessageSid": "SM12", "MessageStatus": "delivered"}}),
        hears=b"<Response/>",
        sign=by_twilio,
    ),
    "vonage": Gateway(
        brings=("POST", {}, {"data": {"messageId": "0A", "msisdn": ME[1:], "to": "1708", "text": SAID}}),
        takes=httpx.Response(200, text='{"messages":[{"message-id":"0B","status":"0"}]}'),
        reports=lambda own: ("POST", {}, {"data": {"client-ref": own, "status": "delivered", "err-code": "0"}}),
        sign=by_vonage,
    ),
    "infobip": Gateway(
        brings=("POST", {}, {"json": {"results": [{"messageId": "a1", "from": ME[1:], "to": "1708", "text": SAID}]}}),
        takes=httpx.Response(200, text='{"messages":[{"messageId":"b1","status":{"groupName":"PENDING"}}]}'),
        reports=lambda own: (
            "POST",
            {},
            {"json": {"results": [{"messageId": own, "status": {"groupName": "DELIVERED"}}]}},
        ),
    ),
    "generic": Gateway(
        brings=("GET", {"msisdn": ME, "sms": SAID}, {}),
        takes=httpx.Response(200, text="sent"),
        reports=lambda own: ("GET", {"id": own, "status": "1"}, {}),
        hears=b"0",
    ),
}


@pytest.mark.parametrize("name", NAMES)
async def test_each_dialect_brings_an_sms_takes_the_receipt_and_reports_it(
    pool: Pool, make_settings: Callable[..., SmsSettings], monkeypatch: pytest.MonkeyPatch, own_table: Path, name: str
) -> None:
    vendor, port, asked = GATEWAYS[name], any_free(), list[httpx.Request]()
    door = f"http://{HOST}:{port}/sms/{name}"
    settings = make_settings(
        sms_dialect=name, sms_listen_port=port, sms_report_url=f"{door}/dlr", sms_public_url=PUBLIC,
        sms_send_url="http://gateway.test/send", sms_send_username="user", sms_send_password=PASSWORD,
        sms_signing_secret=SIGNING, sms_gateway_file=str(own_table),
    )  # fmt: skip

    def takes(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return vendor.takes

    async def comes(path: str, request: Request) -> httpx.Response:
        """Send a request of the gateway, as soon as the door is open."""
        method, query, body = request
        if vendor.sign is None:
            query = {"token": settings.sms_mo_token.get_secret_value(), **query}
        target = f"/sms/{name}/{path}" + (f"?{urlencode(query)}" if query else "")
        form = dict(body.get("data", {}))
        headers = vendor.sign(target, form) if vendor.sign else {}
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(60):
            while True:
                try:
                    given = {**body, "data": form} if form else body
                    return await http.request(method, f"http://{HOST}:{port}{target}", headers=headers, **given)
                except httpx.ConnectError:
                    await asyncio.sleep(0.02)

    async def until(column: str, wanted: str) -> None:
        async with asyncio.timeout(60):
            while wanted != await pool.fetchval(f"SELECT {column} FROM notices"):
                await asyncio.sleep(0.02)

    monkeypatch.setattr(gateway, "client", partial(gateway.client, transport=httpx.MockTransport(takes)))
    context = Context(pool=pool, settings=settings, texts=fixtures.texts_of(REGION), wake=lambda: None)
    async with parts(context) as made, kept_running(made.tasks):
        heard = await comes("mo", vendor.brings)
        await pool.execute("UPDATE notices SET next_try_at = now()")
        await until("state", "sent")
        own = await pool.fetchval("SELECT id || '-' || round FROM notices")
        reported = await comes("dlr", vendor.reports(own))
        await until("report", "delivered")

    number = await pool.fetchval("SELECT ticket FROM complaints WHERE text = $1 AND channel = 'sms'", TEXT)
    (call,) = asked
    assert [(200, vendor.hears)] * 2 == [(each.status_code, each.content) for each in (heard, reported)]
    assert (True, True) == tuple(
        said in unquote_plus(f"{call.url} {call.content.decode()}") for said in (number, ME[1:])
    )
