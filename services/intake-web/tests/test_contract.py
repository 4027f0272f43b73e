"""The website keeps what every channel promises: what is said stands on the complaint's own page."""

from __future__ import annotations

import re

import httpx
import pytest

from chassis.database import Pool
from testing.channel_contract import (  # noqa: F401 - pytest collects them here
    Door,
    test_answer_to_a_unit_needs_no_number,
    test_its_receipt_arrives_where_it_was_written_and_names_the_ticket,
    test_personal_data_leaves_the_service_masked,
    test_repeated_message_is_one_complaint_on_every_channel,
)

pytestmark = pytest.mark.connected


@pytest.fixture
def door(kept: httpx.AsyncClient, pool: Pool) -> Door:
    """The form; what was written has the path of its receipt as its id."""
    forms: dict[str, dict[str, str]] = {}

    async def write(text: str) -> str:
        form = {**hidden((await kept.get("/")).text), "text": text, "name": "Andi"}
        sent = await kept.post("/", data=form)
        forms[receipt := sent.headers["location"]] = form
        return receipt

    async def again(receipt: str, text: str) -> None:
        sent = await kept.post("/", data={**forms[receipt], "text": text})
        assert receipt == sent.headers["location"]

    async def reply(receipt: str, text: str) -> None:
        page = receipt.partition("?")[0]
        shown = (await kept.get(page)).text
        typed = {
            **hidden(shown[shown.index(f'<form action="{page}/tambahan"') :].partition("</form>")[0]),
            "text": text,
        }
        sent = await kept.post(f"{page}/tambahan", files={name: (None, value) for name, value in typed.items()})
        assert 303 == sent.status_code

    async def told() -> list[str]:
        return [(await kept.get(receipt)).text for receipt in forms]

    return Door(channel="web", origin="intake-web", pool=pool, write=write, again=again, reply=reply, told=told)


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
