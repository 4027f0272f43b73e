"""The form with photos, as a browser without JavaScript sends it: no typed text and no uploaded photo is lost."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.database import Pool
from intake import files
from intake.photo import MAX_BYTES
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE
from intake_web.limits import Guard
from intake_web.settings import WebSettings
from testing.pictures import POLYGLOT, opened, photo
from testing.waiting import BOUND_S

pytestmark = pytest.mark.connected

KEY = {"key": "a3f2c1d0-0000-4000-8000-000000000001", "secret": "k9Qw2mZx8Lr4Tn6Y"}
TEXT = "Jalan di depan pasar berlubang"


async def send(client: httpx.AsyncClient, *photos: bytes, path: str = "/", **typed: str) -> httpx.Response:
    chosen: Any = [("photo", (f"IMG_{n}.jpg", each, "image/jpeg")) for n, each in enumerate(photos)]
    fields = {**KEY, "text": TEXT, **typed}
    return await client.post(path, data=fields, files=chosen or [("photo", ("", b"", "application/octet-stream"))])


def value_of(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


async def attached(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM uploads WHERE complaint_id IS NOT NULL")
    return count


async def test_a_complaint_with_photos_leads_to_its_page_which_shows_them(kept: httpx.AsyncClient, pool: Pool) -> None:
    sent = await send(kept, photo(), photo("PNG"))
    page = (await kept.get(sent.headers["location"])).text

    assert (303, 2) == (sent.status_code, await attached(pool))
    sources = re.findall(r'<img src="(/laporan/[^"]+/bukti/[^"]+)"', page)
    assert [(320, 240)] * 2 == [opened((await kept.get(each)).content).size for each in sources]


async def test_a_form_without_a_photo_is_as_before(kept: httpx.AsyncClient, pool: Pool) -> None:
    assert (303, 0) == ((await send(kept)).status_code, await attached(pool))


async def test_a_double_click_is_one_complaint(kept: httpx.AsyncClient, pool: Pool) -> None:
    first, again = await send(kept, photo()), await send(kept, photo())

    assert (303, first.headers["location"]) == (again.status_code, again.headers["location"])
    assert (1, 1) == (await attached(pool), await pool.fetchval("SELECT count(*) FROM complaints"))


async def test_with_something_to_mend_the_photos_need_not_be_chosen_again(
    kept: httpx.AsyncClient, texts: Texts, pool: Pool
) -> None:
    asked = await send(kept, photo(), photo("PNG"), phone="dua belas")
    assert 400 == asked.status_code
    assert texts.web["photos_kept"].format(count=2) in asked.text
    sent = await send(kept, uploads=value_of(asked.text, "uploads"))

    assert (303, 2) == (sent.status_code, await attached(pool))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (POLYGLOT, "photo_unreadable"),
        (b"%PDF-1.7" + b"x" * 1000, "photo_kind"),
        (b"<svg " + b"x" * 3_000_000, "photo_kind"),
        (b"x", "photo_kind"),
    ],
    ids=["html in a JPEG", "pdf", "svg", "a byte"],
)
async def test_one_that_is_no_photo_is_said_and_the_rest_can_be_sent(
    kept: httpx.AsyncClient, texts: Texts, pool: Pool, content: bytes, why: str
) -> None:
    asked = await send(kept, photo(), content, place="Lalabata")

    assert 400 == asked.status_code
    assert texts.web[why] in asked.text
    assert all(typed in asked.text for typed in (TEXT, "Lalabata"))
    sent = await send(kept, uploads=value_of(asked.text, "uploads"))
    assert (303, 1) == (sent.status_code, await attached(pool))


async def test_one_that_is_too_large_stops_in_the_middle_and_nothing_else_is_lost(
    kept: httpx.AsyncClient, texts: Texts, pool: Pool, tmp_path: Path
) -> None:
    huge = photo() + b"\0" * (MAX_BYTES + 1_000_000)
    asked = await send(kept, huge, photo(), name="Andi")

    assert 400 == asked.status_code
    assert texts.web["photo_too_large"].format(most=10) in asked.text
    assert 'value="Andi"' in asked.text
    assert 1 == len(value_of(asked.text, "uploads").split())
    assert 2 == await pool.fetchval("SELECT count(*) FROM uploads") + await pool.fetchval(
        "SELECT count(*) FROM discarded_files"
    )


async def test_the_sixth_is_too_many(kept: httpx.AsyncClient, texts: Texts, pool: Pool) -> None:
    asked = await send(kept, *[photo(width=80 + n, height=60) for n in range(6)])

    assert texts.web["photos_too_many"].format(most=5) in asked.text
    sent = await send(kept, uploads=value_of(asked.text, "uploads"))
    assert (303, 5) == (sent.status_code, await attached(pool))


async def test_where_there_is_no_room_the_complaint_can_be_sent_without(
    kept: httpx.AsyncClient, texts: Texts, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RESERVE", 10**18)
    asked = await send(kept, photo())

    assert texts.web["photo_no_room"] in asked.text
    assert 303 == (await send(kept)).status_code


async def test_an_upload_that_is_gone_is_said_and_the_others_are_kept(
    kept: httpx.AsyncClient, texts: Texts, pool: Pool
) -> None:
    asked = await send(kept, photo(), phone="dua belas")
    good = value_of(asked.text, "uploads")
    again = await send(kept, uploads=f"{good} {'A' * 22}")

    assert (400, good) == (again.status_code, value_of(again.text, "uploads"))
    assert texts.web["upload_unknown"] in again.text


async def test_typed_text_is_limited_to_64_kib_in_every_request(kept: httpx.AsyncClient) -> None:
    long = "x" * 70_000
    answers = [
        await send(kept, photo(), text=long),
        await kept.post("/", data={**KEY, "text": long}),
        await kept.post("/v1/complaints", json={"text": long}, headers={"Idempotency-Key": "one"}),
    ]

    assert [413] * 3 == [each.status_code for each in answers]


async def test_a_form_without_an_end_stops(kept: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intake_web.handlers.forms._MOST", 300_000)
    sent = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
        while sent < 100:
            sent += 1
            yield b"%PDF" * 10_000

    answer = await kept.post("/", content=without_end(), headers={"Content-Type": "multipart/form-data; boundary=b"})

    assert (413, True) == (answer.status_code, sent < 20)


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n", b"--b\r\nContent-Disposition: form-data; name=text\r\n\r\nabc", b"no form"]
)
async def test_a_form_that_is_cut_is_no_error_of_ours(kept: httpx.AsyncClient, body: bytes) -> None:
    answer = await kept.post("/", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})

    assert 400 == answer.status_code


async def test_addition_may_have_photos_without_words(kept: httpx.AsyncClient, pool: Pool) -> None:
    page = (await send(kept)).headers["location"].partition("?")[0]
    added = await send(kept, photo(), path=f"{page}/tambahan", kind="addition", text="", key="tambah-satu-kali")

    assert (303, 1) == (added.status_code, await attached(pool))
    assert "/bukti/" in await pool.fetchval("SELECT follow_ups::text FROM complaints")


async def test_an_addition_that_is_refused_keeps_its_photos(kept: httpx.AsyncClient, texts: Texts) -> None:
    page = (await send(kept)).headers["location"].partition("?")[0]
    asked = await send(kept, photo(), path=f"{page}/tambahan", kind="rating", key="nilai")

    assert 400 == asked.status_code
    assert 1 == len(value_of(asked.text, "uploads").split())


async def test_one_address_may_not_fill_the_disk(
    pool: Pool,
    make_settings: Callable[..., WebSettings],
    client_on: Callable[..., httpx.AsyncClient],
    texts: Texts,
) -> None:
    store, guard = PostgresStore(pool, make_settings(), SERVICE, lambda: None, within_s=BOUND_S), Guard(20, lambda: 0.0)
    guard.uploaded("127.0.0.1", 700_000_000)
    async with client_on(store, guard) as client:
        tus = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000"}
        begun = await client.post("/v1/uploads", headers=tus)
        asked = await send(client, photo())
        without = await send(client)

    assert (429, True) == (begun.status_code, int(begun.headers["retry-after"]) > 0)
    assert texts.web["photo_too_often"] in asked.text
    assert 303 == without.status_code
