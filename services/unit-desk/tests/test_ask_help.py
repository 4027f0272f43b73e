"""A leading unit asks another one to help: a preview shows the request before that unit reads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from desk_office import NUMBER, PAGE, LogIn, Tell, hidden, sent
from desk_site import CARD, LAMP, ROAD, SIZES, look, page_of
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts.events import ReplyAnswer, Support, UnitReplied, UnitRouted
from testing.events import a_snapshot
from unit_desk.acts import ACTS, Typed, helpers, missing, offered, reply_of
from unit_desk.checks import not_now, wrong
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.previews import preview
from unit_desk.rules import Rules

WHY = "Tutup keran induk selama jalan ditambal"
ASK = ACTS["minta-bantuan"]
DLH, PUPR = "Dinas Lingkungan Hidup", "Dinas PUPR"


def told(**facts: Any) -> UnitRouted:
    return UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot(**{"unit": "PUPR", **facts}))


@pytest.mark.parametrize("status", ["routed", "acknowledged", "in_progress", "waiting_for_reporter"])
@pytest.mark.parametrize("lane", ["unit", "triage"])
def test_it_is_offered_as_long_as_the_unit_works_on_it(status: str, lane: str, rules: Rules) -> None:
    assert ASK in offered(told(status=status, lane=lane), rules)


@pytest.mark.parametrize(
    "facts",
    [{"status": "resolved"}, {"unit": "DLH"}, {"role": "support", "unit": "DLH", "support": [Support(unit="PUPR")]}],
)
def test_it_is_offered_neither_later_nor_to_who_helps(facts: dict[str, Any], rules: Rules) -> None:
    assert ASK not in offered(told(**facts), rules)


def test_nobody_is_offered_who_has_it_helps_already_or_is_accused(rules: Rules) -> None:
    may = helpers(told(support=[Support(unit="DLH")], accuses=["PDAM", "SETDA"]), rules)

    assert {"PUPR", "DLH", "PDAM", "SETDA", "BUPATI"} == rules.units.keys() - may.keys()


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        (Typed(words=WHY), "unit", "Pilih unitnya"),
        (Typed(words=WHY, unit="SIHIR"), "unit", "Pilih unitnya"),
        (Typed(words=WHY, unit="PUPR"), "unit", "unit Anda sendiri"),
        (Typed(words=WHY, unit="DLH"), "unit", "sudah membantu"),
        (Typed(words=WHY, unit="PDAM"), "unit", "menyangkut petugas unit itu"),
        (Typed(words=WHY, unit="BUPATI"), "unit", "Sekretariat Daerah, dan Meja Pengaduan Bupati tidak"),
        (Typed(unit="BPBD"), "words", "Isi dulu: apa yang Anda minta"),
        (Typed(unit="BPBD", words="tolong"), "words", "Terlalu singkat"),
    ],
)
def test_invalid_help_request_is_explained_to_people_and_programs(
    typed: Typed, field: str, said: str, rules: Rules
) -> None:
    record = told(support=[Support(unit="DLH")], accuses=["PDAM", "SETDA"])

    problems, by_program = missing(ASK, typed, record, rules), wrong(reply_of(ASK, typed, NUMBER), record, rules)

    assert ([field], True) == (list(problems), said in problems[field])
    assert {"reason" if field == "words" else field: problems[field]} == by_program


def test_a_program_asks_as_long_as_people_may(rules: Rules) -> None:
    asks = UnitReplied(ticket=NUMBER, action="ask-help", unit="DLH", reason=WHY)

    found = [not_now(asks, told(status=status), rules) for status in ("waiting_for_reporter", "resolved")]

    assert ([False, True], {}) == (found, wrong(asks, told(), rules))


def test_help_request_preview_is_masked_and_names_the_unit_as_reader(rules: Rules) -> None:
    asks = reply_of(ASK, Typed(unit="DLH", words="Hubungi 081234567890 dulu"), NUMBER)

    shown = preview(told(), asks, rules)

    assert ("Hubungi [TELEPON] dulu", f"{DLH}, bukan warga", True) == (shown.text, shown.by, shown.masked)


async def asked(web: httpx.AsyncClient, step: str, **fields: str) -> httpx.Response:
    form = hidden(await web.get(f"{PAGE}/minta-bantuan"))
    return await web.post(f"{PAGE}/minta-bantuan", data={**form, "unit": "DLH", "words": WHY, **fields, "step": step})


@pytest.mark.connected
async def test_it_is_seen_before_sent_and_stands_in_the_history_with_what_came_of_it(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=2, status="in_progress")
    web = await log_in()

    before = (await asked(web, "periksa")).text
    await asked(web, "kirim")

    assert [True] * 3 == [each in before for each in (f"Yang dibaca {DLH}", WHY, "Hidup, bukan warga.")]
    ((topic, said),) = await sent(pool)
    assert ("unit.pupr.replied.v1", "ask-help", "DLH", WHY) == (topic, said.action, said.unit, said.reason)
    answer = ReplyAnswer(event_id=str(await pool.fetchval("SELECT id FROM replies")), accepted=True)
    await tell(seq=3, status="in_progress", why="replied", reply=answer, support=[Support(unit="DLH", request=WHY)])
    page = (await web.get(f"{PAGE}?balasan={answer.event_id}")).text
    for each in (f"Anda meminta bantuan {DLH}", "diminta membantu", f"Dibaca {DLH}:</p>"):
        assert each in page
    assert "Warga membaca:" not in page


@pytest.mark.connected
async def test_nothing_is_sent_to_who_may_not_have_it(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    await tell(seq=2, status="in_progress", accuses=["DLH"])
    web = await log_in()

    page = await asked(web, "kirim")

    assert (422, []) == (page.status_code, await sent(pool))
    assert "menyangkut petugas unit itu" in page.text


@pytest.mark.connected
async def test_confidential_help_request_warns_that_the_helper_reads_all(log_in: LogIn, tell: Tell) -> None:
    await tell(seq=2, status="in_progress", rahasia=True)
    web = await log_in()

    form, before = await web.get(f"{PAGE}/minta-bantuan"), await asked(web, "periksa")

    assert "rahasia, dan unit yang diminta membaca seluruh isinya" in form.text
    assert f"{DLH} akan membaca seluruh isinya" in before.text


@pytest.mark.connected
async def test_while_its_citizen_is_asked_help_is_all_there_is_and_no_button(log_in: LogIn, tell: Tell) -> None:
    await tell(seq=2, status="waiting_for_reporter")
    web = await log_in()

    page = (await web.get(PAGE)).text

    assert ["Menunggu jawaban warga" in page, "/minta-bantuan" in page, "button first" in page] == [True, True, False]


@pytest.mark.connected
async def test_helper_sees_who_asks_and_what_for_above_the_complaint(log_in: LogIn, tell: Tell) -> None:
    await tell(
        reader="DLH", unit="PUPR", role="support", status="in_progress", support=[Support(unit="DLH", request=WHY)]
    )
    web = await log_in(unit="DLH")

    page, form = (await web.get(PAGE)).text, (await web.get(f"{PAGE}/kerjakan")).text

    assert page.index(f"{PUPR} meminta bantuan unit Anda") < page.index(WHY) < page.index("<h1")
    assert [True, True] == [f"Yang diminta {PUPR}" in form, WHY in form]


@pytest.mark.connected
async def test_help_requests_and_finished_helpers_are_shown_on_page_and_list(log_in: LogIn, tell: Tell) -> None:
    done = Support(unit="DLH", status="done", request=WHY, message="Pohonnya sudah diangkat")
    facts: dict[str, Any] = {"status": "in_progress", "support": [done, Support(unit="PDAM", request="Tutup keran")]}
    await tell(seq=2, **facts)
    await tell(seq=2, reader="PDAM", role="support", **facts)
    lead, helper = await log_in(), await log_in(unit="PDAM")

    page, work, theirs = (await lead.get(PAGE)).text, (await lead.get("/")).text, (await helper.get("/")).text

    said = f"{DLH} sudah selesai dengan bagiannya"
    assert page.index(said) < page.index("Pohonnya sudah diangkat") < page.index("<h1")
    assert "Yang diminta: Tutup keran" in page
    assert [True, False] == [said in each for each in (work, theirs)]
    assert f"{PUPR} meminta: Tutup keran" in theirs


@pytest.mark.connected
async def test_help_request_of_a_confidential_complaint_is_hidden_from_the_pemantau(log_in: LogIn, tell: Tell) -> None:
    await tell(
        seq=2,
        rahasia=True,
        status="in_progress",
        support=[Support(unit="DLH", status="done", request=WHY, message=WHY)],
    )
    watcher = await log_in(unit="SETDA", role="pemantau")

    page, work = (await watcher.get(f"{PAGE}?unit=PUPR")).text, (await watcher.get("/")).text

    assert (True, False, False) == ("Yang membantu" in page, WHY in page, "bagiannya" in work)


@pytest.mark.connected
@pytest.mark.parametrize("size", SIZES)
async def test_in_a_browser_it_is_asked_and_who_is_asked_reads_it(
    browser: Browser, here: Desk, morning: None, somebody: Callable[..., Awaitable[Person]], tell: Tell, size: str
) -> None:
    page = await page_of(browser, here, await somebody(name="Andi Rahmawati"), size)
    await page.goto(f"{here.settings.public_url}/laporan/{ROAD}")
    await page.get_by_role("link", name="Minta bantuan").click()
    await look(page, "bantuan", size)
    await page.get_by_role("button", name="Lihat dulu").click()
    await expect(page.get_by_role("alert")).to_contain_text("Pilih unitnya")
    await look(page, "bantuan-salah", size)
    await page.get_by_label("Unit yang diminta membantu").select_option("DLH")
    await page.get_by_label("Apa yang Anda minta dari unit itu?").fill(WHY)
    await page.get_by_role("button", name="Lihat dulu").click()
    await expect(page.get_by_role("heading", name=f"Yang dibaca {DLH}")).to_be_visible()
    await look(page, "bantuan-lihat", size)
    await page.get_by_role("button", name="Kirim sekarang").click()
    await expect(page.get_by_role("status").first).to_contain_text("dikirim")

    text = "Sampah menumpuk di tepi jalan poros dan menutup selokan"
    mine = Support(unit="DLH", request=WHY)
    await tell(
        complaint_id="card", ticket=CARD, seq=3, reader="DLH", unit="PUPR", role="support", status="in_progress",
        support=[mine], category="sampah_kebersihan", type="pengaduan", urgency="sedang", text=text,
    )  # fmt: skip
    helper = await page_of(browser, here, await somebody(unit="DLH", name="Besse Tenri"), size)
    await helper.goto(f"{here.settings.public_url}/")
    await look(helper, "bantuan-daftar", size)
    await helper.get_by_role("link", name=text).click()
    await expect(helper.get_by_text(f"{PUPR} meminta bantuan unit Anda")).to_be_visible()
    await look(helper, "bantuan-diminta", size)

    done = Support(unit="DLH", status="done", request=WHY, message="Kerannya sudah ditutup, dan dibuka lagi besok.")
    others = [Support(unit="KEC-LALABATA", status="in_progress", message="Kami pasang rambu"), Support(unit="PDAM")]
    await tell(
        complaint_id="lamp", ticket=LAMP, seq=3, status="in_progress", why="updated", support=[done, *others],
        text="Got di pasar sentral tersumbat, airnya masuk kios",
    )  # fmt: skip
    await page.goto(f"{here.settings.public_url}/")
    await look(page, "bantuan-selesai-daftar", size)
    await page.get_by_role("link", name="Got di pasar").click()
    await expect(page.get_by_text(f"{DLH} sudah selesai")).to_be_visible()
    await look(page, "bantuan-selesai", size)
    for each in (page, helper):
        await each.context.close()
