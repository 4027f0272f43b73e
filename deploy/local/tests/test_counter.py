"""The clerk of `lapor demo`, with pages as the desk makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest

from lapor.demo import counter
from lapor.demo.counter import Clerk
from lapor.errors import Refused
from lapor.processes.data_dir import DataDir
from lapor.system import desk
from testing.waiting import within

KEY = "6f9c2c1e-0000-4000-8000-000000000001"
FORM = f'<form><input type="hidden" name="key" value="{KEY}"></form>'
CHECK = '<h1>Periksa sebelum dikirim</h1><p class="stop">'
DANGER = '<section class="card stop-first" role="alert"><h1>Telepon 113</h1>'
SLIP = '<div><dt>Kode akses</dt><dd class="big">K7Q2 9M</dd></div>'
AWAY = '<div class="middle" data-again><h1>Belum terkirim</h1>'
HEAD = {"email": "pimpinan@contoh.id", "password": "p", "code": "123456"}
CLERK = {"email": "petugas@contoh.id", "password": "p-1", "code": ""}
Asked = tuple[str, str, dict[str, str]]
At = Callable[..., tuple[Clerk, list[Asked]]]
TYPED = {"way": "datang", "text": "Jalan rusak"}


@pytest.fixture
def at_desk(monkeypatch: pytest.MonkeyPatch) -> At:
    """Makes a clerk whose desk answers with the given pages in turn, and the list of its requests."""
    monkeypatch.setattr(desk, "people", lambda _: [HEAD, CLERK])

    def make(*pages: str, status: int = 200) -> tuple[Clerk, list[Asked]]:
        asked, rest = list[Asked](), list(pages)

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append((request.method, request.url.path, dict(parse_qsl(request.content.decode()))))
            page = rest.pop(0)
            if page.startswith("/"):
                return httpx.Response(303, headers={"location": page})
            return httpx.Response(200 if rest else status, text=page)

        clerk = Clerk(where=DataDir(Path("data")), url="http://desk")
        clerk.http = httpx.AsyncClient(base_url=clerk.url, transport=httpx.MockTransport(answer), follow_redirects=True)
        return clerk, asked

    return make


def test_counter_complaint_is_checked_and_then_sent_under_its_form_key(at_desk: At) -> None:
    clerk, asked = at_desk(FORM, CHECK, f"/loket/{KEY}", SLIP)
    heard: list[str] = []
    code = asyncio.run(clerk.take(TYPED, heard.append))

    assert ("K7Q2 9M", []) == (code, heard)
    assert [
        ("GET", "/loket", {}),
        ("POST", "/loket", {**TYPED, "key": KEY, "step": "periksa"}),
        ("POST", "/loket", {**TYPED, "key": KEY, "step": "kirim"}),
        ("GET", f"/loket/{KEY}", {}),
    ] == asked


def test_in_danger_the_clerk_calls_first_and_says_so(at_desk: At) -> None:
    clerk, asked = at_desk(FORM, DANGER, SLIP)
    heard: list[str] = []
    asyncio.run(clerk.take(TYPED, heard.append))

    assert ["the counter says first whom to call"] == heard
    assert {**TYPED, "key": KEY, "called": "1", "step": "kirim"} == asked[-1][2]


def test_while_the_website_is_away_the_same_complaint_is_sent_again(at_desk: At) -> None:
    clerk, asked = at_desk(FORM, CHECK, AWAY, AWAY, SLIP)
    heard: list[str] = []
    asyncio.run(clerk.take(TYPED, heard.append))

    assert ["the website is away, it waits at the desk"] == heard
    assert [("POST", f"/loket/{KEY}", {})] * 2 == asked[3:]


def test_a_website_that_stays_away_ends_it_with_a_sentence(at_desk: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter, "AWAY_S", 0)
    clerk, _ = at_desk(FORM, CHECK, AWAY)

    with pytest.raises(Refused, match=r"takes nothing from the counter.*It is kept at the desk"):
        asyncio.run(clerk.take(TYPED, print))


def test_a_desk_that_is_away_ends_it_with_a_sentence(at_desk: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counter, "AWAY_S", 0)
    clerk, _ = at_desk("", status=503)

    with pytest.raises(Refused, match="The loket door answered 503 at http://desk: see `lapor status`"):
        asyncio.run(clerk.take(TYPED, print))


def test_refusal_by_the_counter_is_reported_in_its_words(at_desk: At) -> None:
    wrong = '<div class="notice bad" role="alert"><p><b>Belum dikirim.</b></p><li>Nomor HP tidak dikenal.</li></div>'
    clerk, _ = at_desk(FORM, CHECK, wrong, status=422)

    with pytest.raises(Refused, match=r"does not take it: Belum dikirim\. Nomor HP tidak dikenal\.$"):
        asyncio.run(clerk.take(TYPED, print))


def test_a_clerk_who_needs_no_code_logs_in_once(at_desk: At) -> None:
    clerk, asked = at_desk("/", "<h1>Tugas</h1>")

    async def twice() -> None:
        await within(asyncio.gather(clerk.log_in(), clerk.log_in()))

    asyncio.run(twice())

    assert "petugas@contoh.id" == clerk.email
    assert [
        ("POST", "/masuk", {"email": "petugas@contoh.id", "password": "p-1"}),
        ("GET", "/", {}),
    ] == asked


def test_a_clerk_whom_the_desk_does_not_let_in_says_why(at_desk: At) -> None:
    clerk, _ = at_desk('<div class="notice bad" role="alert"><p><b>Terlalu sering salah.</b></p></div>', status=429)

    with pytest.raises(Refused, match=r"does not let petugas@contoh\.id in: Terlalu sering salah\."):
        asyncio.run(clerk.log_in())


def test_where_everybody_needs_a_code_nobody_sits_at_the_counter(at_desk: At, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk, _ = at_desk()
    monkeypatch.setattr(desk, "people", lambda _: [HEAD])

    with pytest.raises(Refused, match="Nobody of `lapor desk` can sit at the counter"):
        asyncio.run(clerk.log_in())
