"""The pages, on a store in memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from contracts import ticket
from contracts.events import Evidence
from intake.complaint_view import ComplaintView, Step
from intake.contacts import Contact
from intake.texts import Texts
from intake_web.app import build_app
from intake_web.settings import WebSettings

NOW = datetime(2026, 12, 3, 16, tzinfo=UTC)


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def as_form(typed: dict[str, str]) -> dict[str, Any]:
    """Encode ``typed`` as multipart/form-data, as a browser sends this form."""
    return {name: (None, value) for name, value in typed.items()}


async def send(web: httpx.AsyncClient, **typed: str) -> httpx.Response:
    page = (await web.get("/")).text
    return await web.post("/", files=as_form({**hidden(page), **typed}))


async def test_every_form_has_its_own_key_and_secret(web: httpx.AsyncClient) -> None:
    one, other = [hidden((await web.get("/")).text) for _ in range(2)]

    assert one.keys() == other.keys() == {"key", "secret", "position", "uploads"}
    assert one["key"] != other["key"]
    assert one["secret"] != other["secret"]


async def test_a_sent_form_leads_to_its_page(web: httpx.AsyncClient) -> None:
    sent = await send(web, text="Sampah menumpuk di pasar")

    page = await web.get(sent.headers["location"])

    number = ticket.parse(sent.headers["location"].split("/")[2].split("?")[0])
    assert sent.status_code == 303
    assert page.status_code == 200
    assert f'<dd class="number">{number}</dd>' in page.text


async def test_stranger_with_the_receipt_link_is_not_thanked(web: httpx.AsyncClient) -> None:
    receipt = (await send(web, text="Sampah menumpuk di pasar")).headers["location"]
    own = (await web.get(receipt)).text
    web.cookies.clear()

    stranger = (await web.get(receipt)).text

    assert [True, False] == ["Terima kasih, laporan Anda sudah kami terima" in page for page in (own, stranger)]


async def test_no_answer_repeats_the_secret(web: httpx.AsyncClient) -> None:
    typed = {**hidden((await web.get("/")).text), "text": "Sampah"}

    sent = await web.post("/", files=as_form(typed))
    page = await web.get(sent.headers["location"])

    assert typed["secret"] not in f"{sent.headers}{sent.text}{page.headers}{page.text}"


async def test_a_double_click_is_one_complaint(web: httpx.AsyncClient, fake: Any) -> None:
    typed = {**hidden((await web.get("/")).text), "text": "Sampah"}

    first, second = [await web.post("/", files=as_form(typed)) for _ in range(2)]

    assert first.headers["location"] == second.headers["location"]
    assert len(fake.taken) == 1


async def test_a_form_sent_again_with_another_text_asks_before_it_becomes_a_new_one(web: httpx.AsyncClient) -> None:
    typed = {**hidden((await web.get("/")).text), "text": "Sampah"}
    await web.post("/", files=as_form(typed))

    other = await web.post("/", files=as_form({**typed, "text": "Lampu padam"}))
    confirmed = await web.post("/", files=as_form({**hidden(other.text), "text": "Lampu padam"}))

    assert (other.status_code, confirmed.status_code) == (422, 303)
    assert "sudah pernah terkirim" in other.text
    assert "Lampu padam</textarea>" in other.text


async def test_the_same_in_another_form_asks_once_and_names_the_number_it_has(
    web: httpx.AsyncClient, fake: Any
) -> None:
    number = (await send(web, text="Sampah")).headers["location"].split("/")[2].split("?")[0]

    asked = await send(web, text="Sampah")
    confirmed = await web.post("/", files=as_form({**hidden(asked.text), "text": "Sampah"}))

    assert (asked.status_code, confirmed.status_code, len(fake.taken)) == (422, 303, 2)
    assert f'sudah pernah terkirim dengan nomor <a class="number" href="/laporan/{number}">' in asked.text
    assert "Sampah</textarea>" in asked.text


async def test_another_text_or_another_browser_is_not_asked(web: httpx.AsyncClient, fake: Any) -> None:
    await send(web, text="Sampah")
    other = await send(web, text="Sampah di pasar")
    web.cookies.clear()
    elsewhere = await send(web, text="Sampah di pasar")

    assert (other.status_code, elsewhere.status_code, len(fake.taken)) == (303, 303, 3)


async def test_a_page_with_a_secret_is_kept_by_no_browser(web: httpx.AsyncClient) -> None:
    assert (await web.get("/")).headers["cache-control"] == "no-store"


async def test_a_problem_keeps_everything_and_says_what_to_mend(web: httpx.AsyncClient) -> None:
    response = await send(web, text="", name="Andi <b>", phone="0812", rahasia="1")

    assert response.status_code == 400
    assert "Isi laporan masih kosong" in response.text
    assert "Nomor HP tidak dikenali" in response.text
    assert 'value="Andi &lt;b&gt;"' in response.text
    assert re.search(r'name="rahasia"[^>]* checked', response.text)
    assert not re.search(r'name="anonim"[^>]* checked', response.text)


async def test_the_flags_of_the_form_arrive(web: httpx.AsyncClient, fake: Any) -> None:
    await send(web, text="Pungli", anonim="1", place="Lalabata", occurred="kemarin")

    (submission, _) = next(iter(fake.taken.values()))
    assert (submission.anonim, submission.rahasia) == (True, False)
    assert (submission.place, submission.occurred) == ("Lalabata", "kemarin")


async def test_a_form_filled_by_a_program_is_refused(web: httpx.AsyncClient, fake: Any) -> None:
    response = await send(web, text="Beli di sini", situs_web="http://spam.example")

    assert (response.status_code, fake.taken) == (400, {})


async def test_without_a_database_the_form_is_kept_and_no_ticket_given(web: httpx.AsyncClient, fake: Any) -> None:
    fake.down = True

    response = await send(web, text="Banjir di Marioriwawo")

    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert "BELUM kami terima" in response.text
    assert "Banjir di Marioriwawo</textarea>" in response.text
    assert "SPG-W" not in response.text


async def test_database_outage_while_viewing_is_not_shown_as_a_lost_complaint(
    web: httpx.AsyncClient, fake: Any
) -> None:
    sent = (await send(web, text="Banjir di Marioriwawo")).headers["location"]
    number = sent.split("/")[2].split("?")[0]
    fake.down = True

    own, again, form = [await web.get(path) for path in (sent, f"/laporan/{number}", f"/laporan/{number}/tambahan")]
    web.cookies.clear()
    stranger, api = await web.get(sent), await web.get(f"/v1/complaints/{number}")

    answers = [own, again, form, stranger, api]
    assert {(503, "5")} == {(answer.status_code, answer.headers["retry-after"]) for answer in answers}
    assert f"Laporan Anda SUDAH kami terima, nomornya {number}." in own.text
    for answer in answers[1:]:
        assert "Laporan belum bisa ditampilkan. Muat ulang sebentar lagi." in answer.text
        assert "SUDAH kami terima" not in answer.text
    assert "BELUM" not in "".join(answer.text for answer in answers)


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "addition", "text": "Tiang nomor tujuh"},
        {"kind": "rating", "rating": "2", "why_half_done": "1", "text": "Masih bocor"},
        {"kind": "reopen", "text": "Berlubang lagi"},
        {"kind": "appeal", "text": "Tidak pernah dikerjakan"},
        {"kind": "cancel", "text": "Salah alamat"},
        {"kind": "erasure", "text": "Nomor saya ada di sana"},
    ],
    ids=lambda typed: typed["kind"],
)
async def test_without_a_database_what_is_added_stands_in_its_form_again_and_is_added_once(
    web: httpx.AsyncClient, fake: Any, typed: dict[str, str]
) -> None:
    path = (await send(web, text="Banjir di Marioriwawo")).headers["location"].split("?")[0]
    fake.down = True

    refused = await web.post(f"{path}/tambahan", files=as_form({"key": "jawab-4", **typed}))

    assert (503, "5") == (refused.status_code, refused.headers["retry-after"])
    assert "BELUM kami terima" in refused.text
    assert f"{typed['text']}</textarea>" in refused.text
    assert {"key": "jawab-4", "kind": typed["kind"]}.items() <= hidden(refused.text).items()
    for name in typed.keys() & {"rating", "why_half_done"}:
        assert re.search(rf'name="{name}" value="{typed[name]}" checked', refused.text)
    fake.down = False
    assert 303 == (await web.post(f"{path}/tambahan", files=as_form({**hidden(refused.text), **typed}))).status_code


async def test_without_a_database_a_stranger_keeps_what_they_typed_too(web: httpx.AsyncClient, fake: Any) -> None:
    path = (await send(web, text="Banjir di Marioriwawo")).headers["location"].split("?")[0]
    web.cookies.clear()
    fake.down = True
    typed = {"key": "k", "kind": "addition", "text": "Tiang nomor tujuh", "secret": "abcd efgh"}

    refused = await web.post(f"{path}/tambahan", files=as_form(typed))

    assert 503 == refused.status_code
    assert "Tiang nomor tujuh</textarea>" in refused.text
    assert 'value="abcd efgh"' in refused.text


def asked_back(number: str, **facts: Any) -> ComplaintView:
    """Make a complaint that waits for its reporter's answer, while the reporter waits for an erasure."""
    told = [
        ("waiting_for_reporter", f"{number}: PU bertanya: Sisi mana? Jawab di halaman ini.", False),
        ("paused", "Batas waktunya berhenti. Jawablah paling lambat Jumat 4 Des.", False),
        ("noted", f"{number}: Permintaan Anda tentang data pribadi kami terima.", False),
        ("breached", "Mohon maaf, permintaan data pribadi Anda belum dijawab sampai Senin 30 Nov.", True),
    ]
    steps = [Step(seq=n, kind=kind, at=NOW, text=text, own=own) for n, (kind, text, own) in enumerate(told)]
    usual = {"status": "waiting_for_reporter", "unit": "PUPR", "deadline_at": NOW, "paused": True, "seq": 3}
    return ComplaintView(ticket=number, steps=steps, **{**usual, **facts})


