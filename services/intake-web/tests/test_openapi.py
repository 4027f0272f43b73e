"""The public API answers every request as its OpenAPI document says."""

from __future__ import annotations

import asyncio
import json
import re
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
from intake.photo import MAX_VIDEO_BYTES
from intake.texts import Texts
from intake_web.adapters.keys import create_key
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.handlers.openapi import OPERATIONS, _document
from intake_web.keys import KeyRight
from intake_web.limits import Guard
from intake_web.settings import WebSettings
from lapor.processes.ports import choose
from testing.browsers import answering
from testing.waiting import BOUND_S

pytestmark = pytest.mark.connected
CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
load_all_checks()
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


@pytest.fixture
async def site(
    pool: Pool, make_settings: Callable[..., WebSettings], texts: Texts, tmp_path: Path
) -> AsyncIterator[str]:
    """The website on a real database and a real port, which trusts X-Forwarded-For."""
    port = choose({"web": 0}, tmp_path / "ports.json")["web"]
    settings = make_settings(web_port=port, web_public_url=None, web_trusted_proxies="127.0.0.1/32")
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S)
    async with answering(build_app(store, settings, texts, Guard(10_000)), port):
        yield settings.public_url


@pytest.fixture
def nothing(make_settings: Callable[..., WebSettings], texts: Texts, fake: Any) -> tuple[Any, ...]:
    """The arguments of the app, on a store in memory."""
    return fake, make_settings(), texts


def test_the_document_has_each_operation_of_ours_and_no_other(nothing: Any) -> None:
    routes: list[Any] = build_app(*nothing).routes
    called = {"number": "ticket", "id_": "id"}
    ours = {
        (re.sub(r"\{(\w+):\w+\}", lambda found: f"{{{called.get(found[1], found[1])}}}", each.path), method.lower())
        for each in routes
        if each.path.startswith("/v1/") and each.path != "/v1/openapi.json"
        for method in each.methods
    }
    only_so = {(path, "options") for path, method in ours if method == "options" and path != "/v1/uploads"}

    assert ours - only_so == OPERATIONS.keys()
    assert len({operation.id for operation in OPERATIONS.values()}) == len(OPERATIONS)


def test_a_key_is_optional_everywhere() -> None:
    described = json.loads(_document("https://lapor.example"))

    assert [{}, {"key": []}] == described["security"]
    assert "bearer" == described["components"]["securitySchemes"]["key"]["scheme"]
    assert all(
        {"401", "403"} <= each["responses"].keys() for path in described["paths"].values() for each in path.values()
    )


def test_videos_are_described_as_they_are_taken_and_shown() -> None:
    paths = json.loads(_document("https://lapor.example"))["paths"]
    most = {
        each["name"]: each["schema"]["maximum"]
        for path, method in (("/v1/uploads", "post"), ("/v1/uploads/{id}", "patch"))
        for each in paths[path][method]["parameters"]
        if "maximum" in each["schema"]
    }
    shown = paths["/v1/complaints/{ticket}/evidence/{name}"]["get"]["responses"]["200"]["content"]

    assert {"Upload-Length": MAX_VIDEO_BYTES, "Upload-Offset": MAX_VIDEO_BYTES} == most
    assert {"image/jpeg", "video/mp4"} == shown.keys()


@pytest.mark.parametrize("with_key", [False, True], ids=["without a key", "with a key"])
async def test_every_answer_matches_the_openapi_description(
    site: str, pool: Pool, dsn: str, texts: Texts, with_key: bool
) -> None:
    await tell(pool, texts, *(view(n, deadline_at=NOW + timedelta(days=n)) for n in range(1, 40)))
    shown = {}
    if with_key:
        key, _ = await asyncio.to_thread(create_key, dsn, "satu-data", "Bidang Statistik", list(KeyRight), 30)
        shown = {"Authorization": f"Bearer {key}"}

    tried = await asyncio.to_thread(_try_all, site, shown)
    used = await pool.fetchval("SELECT count(*) FROM keys WHERE used_on IS NOT NULL")

    assert int(with_key) == used
    assert tried.keys() == {f"{method.upper()} {path}" for path, method in OPERATIONS}
    assert 200 in tried["GET /v1/complaints/{ticket}"]
    assert all(statuses - {429, 503} for statuses in tried.values())


def _try_all(site: str, shown: dict[str, str]) -> dict[str, set[int]]:
    """Call each operation with valid and invalid input. Return the statuses of the answers by operation."""
    schema: Any = schemathesis.openapi.from_url(f"{site}/v1/openapi.json")
    clients = count(1)
    tried = {found.ok().label: _try(found.ok(), clients, shown) for found in schema.get_all_operations()}
    known = schema["/v1/complaints/{ticket}"]["GET"].Case(path_parameters={"ticket": number(1)})
    tried[f"GET {known.path}"].add(known.call_and_validate(checks=CHECKS, headers=shown).status_code)
    return tried


def _try(operation: Any, clients: Iterator[int], shown: dict[str, str]) -> set[int]:
    statuses: set[int] = set()

    @settings(
        max_examples=60, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        n = next(clients)
        answer = case.call_and_validate(checks=CHECKS, headers={"X-Forwarded-For": f"10.{n >> 8}.{n % 256}.1", **shown})
        statuses.add(answer.status_code)

    call()
    return statuses
