"""An addition that may accuse whoever handles the complaint becomes a complaint of its own, with its photos."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from test_evidence import SECRET, reported, told, uploaded

from chassis.database import Pool
from contracts.events import ComplaintFollowedUp, ComplaintReceived

pytestmark = pytest.mark.connected
ACCUSES = "yang datang kemarin minta 200 ribu katanya buat bensin"


async def add(client: httpx.AsyncClient, number: str, *uploads: str) -> dict[str, Any]:
    body = {"kind": "addition", "text": ACCUSES, "uploads": list(uploads)}
    headers = {"Idempotency-Key": "more", **SECRET}
    answer = await client.post(f"/v1/complaints/{number}/follow-ups", json=body, headers=headers)
    assert 202 == answer.status_code, answer.text
    given: dict[str, Any] = answer.json()
    return given


async def test_its_photos_go_with_it_and_the_answer_names_it_each_time(kept: httpx.AsyncClient, pool: Pool) -> None:
    number, upload = await reported(kept), await uploaded(kept)

    answers = [await add(kept, number, upload) for _ in range(2)]

    _, own = await told(pool, ComplaintReceived)
    assert [own.ticket, own.ticket] == [each["apart"] for each in answers]
    assert (number, 1) == (own.part_of, len(own.evidence))
    assert [] == await told(pool, ComplaintFollowedUp)


async def test_split_off_complaint_opens_only_with_the_secret_of_the_first(kept: httpx.AsyncClient) -> None:
    number = await reported(kept, rahasia=True)
    own = (await add(kept, number))["apart"]

    mine = await kept.get(f"/v1/complaints/{own}", headers=SECRET)
    others = await kept.get(f"/v1/complaints/{own}")

    assert ("attached" in mine.json(), "attached" in others.json()) == (True, False)


async def test_the_page_says_that_it_is_handled_apart_with_its_number(kept: httpx.AsyncClient, pool: Pool) -> None:
    number = await reported(kept)
    form = {"key": "more", "kind": "addition", "text": ACCUSES, "secret": SECRET["Access-Secret"]}

    sent = await kept.post(f"/laporan/{number}/tambahan", data=form)

    _, own = await told(pool, ComplaintReceived)
    assert f"/laporan/{number}?terkirim=apart" == sent.headers["location"]
    assert own.ticket in sent.headers["set-cookie"]