async def test_tasks_and_data_requests_of_the_reporter_are_hidden_from_strangers(
    web: httpx.AsyncClient, fake: Any
) -> None:
    number = (await send(web, text="Jalan berlubang")).headers["location"].split("/")[2].split("?")[0]
    fake.stories[number] = asked_back(number)
    own = (await web.get(f"/laporan/{number}")).text
    web.cookies.clear()

    stranger = (await web.get(f"/laporan/{number}")).text

    title = f"<title>{number}: menunggu jawaban"
    shared = f'<meta property="og:title" content="Laporan {number}: menunggu jawaban'
    for said in (title, shared, "</svg>Menunggu jawaban", "Waktu berjalan lagi setelah"):
        assert [1, 1] == [own.count(f"{said} Anda"), stranger.count(f"{said} pelapor")]
    for said in (
        "menunggu jawaban Anda",
        "Jawablah",
        "Permintaan Anda tentang data pribadi",
        "permintaan data pribadi",
    ):
        assert [True, False] == [said in page for page in (own, stranger)]
    assert "Sisi mana?" in stranger
    assert "Batas waktunya berhenti selama menunggu jawaban pelapor." in stranger


async def test_an_answer_is_thanked_for_as_one_whether_the_unit_has_it_already_or_not(
    web: httpx.AsyncClient, fake: Any
) -> None:
    number = (await send(web, text="Jalan berlubang")).headers["location"].split("/")[2].split("?")[0]
    fake.stories[number] = asked_back(number)
    answer = {"key": "jawab-3", "kind": "addition", "text": "Di sisi pasar"}
    sent = await web.post(f"/laporan/{number}/tambahan", files=as_form(answer))
    before = (await web.get(sent.headers["location"])).text
    fake.stories[number] = ComplaintView(ticket=number, status="in_progress", unit="PUPR", seq=9)
    after = (await web.get(sent.headers["location"])).text

    assert [(1, 0)] * 2 == [
        (page.count("Jawaban Anda sudah kami terima"), page.count("Tambahan Anda")) for page in (before, after)
    ]


