"""The answers of the public API are what its OpenAPI document says, whatever is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from listed_views import NOW, number, tell, view
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chassis.database import Pool
from chassis.http_server import WebServer
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.handlers.openapi import OPERATIONS
from intake_web.limits import Guard
from intake_web.settings import WebSettings
from lapor.processes.ports import HOST, choose

pytestmark = pytest.mark.connected
CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
load_all_checks()


@pytest.fixture
async def site(
    pool: Pool, make_settings: Callable[..., WebSettings], texts: Texts, tmp_path: Path
) -> AsyncIterator[str]:
    """The website on a real database and a real port, which believes who says that somebody else is asking."""
    port = choose({"web": 0}, tmp_path / "ports.json")["web"]
    settings = make_settings(web_port=port, web_public_url=None, web_trusted_proxies="127.0.0.1/32")
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=5)
    server = WebServer(build_app(store, settings, texts, Guard(10_000)), HOST, port, stop_within_s=1)
    running = asyncio.create_task(server.run())
    async with asyncio.timeout(10):
        while not server.answers:
            await asyncio.sleep(0.01)
    yield settings.public_url
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_each_operation_of_the_document_is_one_of_ours() -> None:
    assert {method for _, method in OPERATIONS} <= {"get", "post"}
    assert len({operation.id for operation in OPERATIONS.values()}) == len(OPERATIONS)


async def test_whatever_is_asked_the_answer_is_as_described(site: str, pool: Pool, texts: Texts) -> None:
    await tell(pool, texts, *(view(n, deadline_at=NOW + timedelta(days=n)) for n in range(1, 40)))
    tried = await asyncio.to_thread(_try_all, site)
    assert tried.keys() == {f"{method.upper()} {path}" for path, method in OPERATIONS}
    assert 200 in tried["GET /v1/complaints/{ticket}"]
    assert all(statuses - {429, 503} for statuses in tried.values())


def _try_all(site: str) -> dict[str, set[int]]:
    """Call each operation with what it should and what it should not take. Gives the statuses of the answers."""
    schema: Any = schemathesis.openapi.from_url(f"{site}/v1/openapi.json")
    clients = count(1)
    tried = {found.ok().label: _try(found.ok(), clients) for found in schema.get_all_operations()}
    known = schema["/v1/complaints/{ticket}"]["GET"].Case(path_parameters={"ticket": number(1)})
    tried[f"GET {known.path}"].add(known.call_and_validate(checks=CHECKS).status_code)
    return tried


def _try(operation: Any, clients: Iterator[int]) -> set[int]:
    statuses: set[int] = set()

    @settings(
        max_examples=60, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        n = next(clients)
        answer = case.call_and_validate(checks=CHECKS, headers={"X-Forwarded-For": f"10.{n >> 8}.{n % 256}.1"})
        statuses.add(answer.status_code)

    call()
    return statuses
