"""The website behind its real server: misbehaving connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

import look
from chassis.http_server import with_heads
from intake.texts import Texts
from intake_web.app import build_app
from intake_web.settings import WebSettings
from lapor.processes.ports import HOST, any_free
from testing.browsers import answering
from testing.waiting import within

STATIC = Path(look.__file__).parent / "static"


@pytest.fixture
async def port(fake: Any, make_settings: Callable[..., WebSettings], texts: Texts) -> AsyncIterator[int]:
    """The port of a running website."""
    free = any_free()
    async with answering(with_heads(build_app(fake, make_settings(), texts)), free):
        yield free


def counted() -> float:
    """Sum up all submissions counted for the web channel so far."""
    return sum(
        sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "lapor_intake_requests_total" and sample.labels["channel"] == "web"
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/complaints", "application/json"),
        ("/", "multipart/form-data; boundary=x"),
        ("/", "application/x-www-form-urlencoded"),
    ],
)
async def test_client_hanging_up_mid_request_is_no_error_and_not_counted(
    port: int, caplog: pytest.LogCaptureFixture, path: str, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    before = counted()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Type: {kind}\r\nContent-Length: 99\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(HOST, port)
    writer.write(head.encode() + b"--x")
    await writer.drain()
    writer.close()
    async with asyncio.timeout(60):
        while "client_gone" not in [record.getMessage() for record in caplog.records]:
            await asyncio.sleep(0.01)

    assert [] == [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert before == counted()


@pytest.mark.parametrize(("name", "kind"), [("lapor.css", "text/css"), ("lapor.svg", "image/svg+xml")])
async def test_the_sites_own_files_are_served(web: httpx.AsyncClient, name: str, kind: str) -> None:
    answer = await web.get(f"/static/{name}?v=1")

    assert (200, "public, max-age=86400") == (answer.status_code, answer.headers["cache-control"])
    assert answer.headers["content-type"].startswith(kind)
    assert answer.content == (STATIC / name).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "lapor.css%00.html",
        "a" * 260,
        "../app.py",
        "..%2Fapp.py",
        "%2e%2e%2fapp.py",
        "%2Fetc%2Fpasswd",
        "",
        ".",
        "LAPOR.CSS",
        "lapor.css/",
        "lapor.css/x",
        "%FF",
    ],
)
async def test_strange_static_paths_are_answered_without_an_error(
    port: int, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(f"GET /static/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await within(reader.read())
    writer.close()

    # The router ignores a trailing slash.
    expected = b"HTTP/1.1 200" if path == "lapor.css/" else b"HTTP/1.1 404"
    assert answer.startswith(expected)
    assert [] == [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("site", "status"),
    [(None, 303), ("same-origin", 303), ("none", 303), ("same-site", 403), ("cross-site", 403), ("odd", 403)],
)
async def test_form_sent_by_another_site_is_refused(
    web: httpx.AsyncClient, fake: Any, site: str | None, status: int
) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    form = {"text": "Lampu jalan padam", "key": "a-key", "secret": "k9Qw2mZx8Lr4Tn6Y"}
    sent = await web.post("/", data=form, headers=headers)
    followed = await web.get("/lacak?nomor=SPG-W0AB-12CDS", headers=headers)

    assert (status, 303) == (sent.status_code, followed.status_code)
    assert len(fake.taken) == (status == 303)
    assert ("situs lain" in sent.text) == (status == 403)


@pytest.mark.parametrize(
    ("origin", "status"), [("http://lapor.example", 303), ("https://jahat.example", 403), ("null", 403), ("x", 403)]
)
async def test_a_browser_that_names_no_relation_names_the_site_it_sends_from(
    web: httpx.AsyncClient, origin: str, status: int
) -> None:
    form = {"text": "Lampu jalan padam", "key": "a-key", "secret": "k9Qw2mZx8Lr4Tn6Y"}
    sent = await web.post("/", data=form, headers={"Host": "lapor.example", "Origin": origin})

    assert status == sent.status_code


async def test_the_api_says_as_a_problem_that_another_site_sent_it(web: httpx.AsyncClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Idempotency-Key": "k"}
    answer = await web.post("/v1/complaints", json={"text": "Lampu jalan padam"}, headers=headers)

    assert (403, "urn:lapor:problem:cross-site") == (answer.status_code, answer.json()["type"])


@pytest.mark.parametrize(("public", "said"), [("https://lapor.example", "max-age=31536000"), (None, None)])
async def test_only_a_site_that_is_https_says_so_for_the_future(
    fake: Any, make_settings: Callable[..., WebSettings], texts: Texts, public: str | None, said: str | None
) -> None:
    app: Any = build_app(fake, make_settings(web_public_url=public), texts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        answers = [await client.get(path) for path in ("/", "/static/lapor.css", "/none", "/v1/complaints/x")]

    assert {said} == {answer.headers.get("strict-transport-security") for answer in answers}


@pytest.mark.parametrize("path", ["/laporan/{}", "/v1/complaints/{}"])
async def test_personal_answers_stay_out_of_shared_caches(web: httpx.AsyncClient, path: str) -> None:
    taken = await web.post("/v1/complaints", json={"text": "Lampu jalan padam"}, headers={"Idempotency-Key": "k"})
    first = await web.get(path.format(taken.json()["ticket"]))
    again = await web.get(path.format(taken.json()["ticket"]), headers={"If-None-Match": first.headers["etag"]})

    assert (200, 304) == (first.status_code, again.status_code)
    assert ["private, no-cache"] * 2 == [answer.headers["cache-control"] for answer in (first, again)]