async def test_a_shared_link_and_a_page_on_the_home_screen_have_a_picture(web: httpx.AsyncClient) -> None:
    page = (await web.get("/")).text
    shared = re.findall('<meta property="og:image" content="https://lapor.example(/[^"]+)">', page)
    kept = re.findall('<link rel="apple-touch-icon" href="([^"]+)">', page)

    for (path,) in (shared, kept):
        picture = await web.get(path)
        assert (200, "image/png") == (picture.status_code, picture.headers["content-type"])


async def test_only_the_reporter_of_a_merged_complaint_is_promised_news(web: httpx.AsyncClient, fake: Any) -> None:
    number = (await send(web, text="Jalan berlubang")).headers["location"].split("/")[2].split("?")[0]
    fake.stories[number] = ComplaintView(ticket=number, status="merged", parent="SPG-W8M1-QQCB4")
    own = (await web.get(f"/laporan/{number}")).text
    web.cookies.clear()

    stranger = (await web.get(f"/laporan/{number}")).text

    assert [True, False] == ["Anda tetap dikabari" in page for page in (own, stranger)]


async def test_a_program_reads_what_its_reporter_does_with_their_secret_alone(
    web: httpx.AsyncClient, fake: Any
) -> None:
    secret = {"Access-Secret": "rahasia-sekali-ini"}
    body = {"text": "Jalan berlubang"}
    taken = await web.post("/v1/complaints", json=body, headers={"Idempotency-Key": "k1", **secret})
    number = taken.json()["ticket"]
    told: dict[str, list[Any]] = {}
    for status in ("waiting_for_reporter", "closed"):  # the stream ends for a closed one
        fake.stories[number] = asked_back(number, status=status)
        for headers in ({}, secret):
            answer = (await web.get(f"/v1/complaints/{number}", headers=headers)).json()
            told.setdefault(status, []).append((answer["status_text"], [step["kind"] for step in answer["steps"]]))
    for headers in ({}, secret):
        events = (await web.get(f"/v1/complaints/{number}/events", headers=headers)).text
        told.setdefault("events", []).append("tentang data pribadi" in events)

    kinds = ["waiting_for_reporter", "paused", "noted", "breached"]
    assert [("menunggu jawaban pelapor", kinds[:2]), ("menunggu jawaban Anda", kinds)] == told["waiting_for_reporter"]
    assert [("ditutup", kinds[:2]), ("ditutup", kinds)] == told["closed"]
    assert [False, True] == told["events"]


async def test_in_danger_nobody_is_told_that_what_was_written_is_kept(web: httpx.AsyncClient) -> None:
    page = await send(web, text="Rumah tetangga kebakaran, masih ada orang di dalam")

    assert "Tetap kirim" in page.text
    assert "Tulisan Anda belum terkirim: biarkan halaman ini terbuka" in page.text


async def test_a_form_too_large_gets_a_page(web: httpx.AsyncClient) -> None:
    response = await send(web, text="x" * 70_000)

    assert (response.status_code, response.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "Kiriman terlalu besar" in response.text


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"text=x&key=%ff", "application/x-www-form-urlencoded"),
        (b"no boundary here", "multipart/form-data"),
        (b"--b\r\nrubbish", "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (b'{"text":"x"}', "application/json"),
    ],
    ids=["percent", "no boundary", "cut", "not UTF-8", "json"],
)
async def test_a_form_that_no_browser_sends_is_refused(
    web: httpx.AsyncClient, content: bytes, content_type: str
) -> None:
    response = await web.post("/", content=content, headers={"Content-Type": content_type})

    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/html")


