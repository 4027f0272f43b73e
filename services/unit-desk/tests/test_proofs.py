"""Photos of repairs: how they are stored, who sees them when, and how photos that nobody may see are deleted."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_office import PAGE, LogIn, Tell, hidden, sent
from desk_site import SIZES, look, page_of
from PIL import Image, ImageDraw
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts.events import ReplyAnswer
from testing.pictures import HEIC, POLYGLOT, SECRETS, opened, photo
from unit_desk.adapters.proofs import Photos
from unit_desk.adapters.told import delete_old
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected
DONE = "Lubang di depan SD 12 sudah ditambal aspal tadi pagi, sepanjang 4 meter."
ROAD: dict[str, Any] = {"status": "in_progress", "category": "jalan_jembatan", "text": "Jalan berlubang"}


async def fill(web: httpx.AsyncClient, *photos: bytes, step: str = "periksa", **fields: str) -> httpx.Response:
    """Fill in a resolution with photos, as a browser without a script does."""
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    files = [("photos", (f"IMG_{n}.jpg", each, "image/jpeg")) for n, each in enumerate(photos)]
    return await web.post(f"{PAGE}/selesaikan", data={**form, "words": DONE, **fields, "step": step}, files=files)


async def resolved(web: httpx.AsyncClient, pool: Pool, *photos: bytes) -> str:
    """Send a resolution; return the path of its first photo."""
    shown = await fill(web, *photos)
    await web.post(f"{PAGE}/selesaikan", data={**fields_of(shown), "step": "kirim"})
    [(_, said)] = await sent(pool)
    return httpx.URL(said.evidence[0].url).path


def fields_of(page: httpx.Response) -> dict[str, Any]:
    """Return the hidden fields of a page; several photos are several values."""
    found: dict[str, Any] = hidden(page)
    return found | {"photo": [each.split('"')[0] for each in page.text.split('name="photo" value="')[1:]]}


def of_a_road() -> bytes:
    """Draw a recognizable road: grey asphalt, its mended patch, the verge."""
    out, road = io.BytesIO(), Image.new("RGB", (1600, 1200), "#7f8487")
    draw = ImageDraw.Draw(road)
    draw.rectangle((0, 0, 1600, 320), fill="#8fb37a")
    draw.line((0, 700, 1600, 640), fill="#e8e4d8", width=26)
    draw.ellipse((520, 760, 1120, 1060), fill="#34383b")
    road.save(out, "JPEG")
    return out.getvalue()


async def test_without_a_script_photos_go_with_the_words_and_what_is_sent_is_what_is_shown(
    log_in: LogIn, guest: httpx.AsyncClient, tell: Tell, pool: Pool
) -> None:
    await tell(**ROAD)
    web = await log_in()

    shown = await fill(web, photo(), HEIC)
    names = fields_of(shown)["photo"]
    before = [(await guest.get(f"/bukti/{name}")).status_code for name in names]
    mine = [(await web.get(f"{PAGE}/bukti/{name}?kecil")).status_code for name in names]
    answer = await web.post(f"{PAGE}/selesaikan", data={**fields_of(shown), "step": "kirim"})

    assert ("2 foto ikut terkirim" in shown.text, 303, [404] * 2, [200] * 2) == (True, answer.status_code, before, mine)
    [(_, said)] = await sent(pool)
    assert (DONE, [f"https://meja.example/bukti/{name}" for name in names]) == (
        said.message,
        [each.url for each in said.evidence],
    )
    for each in said.evidence:
        got = await guest.get(httpx.URL(each.url).path)
        assert (200, "image/jpeg", len(got.content)) == (got.status_code, each.media_type, each.bytes)
        assert hashlib.sha256(got.content).hexdigest() == each.sha256
        assert "JPEG" == opened(got.content).format
        assert [] == [secret for secret in SECRETS if secret in got.content]
    assert "cross-origin" == got.headers["cross-origin-resource-policy"]


async def test_photo_is_hidden_once_refused_confidential_or_erased(
    log_in: LogIn, guest: httpx.AsyncClient, tell: Tell, pool: Pool, photos: Photos, tmp_path: Path
) -> None:
    await tell(**ROAD, seq=1)
    path = await resolved(await log_in(), pool, photo())
    codes = [(await guest.get(path)).status_code]
    await pool.execute("UPDATE replies SET answered_at = now(), accepted = false")
    codes.append((await guest.get(path)).status_code)
    await pool.execute("UPDATE replies SET accepted = true")
    await tell(**ROAD, seq=2, rahasia=True)
    codes.append((await guest.get(path)).status_code)
    await tell(**ROAD, seq=3)
    codes.append((await guest.get(path)).status_code)
    await tell(**{**ROAD, "text": ""}, seq=4, why="erased", erased=True)
    codes.append((await guest.get(path)).status_code)
    await photos.delete()

    assert [200, 404, 404, 200, 404] == codes
    assert [] == list((tmp_path / "proofs").rglob("*.jpg"))


async def test_unsent_and_expired_photos_are_deleted_with_their_files(
    log_in: LogIn, tell: Tell, pool: Pool, photos: Photos, tmp_path: Path
) -> None:
    await tell(**ROAD)
    web = await log_in()
    await resolved(web, pool, photo())
    await fill(web, photo(width=800))
    await pool.execute("UPDATE proofs SET at = now() - interval '25 hours'")

    assert 4 == len(list((tmp_path / "proofs").rglob("*.jpg")))
    await photos.delete()
    assert 2 == len(list((tmp_path / "proofs").rglob("*.jpg")))
    await pool.execute("UPDATE complaints SET status = 'closed', told_at = now() - interval '900 days'")
    async with pool.acquire() as db:
        await delete_old(db, {"closed": timedelta(days=100)})
    await photos.delete()

    assert [] == list((tmp_path / "proofs").rglob("*.jpg"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (POLYGLOT, "rusak, atau tidak sampai utuh"),
        (b"<html>bukan foto</html>", "bukan foto JPEG"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "sebuah video"),
        (b"\xff\xd8\xff" + b"0" * 10 * 1024 * 1024, "lebih dari 10 MB"),
        (photo()[:2000], "rusak, atau tidak sampai utuh"),
    ],
    ids=["script", "page", "video", "large", "cut"],
)
async def test_invalid_photo_is_explained_and_words_and_other_photo_are_kept(
    log_in: LogIn, tell: Tell, pool: Pool, content: bytes, said: str
) -> None:
    await tell(**ROAD)
    web = await log_in()

    page = await fill(web, content, photo(), step="kirim")

    assert (422, True, True) == (page.status_code, said in page.text, f"{DONE}</textarea>" in page.text)
    assert (1, []) == (len(fields_of(page)["photo"]), await sent(pool))


async def test_more_than_five_are_said_and_one_is_taken_out_without_a_script(log_in: LogIn, tell: Tell) -> None:
    await tell(**ROAD)
    web = await log_in()

    page = await fill(web, *[photo(width=400)] * 6)
    kept = fields_of(page)
    less = await web.post(f"{PAGE}/selesaikan", data={**kept, "words": DONE, "step": f"buang-{kept['photo'][0]}"})

    assert (422, True, 5) == (page.status_code, "Paling banyak 5 foto" in page.text, len(kept["photo"]))
    assert (kept["photo"][1:], True) == (fields_of(less)["photo"], f"{DONE}</textarea>" in less.text)


async def test_a_disk_that_is_full_is_said_and_nothing_is_lost(
    log_in: LogIn, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.files.RESERVE", 2**62)
    await tell(**ROAD)

    page = await fill(await log_in(), photo())

    assert (422, True) == (page.status_code, "Foto belum dapat disimpan sekarang" in page.text)
    assert f"{DONE}</textarea>" in page.text


async def test_photos_that_were_sent_with_what_was_refused_are_in_the_form_again(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(**ROAD, seq=1)
    web = await log_in()
    path = await resolved(web, pool, photo())
    reply_id = str(await pool.fetchval("SELECT id FROM replies"))
    refused = ReplyAnswer(event_id=reply_id, accepted=False, code="boilerplate", reason="terlalu umum")
    await tell(**ROAD, seq=1, why="replied", reply=refused)

    again = await web.get(f"{PAGE}/selesaikan?dari={reply_id}")

    assert [path.rpartition("/")[2]] == fields_of(again)["photo"]


async def test_a_photo_is_another_units_nor_a_strangers_to_attach_or_to_look_at(
    log_in: LogIn, guest: httpx.AsyncClient, tell: Tell
) -> None:
    await tell(**ROAD)
    await tell(**ROAD, unit="DLH", complaint_id="other", ticket="SPG-S4K7-Q2MDN")
    web, other = await log_in(), await log_in(unit="DLH")
    name = fields_of(await fill(web, photo()))["photo"][0]

    form = hidden(await other.get("/laporan/SPG-S4K7-Q2MDN/selesaikan"))
    taken = await other.post(
        "/laporan/SPG-S4K7-Q2MDN/selesaikan", data={**form, "words": DONE, "photo": name, "step": "periksa"}
    )
    seen = await other.get(f"{PAGE}/bukti/{name}")
    sneaked = await other.post(f"{PAGE}/bukti", files={"photos": ("a.jpg", photo(), "image/jpeg")})
    nobody = await guest.get(f"{PAGE}/bukti/{name}")

    assert ([], 404, 404, 303) == (fields_of(taken)["photo"], seen.status_code, sneaked.status_code, nobody.status_code)


async def test_confidential_complaint_takes_no_photo_and_the_form_says_why(log_in: LogIn, tell: Tell) -> None:
    await tell(**ROAD, rahasia=True)
    web = await log_in()

    form = await web.get(f"{PAGE}/selesaikan")
    taken = await web.post(f"{PAGE}/bukti", files={"photos": ("a.jpg", photo(), "image/jpeg")})
    page = await fill(web, photo())

    assert ("Laporan ini rahasia, jadi foto" in form.text, 'name="photos"' in form.text) == (True, False)
    assert (403, []) == (taken.status_code, fields_of(page)["photo"])


async def test_where_the_region_wants_proof_the_form_says_so_and_nothing_goes_without(
    desk: Desk, log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    road = desk.rules.categories["jalan_jembatan"]
    wanted = {**desk.rules.categories, "jalan_jembatan": type(road)(name=road.name, unit=road.unit, proof=True)}
    object.__setattr__(desk, "rules", replace(desk.rules, categories=wanted))
    await tell(**ROAD)
    web = await log_in()

    form = await web.get(f"{PAGE}/selesaikan")
    without = await fill(web, step="kirim")
    with_it = await fill(web, photo())

    assert "wajib untuk jalan dan jembatan" in form.text
    assert (422, True, []) == (without.status_code, "wajib disertai bukti" in without.text, await sent(pool))
    assert (200, "Yang dibaca warga" in with_it.text) == (with_it.status_code, True)


@pytest.mark.parametrize("size", SIZES)
async def test_a_photo_that_is_cut_off_is_said_comes_again_and_the_words_stay(
    browser: Browser,
    here: Desk,
    somebody: Callable[..., Awaitable[Person]],
    tell: Tell,
    tmp_path: Path,
    size: str,
) -> None:
    await tell(**ROAD)
    by_hand = size == "hp"  # only a device with a camera is offered it
    page = await page_of(browser, here, await somebody(), size, has_touch=by_hand, is_mobile=by_hand)
    (tmp_path / "tambalan.jpg").write_bytes(of_a_road())
    (tmp_path / "catatan.jpg").write_bytes(b"bukan foto")
    await page.goto(f"{here.settings.public_url}{PAGE}/selesaikan")
    words, field = page.get_by_label("Apa yang sudah dikerjakan"), page.get_by_label("Pilih foto")
    camera = page.get_by_label("Ambil foto")
    await expect(camera).to_be_visible(visible=by_hand)
    await expect(camera).to_have_attribute("capture", "environment")
    await words.fill(DONE)
    await page.route("**/bukti", lambda route: route.abort("connectionreset"))
    await (camera if by_hand else field).set_input_files(tmp_path / "tambalan.jpg")
    await expect(page.locator(".shots .state")).to_have_text("Kiriman terputus. Tulisan Anda tetap ada.")
    await look(page, "selesaikan-terputus", size)

    await page.unroute("**/bukti")
    await page.get_by_role("button", name="Coba lagi").click()
    await expect(page.get_by_role("img", name="Foto terkirim")).to_be_visible()
    await field.set_input_files(tmp_path / "catatan.jpg")
    await expect(page.locator(".shots .wrong .state")).to_have_text(
        "catatan.jpg bukan foto JPEG, PNG, WebP, atau HEIC."
    )
    await look(page, "selesaikan-foto", size)
    await page.get_by_role("button", name="Buang catatan.jpg").click()
    await expect(words).to_have_value(DONE)
    await page.get_by_role("button", name="Lihat dulu").click()
    await expect(page.get_by_text("1 foto ikut terkirim")).to_be_visible()
    await look(page, "selesaikan-foto-periksa", size)
    await page.get_by_role("button", name="Kirim sekarang").click()

    await expect(page.get_by_role("heading", name="Riwayat")).to_be_visible()
    await expect(page.get_by_role("img", name="Foto hasil pekerjaan 1")).to_be_visible()
    assert 1 == await here.pool.fetchval("SELECT count(*) FROM proofs WHERE reply_id IS NOT NULL")
    await page.context.close()
