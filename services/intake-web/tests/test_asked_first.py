"""The report form: the questions before a complaint is stored, and what its sender gets."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from contracts.events import Position
from intake_web.domain import code_for, is_code

FIRE = "Rumah tetangga kebakaran, masih ada orang di dalam"
PAROTO = "73.12.03.2012"


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


async def send(web: httpx.AsyncClient, **typed: str) -> httpx.Response:
    page = (await web.get("/")).text
    return await web.post("/", data={**hidden(page), **typed})


def number_of(sent: httpx.Response) -> str:
    return sent.headers["location"].split("/")[2].split("?")[0]


async def test_all_that_was_chosen_reaches_the_complaint(web: httpx.AsyncClient, fake: Any) -> None:
    await send(web, text="Jalan rusak", village=PAROTO, date="2026-11-21", kind="aspirasi", rahasia="1")

    ((kept, _),) = fake.taken.values()
    assert ("Desa Paroto, Kecamatan Lilirilau", "Sabtu 21 November 2026") == (kept.place, kept.occurred)
    assert ("aspirasi", True, False) == (kept.suggested_type, kept.rahasia, kept.anonim)


async def test_anonymous_complaint_drops_its_contact_even_if_invalid(web: httpx.AsyncClient, fake: Any) -> None:
    sent = await send(web, text="Pungli", anonim="1", name="Andi", phone="dua")

    ((kept, _),) = fake.taken.values()
    assert (303, None, None) == (sent.status_code, kept.name, kept.phone)


async def test_danger_stops_first_with_whom_to_call_and_one_press_sends_it_all(
    web: httpx.AsyncClient, fake: Any
) -> None:
    stopped = await send(web, text=FIRE, place="Cabenge", phone="dua")
    taken_then = len(fake.taken)
    sent = await web.post("/", data=hidden(stopped.text))

    body = stopped.text[stopped.text.index("<main") :]
    assert body.index('href="tel:113"') < body.index("Tetap kirim")
    assert (200, 0, 303) == (stopped.status_code, taken_then, sent.status_code)
    ((kept, _),) = fake.taken.values()
    assert (FIRE, "Cabenge", None) == (kept.text, kept.place, kept.phone)


async def test_faint_danger_does_not_stop_the_form(web: httpx.AsyncClient) -> None:
    text = "Tiang listrik di depan SD mulai miring, anak-anak sering lewat."

    told = (await web.post("/v1/hints", json={"text": text})).json()

    assert ("danger" in told, told["stop"], 303) == (True, False, (await send(web, text=text)).status_code)


async def test_before_it_is_kept_it_can_be_looked_through_and_changed(web: httpx.AsyncClient, fake: Any) -> None:
    checked = await send(web, text="Jalan berlubang besar", phone="0812 3456 7890", kind="pengaduan", check="1")
    back = await web.post("/", data={**hidden(checked.text), "change": "place"})
    taken_then = len(fake.taken)
    sent = await web.post("/", data=hidden(checked.text))

    assert (200, 200, 0, 303, 1) == (
        checked.status_code,
        back.status_code,
        taken_then,
        sent.status_code,
        len(fake.taken),
    )
    assert "Tempatnya belum disebut" in checked.text
    assert "0812 3456 7890" in checked.text
    assert hidden(checked.text)["key"] == hidden(back.text)["key"]
    assert "Jalan berlubang besar</textarea>" in back.text
    assert 'value="pengaduan" checked' in back.text


async def test_device_position_is_shown_on_a_map_and_stored_as_a_point(web: httpx.AsyncClient, fake: Any) -> None:
    checked = await send(web, text="Jalan berlubang", village=PAROTO, position="-4.3512345,119.88,30", check="1")
    await web.post("/", data=hidden(checked.text))

    told = checked.text[checked.text.index('<dl class="answers">') :]
    assert "Lokasi dari HP Anda, kurang lebih 30 m." in told
    assert "?mlat=-4.35123&amp;mlon=119.88#map=18/-4.35123/119.88" in told
    ((kept, _),) = fake.taken.values()
    assert "Desa Paroto, Kecamatan Lilirilau" == kept.place
    assert Position(lat=-4.35123, lon=119.88, metres=30) == kept.position


async def test_hints_keep_nothing_and_are_counted(web: httpx.AsyncClient, fake: Any) -> None:
    told = (await web.post("/v1/hints", json={"text": FIRE})).json()
    plain = (await web.post("/v1/hints", json={"text": "Jalan berlubang besar"})).json()
    none = (await web.post("/v1/hints", json={"text": ""})).json()
    often = [(await web.post("/v1/hints", json={"text": "x"})).status_code for _ in range(60)]

    assert (["113", "115", "119"], True) == ([each["number"] for each in told["danger"]["call"]], told["stop"])
    about = {"code": "jalan_jembatan", "name": "Jalan dan jembatan"}
    missing = {"place_missing": True, "time_missing": True}
    hints = {"stop": False, **missing, "category": about, "likely_kind": "pengaduan", "similar": []}
    assert (hints, {}) == (plain, none)
    assert (429, {}) == (often[-1], fake.taken)


async def test_the_form_alone_may_ask_where_a_device_is(web: httpx.AsyncClient) -> None:
    allowed = {path: "geolocation=(self)" in (await web.get(path)).headers["permissions-policy"] for path in PATHS}

    assert {"/": True, "/formulir": True, "/draf": False, "/lacak": False} == allowed


PATHS = ("/", "/formulir", "/draf", "/lacak")


async def test_access_code_is_shown_once_and_opens_the_complaint_elsewhere(
    web: httpx.AsyncClient,
) -> None:
    sent = await send(web, text="Pungli di kantor", rahasia="1")
    path = sent.headers["location"].split("?")[0]
    receipt, later = (await web.get(sent.headers["location"])).text, (await web.get(path)).text
    (code,) = re.findall(r'id="kode">([0-9A-Z-]{19})<', receipt)
    form = (await web.get("/")).text
    web.cookies.clear()
    stranger = (await web.get(sent.headers["location"])).text
    wrong = await web.post(path, data={"secret": "0000-0000-0000-0000"})
    opened = await web.post(path, data={"secret": f" {code.lower().replace('-', ' ').replace('0', 'o')} "})

    assert [False] * 3 == [code in page for page in (later, form, stranger)]
    assert f"{path}/buka#{code}" in receipt
    assert (404, 303) == (wrong.status_code, opened.status_code)
    assert "akses=" in opened.headers["set-cookie"]


async def test_a_secret_link_leads_to_a_form_that_says_nothing_of_the_complaint(web: httpx.AsyncClient) -> None:
    number = number_of(await send(web, text="Lampu padam"))
    known, unknown, wrong = [
        await web.get(f"/laporan/{each}/buka") for each in (number, "SPG-W000-00004", "SPG-W000-00005")
    ]

    assert (200, 200, 404) == (known.status_code, unknown.status_code, wrong.status_code)
    assert known.text.replace(number, "") == unknown.text.replace("SPG-W000-00004", "")
    told = await web.post(f"/laporan/{number}", data={"secret": "0000-0000-0000-0000"})
    assert (404, True) == (told.status_code, "Kode akses ini tidak cocok" in told.text)


def test_a_code_is_of_one_complaint_of_one_installation() -> None:
    from uuid import UUID

    one, other = UUID(int=1), UUID(int=2)
    code = code_for(one, "SPG-W000-00004")

    assert (True, False, False, False) == (
        is_code(one, "SPG-W000-00004", code),
        is_code(one, "SPG-W000-00013", code),
        is_code(other, "SPG-W000-00004", code),
        is_code(one, "SPG-W000-00004", ""),
    )


async def test_pages_kept_by_the_device_hold_no_personal_data(web: httpx.AsyncClient) -> None:
    worker = await web.get("/sw.js")
    kept = re.search(rb"const KEPT = (\{.*?\});", worker.content)
    assert kept
    files = re.findall(r'"(/[^"]*)"', kept[1].decode())
    pages = [await web.get(path) for path in files]

    assert ("no-cache", "text/javascript") == (
        worker.headers["cache-control"],
        worker.headers["content-type"].split(";")[0],
    )
    assert {200} == {page.status_code for page in pages}
    assert {"/formulir?bahasa=id", "/draf?bahasa=id"} <= set(files)
    assert {"key": "", "secret": "", "position": "", "uploads": ""} == hidden(
        pages[files.index("/formulir?bahasa=id")].text
    )
    assert not [path for path in files if "laporan" in path]


async def test_scripts_that_import_each_other_have_one_version(web: httpx.AsyncClient) -> None:
    page = (await web.get("/")).text
    (form,) = re.findall(r'src="(/static/form\.js\?v=\w+)"', page)
    imported = re.findall(r'from "\./(\w+\.js)\?v=(\w+)"', (await web.get(form)).text)

    assert [(name, form.partition("=")[2]) for name in ("drafts.js", "unggah.js")] == imported
    assert {200} == {(await web.get(f"/static/{name}?v={version}")).status_code for name, version in imported}


@pytest.mark.parametrize(("text", "named"), [("saya mau mati saja", False), ("Rumah tetangga kebakaran", True)])
async def test_somebody_who_despairs_is_thanked_for_no_report(web: httpx.AsyncClient, text: str, named: bool) -> None:
    asked = await send(web, text=text)
    sent = await web.post("/", data=hidden(asked.text))
    page = (await web.get(sent.headers["location"])).text
    main = page[page.index("<main") : page.index("Buka dari HP lain")]

    assert "aporan" not in asked.text[asked.text.index("<main") : asked.text.index("</main>")]
    assert [named] * 2 == ["aporan" in main, "Nomor laporan" in page]