async def test_pages_bring_nothing_from_elsewhere_and_no_script_within(web: httpx.AsyncClient) -> None:
    pages = [await web.get(path) for path in ("/", "/lacak", "/nowhere", "/draf")]

    for page in pages:
        assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'; worker-src 'self'" in page.headers["content-security-policy"]
        own = page.text.replace("https://lapor.example/static/", "/static/")  # without the link preview
        assert not re.findall(r'<script(?! type="module" src="/static/)|style=| on\w+=|https?://', own)
        for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
            assert (await web.get(asset)).status_code == 200


async def test_a_number_typed_by_hand_leads_to_its_page(web: httpx.AsyncClient) -> None:
    wrong = await web.get("/lacak", params={"nomor": "spg w0ab 12cd9"})
    assert "Ada huruf atau angka yang keliru dalam nomor ini." in wrong.text
    number = ticket.mint("web")
    right = await web.get("/lacak", params={"nomor": number.lower().replace("-", "")})

    assert (wrong.status_code, right.status_code) == (404, 303)
    assert "<title>Perbaiki: Lacak laporan" in wrong.text
    assert "Ini belum nomor laporan yang lengkap." in (await web.get("/lacak", params={"nomor": "SPG-12"})).text
    assert right.headers["location"] == f"/laporan/{number}"


async def test_placeholder_ticket_number_is_rejected_when_typed(web: httpx.AsyncClient) -> None:
    page = (await web.get("/lacak")).text
    (shown,) = re.findall(r'placeholder="([^"]+)"', page)

    typed = await web.get("/lacak", params={"nomor": shown})

    assert (404, True) == (typed.status_code, shown in typed.text)
    assert "huruf atau angka yang keliru" in typed.text


async def test_an_unknown_number_is_told_and_kept(web: httpx.AsyncClient) -> None:
    response = await web.get(f"/laporan/{ticket.mint('web')}")

    assert response.status_code == 404
    assert "Nomor ini tidak kami temukan" in response.text


async def test_a_finished_story_is_told_and_no_longer_refreshed(web: httpx.AsyncClient, fake: Any) -> None:
    number = (await send(web, text="Lampu di Cabenge")).headers["location"].split("/")[2].split("?")[0]
    step = Step(seq=3, kind="resolved", at=datetime(2020, 11, 24, 17, tzinfo=UTC), text=f"{number} selesai: <ok>")
    fake.stories[number] = ComplaintView(
        ticket=number, seq=3, status="resolved", unit="PUPR", steps=[step], deadline_at=NOW, missed=NOW
    )

    page = (await web.get(f"/laporan/{number}")).text

    assert "Selesai: &lt;ok&gt;" in page
    assert "Rabu 25 Nov 2020" in page  # the day in Soppeng, with its year, which is not ours


async def test_a_page_never_reloads_itself_and_what_ended_is_not_followed(web: httpx.AsyncClient, fake: Any) -> None:
    number = await resolved(web, fake, status="routed", unit=None)
    going = (await web.get(f"/laporan/{number}")).text
    fake.stories[number] = ComplaintView(ticket=number, seq=9, status="closed")
    over = (await web.get(f"/laporan/{number}")).text

    assert [False, True] == ["data-over" in page for page in (going, over)]
    assert "http-equiv" not in going + over
    assert "Perbarui sekarang" in going


async def test_the_browser_that_sent_it_may_add_without_a_code(web: httpx.AsyncClient, fake: Any) -> None:
    sent = await send(web, text="Lampu di Cabenge")
    path = sent.headers["location"].split("?")[0] + "/tambahan"
    form = (await web.get(path)).text

    added = await web.post(path, files=as_form({**hidden(form), "kind": "addition", "text": "Tiang nomor 7"}))
    thanks = await web.get(added.headers["location"])

    assert 'name="secret"' not in form
    assert (added.status_code, "Tambahan Anda sudah kami terima" in thanks.text) == (303, True)
    assert [item.text for items in fake.added.values() for item in items] == ["Tiang nomor 7"]


async def test_another_browser_needs_the_code(web: httpx.AsyncClient, fake: Any) -> None:
    page = (await web.get("/")).text
    sent = await web.post("/", files=as_form({**hidden(page), "text": "Lampu"}))
    path = sent.headers["location"].split("?")[0] + "/tambahan"
    web.cookies.clear()
    typed = {**hidden((await web.get(path)).text), "kind": "addition", "text": "Tiang nomor 7"}

    none = await web.post(path, files=as_form(typed))
    wrong = await web.post(path, files=as_form({**typed, "secret": "x" * 22}))
    right = await web.post(path, files=as_form({**typed, "secret": hidden(page)["secret"]}))

    assert (none.status_code, wrong.status_code, right.status_code) == (404, 404, 303)
    assert "Tiang nomor 7</textarea>" in wrong.text


