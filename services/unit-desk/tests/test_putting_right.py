"""Acts that put complaints right, on a real database: undo, reassign, instruct, correct, prioritize."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from desk_office import NUMBER, PAGE, LogIn, Tell, hidden, sent

from chassis.database import Pool
from contracts.events import Evidence, FollowUp, ReplyAnswer
from testing.events import NOW
from unit_desk.adapters.told import delete_old, save
from unit_desk.projection import Kept

pytestmark = pytest.mark.connected
DONE = "Lubang di depan SD 12 sudah ditambal aspal tadi pagi, sepanjang 4 meter."
OPERATOR = {"unit": "DISKOMINFO", "role": "operator"}
WATCHER = {"unit": "SETDA", "role": "pemantau"}
ABOVE = "?unit=PUPR"


async def write(web: httpx.AsyncClient, path: str, **fields: str) -> tuple[httpx.Response, httpx.Response]:
    """Fill in a form, look at its preview, and send it; return the preview and the answer."""
    form = hidden(await web.get(path))
    page = await web.post(path, data={**form, **fields, "step": "periksa"})
    return page, await web.post(path, data={**hidden(page), **fields, "step": "kirim"})


async def taken(tell: Tell, pool: Pool, **facts: Any) -> None:
    """Accept the last reply, as the router does."""
    reply_id = str(await pool.fetchval("SELECT id FROM replies ORDER BY at DESC LIMIT 1"))
    await pool.execute("DELETE FROM outbox")
    await tell(why="replied", reply=ReplyAnswer(event_id=reply_id, accepted=True), **facts)


async def resolved(web: httpx.AsyncClient, tell: Tell, pool: Pool) -> None:
    await tell(seq=1, status="in_progress")
    await write(web, f"{PAGE}/selesaikan", words=DONE)
    await taken(tell, pool, seq=2, status="resolved")


async def test_a_unit_takes_back_what_it_did_and_the_citizen_reads_that_it_was_wrong(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    web = await log_in()
    await resolved(web, tell, pool)

    page = await web.get(PAGE)
    shown, answer = await write(web, f"{PAGE}/batalkan", words="Salah nomor laporan")

    assert ["Batalkan tindakan" in page.text, "Sampai pukul" in page.text] == [True, True]
    wanted = "ralat, kabar terakhir kami batalkan. Laporan masih ditangani Dinas PUPR: Salah nomor laporan."
    assert (303, True) == (answer.status_code, wanted in shown.text)
    assert [("unit.pupr.replied.v1", "undo", "Salah nomor laporan")] == [
        (topic, said.action, said.reason) for topic, said in await sent(pool)
    ]
    await taken(tell, pool, seq=3, status="in_progress")
    page = await web.get(PAGE)
    assert (wanted in page.text, f"{PAGE}/batalkan" in page.text) == (True, False)
    assert f"{PAGE}/selesaikan" in page.text


async def test_when_it_is_too_late_it_is_said_also_to_who_has_the_form_open(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    web = await log_in()
    await resolved(web, tell, pool)
    form = hidden(await web.get(f"{PAGE}/batalkan"))
    await pool.execute("UPDATE replies SET at = at - interval '11 minutes'")

    page = await web.get(PAGE)
    sending = await web.post(f"{PAGE}/batalkan", data={**form, "words": "", "step": "kirim"})

    said = (
        "Sudah lewat 10 menit: unit Anda tidak dapat membatalkannya lagi. Keliru? Minta Dinas Kominfo membatalkannya."
    )
    assert (True, False) == (said in page.text, f"{PAGE}/batalkan" in page.text)
    assert (409, True, []) == (sending.status_code, said in sending.text, await sent(pool))


async def test_an_operator_takes_back_what_a_unit_did_and_says_why(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    clerk, web = await log_in(), await log_in(**OPERATOR)
    await resolved(clerk, tell, pool)

    path = f"{PAGE}/batalkan{ABOVE}"
    without, _ = await write(web, path)
    shown, answer = await write(web, path, words="Fotonya dari tempat lain")

    assert (422, 303) == (without.status_code, answer.status_code)
    assert "Laporan masih ditangani Dinas PUPR: Fotonya dari tempat lain." in shown.text
    assert [("unit.diskominfo.replied.v1", "undo")] == [(topic, said.action) for topic, said in await sent(pool)]
    await tell(
        seq=3, status="in_progress", why="undone", reason="resolve dibatalkan DISKOMINFO: Fotonya dari tempat lain"
    )
    told = await clerk.get(PAGE)
    assert ["Tindakan terakhir dibatalkan" in told.text, "Fotonya dari tempat lain" in told.text] == [True, True]
    assert f"{PAGE}/selesaikan" in told.text


async def test_closed_complaint_offers_no_undo(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    web, operator = await log_in(), await log_in(**OPERATOR)
    await resolved(web, tell, pool)
    await tell(seq=3, status="closed", why="withdrawn")

    pages = [await web.get(PAGE), await operator.get(PAGE)]

    assert [False, False] == [f"{PAGE}/batalkan" in page.text for page in pages]
    assert 409 == (await operator.get(f"{PAGE}/batalkan")).status_code


async def test_an_operator_finds_what_a_unit_has_and_gives_it_to_another(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1, text="Jalan lingkungan berlubang", status="acknowledged")
    web = await log_in(**OPERATOR)

    lists = [
        await web.get(path) for path in ("/", "/?daftar=lintas", "/?daftar=semua", f"/?daftar=semua&cari={NUMBER}")
    ]
    path = f"{PAGE}/alihkan{ABOVE}"
    page = await web.get(PAGE)
    same, _ = await write(web, path, unit="PUPR", words="Jalan lingkungan perumahan")
    shown, answer = await write(web, path, unit="PERKIM", words="Jalan lingkungan perumahan", support="DLH")

    assert [False, True, True, True] == ["Jalan lingkungan berlubang" in each.text for each in lists]
    assert (True, False) == (f"{PAGE}/alihkan{ABOVE}" in page.text, f"{PAGE}/terima" in page.text)
    assert (422, True) == (same.status_code, "sudah di unit itu" in same.text)
    assert ["diteruskan ke Dinas P" in shown.text, "DISKOMINFO: Jalan lingkungan perumahan" in shown.text] == [
        True,
        True,
    ]
    assert (303, f"{PAGE}?balasan=") == (answer.status_code, answer.headers["location"][: len(PAGE) + 9])
    [(topic, said)] = await sent(pool)
    assert ("unit.diskominfo.replied.v1", "reassign", "PERKIM", ["DLH"]) == (
        topic,
        said.action,
        said.unit,
        said.support,
    )


async def test_both_units_read_why_and_the_operator_what_came_of_it(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1, text="Jalan lingkungan berlubang")
    web, clerk, new = await log_in(**OPERATOR), await log_in(), await log_in(unit="DLH")
    _, answer = await write(web, f"{PAGE}/alihkan{ABOVE}", unit="DLH", words="Pohonnya yang harus dipangkas")
    why = "DISKOMINFO: Pohonnya yang harus dipangkas"

    told = {"unit": "DLH", "seq": 2, "text": "Jalan lingkungan berlubang"}
    await taken(tell, pool, reader="DISKOMINFO", **told)
    await tell(reader="PUPR", why="withdrawn", reason=f"dialihkan ke DLH: {why}", **told)
    await tell(reason=why, **told)

    pages = [await web.get(answer.headers["location"]), await clerk.get(PAGE), await new.get(PAGE)]
    assert "Anda mengalihkan laporan ke unit lain" in pages[0].text
    assert [True, True] == [why in page.text for page in pages[1:]]
    assert ["Sekarang di Dinas Lingkungan Hidup" in pages[1].text, f"{PAGE}/terima" in pages[2].text] == [True, True]


async def test_superior_instructs_and_may_reassign_an_escalated_complaint(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1, text="Jalan berlubang", status="acknowledged")
    web = await log_in(**WATCHER)
    early = await web.get(PAGE)
    refused = await web.get(f"{PAGE}/arahan{ABOVE}")
    await tell(
        seq=1, reader="SETDA", why="escalated", stage="completion", text="Jalan berlubang", status="acknowledged"
    )

    page = await web.get(f"{PAGE}{ABOVE}")
    shown, answer = await write(web, f"{PAGE}/arahan{ABOVE}", words="Kirim tim hari ini juga")

    assert [False, True] == [f"{PAGE}/arahan" in each.text for each in (early, page)]
    assert (409, True) == (refused.status_code, f"{PAGE}/alihkan{ABOVE}" in page.text)
    assert "atasan meminta Dinas PUPR menyelesaikannya." in shown.text
    assert "SETDA: Kirim tim hari ini juga" in shown.text
    [(topic, said)] = await sent(pool)
    assert (303, "unit.setda.replied.v1", "instruct", "Kirim tim hari ini juga") == (
        answer.status_code, topic, said.action, said.reason,
    )  # fmt: skip


async def test_refused_instruction_shows_the_reason_of_the_router(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1, status="acknowledged")
    await tell(seq=1, reader="SETDA", why="escalated", stage="completion", status="acknowledged")
    web = await log_in(**WATCHER)
    _, answer = await write(web, f"{PAGE}/arahan{ABOVE}", words="Kirim tim hari ini juga")
    reply_id = str(await pool.fetchval("SELECT id FROM replies"))
    why = f"laporan {NUMBER} bukan milik SETDA saat ini"
    refused = ReplyAnswer(event_id=reply_id, accepted=False, code="not_yours", reason=why)
    await pool.execute("DELETE FROM outbox")

    await tell(seq=1, reader="SETDA", why="replied", reply=refused, status="acknowledged")

    assert f"Laporan {NUMBER} bukan milik SETDA saat ini" in (await web.get(answer.headers["location"])).text


@pytest.mark.parametrize("slug", ["alihkan", "arahan", "jenis", "batalkan", "mendesak", "terima"])
async def test_a_complaint_of_another_unit_is_put_right_by_nobody_else(log_in: LogIn, tell: Tell, slug: str) -> None:
    await tell(seq=1, status="acknowledged")
    clerks = [await log_in(unit="DLH"), await log_in(unit="DISKOMINFO"), await log_in(unit="SETDA", role="pimpinan")]

    assert [404] * 3 == [(await web.get(f"{PAGE}/{slug}{ABOVE}")).status_code for web in clerks]


async def test_operator_reassigns_a_confidential_complaint_without_reading_it(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1, text="Guru memukul murid", rahasia=True, reason="memukul murid")
    web = await log_in(**OPERATOR)

    found = await web.get("/?daftar=semua&unit=PUPR&cari=memukul")
    pages = [found, await web.get(PAGE), await web.get(f"{PAGE}/alihkan{ABOVE}")]
    _, answer = await write(web, f"{PAGE}/alihkan{ABOVE}", unit="DISDUKCAPIL", words="Bukan urusan unit itu")

    assert [False] * 3 == ["memukul murid" in page.text for page in pages]
    assert (True, 303) == ("Tidak ada yang cocok" in found.text, answer.status_code)


@pytest.mark.parametrize("who", [OPERATOR, WATCHER])
async def test_photos_are_opened_by_the_unit_whose_links_they_are(
    log_in: LogIn, tell: Tell, who: dict[str, str]
) -> None:
    photo = Evidence(url="https://lapor.soppengkab.go.id/e/1", media_type="image/jpeg", sha256="0", bytes=1)
    added = FollowUp(id="1", kind="addition", at=NOW, text="Ini fotonya", evidence=[photo])
    await tell(seq=1, evidence=[photo], follow_ups=[added])

    pages = [await (await log_in(**each)).get(PAGE) for each in (who, {})]

    assert [(False, True), (True, False)] == [
        (photo.url in page.text, "1, dibuka unit yang menangani" in page.text) for page in pages
    ]


async def test_a_type_is_corrected_and_the_urgency_is_said_with_its_reason(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1, status="acknowledged", type="pengaduan", urgency="sedang")
    web, clerk = await log_in(**OPERATOR), await log_in()

    same, _ = await write(web, f"{PAGE}/jenis{ABOVE}", type="pengaduan")
    kind, _ = await write(web, f"{PAGE}/jenis{ABOVE}", type="aspirasi")
    await pool.execute("DELETE FROM outbox")
    lower, _ = await write(clerk, f"{PAGE}/mendesak", urgency="rendah", words="Jalannya jarang dilewati orang")
    short, _ = await write(clerk, f"{PAGE}/mendesak", urgency="tinggi", words="cepat")
    higher, answer = await write(clerk, f"{PAGE}/mendesak", urgency="tinggi", words="Jalan ini dilewati anak sekolah")

    assert (422, "Jenisnya sudah itu" in same.text, "jenis laporan diperbaiki" in kind.text) == (
        same.status_code, True, True,
    )  # fmt: skip
    assert [(422, True), (422, True)] == [
        (lower.status_code, "Pilih tingkatnya" in lower.text),
        (short.status_code, "Tulis alasannya" in short.text),
    ]
    assert "kami menilai ulang seberapa mendesak laporan ini: Jalan ini dilewati anak sekolah." in higher.text
    [(_, said)] = await sent(pool)
    assert (303, "prioritize", "tinggi") == (answer.status_code, said.action, said.urgency)


@pytest.mark.parametrize("by", ["erasure", "retention"])
async def test_acts_from_outside_the_unit_are_deleted_with_the_complaint(
    log_in: LogIn, tell: Tell, pool: Pool, by: str
) -> None:
    await tell(seq=1, status="acknowledged")
    web = await log_in(**OPERATOR)
    await write(web, f"{PAGE}/alihkan{ABOVE}", unit="DLH", words="Budi tetangga Pak Amir")
    await pool.execute("UPDATE complaints SET standing = 'rest', told_at = told_at - interval '900 days'")

    async with pool.acquire() as db:
        if by == "retention":
            await delete_old(db, {"closed": timedelta(days=100)})
        else:
            await save(db, {"/c1": Kept(unit="", complaint_id="c1", gone=True)})

    tables = ["replies"] + (["outbox"] if by == "erasure" else ["complaints"])
    assert [0, 0] == [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def test_reassigned_complaint_stays_with_its_reason_until_somebody_looks(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    web = await log_in()
    why = "DISKOMINFO: sampahnya di tempat DLH"
    await tell(seq=1, urgency="darurat")
    await pool.execute("DELETE FROM notices")
    await tell("DLH", reader="PUPR", why="withdrawn", seq=2, reason=f"dialihkan ke DLH: {why}", urgency="darurat")

    listed, page = await web.get("/?daftar=lihat"), await web.get(PAGE)
    pressed = await web.post(f"{PAGE}/dilihat")
    after = await web.get("/?daftar=lihat")

    assert [True, True, False] == [why in each.text for each in (listed, page, after)]
    assert ("Sudah saya lihat" in page.text, pressed.status_code) == (True, 303)
    assert ["other"] == [row["kind"] for row in await pool.fetch("SELECT kind FROM notices")]


async def test_withdrawal_by_a_rule_shows_the_unit_nothing(log_in: LogIn, tell: Tell) -> None:
    web = await log_in()
    await tell(seq=1)
    await tell("DISKOMINFO", reader="PUPR", why="withdrawn", seq=2, reason="dialihkan ke DISKOMINFO")

    assert [False, False] == [NUMBER in (await web.get(where)).text for where in ("/", "/?daftar=lihat")]


async def test_unseen_reassignment_is_deleted_by_age_too(tell: Tell, pool: Pool) -> None:
    await tell(seq=1)
    await tell("DLH", reader="PUPR", why="withdrawn", seq=2, reason="dialihkan ke DLH: DISKOMINFO: salah unit")
    await pool.execute("UPDATE complaints SET told_at = now() - interval '3 years'")
    async with pool.acquire() as db:
        gone = await delete_old(db, {"closed": timedelta(days=730)})

    assert 1 == gone["complaints"]
