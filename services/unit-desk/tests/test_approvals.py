"""With ``approval``, a reply that ends a complaint is sent when the head agrees; until then nobody outside reads it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from desk_office import NUMBER, PAGE, REGION, LogIn, Tell, hidden, sent
from desk_site import ROAD, ROAD_TEXT, SIZES, look, page_of
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts.events import FollowUp
from kabupaten import load
from testing.events import NOW, a_snapshot
from testing.pictures import photo
from unit_desk.acts import ACTS
from unit_desk.adapters.told import delete_old
from unit_desk.approvals import is_wanted
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.rules import PARTS, Rules, rules_of

DONE = "Lubang di depan SD 12 sudah ditambal aspal tadi pagi, sepanjang 4 meter."
HEAD = {"role": "pimpinan", "name": "Ibu Kepala"}
Somebody = Callable[..., Awaitable[Person]]


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The region's rules as if PUPR and DISKOMINFO had `approval: true`."""
    return dataclasses.replace(rules_of(load(REGION, *PARTS)), approving=frozenset({"PUPR", "DISKOMINFO"}))


@pytest.mark.parametrize(
    ("slug", "role", "unit", "part", "wanted"),
    [
        ("selesaikan", "petugas", "PUPR", "lead", True),
        ("tolak", "operator", "DISKOMINFO", "lead", True),
        ("limpahkan", "petugas", "PUPR", "lead", True),
        ("selesaikan", "pimpinan", "PUPR", "lead", False),
        ("selesaikan", "petugas", "DLH", "lead", False),
        ("selesaikan", "petugas", "PUPR", "support", False),
        ("kerjakan", "petugas", "PUPR", "lead", False),
        ("kembalikan", "petugas", "PUPR", "lead", False),
    ],
)
def test_ending_reply_needs_the_heads_approval_where_its_unit_asks_for_it(
    slug: str, role: str, unit: str, part: str, wanted: bool, rules: Rules
) -> None:
    somebody = Person(id=UUID(int=1), email="a@b.id", name="A", unit=unit, role=role)

    assert wanted == is_wanted(ACTS[slug], a_snapshot(role=part), somebody, rules)


async def propose(web: httpx.AsyncClient, words: str = DONE) -> httpx.Response:
    """Write that the complaint is resolved, look at the preview, and submit it."""
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    page = await web.post(f"{PAGE}/selesaikan", data={**form, "words": words, "step": "periksa"})
    await web.post(f"{PAGE}/selesaikan", data={**hidden(page), "step": "kirim"})
    return page


async def of_the_draft(web: httpx.AsyncClient) -> dict[str, str]:
    """Return the hidden fields of the draft that waits, as the page shows it now."""
    page = await web.get(PAGE)
    found = re.search(r'<section class="card preview" id="persetujuan".*?</section>', page.text, re.DOTALL)
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[0] if found else ""))


async def decided(web: httpx.AsyncClient, step: str, **more: str) -> httpx.Response:
    """Press one of the buttons under the draft that waits."""
    form = await of_the_draft(web)
    return await web.post(f"{PAGE}/persetujuan", data={"seen": "-1", **form, **more, "step": step})