async def test_the_pass_travels_only_to_its_complaint(web: httpx.AsyncClient) -> None:
    sent = await send(web, text="Lampu di Cabenge")

    (cookie,) = [each for each in sent.headers.get_list("set-cookie") if each.startswith("akses=")]
    assert f"Path={sent.headers['location'].split('?')[0]};" in cookie
    assert {"HttpOnly", "Secure", "SameSite=lax", f"Max-Age={45 * 86_400}"} <= {
        part.strip() for part in cookie.split(";")
    }


async def test_a_number_written_otherwise_leads_to_the_page_that_knows_its_browser(web: httpx.AsyncClient) -> None:
    path = (await send(web, text="Lampu di Cabenge")).headers["location"].split("?")[0]
    answer = await web.get(path.lower())
    assert (303, path) == (answer.status_code, answer.headers["location"])


async def test_an_answered_complaint_can_be_rated(web: httpx.AsyncClient, fake: Any) -> None:
    number = (await send(web, text="Lampu di Cabenge")).headers["location"].split("/")[2].split("?")[0]
    fake.stories[number] = ComplaintView(ticket=number, seq=3, status="resolved")
    path = f"/laporan/{number}/tambahan"
    typed = hidden((await web.get(path)).text)

    without = await web.post(path, files=as_form({**typed, "kind": "rating"}))
    rated = await web.post(path, files=as_form({**typed, "kind": "rating", "rating": "4"}))

    assert (without.status_code, rated.status_code) == (400, 303)
    assert "Pilih penilaian 1 sampai 5" in without.text
    assert [item.rating for item in fake.added[number]] == [4]


async def resolved(web: httpx.AsyncClient, fake: Any, **facts: Any) -> str:
    number = (await send(web, text="Lampu padam di Cabenge")).headers["location"].split("/")[2].split("?")[0]
    fake.stories[number] = ComplaintView(ticket=number, **{"seq": 3, "status": "resolved", "unit": "PUPR", **facts})
    return number


async def test_the_page_itself_takes_a_rating_from_the_reporters_browser_and_from_no_other(
    web: httpx.AsyncClient, fake: Any
) -> None:
    number = await resolved(web, fake, reopen_until=datetime(2026, 12, 10, 16, tzinfo=UTC))
    page = (await web.get(f"/laporan/{number}")).text

    assert "Bisa dibuka kembali sampai Kamis 10 Des." in page
    for kind, key, more in (("rating", "nilai-3", {"rating": "2"}), ("reopen", "buka-3", {"text": "Masih padam"})):
        assert f'name="key" value="{key}"' in page
        typed = {"key": key, "kind": kind, **more}
        sent = await web.post(f"/laporan/{number}/tambahan", files=as_form(typed))
        assert sent.status_code == 303
    assert [(item.kind, item.rating or item.text) for item in fake.added[number]] == [
        ("rating", 2),
        ("reopen", "Masih padam"),
    ]
    web.cookies.clear()
    assert "Sudah beres?" not in (await web.get(f"/laporan/{number}")).text


@pytest.mark.parametrize(("mark", "offered"), [(2, True), (3, False), (None, False)])
async def test_appeal_is_offered_beside_reopening_only_after_a_low_rating(
    web: httpx.AsyncClient, fake: Any, mark: int | None, offered: bool
) -> None:
    number = await resolved(web, fake)
    if mark:
        rated = {"key": "n", "kind": "rating", "rating": str(mark)}
        await web.post(f"/laporan/{number}/tambahan", files=as_form(rated))

    page = (await web.get(f"/laporan/{number}")).text

    assert offered == ('name="key" value="keberatan-3"' in page)
    sent = await web.post(f"/laporan/{number}/tambahan", files=as_form({"key": "k", "kind": "appeal", "text": "Padam"}))
    assert sent.headers["location"].endswith("?terkirim=appeal")
    assert "Keberatan Anda sudah kami terima." in (await web.get(sent.headers["location"])).text
    assert ("appeal", "Padam") == (fake.added[number][-1].kind, fake.added[number][-1].text)


async def test_appeal_is_offered_once_and_its_page_names_the_decider_and_time_limit(
    web: httpx.AsyncClient, fake: Any
) -> None:
    steps = [
        Step(seq=3, kind="resolved", at=NOW, unit="PUPR", text="selesai", message="Lubang ditambal"),
        Step(seq=4, kind="appealed", at=NOW, unit="SETDA", text="keberatan Anda diperiksa"),
    ]
    facts = {"status": "appealed", "unit": "SETDA", "lane": "triage", "steps": steps, "seq": 4}
    number = await resolved(web, fake, deadline_at=NOW, missed=NOW, **facts)

    page = (await web.get(f"/laporan/{number}")).text
    fake.stories[number] = ComplaintView(ticket=number, seq=6, status="resolved", steps=steps)
    again = (await web.get(f"/laporan/{number}/tambahan")).text

    assert "Sekretariat Daerah memeriksa dan memutuskannya." in page
    assert "Paling lama 5 hari kerja sejak keberatan diajukan." in page
    assert "Lubang ditambal" in page
    assert "Dijawab paling lambat" not in page
    assert ('value="reopen"' in again, 'value="appeal"' in again) == (True, False)


