"""A citizen with an account who is not content, from the first question to the appeal, before the whole system."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator

import pytest
from desk import Unit, units
from harness import System
from place import Place
from playwright.sync_api import Browser, expect
from seat import PHONE, Box, Seat, chromium_running

pytestmark = [pytest.mark.connected, pytest.mark.slow]

WATER = "Air PDAM di Kelurahan Botto keruh kecokelatan sejak seminggu, tidak bisa dipakai mencuci pakaian"
ASKED = "Apakah airnya keruh sepanjang hari, atau hanya pagi?"
TOLD = "Keruhnya dari pagi sampai sore, malam agak jernih."
DONE = "Pipa induk sudah dikuras dan disambung lagi, air sudah jernih sejak pagi."
NOT_YET = "Di rumah kami airnya masih cokelat sampai sore ini."
WHY = "Dua kali dinyatakan selesai, airnya tetap keruh."
UPHELD = "Pelanggan benar: jaringan di Botto diperiksa lagi sampai ujungnya."


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium_running() as browser:
        yield browser


def an_account_is_made_by_a_code_in_a_mail(citizen: Seat, web: str, box: Box) -> None:
    citizen.opens(f"{web}/akun")
    citizen.writes("Email atau nomor HP", box.address)
    citizen.presses("Kirim kode")
    code = re.search(r"\b\d{6}\b", box.next("kode masuk LAPOR!"))
    assert code
    citizen.writes("Kode", code[0])
    citizen.presses("Masuk", exact=True)
    citizen.reads("Satu langkah lagi", "Versi 2026-11")
    citizen.writes("Nama", "Sitti Aminah")
    citizen.ticks("agreed")
    citizen.presses("Buat akun")
    citizen.reads("Laporan saya", "Sitti Aminah", "Belum ada laporan di akun ini.")


def a_confidential_report_is_sent_from_it(citizen: Seat, box: Box) -> str:
    citizen.presses("Buat laporan")
    citizen.page.wait_for_selector("html.ready")
    citizen.writes("Isi laporan", WATER)
    for heading in ("Di mana?", "Kapan?", "Ada foto?", "Tentang Anda"):
        citizen.page.get_by_role("button", name="Lanjut", exact=True).click()
        expect(citizen.page.get_by_role("heading", name=heading)).to_be_focused()
    citizen.reads("Anda sedang masuk.")
    expect(citizen.page.get_by_label("Email")).to_have_value(box.address)
    citizen.ticks("rahasia")
    citizen.page.get_by_role("button", name="Lanjut", exact=True).click()
    citizen.reads(WATER, "Sepertinya tentang", "Sepertinya keluhan.")
    citizen.look("periksa-rahasia")
    citizen.presses("Kirim laporan")
    citizen.page.wait_for_url("**/laporan/*")
    return citizen.page.locator("h1.number").inner_text()


def a_stranger_reads_its_status_alone(stranger: Seat, page: str) -> None:
    stranger.opens(page)
    stranger.reads("Laporan ini rahasia, jadi hanya status dan batas waktunya yang tampil.")
    assert WATER not in stranger.page.content()
    assert "PDAM" not in stranger.page.locator("main").inner_text()


def a_question_is_answered_by_the_link_in_the_mail(citizen: Seat, box: Box, pdam: Unit, ticket: str) -> None:
    pdam.get(ticket, "routed")
    pdam.must(ticket, "acknowledge")
    pdam.must(ticket, "ask", message=ASKED)
    citizen.opens(box.link(ticket, "ada kabar"))  # a mail about a confidential report says no more
    citizen.reads("Yang perlu Anda lakukan", ASKED)
    citizen.look("ditanya")
    citizen.writes("Jawaban Anda", TOLD)
    citizen.presses("Kirim jawaban")
    citizen.reads("Jawaban Anda sudah kami terima")


def it_is_reopened_with_a_reason(place: Place, citizen: Seat, pdam: Unit, ticket: str) -> None:
    place.system.until_status(ticket, "in_progress")
    pdam.must(ticket, "resolve", message=DONE)
    citizen.reads(DONE, "Sudah beres?")
    citizen.presses("Belum beres? Buka kembali")
    citizen.writes("Apa yang belum beres?", NOT_YET)
    citizen.page.get_by_role("button", name="Buka kembali", exact=True).click()
    citizen.reads("Permintaan Anda untuk membuka kembali sudah kami terima.")
    place.system.until_status(ticket, "routed")


def it_is_marked_badly_and_the_superior_decides_the_appeal(
    place: Place, citizen: Seat, pdam: Unit, superior: Unit, ticket: str
) -> None:
    pdam.must(ticket, "resolve", message=f"{DONE} Sudah dua kali.")
    citizen.reads("Sudah dua kali.")
    citizen.ticks("rating-1")
    citizen.presses("Kirim nilai")
    citizen.reads("Anda memberi nilai 1 dari 5.")
    citizen.presses("Tidak setuju dengan jawabannya? Ajukan keberatan")
    citizen.look("keberatan")
    citizen.writes("Mengapa Anda keberatan?", WHY)
    citizen.page.get_by_role("button", name="Ajukan keberatan", exact=True).click()
    citizen.reads("Keberatan Anda sudah kami terima.")
    place.system.until_status(ticket, "appealed")
    superior.get(ticket, "appealed")
    superior.must(ticket, "uphold", reason="Dua kali dinyatakan selesai.", message=UPHELD)
    citizen.reads(UPHELD)
    told = citizen.page.locator(".history > li > p:first-child").all_inner_texts()
    assert [] == [each for each in told if not each[:1].isupper()]
    citizen.look("keberatan-diterima")


def all_of_it_is_in_the_account_and_can_be_taken_along(citizen: Seat, web: str, ticket: str) -> None:
    citizen.opens(f"{web}/akun")
    citizen.reads(WATER[:60])
    citizen.presses("Data saya")
    with citizen.page.expect_download() as taken:
        citizen.presses("Unduh data saya")
    told = json.dumps(json.loads(taken.value.path().read_text()), ensure_ascii=False)
    for each in (ticket, WATER, TOLD, NOT_YET, WHY, "Sitti Aminah"):
        assert each in told


def every_device_is_left_at_once(citizen: Seat, web: str) -> None:
    citizen.presses("Keluar di semua perangkat")
    citizen.reads("Anda sudah keluar.")
    citizen.opens(f"{web}/akun")
    citizen.reads("Masuk ke akun")


def test_an_account_holds_a_report_from_the_first_question_to_the_appeal(system: System, browser: Browser) -> None:
    place, web = Place(system, browser, "akun"), str(system.env["web_url"])
    citizen, box = place.seat(PHONE), Box(system, f"sitti.{uuid.uuid4().hex[:8]}@contoh.id")

    an_account_is_made_by_a_code_in_a_mail(citizen, web, box)
    ticket = a_confidential_report_is_sent_from_it(citizen, box)
    a_stranger_reads_its_status_alone(place.seat(PHONE), f"{web}/laporan/{ticket}")
    with units(system.env) as unit:
        a_question_is_answered_by_the_link_in_the_mail(citizen, box, unit("PDAM"), ticket)
        it_is_reopened_with_a_reason(place, citizen, unit("PDAM"), ticket)
        it_is_marked_badly_and_the_superior_decides_the_appeal(place, citizen, unit("PDAM"), unit("SETDA"), ticket)
    all_of_it_is_in_the_account_and_can_be_taken_along(citizen, web, ticket)
    every_device_is_left_at_once(citizen, web)