@pytest.mark.connected
async def test_it_is_kept_until_the_head_agrees_and_goes_out_then_as_its_writers(
    log_in: LogIn, somebody: Somebody, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1, status="in_progress", text="Jalan berlubang")
    writer = await somebody(name="Baso Amir")
    web, head = await log_in(writer), await log_in(**HEAD)

    form = await propose(web)
    again = await propose(web)
    mine, list_, tab = await web.get(PAGE), await web.get("/"), await head.get("/?daftar=setuju")
    assert [] == await sent(pool)
    assert ["Ajukan kepada pimpinan" in form.text, "tidak dapat dilakukan lagi" in again.text] == [True, True]
    assert ["Menunggu persetujuan pimpinan" in mine.text, f"{PAGE}/selesaikan" in mine.text] == [True, False]
    assert ["menunggu persetujuan</span>" in list_.text, "Jalan berlubang" in tab.text] == [True, True]
    answers = [await decided(head, "setuju") for _ in range(2)]

    assert [f"{PAGE}?balasan=", f"{PAGE}#persetujuan"] == [
        each.headers["location"].rstrip("0123456789abcdef-") for each in answers
    ]
    assert [("unit.pupr.replied.v1", "resolve", DONE)] == [
        (topic, said.action, said.message) for topic, said in await sent(pool)
    ]
    assert writer.id == await pool.fetchval("SELECT person FROM replies")
    acts = await pool.fetch("SELECT act FROM audit WHERE ticket = $1 AND act <> 'buka' ORDER BY n", NUMBER)
    assert ["ajukan", "setujui"] == [row["act"] for row in acts]
    assert "Jalan berlubang" not in (await head.get("/?daftar=setuju")).text


@pytest.mark.connected
async def test_hand_over_keeps_its_target_until_the_head_approves(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1, status="in_progress")
    web, head = await log_in(), await log_in(**HEAD)
    words = {"to": "BBPJN", "words": "Ruas ini jalan nasional, yang memeliharanya balai besar jalan."}

    form = hidden(await web.get(f"{PAGE}/limpahkan"))
    page = await web.post(f"{PAGE}/limpahkan", data={**form, **words, "step": "periksa"})
    await web.post(f"{PAGE}/limpahkan", data={**hidden(page), "step": "kirim"})
    before = await sent(pool)
    await decided(head, "setuju")

    assert [] == before
    assert [("hand-over", "BBPJN")] == [(said.action, said.to) for _, said in await sent(pool)]


@pytest.mark.connected
async def test_it_comes_back_with_a_note_and_is_handed_in_again(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1, status="in_progress")
    web, head = await log_in(), await log_in(**HEAD)
    await propose(web)

    await decided(head, "kembalikan", note="")
    waits = "Menunggu persetujuan pimpinan" in (await web.get(PAGE)).text
    await decided(head, "kembalikan", note="Sebutkan tanggalnya")
    page = await web.get(PAGE)
    draft = str(await pool.fetchval("SELECT id FROM drafts"))
    form = await web.get(f"{PAGE}/selesaikan?naskah={draft}")
    await propose(web, f"{DONE} Jumat, 27 November.")

    assert (True, []) == (waits, await sent(pool))
    assert ["Ibu Kepala mengembalikan naskah" in page.text, "Sebutkan tanggalnya" in page.text] == [True, True]
    assert f"{DONE}</textarea>" in form.text
    page = await head.get(PAGE)
    assert ("Jumat, 27 November." in page.text, "Sebutkan tanggalnya" in page.text) == (True, False)


@pytest.mark.connected
async def test_draft_is_withdrawn_by_its_writer_and_approved_only_by_a_head(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1, status="in_progress")
    web, other, watcher = await log_in(), await log_in(unit="DLH"), await log_in(unit="SETDA", role="pemantau")
    head = await log_in(**HEAD)
    await propose(web)
    form = await of_the_draft(head)

    answers = [
        await each.post(f"{PAGE}/persetujuan", data={**form, "step": "setuju"}) for each in (web, other, watcher)
    ]
    back = await decided(web, "tarik")
    page = await web.get(back.headers["location"])

    assert [403, 404, 403] == [each.status_code for each in answers]
    assert (f"{DONE}</textarea>" in page.text, []) == (True, await sent(pool))
    assert "Menunggu persetujuan" not in (await head.get(PAGE)).text