async def test_while_its_unit_is_looked_for_the_page_says_that_and_nobody_who_works_on_it(
    web: httpx.AsyncClient, fake: Any
) -> None:
    number = await resolved(web, fake, status="routed", unit="DISKOMINFO", lane="triage")
    page = (await web.get(f"/laporan/{number}")).text
    assert "Sedang diperiksa petugas LAPOR!, lalu diteruskan ke kantor yang menanganinya" in page
    assert "Ditangani" not in page
    assert "Komunikasi" not in page[: page.index("</main>")]


@pytest.mark.parametrize("right", ["erasure", "restriction"])
@pytest.mark.parametrize("status", ["routed", "closed"])
async def test_a_right_can_be_used_at_any_time(web: httpx.AsyncClient, fake: Any, right: str, status: str) -> None:
    number = await resolved(web, fake, status=status)
    form = (await web.get(f"/laporan/{number}/data-pribadi")).text

    sent = await web.post(f"/laporan/{number}/tambahan", files=as_form({**hidden(form), "kind": right}))

    assert (f'value="{right}"' in form, sent.status_code) == (True, 303)
    assert [(item.kind, item.right) for item in fake.added[number]] == [("rights_request", right)]


async def test_the_page_tells_who_helps_the_proof_and_what_the_clock_said(web: httpx.AsyncClient, fake: Any) -> None:
    proof = Evidence(url="https://contoh.id/1.jpg", media_type="image/jpeg", sha256="0", bytes=20_000)
    line = Step(seq=9, kind="breached", at=datetime(2026, 11, 24, 10, tzinfo=UTC), text="Mohon maaf, terlewati.")
    number = await resolved(web, fake, support=["DLH"], evidence=[proof], steps=[line], parent="SPG-W000-00004")

    page = (await web.get(f"/laporan/{number}")).text

    assert "dibantu Dinas Lingkungan Hidup" in page
    assert 'href="https://contoh.id/1.jpg" rel="noopener noreferrer nofollow"' in page
    assert "contoh.id, foto, 20 kB" in page
    assert "Mohon maaf, terlewati." in page
    assert 'href="/laporan/SPG-W000-00004"' in page


async def test_only_desk_photos_are_embedded_and_allowed_by_the_csp(
    fake: Any, make_settings: Callable[..., WebSettings], texts: Texts
) -> None:
    settings = make_settings(desk_public_url="https://meja.lapor.example/")
    facts: Any = {"media_type": "image/jpeg", "sha256": "0", "bytes": 20_000}
    proofs = [Evidence(url=f"https://{host}/bukti/abc", **facts) for host in ("meja.lapor.example", "contoh.id")]
    app: Any = build_app(fake, settings, texts)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://lapor.example") as web:
        number = await resolved(web, fake, evidence=proofs)
        answer = await web.get(f"/laporan/{number}")

    assert '<img src="https://meja.lapor.example/bukti/abc?kecil" alt="Foto hasil pekerjaan 1"' in answer.text
    assert ('src="https://contoh.id' in answer.text, 'href="https://contoh.id/bukti/abc"' in answer.text) == (
        False,
        True,
    )
    assert "img-src 'self' https://meja.lapor.example;" in answer.headers["content-security-policy"]


async def test_merged_complaint_page_points_to_the_parent_for_the_deadline(web: httpx.AsyncClient, fake: Any) -> None:
    number = await resolved(web, fake, status="in_progress", parent="SPG-W000-00004")

    page = (await web.get(f"/laporan/{number}")).text

    assert 'lihat <a class="ticket" href="/laporan/SPG-W000-00004">' in page
    assert "sedang dihitung" not in page


async def test_a_paused_clock_says_why(web: httpx.AsyncClient, fake: Any) -> None:
    number = await resolved(
        web, fake, status="waiting_for_reporter", paused=True, deadline_at=datetime(2026, 12, 3, 16, tzinfo=UTC)
    )

    page = (await web.get(f"/laporan/{number}")).text

    assert "berhenti sementara" in page
    assert "setelah Anda menjawab pertanyaan petugas" in page


async def test_the_times_are_those_of_the_region(fake: Any, texts: Texts, make_settings: Any) -> None:
    east = copy(texts)
    east.zone = ZoneInfo("Asia/Jayapura")
    app: Any = build_app(fake, make_settings(), east)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lapor.example") as client:
        sent = await send(client, text="Lampu di Cabenge")
        page = (await client.get(sent.headers["location"])).text

    assert "24 November 2026 pukul 18.52 WIT<" in page


@pytest.mark.parametrize("status", ["closed", "cancelled", "rejected", "handed_over", "archived"])
async def test_to_a_finished_complaint_nothing_can_be_added_and_the_page_says_what_to_do(
    web: httpx.AsyncClient, fake: Any, status: str
) -> None:
    number = await resolved(web, fake, status=status)
    path = f"/laporan/{number}/tambahan"
    page, form = (await web.get(f"/laporan/{number}")).text, (await web.get(path)).text

    late = await web.post(path, files=as_form({**hidden(form), "kind": "addition", "text": "Tiang nomor 7"}))

    assert "Tambah keterangan" not in page
    assert re.findall(r'name="kind" value="(\w+)"', form) == ["erasure", "restriction", "confidential"]
    assert late.status_code == 422
    assert "Laporan ini sudah selesai dan tidak dapat ditambah lagi." in late.text
    assert "kirim laporan baru" in late.text
    assert "Tiang nomor 7</textarea>" in late.text
    assert fake.added == {}


