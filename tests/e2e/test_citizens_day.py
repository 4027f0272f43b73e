"""A citizen's report from the empty form to the mark, in Chromium before the whole running system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness import System, a_number
from place import Place, log_in, until_listed
from playwright.sync_api import Browser, FilePayload, Locator, expect
from seat import PHONE, Seat, chromium_running

from testing.pictures import photo

pytestmark = [pytest.mark.connected, pytest.mark.slow]

WASTE = "Sampah menumpuk di belakang puskesmas sejak dua minggu, baunya sampai ke ruang tunggu dan banyak lalat"
DONE = "Tumpukan sampah di belakang puskesmas sudah diangkut dua truk tadi pagi, dan baknya sudah diganti baru."


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium_running() as browser:
        yield browser


def on(citizen: Seat, heading: str) -> None:
    """Go on to the step with that heading."""
    citizen.page.get_by_role("button", name="Lanjut", exact=True).click()
    expect(citizen.page.get_by_role("heading", name=heading)).to_be_focused()


def is_drawn(picture: Locator) -> None:
    """Scroll to a picture, and see that its file came."""
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("each => each.naturalWidth") > 0


def the_citizen_fills_in_the_form_step_by_step_with_a_photo_and_a_telephone(
    place: Place, citizen: Seat, number: str
) -> None:
    citizen.opens(str(place.system.env["web_url"]))
    citizen.page.wait_for_selector("html.ready")
    citizen.writes("Isi laporan", WASTE)
    on(citizen, "Di mana?")
    citizen.chooses("Desa atau kelurahan", "Kelurahan Botto")
    citizen.writes("Patokan atau alamat", "Belakang puskesmas")
    on(citizen, "Kapan?")
    citizen.writes("Waktu kejadian", "sejak dua minggu")
    on(citizen, "Ada foto?")
    picture: FilePayload = {"name": "IMG_2041.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    citizen.page.locator("#photo").set_input_files(picture)
    citizen.reads("Siap, ikut terkirim nanti.")
    on(citizen, "Tentang Anda")
    citizen.writes("Nomor HP", number)


def it_is_checked_and_sent_without_a_network_and_goes_when_there_is_one(citizen: Seat) -> str:
    on(citizen, "Periksa jawaban Anda")
    citizen.reads(WASTE, "Kelurahan Botto", "Belakang puskesmas", "sejak dua minggu", "1 foto")
    citizen.page.context.set_offline(True)
    citizen.presses("Kirim laporan")
    citizen.reads("Belum terkirim, tersimpan di HP ini.")
    citizen.page.context.set_offline(False)
    citizen.page.wait_for_url("**/laporan/*")
    return citizen.page.locator("h1.number").inner_text()


def code_number_and_qr_are_shown(citizen: Seat, ticket: str) -> None:
    citizen.reads(ticket, "Kode akses laporan ini")
    assert len(citizen.page.locator("#kode").inner_text().replace("-", "")) >= 16
    citizen.page.get_by_text("Buka dari HP lain").click()
    expect(citizen.page.get_by_role("img", name="Kode QR tautan rahasia laporan ini")).to_be_visible()
    is_drawn(citizen.page.get_by_role("img", name="Foto 1"))
    citizen.look("terima")


def the_clerk_sees_words_and_photo_and_answers(place: Place, clerk: Seat, ticket: str) -> None:
    log_in(clerk, place, "DLH", "petugas")
    clerk.reads("Yang harus dikerjakan")
    until_listed(clerk, ticket)
    assert "DLH" == place.system.unit_of(ticket)  # the door that keeps the photo knows it, too
    clerk.item(ticket).get_by_role("link").first.click()
    clerk.reads(WASTE, "Belakang puskesmas")
    is_drawn(clerk.page.get_by_alt_text("Foto 1 dari warga"))
    clerk.presses("Selesaikan")
    clerk.page.locator("textarea#words").fill(DONE)
    clerk.presses("Lihat dulu")
    expect(clerk.page.locator(".bubble")).to_contain_text(DONE)
    clerk.presses("Kirim sekarang")
    clerk.reads("Terkirim.")


def the_open_page_shows_it_by_itself_and_is_marked(citizen: Seat) -> None:
    citizen.reads(DONE)
    assert citizen.page.evaluate("window.stayed"), "the page was loaded anew"
    citizen.look("kabar-sendiri")
    citizen.page.get_by_text("sangat baik").click()
    citizen.presses("Kirim nilai")
    citizen.reads("Anda memberi nilai 5 dari 5.")


def test_a_report_from_the_empty_form_to_the_mark(system: System, browser: Browser) -> None:
    place = Place(system, browser, "warga")
    citizen, clerk, number = place.seat(PHONE), place.seat(PHONE), a_number()

    the_citizen_fills_in_the_form_step_by_step_with_a_photo_and_a_telephone(place, citizen, number)
    ticket = it_is_checked_and_sent_without_a_network_and_goes_when_there_is_one(citizen)
    code_number_and_qr_are_shown(citizen, ticket)
    citizen.page.evaluate("window.stayed = true")
    the_clerk_sees_words_and_photo_and_answers(place, clerk, ticket)
    the_open_page_shows_it_by_itself_and_is_marked(citizen)
    system.until_told(number, ticket, DONE)

    system.until_status(ticket, "closed")