@pytest.mark.connected
async def test_changes_since_a_draft_are_shown_before_it_is_approved(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1, status="in_progress")
    web, head = await log_in(), await log_in(**HEAD)
    await propose(web)
    form = await of_the_draft(head)
    said = FollowUp(id="1", kind="addition", at=NOW, text="Yang di tikungan belum")
    await tell(seq=2, status="in_progress", why="followed-up", follow_ups=[said])

    blind = await head.post(f"{PAGE}/persetujuan", data={**form, "step": "setuju"})
    none, page = await sent(pool), await head.get(PAGE)
    seen = await decided(head, "setuju")

    assert (f"{PAGE}#persetujuan", []) == (blind.headers["location"], none)
    assert ["Sejak ditulis:" in page.text, "Warga menambahkan sesuatu" in page.text] == [True, True]
    assert ("balasan=" in seen.headers["location"], 1) == (True, len(await sent(pool)))


@pytest.mark.connected
async def test_draft_of_a_reassigned_complaint_is_blocked_and_its_text_kept(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1, status="in_progress")
    web, head = await log_in(), await log_in(**HEAD)
    await propose(web)
    await tell(seq=2, unit="DLH", reader="PUPR", why="withdrawn", reason="dialihkan ke DLH")

    page = await head.get(PAGE)
    await decided(head, "setuju")

    assert ["Tidak dapat dikirim lagi." in page.text, "Setujui dan kirim" in page.text] == [True, False]
    assert (DONE in (await web.get(PAGE)).text, []) == (True, await sent(pool))
    assert "Tidak ada yang menunggu" in (await head.get("/?daftar=setuju")).text


@pytest.mark.connected
async def test_a_head_waits_for_nobody_and_where_no_head_is_it_goes_out_at_once(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1, status="in_progress")
    await tell(complaint_id="c2", ticket="SPG-S4K7-Q2MDN", seq=1, status="in_progress")
    web = await log_in()

    alone = await propose(web)
    page = PAGE.replace(NUMBER, "SPG-S4K7-Q2MDN")
    head = await log_in(**HEAD)
    form = hidden(await head.get(f"{page}/selesaikan"))
    shown = await head.post(f"{page}/selesaikan", data={**form, "words": DONE, "step": "periksa"})
    await head.post(f"{page}/selesaikan", data={**hidden(shown), "step": "kirim"})

    assert ["Kirim sekarang" in each.text for each in (alone, shown)] == [True, True]
    assert 2 == len(await sent(pool))


@pytest.mark.connected
async def test_head_answering_directly_ends_the_wait_for_approval(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=1, status="in_progress")
    web, head = await log_in(), await log_in(**HEAD)
    await propose(web)

    form = hidden(await head.get(f"{PAGE}/selesaikan"))
    await head.post(f"{PAGE}/selesaikan", data={**form, "words": f"{DONE} Beres.", "step": "kirim"})

    assert [f"{DONE} Beres."] == [said.message for _, said in await sent(pool)]
    assert "Menunggu persetujuan pimpinan" not in (await web.get(PAGE)).text