async def test_follow_up_form_preselects_nothing_and_requires_a_choice(web: httpx.AsyncClient, fake: Any) -> None:
    path = f"/laporan/{await resolved(web, fake, status='closed')}/tambahan"
    form = (await web.get(path)).text

    unchosen = await web.post(path, files=as_form(hidden(form)))

    assert " checked" not in form
    assert (unchosen.status_code, fake.added) == (400, {})
    assert "Pilih dulu apa yang ingin Anda sampaikan." in unchosen.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "addition", "text": "Tiang 7"}, "Tambahan Anda sudah kami terima."),
        ({"kind": "rating", "rating": "4"}, "Penilaian Anda sudah kami terima."),
        ({"kind": "reopen", "text": "Masih padam"}, "Permintaan Anda untuk membuka kembali sudah kami terima."),
        ({"kind": "cancel"}, "Permintaan Anda untuk membatalkan sudah kami terima."),
        ({"kind": "erasure"}, "Permintaan Anda tentang data pribadi sudah kami terima."),
        ({"kind": "confidential"}, "Permintaan Anda untuk merahasiakan sudah kami terima."),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
async def test_thanks_name_what_was_asked_and_promise_no_outcome(
    web: httpx.AsyncClient, fake: Any, typed: dict[str, str], said: str
) -> None:
    path = f"/laporan/{await resolved(web, fake)}/tambahan"

    sent = await web.post(path, files=as_form({**hidden((await web.get(path)).text), **typed}))
    page = (await web.get(sent.headers["location"])).text
    (banner,) = re.findall(r'<div class="notice good" role="status">(.*)</div>', page)

    assert said in banner
    assert typed["kind"] == "addition" or "Tambahan" not in banner
    (added,) = re.findall(r'<div class="added"><p>(.*?) <span', page)
    assert re.match(r"[A-Z][a-z]", added), "what was added has no name on the page"


async def test_danger_told_of_in_an_addition_is_answered_with_whom_to_call(web: httpx.AsyncClient, fake: Any) -> None:
    path = f"/laporan/{await resolved(web, fake, status='in_progress')}/tambahan"

    typed = {"kind": "addition", "text": "rumah sebelah sekarang kebakaran, tolong"}
    sent = await web.post(path, files=as_form({**hidden((await web.get(path)).text), **typed}))
    page = (await web.get(sent.headers["location"])).text

    assert 'class="notice alarm' in page
    assert page.index('href="tel:113"') < page.index("</main>")
    made_up = (await web.get(f"{sent.headers['location'].split('?')[0]}?bahaya=apa-saja")).text
    assert 'class="notice alarm' not in made_up


async def test_an_address_that_was_made_up_thanks_for_nothing(web: httpx.AsyncClient, fake: Any) -> None:
    number = await resolved(web, fake)

    assert 'class="notice good"' not in (await web.get(f"/laporan/{number}?terkirim=apa-saja")).text


@pytest.mark.parametrize("status", ["resolved", "closed", "cancelled", "rejected", "handed_over", "merged"])
async def test_finished_complaint_shows_no_due_date(web: httpx.AsyncClient, fake: Any, status: str) -> None:
    due = datetime(2026, 12, 3, 16, tzinfo=UTC)
    number = await resolved(web, fake, status=status, deadline_at=due, missed=due)

    page = (await web.get(f"/laporan/{number}")).text

    assert "Dijawab paling lambat" not in page
    assert "terlambat</span>" not in page


async def test_handed_over_complaint_is_not_shown_as_held_by_its_former_unit(web: httpx.AsyncClient, fake: Any) -> None:
    number = await resolved(web, fake, status="handed_over", support=["DLH"])

    page = (await web.get(f"/laporan/{number}")).text

    assert "Pihak di luar pemerintah kabupaten" in page
    assert "Pekerjaan Umum" not in page
    assert "dibantu" not in page


async def test_for_what_ended_without_a_unit_none_is_looked_for(web: httpx.AsyncClient, fake: Any) -> None:
    number = await resolved(web, fake, status="cancelled", unit=None)

    assert "sedang kami carikan" not in (await web.get(f"/laporan/{number}")).text


async def test_before_anything_is_written_the_form_says_whom_to_call_in_danger(web: httpx.AsyncClient) -> None:
    page = (await web.get("/")).text
    assert page.index('href="tel:110"') < page.index("<form")
    assert page.index('href="tel:119"') < page.index("<form")


async def test_emergency_number_precedes_the_ticket_number_on_the_reporters_page(
    web: httpx.AsyncClient, fake: Any
) -> None:
    sent = await send(web, text="Rumah tetangga kebakaran, masih ada orang di dalam", called="1")
    page = (await web.get(sent.headers["location"])).text
    number = sent.headers["location"].split("/")[2].split("?")[0]
    body = page[page.index("<main") :]
    assert body.index('href="tel:113"') < body.index(number)
    stranger = await web.get(f"/laporan/{number}", headers={"Cookie": "akses="})
    assert 'class="notice alarm' not in stranger.text


