"""Judging what was done: confirmations of resolutions, and appeals; each on one page."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from desk_office import NUMBER, PAGE, REGION, LogIn, Tell, hidden, sent
from desk_site import NOW, PHOTO, ROAD, ROAD_TEXT, SIZES, look, page_of
from PIL import Image
from playwright.async_api import Browser

from chassis.database import Pool
from contracts.events import Appeal, Confirmation, Evidence, FollowUp, Past, Place
from kabupaten import load
from testing.events import a_snapshot
from unit_desk.adapters import complaints, proofs
from unit_desk.handlers.visit import Desk
from unit_desk.judging import judged
from unit_desk.people import Person
from unit_desk.projection import due_of
from unit_desk.rules import PARTS, Rules, rules_of

DONE = "Lubang di depan SD 12 sudah ditambal aspal tadi pagi, sepanjang 4 meter."
HASIL = f"{PAGE}/hasil"
LATER = NOW + timedelta(days=2)
REPAIRED = Evidence(
    url="https://dok.soppengkab.go.id/2026/lubang.jpg", media_type="image/jpeg", sha256="a" * 64, bytes=640_000
)
HISTORY = [
    Past(kind="routed", at=NOW - timedelta(days=3), unit="PUPR"),
    Past(kind="resolved", at=NOW - timedelta(days=1), unit="PUPR", by="PUPR", message=DONE, evidence=[REPAIRED]),
]
WAITS: dict[str, Any] = {
    "seq": 5, "status": "resolved", "category": "jalan_jembatan", "type": "pengaduan", "history": HISTORY,
    "text": ROAD_TEXT, "evidence": [PHOTO], "place": Place(kecamatan="Lalabata", desa="Lapajung"),
    "confirmation": Confirmation(since=NOW - timedelta(days=1), deadline_at=LATER),
}  # fmt: skip
MARK = FollowUp(id="1", kind="rating", at=NOW - timedelta(hours=20), rating=1)
APPEALED: dict[str, Any] = {
    **WAITS, "status": "appealed", "lane": "triage", "unit": "SETDA", "confirmation": msgspec.UNSET,
    "follow_ups": [MARK, FollowUp(id="2", kind="appeal", at=NOW - timedelta(hours=19), text="Yang kecil belum.")],
    "appeal": Appeal(
        unit="PUPR", at=NOW - timedelta(hours=19), rating=1, text="Yang kecil belum ditambal, ibu saya jatuh di situ.",
        deadline_at=LATER,
    ),
}  # fmt: skip
Somebody = Callable[..., Awaitable[Person]]


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The region's rules as if complaints about roads had `confirm: true`."""
    ours = rules_of(load(REGION, *PARTS))
    road = msgspec.structs.replace(ours.categories["jalan_jembatan"], confirm=True)
    return dataclasses.replace(ours, categories={**ours.categories, "jalan_jembatan": road})


def test_due_date_is_that_of_the_step_owed_now() -> None:
    cases: tuple[dict[str, Any], ...] = ({}, WAITS, {**APPEALED, "status": "appealed"}, {"acknowledge_by": LATER})

    due = [due_of(a_snapshot(**{"deadline_at": NOW, **facts})) for facts in cases]

    assert [NOW, LATER, LATER, LATER] == due


def test_the_last_resolution_and_the_last_mark_are_judged() -> None:
    found = judged(a_snapshot(**APPEALED))

    assert (HISTORY[-1], MARK, None) == (found.done, found.mark, found.they)


async def resolve(web: httpx.AsyncClient, tell: Tell, pool: Pool) -> None:
    """Resolve the complaint at the desk, and have the router accept that and ask for a confirmation."""
    await tell(seq=4, status="in_progress", category="jalan_jembatan")
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    page = await web.post(f"{PAGE}/selesaikan", data={**form, "words": DONE, "step": "periksa"})
    await web.post(f"{PAGE}/selesaikan", data={**hidden(page), "step": "kirim"})
    await pool.execute("UPDATE replies SET answered_at = now(), accepted = true, masked = '{}'")
    await tell(**WAITS)


@pytest.mark.connected
async def test_another_officer_says_that_it_is_done_and_the_router_can_tell_the_two_apart(
    log_in: LogIn, somebody: Somebody, tell: Tell, pool: Pool
) -> None:
    writer, other = await somebody(name="Baso Amir"), await somebody(name="Ani")
    web, second = await log_in(writer), await log_in(other)
    await resolve(web, tell, pool)

    list_, page = await second.get("/?daftar=pastikan"), await second.get(HASIL)
    work = await second.get("/")
    answer = await second.post(f"{PAGE}/sesuai", data={**hidden(page), "step": "kirim"})

    assert [True, True, False] == ["berlubang" in each.text for each in (list_, page, work)]
    assert ["hasilnya sudah diperiksa dan sesuai" in page.text, DONE in page.text] == [True, True]
    assert 303 == answer.status_code
    assert [("resolve", str(writer.id)), ("confirm", str(other.id))] == [
        (said.action, said.actor) for _, said in await sent(pool)
    ]
    acts = await pool.fetch("SELECT act FROM audit WHERE person = $1 AND ticket = $2 ORDER BY n", other.id, NUMBER)
    assert ["nilai", "confirm"] == [row["act"] for row in acts]


