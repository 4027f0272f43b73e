"""The OpenAPI document for programs of units describes what the API does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from desk_office import NUMBER, URL, Tell

from chassis.database import Pool
from unit_desk.adapters import keys
from unit_desk.app import build_app
from unit_desk.handlers import openapi
from unit_desk.handlers.visit import Desk

WRITTEN = Path(__file__).parents[3] / "docs" / "agencies" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(openapi.written())
READ = DOCUMENT["paths"]["/api/v1/units/{unit}/events"]["get"]
REPLY = DOCUMENT["paths"]["/api/v1/units/{unit}/replies"]["post"]


def holds(operation: dict[str, Any], answer: httpx.Response) -> bool:
    """Whether the document describes ``answer``."""
    content = operation["responses"][str(answer.status_code)]["content"]
    schema = content[answer.headers["content-type"].partition(";")[0]]["schema"]
    jsonschema.validate(answer.json(), {**schema, "components": DOCUMENT["components"]})
    return True


@pytest.fixture
async def web(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    app: Any = build_app(desk)
    async with desk.pool.acquire() as db:
        key, _ = await keys.create(db, "PUPR", "simpu", "Bina Marga", ["read", "reply"], 1, None)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "a"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL, headers=headers) as client:
        yield client


def test_openapi_document_is_generated_from_the_types() -> None:
    """``make schemas`` writes it again."""
    assert openapi.written() == WRITTEN.read_bytes()


@pytest.mark.connected
async def test_each_answer_is_one_that_the_document_tells_of(web: httpx.AsyncClient, tell: Tell, pool: Pool) -> None:
    body, unit = {"ticket": NUMBER, "action": "acknowledge"}, "/api/v1/units/PUPR"
    unknown = await web.post(f"{unit}/replies", json=body)
    await tell()
    await pool.execute("INSERT INTO log (unit, n, event_id, complaint_id) VALUES ('PUPR', 2, 'erased', 'c')")
    answers = [await web.get(f"{unit}/events{query}") for query in ("", "?after=9-a", "?limit=0", "?limit=x")]
    answers += [
        await web.get("/api/v1/units/PDAM/events"),
        await web.get(f"{unit}/events", headers={"Authorization": ""}),
    ]
    replies = [unknown, await web.post(f"{unit}/replies", json=body), await web.post(f"{unit}/replies", content=b"{")]
    replies += [await web.post(f"{unit}/replies", json={**body, "action": "ask", "message": "Di mana?"})]

    assert [200, 410, 422, 400, 403, 401] == [each.status_code for each in answers]
    assert [404, 202, 400, 422] == [each.status_code for each in replies]
    assert all(holds(READ, each) for each in answers)
    assert all(holds(REPLY, each) for each in replies)


@pytest.mark.connected
async def test_the_desk_gives_the_document_itself(guest: httpx.AsyncClient) -> None:
    answer = await guest.get("/api/v1/openapi.json")

    assert (200, DOCUMENT) == (answer.status_code, answer.json())