async def test_complaint_without_a_place_asks_for_it_and_accepts_it_on_its_page(
    web: httpx.AsyncClient, fake: Any
) -> None:
    sent = await send(web, text="Jalan berlubang besar, sudah bertahun-tahun tidak diperbaiki.")
    place = sent.headers["location"]
    number = place.split("/")[2].split("?")[0]
    page = (await web.get(place)).text
    assert page.index("Di mana tempatnya?") < page.index('<article class="card state')
    assert "http-equiv" not in page  # no reload wipes out the text being written
    form = {"key": "di-mana", "kind": "addition", "text": "Desa Paroto, depan masjid"}
    answered = await web.post(f"/laporan/{number}/tambahan", data=form)
    assert (303, "Paroto") == (answered.status_code, fake.added[number][-1].place.desa)
    assert "Di mana tempatnya?" not in (await web.get(answered.headers["location"])).text
    stranger = await web.get(f"/laporan/{number}", headers={"Cookie": "akses="})
    assert "Di mana tempatnya?" not in stranger.text


@pytest.mark.parametrize(
    "more", [{"text": "Jalan berlubang di Desa Paroto"}, {"text": "Jalan rusak", "place": "Cabenge"}]
)
async def test_page_does_not_ask_for_a_place_already_given(web: httpx.AsyncClient, more: dict[str, str]) -> None:
    sent = await send(web, **more)
    assert "Di mana tempatnya?" not in (await web.get(sent.headers["location"])).text


async def test_non_complaint_is_sent_only_after_its_writer_confirms(web: httpx.AsyncClient, fake: Any) -> None:
    kind = "Terima kasih, lampu jalan di depan sekolah sudah diperbaiki."
    answered = await send(web, text=kind)
    assert (422, {}) == (answered.status_code, fake.taken)
    assert "pesan Anda kami baca" in answered.text
    assert kind in answered.text
    assert 303 == (await web.post("/", files=as_form({**hidden(answered.text), "text": kind}))).status_code
    assert 1 == len(fake.taken)


@pytest.mark.parametrize(("missing", "asked"), [("smtp_url", ["phone"]), ("kannel_send_url", ["email"])])
async def test_nobody_is_asked_for_a_contact_that_is_never_used(
    make_settings: Any, texts: Texts, fake: Any, missing: str, asked: list[str]
) -> None:
    app: Any = build_app(fake, make_settings(**{missing: None}), texts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lapor.example") as client:
        page = (await client.get("/")).text
        await send(client, text="Sampah", phone="0812 3456 7890", email="a@contoh.id")
    (sent, _) = next(iter(fake.taken.values()))

    assert asked == re.findall(r'<input[^>]* name="(phone|email)"', page)
    assert {"phone": "0812 3456 7890", "email": "a@contoh.id"} | dict.fromkeys({"phone", "email"} - set(asked)) == {
        "phone": sent.phone, "email": sent.email,
    }  # fmt: skip
    assert texts.web["purpose"] in page


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ([Contact(medium="sms", shown="0812…90", stopped=False)], "Kami kabari ke <b>0812…90</b>."),
        ([Contact(medium="sms", shown="0812…90", stopped=False, waiting=1)], "Sedang kami kirim."),
        (
            [Contact(medium="email", shown="a…@x.id", stopped=False, sent_at=datetime(2026, 11, 27, 6, 5, tzinfo=UTC))],
            "Terakhir dikirim 27 November 2026 pukul 14.05 WITA.",
        ),
        ([Contact(medium="email", shown="a…@x.id", stopped=False, failed=True)], "Kabar ke <b>a…@x.id</b> gagal"),
        (
            [Contact(medium="email", shown="a…@x.id", stopped=False, awaits_yes=True)],
            "Buka email kami di <b>a…@x.id</b>",
        ),
        ([Contact(medium="email", shown="a…@x.id", stopped=True)], "dihentikan oleh pemiliknya"),
        ([], "Anda tidak meninggalkan kontak"),
    ],
    ids=["left", "waits", "sent", "failed", "asked", "stopped", "none"],
)
async def test_its_reporter_alone_sees_how_they_are_told(
    web: httpx.AsyncClient, fake: Any, told: list[Contact], says: str
) -> None:
    fake.told = told
    sent = await send(web, text="Sampah")
    own = (await web.get(sent.headers["location"])).text
    web.cookies.clear()
    strange = (await web.get(sent.headers["location"])).text

    assert [True, False] == [says in page for page in (own, strange)]


async def test_a_stop_link_of_nobody_is_not_found(web: httpx.AsyncClient) -> None:
    found = [await web.get(f"/berhenti/{token}") for token in ("x", "A" * 21 + "w", "A" * 22)]
    found.append(await web.get(f"/kabari/{'A' * 22}"))

    assert [404] * 4 == [answer.status_code for answer in found]
    assert [True] * 4 == ["Tautan ini tidak berlaku lagi" in answer.text for answer in found]