@pytest.mark.connected
async def test_resolver_may_only_send_back_their_own_resolution(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    web = await log_in()
    await resolve(web, tell, pool)

    page = await web.get(HASIL)
    form = hidden(page)
    refused = await web.post(f"{PAGE}/sesuai", data={**form, "step": "kirim"})

    assert ["Anda sendiri yang menyelesaikannya." in page.text, "Sudah sesuai</button>" in page.text] == [True, False]
    assert (409, 1) == (refused.status_code, len(await sent(pool)))
    assert 'name="words"' in page.text


@pytest.mark.connected
async def test_poor_resolution_is_sent_back_with_a_reason_after_a_preview(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(**WAITS)
    web = await log_in()
    form = hidden(await web.get(HASIL))
    send = f"{PAGE}/belum-sesuai"

    empty = await web.post(send, data={**form, "words": " ", "step": "periksa"})
    shown = await web.post(send, data={**form, "words": "Yang kecil belum ditambal", "step": "periksa"})
    await web.post(send, data={**hidden(shown), "step": "kirim"})

    assert (422, 200) == (empty.status_code, shown.status_code)
    assert ["dikerjakan lagi" in shown.text, "dan yang membantu" in shown.text] == [True, True]
    assert [("redo", "Yang kecil belum ditambal")] == [(said.action, said.reason) for _, said in await sent(pool)]


@pytest.mark.connected
@pytest.mark.parametrize("role", ["petugas", "pemantau"])
async def test_deciding_unit_finds_an_appeal_and_decides_it_after_a_preview(
    role: str, log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(**APPEALED, why="appealed")
    web = await log_in(unit="SETDA", role=role)
    list_, page = await web.get("/?daftar=keberatan"), await web.get(HASIL)
    words = "Lubang sudah ditambal; pelebaran bukan bagian perbaikan ini."

    shown = await web.post(f"{PAGE}/tolak-keberatan", data={**hidden(page), "words": words, "step": "periksa"})
    before = await sent(pool)
    await web.post(f"{PAGE}/tolak-keberatan", data={**hidden(shown), "step": "kirim"})

    assert [True, True] == [HASIL in list_.text, "1 hari lagi" in list_.text or "lagi" in list_.text]
    assert [True] * 4 == [each in page.text for each in (ROAD_TEXT, DONE, "ibu saya jatuh", "Nilai 1 dari 5")]
    assert ("keberatan Anda tidak diterima, laporan ditutup. Lubang" in shown.text, []) == (True, before)
    assert [("unit.setda.replied.v1", "dismiss", words)] == [
        (topic, said.action, said.message) for topic, said in await sent(pool)
    ]


@pytest.mark.connected
async def test_appeal_is_closed_to_its_resolver_and_hidden_from_other_units(
    log_in: LogIn, somebody: Somebody, tell: Tell, pool: Pool
) -> None:
    moved = await somebody(unit="PUPR")
    await resolve(await log_in(moved), tell, pool)
    await tell(**{**APPEALED, "seq": 6}, why="appealed")
    await pool.execute("UPDATE people SET unit = 'SETDA' WHERE id = $1", moved.id)

    web, stranger = await log_in(dataclasses.replace(moved, unit="SETDA")), await log_in(unit="DLH")
    page, none = await web.get(HASIL), await stranger.get(HASIL)
    refused = await web.post(f"{PAGE}/terima-keberatan", data={**hidden(page), "words": "Ulangi", "step": "kirim"})

    assert (False, 404, 409) == ("Terima keberatan" in page.text, none.status_code, refused.status_code)


async def repaired(desk: Desk, writer: Person) -> Evidence:
    """Return a photo that was sent with the resolution of PUPR."""
    picture, row, reply = io.BytesIO(), await complaints.of_unit(desk.pool, ROAD, "PUPR"), uuid4()
    Image.linear_gradient("L").resize((800, 600)).convert("RGB").save(picture, "JPEG")
    assert row
    photo = await desk.photos.take(row, writer, picture.getvalue())
    said = msgspec.json.encode({"ticket": ROAD, "action": "resolve"})
    await desk.pool.execute(
        "INSERT INTO replies (id, unit, complaint_id, person, said, accepted, answered_at, masked)"
        " VALUES ($1, 'PUPR', 'road', $2, $3, true, now(), '{}')", reply, writer.id, said,
    )  # fmt: skip
    async with desk.pool.acquire() as db:
        await proofs.sent(db, row, reply, [photo])
    return photo


@pytest.mark.connected
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "name", ["pastikan", "hasil", "hasil-sendiri", "keberatan", "keberatan-hasil", "tolak-dilihat"]
)
async def test_each_page(
    browser: Browser, here: Desk, somebody: Somebody, tell: Tell, pool: Pool, name: str, size: str
) -> None:
    about = {"complaint_id": "road", "ticket": ROAD}
    await tell(**{**WAITS, **about})
    decides = name in ("keberatan", "keberatan-hasil", "tolak-dilihat")
    if decides:
        await tell(**{**APPEALED, **about, "seq": 6}, why="appealed")
    person = await somebody(unit="SETDA" if decides else "PUPR", name="Andi Rahmawati")
    writer = person if name == "hasil-sendiri" else await somebody(name="Baso Amir")
    photo = await repaired(here, writer)
    history = [HISTORY[0], msgspec.structs.replace(HISTORY[1], evidence=[photo, REPAIRED])]
    await tell(**{**(APPEALED if decides else WAITS), **about, "seq": 7, "history": history}, why="updated")
    page = await page_of(browser, here, person, size)
    lists = {"pastikan": "/?daftar=pastikan", "keberatan": "/?daftar=keberatan"}

    await page.goto(f"{here.settings.public_url}{lists.get(name, f'/laporan/{ROAD}/hasil')}")
    if name == "tolak-dilihat":
        form = page.locator("form.decide").nth(1)
        await form.get_by_role("textbox").fill("Lubang sudah ditambal; pelebaran bukan bagian perbaikan ini.")
        await form.get_by_role("button").click()
        await page.get_by_role("heading", name=re.compile("Yang dibaca warga")).wait_for()

    await look(page, f"nilai-{name}", size)
    await page.context.close()