@pytest.mark.connected
async def test_a_draft_goes_with_its_complaint(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    web = await log_in()
    await log_in(**HEAD)
    for number, end in (("c1", "erased"), ("c2", "retention")):
        ticket = NUMBER if number == "c1" else "SPG-S4K7-Q2MDN"
        await tell(complaint_id=number, ticket=ticket, seq=1, status="in_progress")
        if number == "c1":
            await propose(web, f"{DONE} Terima kasih kepada Budi.")
        else:
            await pool.execute("UPDATE complaints SET status = 'closed', told_at = told_at - interval '9 days'")
            await pool.execute(
                "INSERT INTO drafts (id, unit, complaint_id, person, seen, said) "
                "SELECT $1, 'PUPR', 'c2', id, 1, '{}' FROM people LIMIT 1", uuid4(),
            )  # fmt: skip
        if end == "erased":
            await tell(complaint_id=number, text="", seq=5, why="erased", erased=True)
            assert 0 == await pool.fetchval("SELECT count(*) FROM drafts")
    async with pool.acquire() as db:
        await delete_old(db, {"closed": timedelta(days=1)})

    assert 0 == await pool.fetchval("SELECT count(*) FROM drafts")


@pytest.mark.connected
async def test_photos_of_the_desk_are_seen_by_the_head_and_go_out_with_what_they_agree_to(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    """The router accepts the desk's own photos at any address; the desk is not among the region's hosts of proofs."""
    await tell(seq=1, status="in_progress")
    head, web = await log_in(**HEAD), await log_in(name="Baso Amir")
    form = hidden(await web.get(f"{PAGE}/selesaikan"))
    data = {**form, "words": DONE, "step": "periksa"}
    shown = await web.post(f"{PAGE}/selesaikan", data=data, files=[("photos", ("a.jpg", photo(), "image/jpeg"))])
    await web.post(f"{PAGE}/selesaikan", data={**hidden(shown), "step": "kirim"})
    page = await head.get(PAGE)
    address = re.findall(r'<img src="([^"]+)" alt="Foto hasil pekerjaan 1"', page.text)

    assert [1, 200] == [len(address), (await head.get(address[0].replace("&amp;", "&"))).status_code]
    assert "1 foto ikut terkirim" in page.text
    assert "Tidak dapat dikirim lagi" not in page.text
    await decided(head, "setuju")
    assert [1] == [len(said.evidence) for _, said in await sent(pool)]


@pytest.mark.connected
@pytest.mark.parametrize("size", SIZES)
async def test_in_a_browser_it_is_handed_in_given_back_handed_in_again_and_agreed_to(
    browser: Browser, here: Desk, morning: None, somebody: Somebody, tell: Tell, pool: Pool, size: str
) -> None:
    clerk, head = await somebody(name="Baso Amir"), await somebody(**HEAD)
    web, other = await page_of(browser, here, clerk, size), await page_of(browser, here, head, size)
    url = f"{here.settings.public_url}/laporan/{ROAD}"

    async def hand_in(words: str) -> None:
        await web.get_by_label("Apa yang sudah dikerjakan").fill(words)
        await web.get_by_role("button", name="Lihat dulu").click()
        await expect(web.get_by_text("Dikirim setelah pimpinan unit Anda menyetujui.")).to_be_visible()

    await web.goto(f"{url}/selesaikan")
    await hand_in(DONE)
    await look(web, "ajukan", size)
    await web.get_by_role("button", name="Ajukan kepada pimpinan").dblclick()
    await expect(web.get_by_role("heading", name="Menunggu persetujuan pimpinan")).to_be_visible()
    await look(web, "diajukan", size)
    await tell(complaint_id="road", ticket=ROAD, seq=4, status="in_progress", why="followed-up", text=ROAD_TEXT)
    await other.goto(here.settings.public_url)
    await other.get_by_role("link", name="Persetujuan 1").click()
    await look(other, "persetujuan", size)
    await other.get_by_role("link", name="Jalan di depan SD 12").click()
    await look(other, "disetujui-kah", size)
    await other.get_by_text("Kembalikan dengan catatan").click()
    await other.get_by_label("Apa yang harus diperbaiki?").fill("Sebutkan tanggalnya, dan lihat tambahan warga.")
    await look(other, "kembalikan-naskah", size)
    await other.get_by_role("button", name="Kembalikan").click()

    await web.goto(url)
    await look(web, "naskah-kembali", size)
    await web.get_by_role("link", name="Perbaiki dan ajukan lagi").click()
    await hand_in(f"{DONE} Jumat, 27 November.")
    await web.get_by_role("button", name="Ajukan kepada pimpinan").click()
    await other.goto(url)
    await other.get_by_role("button", name="Setujui dan kirim").click()
    await expect(other.get_by_role("status").first).to_contain_text("dikirim")

    assert [("resolve", f"{DONE} Jumat, 27 November.")] == [(said.action, said.message) for _, said in await sent(pool)]
    for each in (web, other):
        await each.context.close()
