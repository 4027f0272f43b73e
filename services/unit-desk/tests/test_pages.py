"""The pages of the desk, on a real database: what each person sees, and the effect of each form."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from desk_office import NUMBER, PAGE, LogIn, Tell, hidden, sent
from desk_site import DAYS

from chassis.database import Pool
from contracts import ticket
from contracts.events import Candidate, Evidence, FollowUp, Place, Question, ReplyAnswer, Support
from testing.events import NOW
from unit_desk.adapters.proofs import Photos
from unit_desk.adapters.told import delete_old
from unit_desk.app import build_app
from unit_desk.courier import Courier
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

pytestmark = pytest.mark.connected
DONE = "Lubang di depan SD 12 sudah ditambal aspal tadi pagi, sepanjang 4 meter."


async def do(web: httpx.AsyncClient, slug: str, step: str = "kirim", **fields: str) -> httpx.Response:
    """Fill in a form as it is now, and send it."""
    form = await web.get(f"{PAGE}/{slug}")
    return await web.post(f"{PAGE}/{slug}", data={**hidden(form), **fields, "step": step})


async def test_the_page_says_why_the_complaint_is_here_what_was_understood_and_why_it_is_due_then(
    log_in: LogIn, tell: Tell
) -> None:
    understood = Candidate(category="jalan_jembatan", confidence=0.9, evidence=["aspal", "berlubang"])
    await tell(
        reason="aturan: jalan kabupaten", category="jalan_jembatan", type="pengaduan", candidates=[understood],
        deadline_at=NOW + timedelta(days=3), derivation=DAYS,
    )  # fmt: skip
    page = (await (await log_in()).get(PAGE)).text

    assert "Aturan: jalan kabupaten" in page
    assert re.search(r"Yang dipahami mesin</dt><dd>Jalan dan jembatan, pengaduan", page)
    assert "Karena kata</dt><dd>aspal, berlubang" in page
    days = re.search(r"Mengapa jatuh di situ</summary>(.*?)</details>", page, re.DOTALL)
    assert days
    assert [True, False, False, False] == ["skipped" in day for day in days[1].split("<li")[1:]]
    assert all(day.reason in days[1] for day in DAYS)


async def test_a_complaint_is_on_the_list_is_taken_and_is_resolved(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(text="Jalan berlubang di depan SD 12", seq=1)
    web = await log_in()

    assert "Jalan berlubang di depan SD 12" in (await web.get("/")).text
    page = await web.get(f"{PAGE}/terima")
    assert "sudah diterima Dinas P" in page.text
    answer = await web.post(f"{PAGE}/terima", data={**hidden(page), "step": "kirim"})
    assert 303 == answer.status_code
    await tell(text="Jalan berlubang di depan SD 12", seq=2, status="acknowledged", why="updated")
    await pool.execute("UPDATE replies SET answered_at = now(), accepted = true")
    page = await do(web, "selesaikan", "periksa", words=DONE)
    assert ("selesai ditangani" in page.text, DONE in page.text) == (True, True)
    answer = await web.post(f"{PAGE}/selesaikan", data={**hidden(page), "step": "kirim"})

    assert 303 == answer.status_code
    wanted = [("unit.pupr.replied.v1", "acknowledge", None), ("unit.pupr.replied.v1", "resolve", DONE)]
    assert wanted == [(topic, said.action, said.message or None) for topic, said in await sent(pool)]


async def test_pressed_twice_it_is_sent_once(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell()
    web = await log_in()
    form = {**hidden(await web.get(f"{PAGE}/terima")), "step": "kirim"}

    answers = [await web.post(f"{PAGE}/terima", data=form) for _ in range(2)]

    assert [f"{PAGE}?balasan={form['id']}"] * 2 == [each.headers["location"] for each in answers]
    assert 1 == len(await sent(pool))


async def test_change_since_the_form_was_opened_is_shown_and_the_text_kept(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1)
    web = await log_in()
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    await tell(seq=2, why="followed-up", follow_ups=[FollowUp(id="1", kind="addition", at=NOW, text="Ada lagi")])

    page = await web.post(f"{PAGE}/selesaikan", data={**form, "words": DONE, "step": "kirim"})

    assert 409 == page.status_code
    assert ["berubah sejak" in page.text, "Warga menambahkan sesuatu" in page.text, DONE in page.text] == [True] * 3
    assert [] == await sent(pool)
    again = await web.post(f"{PAGE}/selesaikan", data={**hidden(page), "words": DONE, "step": "kirim"})
    assert (303, 1) == (again.status_code, len(await sent(pool)))


@pytest.mark.parametrize("why", ["deadline-set", "warned", "breached"])
async def test_clock_update_does_not_block_an_open_form(log_in: LogIn, tell: Tell, pool: Pool, why: str) -> None:
    await tell(seq=1)
    web = await log_in()
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    await tell(seq=2, why=why, stage="completion")

    answer = await web.post(f"{PAGE}/selesaikan", data={**form, "words": DONE, "step": "kirim"})

    assert (303, 1) == (answer.status_code, len(await sent(pool)))


async def test_withdrawn_complaint_refuses_an_open_form_and_keeps_its_text(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1)
    web = await log_in()
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    await tell(seq=2, why="withdrawn", status="closed")

    page = await web.post(f"{PAGE}/selesaikan", data={**form, "words": DONE, "step": "kirim"})

    assert 409 == page.status_code
    assert ["tidak dapat dilakukan lagi" in page.text, DONE in page.text] == [True, True]
    assert [] == await sent(pool)


async def test_a_refusal_stands_on_the_complaint_and_its_words_are_in_the_form_again(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1)
    web = await log_in()
    await do(web, "tanya", words="Di depan rumah nomor berapa?")
    reply_id = str(await pool.fetchval("SELECT id FROM replies"))
    refused = ReplyAnswer(event_id=reply_id, accepted=False, code="wrong_status", reason="laporan berstatus ditutup")
    await tell(seq=1, why="replied", reply=refused)

    page = await web.get(PAGE)
    again = await web.get(f"{PAGE}/tanya?dari={reply_id}")

    assert ["Laporan berstatus ditutup" in page.text, f"{PAGE}/tanya?dari={reply_id}" in page.text] == [True, True]
    assert "Di depan rumah nomor berapa?</textarea>" in again.text


async def test_reply_not_yet_in_kafka_is_shown_as_waiting(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1)
    web = await log_in()

    await do(web, "terima")
    page = await web.get(PAGE)
    await pool.execute("UPDATE outbox SET created_at = created_at - interval '1 minute'")
    list_ = await web.get("/")

    assert ["menunggu dikirim" in page.text, "1 balasan menunggu dikirim" in list_.text] == [True, True]
    assert f'href="{PAGE}/terima"' not in page.text


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}?unit=DLH", f"{PAGE}/terima", "/laporan/SPG-S4K7-Q2MDN", "/laporan/x"])
async def test_a_complaint_of_another_unit_is_not_there(log_in: LogIn, tell: Tell, path: str) -> None:
    await tell(unit="DLH", text="rahasia dapur")
    web = await log_in()

    page = await web.get(path)

    assert (404, False) == (page.status_code, "rahasia dapur" in page.text)


async def test_pemantau_reads_and_instructs_but_cannot_act(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(text="Jalan berlubang")
    web, clerk = await log_in(unit="SETDA", role="pemantau", name="Pak Sekda"), await log_in()

    seen = await web.get(f"{PAGE}?unit=PUPR")
    acting = await web.get(f"{PAGE}/terima")
    form = {"id": str(uuid4()), "text": "Tolong selesaikan minggu ini"}
    await web.post(f"{PAGE}/catatan?unit=PUPR", data=form)
    shown = await clerk.get(PAGE)

    assert ("Jalan berlubang" in seen.text, "Tindakan" in seen.text, 403) == (True, False, acting.status_code)
    assert ["Arahan Pak Sekda" in shown.text, "Tolong selesaikan minggu ini" in shown.text] == [True, True]
    assert "Jalan berlubang" in (await web.get("/")).text


@pytest.mark.parametrize("rahasia", [True, False])
async def test_question_and_reopenings_are_hidden_from_the_pemantau_if_confidential(
    log_in: LogIn, tell: Tell, rahasia: bool
) -> None:
    asked = Question(unit="PUPR", text="Sisi mana?", answered=True)
    await tell(reopened=2, question=asked, rahasia=rahasia)
    clerk, watcher = await log_in(), await log_in(unit="SETDA", role="pemantau", name="Pak Sekda")

    ours, theirs = await clerk.get(PAGE), await watcher.get(f"{PAGE}?unit=PUPR")

    assert ["2 kali" in ours.text, "Sisi mana?" in ours.text, "sudah dijawab" in ours.text] == [True, True, True]
    assert [not rahasia, not rahasia] == ["2 kali" in theirs.text, "Sisi mana?" in theirs.text]


async def test_separated_addition_names_the_complaint_it_came_from(log_in: LogIn, tell: Tell) -> None:
    await tell(
        unit="INSPEKTORAT", lane="triage", text="Petugasnya minta uang", part_of="SPG-W000-00004", accuses=["PUPR"]
    )
    judge = await log_in(unit="INSPEKTORAT")

    page = await judge.get(PAGE)

    assert "SPG-W000-00004, dipisahkan supaya tidak terbaca unit yang mengerjakannya" in page.text


async def test_operator_cannot_see_complaints_that_accuse_their_own_unit(log_in: LogIn, tell: Tell) -> None:
    await tell(unit="INSPEKTORAT", lane="triage", text="Petugas kominfo minta uang", accuses=["DISKOMINFO"])
    operator = await log_in(unit="DISKOMINFO", role="operator")
    others = [await log_in(unit="SETDA", role="pemantau"), await log_in(unit="INSPEKTORAT")]
    paths = ("/?daftar=semua", "/?daftar=lintas", "/?daftar=semua&cari=kominfo", f"{PAGE}?unit=INSPEKTORAT", PAGE)

    pages = [await operator.get(path) for path in paths]

    assert [False] * len(paths) == ["minta uang" in page.text for page in pages]
    assert [404, 404] == [page.status_code for page in pages[-2:]]
    for web in others:
        page = await web.get(f"{PAGE}?unit=INSPEKTORAT")
        assert ("minta uang" in page.text, "Dinas Kominfo" in page.text) == (True, True)


async def test_complaint_is_hidden_from_units_accused_together(log_in: LogIn, tell: Tell) -> None:
    await tell(unit="INSPEKTORAT", lane="triage", text="Sekda minta uang", accuses=["SETDA"])
    paths = ("/?daftar=semua", "/", "/?daftar=semua&cari=uang", f"{PAGE}?unit=INSPEKTORAT", PAGE)

    for unit in ("SETDA", "BUPATI"):
        web = await log_in(unit=unit, role="pemantau")
        pages = [await web.get(path) for path in paths]
        assert [False] * len(paths) == ["minta uang" in page.text for page in pages]
        assert [404, 404] == [page.status_code for page in pages[-2:]]
    operator = await log_in(unit="DISKOMINFO", role="operator")
    assert "minta uang" in (await operator.get("/?daftar=semua")).text


async def test_a_confidential_complaint_is_read_by_its_unit_alone(log_in: LogIn, tell: Tell) -> None:
    said = [Candidate(category="pendidikan", confidence=1, evidence=["memukul murid"])]
    helping = [Support(unit="DISDUKCAPIL", message="ia memukul murid")]
    facts = {"rahasia": True, "category": "pendidikan", "candidates": said, "support": helping}
    await tell(text="Guru memukul murid", reason="memukul murid", **facts)
    web, clerk = await log_in(unit="SETDA", role="pemantau"), await log_in()

    pages = [await web.get("/"), await web.get(f"{PAGE}?unit=PUPR"), await web.get("/?daftar=semua&cari=memukul")]
    note = await web.post(f"{PAGE}/catatan?unit=PUPR", data={"id": str(uuid4()), "text": "x"})

    assert [False] * 3 == ["memukul murid" in page.text for page in pages]
    assert ("Laporan rahasia" in pages[0].text, "Laporan rahasia" in pages[2].text, 403) == (
        True,
        False,
        note.status_code,
    )
    assert "memukul murid" in (await clerk.get(PAGE)).text


async def test_every_look_and_every_act_is_in_the_audit_which_nobody_changes(
    log_in: LogIn, tell: Tell, pool: Pool, somebody: Callable[..., Awaitable[Person]]
) -> None:
    await tell()
    person = await somebody()
    web = await log_in(person)

    await web.get("/?cari=jalan")
    await web.get(PAGE)
    await do(web, "terima")
    await web.post(f"{PAGE}/catatan", data={"id": str(uuid4()), "text": "rahasia meja"})

    rows = await pool.fetch("SELECT act, ticket, about FROM audit WHERE person = $1 ORDER BY n", person.id)
    looks = [("baca di daftar", None, None), ("cari", None, None), ("buka", NUMBER, None), ("buka", NUMBER, "terima")]
    done = [("acknowledge", NUMBER), ("catat", NUMBER)]
    assert looks == [tuple(row) for row in rows[:4]]
    assert done == [(row["act"], row["ticket"]) for row in rows[4:]]
    assert not any("rahasia meja" in str(row["about"]) for row in rows)
    for statement in ("UPDATE audit SET act = ''", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(Exception, match="the audit is only added to"):
            await pool.execute(statement)


async def test_complaint_read_in_a_list_is_audited_once_a_day(
    log_in: LogIn, tell: Tell, pool: Pool, somebody: Callable[..., Awaitable[Person]]
) -> None:
    other, secret = ticket.mint("web"), ticket.mint("web")
    await tell()
    await tell(ticket=secret, complaint_id="secret", rahasia=True)
    operator = await somebody(unit="DISKOMINFO", role="operator")
    web = await log_in(operator)

    async def listed() -> list[list[str]]:
        await web.get("/?daftar=semua")
        found = await pool.fetch("SELECT tickets FROM audit WHERE act = 'baca di daftar' ORDER BY n")
        return [row["tickets"] for row in found]

    assert [[NUMBER]] == await listed()
    await tell(ticket=other, complaint_id="other")
    assert [[NUMBER], [other]] == await listed()
    await pool.execute("UPDATE listed SET day = day - 1 WHERE ticket = $1", NUMBER)
    assert [[NUMBER], [other], [NUMBER]] == await listed()

    head = await log_in(await somebody(email="kepala@contoh.id", role="pimpinan"))
    assert "baca di daftar" in (await head.get(PAGE)).text


async def test_sending_an_unopened_form_is_audited_as_opening_it(
    log_in: LogIn, tell: Tell, pool: Pool, somebody: Callable[..., Awaitable[Person]]
) -> None:
    await tell(text="Jalan berlubang di Takalalla")
    person = await somebody()
    web = await log_in(person)

    shown = [await web.post(f"{PAGE}/terima", data={"id": str(uuid4())}) for _ in range(2)]

    assert [True, True] == ["Jalan berlubang di Takalalla" in each.text for each in shown]
    rows = await pool.fetch("SELECT act, unit, ticket, about FROM audit WHERE person = $1", person.id)
    assert [("buka", "PUPR", NUMBER, "terima")] == [tuple(row) for row in rows]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_viewing_another_units_complaint_by_an_act_form_is_audited(
    log_in: LogIn, tell: Tell, pool: Pool, somebody: Callable[..., Awaitable[Person]], method: str
) -> None:
    await tell(text="Jalan berlubang di Takalalla")
    watcher = await somebody(unit="SETDA", role="pemantau")
    web = await log_in(watcher)

    shown = await web.request(method, f"{PAGE}/alihkan?unit=PUPR")

    assert "Jalan berlubang di Takalalla" in shown.text
    rows = await pool.fetch("SELECT act, unit, ticket, about FROM audit WHERE person = $1 ORDER BY n", watcher.id)
    assert ("buka", "PUPR", NUMBER, "alihkan") == tuple(rows[-1])


async def test_reassigned_complaint_says_where_it_is_now(log_in: LogIn, tell: Tell) -> None:
    await tell(seq=1)
    web = await log_in()
    here = (await web.get(PAGE)).text
    await tell(seq=2, unit="DISKOMINFO", reader="PUPR", lane="triage")
    gone = (await web.get(PAGE)).text

    assert [("Mengapa di sini" in page, "Mengapa tadi di sini" in page) for page in (here, gone)] == [
        (True, False),
        (False, True),
    ]
    assert ", di Dinas Kominfo</span>" in gone


async def test_handed_over_complaint_names_its_office_instead_of_a_due_date(log_in: LogIn, tell: Tell) -> None:
    due = {"deadline_at": NOW + timedelta(days=2)}
    await tell(seq=1, **due)
    web = await log_in()
    here = (await web.get(PAGE)).text
    await tell(seq=2, status="handed_over", target="PLN", why="replied", **due)
    over = (await web.get(PAGE)).text

    assert ("Dilimpahkan ke PLN" in here, "Batas waktu</h2>" in here) == (False, True)
    assert ("Dilimpahkan ke PLN" in over, "Batas waktu</h2>" in over) == (True, False)


async def test_a_note_never_leaves_the_desk(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell()
    web = await log_in()
    form = {"id": str(uuid4()), "text": "Kunci gudang di Pak Amir"}

    for _ in range(2):
        await web.post(f"{PAGE}/catatan", data=form)
    page = await web.get(PAGE)

    assert (1, []) == (page.text.count("Kunci gudang di Pak Amir"), await sent(pool))


async def test_a_colleague_has_it(log_in: LogIn, tell: Tell, somebody: Callable[..., Awaitable[Person]]) -> None:
    await tell(text="Jalan berlubang")
    amir, other = await somebody(name="Baso Amir"), await somebody(unit="DLH")
    web, his = await log_in(), await log_in(amir)

    given = await web.post(f"{PAGE}/petugas", data={"person": str(amir.id)})
    foreign = await web.post(f"{PAGE}/petugas", data={"person": str(other.id)})

    assert [303, 403] == [given.status_code, foreign.status_code]
    assert "Baso Amir" in (await web.get("/")).text
    assert "Jalan berlubang" in (await his.get("/?daftar=saya")).text


async def test_a_ready_sentence_comes_without_a_script_and_is_not_sent_with_its_gap(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(category="jalan_jembatan")
    web = await log_in()

    page = await do(web, "selesaikan", "kalimat-0", words="Halo.")
    refused = await do(web, "selesaikan", "kirim", words="Lubang di … sudah ditambal pada …")

    assert "Halo. Lubang di … sudah ditambal pada …, sepanjang … meter.</textarea>" in page.text
    assert (422, True, []) == (refused.status_code, "Masih ada …" in refused.text, await sent(pool))


async def test_a_proof_is_what_lies_at_an_address_and_what_is_in_it(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(status="in_progress")
    web = await log_in()
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    url = "https://pu.soppengkab.go.id/foto.jpg"
    data = {**form, "words": DONE, "step": "periksa", "proof_url": url}

    page = await web.post(f"{PAGE}/selesaikan", data=data, files={"proof_file": ("f.jpg", b"jpeg", "image/jpeg")})
    without = await web.post(f"{PAGE}/selesaikan", data=data)
    await web.post(f"{PAGE}/selesaikan", data={**hidden(page), "step": "kirim"})

    assert (422, True) == (without.status_code, "Pilih juga berkasnya" in without.text)
    [(_, said)] = await sent(pool)
    digest = hashlib.sha256(b"jpeg").hexdigest()
    assert [Evidence(url=url, media_type="image/jpeg", sha256=digest, bytes=4)] == said.evidence


async def test_a_preview_shows_what_is_masked(log_in: LogIn, tell: Tell) -> None:
    await tell()
    web = await log_in()

    page = await do(web, "kerjakan", "periksa", words="Hubungi 081234567890 atau bit.ly/abc untuk jadwalnya")

    assert ["[TELEPON]" in page.text, "[TAUTAN]" in page.text, "Sebagian disamarkan" in page.text] == [True] * 3


async def test_helper_reply_is_previewed_as_read_by_the_lead_unit(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(unit="DLH", role="support", support=[Support(unit="DLH")], status="in_progress")
    web = await log_in(unit="DLH")

    page = await do(web, "kerjakan", "periksa", words="Truk sudah di lokasi")

    assert ["Yang dibaca unit utama" in page.text, "bukan warga" in page.text] == [True, True]


async def test_complaint_to_be_seen_leaves_the_list_once_it_is_seen(log_in: LogIn, tell: Tell) -> None:
    await tell(status="resolved", why="rated", text="Jembatan kayu")
    web = await log_in()
    before = await web.get("/?daftar=lihat")

    await web.post(f"{PAGE}/dilihat")
    after = await web.get("/?daftar=lihat")
    await tell(status="resolved", why="rated", seq=2, text="Jembatan kayu")
    again = await web.get("/?daftar=lihat")

    assert [True, False, True] == ["Jembatan kayu" in page.text for page in (before, after, again)]


async def test_erased_complaint_leaves_no_trace_at_the_desk(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    photo = Evidence(url="https://lapor.soppengkab.go.id/e/1", media_type="image/jpeg", sha256="0", bytes=1)
    await tell(text="Nama saya Budi", seq=1, evidence=[photo])
    web = await log_in()
    await web.post(f"{PAGE}/catatan", data={"id": str(uuid4()), "text": "Budi tetangga Pak Amir"})
    await do(web, "tanya", words="Budi di RT berapa?")

    await tell(text="", seq=5, why="erased", erased=True)
    page = await web.get(PAGE)

    assert (200, True, False) == (page.status_code, "sudah dihapus" in page.text, "Budi" in page.text)
    tables = ("complaints", "events", "replies", "notes", "outbox", "published", "audit")
    rows = [str(dict(row)) for table in tables for row in await pool.fetch(f"SELECT * FROM {table}")]
    assert [] == [row for row in rows if "Budi" in row or "e/1" in row]


async def test_expired_complaint_is_deleted_with_its_events(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    kept = {"closed": timedelta(days=100), "rejected": timedelta(days=200)}
    states = {"closed": 101, "rejected": 101, "routed": 201}
    for status, days in states.items():
        await tell(complaint_id=status, status=status, why="withdrawn")
        age = timedelta(days=days)
        await pool.execute("UPDATE complaints SET told_at = told_at - $1::interval WHERE status = $2", age, status)
    await tell(complaint_id="open", status="in_progress")
    await pool.execute("UPDATE complaints SET told_at = told_at - interval '900 days' WHERE complaint_id = 'open'")

    async with pool.acquire() as db:
        assert {"complaints": 2, "arrivals": 0, "log": 0, "deliveries": 0} == await delete_old(db, kept)
        assert {"complaints": 0, "arrivals": 0, "log": 0, "deliveries": 0} == await delete_old(db, kept)

    assert {"rejected", "open"} == {row["complaint_id"] for row in await pool.fetch("SELECT * FROM complaints")}
    assert {"rejected", "open"} == {row["complaint_id"] for row in await pool.fetch("SELECT * FROM events")}


async def test_unanswered_reply_stops_blocking_its_act_after_ten_minutes(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell()
    web = await log_in()
    await do(web, "terima")
    await pool.execute("DELETE FROM outbox")
    assert f"{PAGE}/terima" not in (await web.get(PAGE)).text

    await pool.execute("UPDATE replies SET at = at - interval '11 minutes'")

    assert f"{PAGE}/terima" in (await web.get(PAGE)).text


async def test_citizen_photos_are_shown_small_and_loaded_only_from_our_websites(
    pool: Pool, rules: Rules, make_settings: Callable[..., DeskSettings], photos: Photos, tell: Tell, log_in: LogIn
) -> None:
    facts: dict[str, Any] = {"media_type": "image/jpeg", "sha256": "0", "bytes": 1}
    files = [Evidence(url=f"https://{host}/bukti/1?unit=PUPR", **facts) for host in ("lapor.example", "evil.example")]
    theirs = Evidence(url="https://medsos.example/hooks/bukti/2?unit=PUPR", **facts)
    added = [
        FollowUp(id="1", kind="addition", at=NOW, evidence=files[:1]),
        FollowUp(id="2", kind="addition", at=NOW, evidence=[theirs], late=True),
        FollowUp(id="3", kind="addition", at=NOW, late=True),  # its photo was deleted
        FollowUp(id="4", kind="addition", at=NOW, late=True, deleted=["0"]),
        FollowUp(
            id="5",
            kind="addition",
            at=NOW,
            evidence=[Evidence(url=theirs.url, media_type="video/mp4", sha256="1", bytes=1)],
            late=True,
        ),
    ]
    await tell(evidence=files, follow_ups=added)
    settings = make_settings(web_public_url="https://lapor.example/", social_public_url="https://medsos.example")
    courier = Courier(pool=pool, key=settings.key)
    desk = Desk(pool=pool, settings=settings, rules=rules, wake=lambda: None, courier=courier, photos=photos)
    cookies = (await log_in()).cookies
    app: Any = build_app(desk)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://meja.example", cookies=cookies) as web:
        answer = await web.get(PAGE)

    assert 2 == answer.text.count('<img src="https://lapor.example/bukti/1?unit=PUPR&amp;kecil"')
    heads = ("Warga menambahkan", "Foto dari warga", "Video dari warga", "Foto telah dihapus oleh pengirimnya")
    assert [1, 1, 1, 1] == [answer.text.count(f"<p>{head}") for head in heads]
    assert 1 == answer.text.count('<img src="https://medsos.example/hooks/bukti/2?unit=PUPR&amp;kecil"')
    assert ('src="https://evil' in answer.text, 'href="https://evil' in answer.text) == (False, True)
    assert "img-src 'self' https://lapor.example https://medsos.example;" in answer.headers["content-security-policy"]


async def test_a_video_is_called_one(tell: Tell, log_in: LogIn) -> None:
    kinds = ("image/jpeg", "video/mp4")
    await tell(
        evidence=[Evidence(url="https://lapor.example/bukti/1", media_type=kind, sha256="0", bytes=1) for kind in kinds]
    )

    page = (await (await log_in()).get(PAGE)).text

    assert ["Foto 1", "Video 2"] == re.findall(r"(?:Foto|Video) \d", page)


@pytest.mark.parametrize(
    ("place", "names"),
    [
        (Place(kecamatan="Lilirilau", desa="Cabenge"), "Cabenge%2C%20Lilirilau%2C%20Soppeng"),
        (Place(kecamatan="Lilirilau"), "Lilirilau%2C%20Soppeng"),
        (Place(stated="di belakang rumah Ibu Hasnah"), None),  # no text of a citizen goes to a map
        (None, None),
    ],
)
async def test_map_search_uses_the_recognized_village_and_no_citizen_text(
    log_in: LogIn, tell: Tell, place: Place | None, names: str | None
) -> None:
    await tell(place_stated="di belakang rumah Ibu Hasnah", **{"place": place} if place else {})

    page = (await (await log_in()).get(PAGE)).text

    links = re.findall(r'href="https://www\.openstreetmap\.org/search\?query=([^"]*)"([^>]*)>', page)
    assert ([names] if names else []) == [query for query, _ in links]
    assert all("noreferrer" in more for _, more in links)


async def test_a_page_that_is_looked_at_is_nobodys_to_keep_or_to_frame(log_in: LogIn) -> None:
    headers = (await (await log_in()).get("/")).headers

    assert ("no-store", "noindex") == (headers["cache-control"], headers["x-robots-tag"])
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


async def test_why_a_mark_was_given_is_read_in_words(log_in: LogIn, tell: Tell) -> None:
    rated = FollowUp(id="1", kind="rating", at=NOW, rating=2, reasons=["half_done", "new_word"])
    await tell(seq=5, status="resolved", why="rated", follow_ups=[rated])

    assert "2 dari 5 · belum tuntas, new_word" in (await (await log_in()).get(PAGE)).text


async def test_list_line_gives_its_reason_unless_confidential_to_the_reader(log_in: LogIn, tell: Tell) -> None:
    words = [Candidate(category="jalan_jembatan", confidence=0.9, evidence=["lubang", "aspal"])]
    found = {"category": "jalan_jembatan", "candidates": words, "reason": "kategori Jalan dan jembatan"}
    await tell(**found)
    clerk, watcher = await log_in(), await log_in(unit="SETDA", role="pemantau")
    said = "Kategori Jalan dan jembatan (lubang, aspal)"

    assert [True, True] == [said in (await web.get("/")).text for web in (clerk, watcher)]
    await tell(**found, seq=2, rahasia=True)
    assert [True, False] == [said in (await web.get("/")).text for web in (clerk, watcher)]
