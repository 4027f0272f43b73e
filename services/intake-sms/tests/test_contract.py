"""SMS keeps what every channel promises: through our endpoint, and the gateway's as the stand-in plays it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from chassis.database import Pool
from intake.service import Context
from intake_sms.app import parts
from intake_sms.settings import SmsSettings
from lapor.processes.ports import HOST, any_free
from lapor.standins.settings import SHORT_CODE
from lapor.standins.sms import mo_url
from lapor.standins.state import Mo
from testing import fixtures
from testing.background import kept_running
from testing.channel_contract import (  # noqa: F401 - pytest collects them here
    Door,
    test_answer_to_a_unit_needs_no_number,
    test_call_for_help_and_what_it_left_out_are_one_complaint,
    test_its_receipt_arrives_where_it_was_written_and_names_the_ticket,
    test_personal_data_leaves_the_service_masked,
    test_repeated_message_is_one_complaint_on_every_channel,
)
from testing.standins import serving, settings_for_tests

pytestmark = pytest.mark.connected
REGION = Path(__file__).parents[3] / "region" / "soppeng"
ME, TOKEN = "+6281234567890", "a-token-of-the-test"


@pytest.fixture
async def door(pool: Pool, make_settings: Callable[..., SmsSettings], tmp_path: Path) -> AsyncIterator[Door]:
    port = any_free()
    gateway = settings_for_tests(
        tmp_path / "state", sms_mo_url=f"http://{HOST}:{port}/sms/kannel/mo", sms_mo_token=TOKEN
    )
    with serving(gateway) as base:
        settings = make_settings(
            sms_listen_port=port,
            sms_mo_token=TOKEN,
            kannel_send_url=f"{base}/cgi-bin/sendsms",
            kannel_password=gateway.kannel_password,
        )

        async def again(sms_id: str, text: str) -> None:
            """Bring an SMS as the gateway does: until it is taken."""
            url = mo_url(Mo(id=sms_id, sender=ME, receiver=SHORT_CODE, text=text, at=0), gateway)
            async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(60):
                while not await taken(http, url):
                    await asyncio.sleep(0.02)

        async def write(text: str) -> str:
            await again(sms_id := str(uuid4()), text)
            return sms_id

        async def reply(_sms_id: str, text: str) -> None:
            await write(text)

        async def told() -> list[str]:
            await pool.execute("UPDATE notices SET next_try_at = now()")
            async with asyncio.timeout(60):
                while await pool.fetchval("SELECT EXISTS (SELECT FROM notices WHERE state = 'pending')"):
                    await asyncio.sleep(0.02)
            async with httpx.AsyncClient(trust_env=False) as http:
                return [each["text"] for each in (await http.get(f"{base}/sent")).json() if each["to"] == ME]

        context = Context(pool=pool, settings=settings, texts=fixtures.texts_of(REGION), wake=lambda: None)
        async with parts(context) as made, kept_running(made.tasks):
            yield Door(channel="sms", origin="intake-sms", pool=pool, write=write, again=again, reply=reply, told=told)


async def taken(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == 200
    except httpx.ConnectError:
        return False
