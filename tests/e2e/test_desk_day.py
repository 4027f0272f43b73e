"""A day at the desk, in Chromium before the whole running system, on a telephone and with the keyboard alone."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from desk import Unit, units
from harness import System
from place import Citizen, Place, log_in, until_listed
from playwright.sync_api import Browser, FilePayload, Locator, expect
from seat import HANDS, Box, Seat

from testing.pictures import photo
from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.slow]

#: The complaints, different for each hand since both days share a system: equal texts would be found similar.
DANGER, HOLE, POLE, PARK, SEWER, UNCLEAR, AGAIN, NOTHING, WATER, BIN, BROUGHT = (
    dict(zip(HANDS, texts, strict=True))
    for texts in (
        (
            "Tolong cepat, jembatan gantung di Cabenge putus, ada warga jatuh dan hanyut di sungai",
            "Tolong cepat, jembatan kayu di Lompulle ambruk, dua anak jatuh ke sungai dan belum ketemu",
        ),
        (
            "Jalan di depan SD 12 Lapajung berlubang besar sejak dua minggu, motor sering jatuh kalau hujan",
            "Aspal depan puskesmas Takalala terkelupas dan berlubang dalam, ambulans harus pelan sekali",
        ),
        (
            "Jalan kabupaten di Desa Paroto berlubang besar, dan ada tiang yang berdiri di badan jalan",
            "Bahu jalan desa di Barae amblas sepanjang enam meter, di tepinya masih berdiri tiang besi tua",
        ),
        (
            "Gorong-gorong di bawah jalan Pemuda runtuh, jalannya retak sepanjang sepuluh meter",
            "Jembatan kecil di Lompulle retak dan lantainya turun, truk pasir tetap lewat",
        ),
        (
            "Air kotor mengalir ke sawah kami dari saluran di atas, ikan di kolam mati. Sudah lapor kepala desa",
            "Air limbah turun ke kebun cabai kami dari saluran kampung, tanamannya layu. Sudah lapor kepala desa",
        ),
        (
            "Tabe pak, begini terus di tempat kami, tolong dilihat dulu supaya semua tenang kembali",
            "Mohon maaf bapak ibu, keadaannya masih seperti kemarin, kapan ada yang datang melihat",
        ),
        (
            "Tabe pak, masih begini terus di tempat kami, mohon dilihat dulu biar semua tenang kembali",
            "Mohon maaf bapak ibu, keadaannya seperti kemarin saja, kapan datang ada yang melihat",
        ),
        (
            "Saya mau menyampaikan sesuatu tetapi tidak tahu caranya, mohon arahan",
            "Halo apakah ini nomor yang benar, saya ingin bertanya sesuatu",
        ),
        (
            "Air PDAM tidak mengalir sudah tiga hari di Kelurahan Bila, pelanggan minta penjelasan",
            "Meteran air PDAM di rumah saya Lemba rusak, tagihannya tiga kali lipat bulan ini",
        ),
        (
            "Sampah menumpuk di pinggir jalan dekat pasar Cabenge, sudah seminggu tidak diangkut",
            "Tempat sampah di lapangan Gasis penuh, tidak ada truk yang datang sejak Senin",
        ),
        (
            "Lampu taman dekat kantor lurah padam sudah empat malam, jalan setapaknya gelap",
            "Bangku kayu di halaman perpustakaan patah semua, anak-anak membaca di lantai",
        ),
    )
)
TOO_SHORT = "Sudah ditambal aspal dan dapat dilewati lagi."
DONE = "Lubangnya sudah ditambal aspal tadi pagi, sepanjang empat meter, dan jalannya dapat dilewati lagi."


# Actions at the desk, whatever the role.


def send(seat: Seat, act: str, name: str, *, words: str = "", confirm: str = "Kirim sekarang") -> None:
    """Press ``act``, write, preview the citizen's message, and send it."""
    seat.presses(act)
    if words:  # without words the preview comes first
        seat.writes("", words, ident="words")
        seat.look(f"{name}-isi")
        seat.presses("Lihat dulu")
    expect(seat.page.locator(".bubble")).to_be_visible()
    seat.look(f"{name}-lihat")
    seat.presses(confirm)


def sent(seat: Seat, *, did: str, name: str) -> None:
    """Check on the complaint's page that the router took it: until then, it says otherwise and reloads by itself."""
    seat.reads("Terkirim. Anda", did)
    seat.look(name)


# A unit's day.


def the_head_invites_a_clerk(place: Place, head: Seat) -> Box:
    log_in(head, place, "PUPR", "pimpinan")
    head.presses("Orang")
    address = f"nur.alam.{uuid.uuid4().hex[:6]}@contoh.id"
    head.writes("Nama", "Nur Alam")
    head.writes("Surel dinas", address)
    head.chooses("Peran", "Petugas")
    head.look("pimpinan-mengundang")
    head.presses("Buat undangan")
    head.reads("Undangan untuk Nur Alam siap.")
    head.look("pimpinan-sudah-mengundang")
    box = Box(place.system, address)
    box.next("Undangan ke meja unit")
    return box


def the_clerk_comes_in_by_a_code_in_a_mail(place: Place, clerk: Seat, box: Box) -> None:
    clerk.opens(place.url)
    clerk.look("masuk")
    clerk.presses("masuk dengan kode lewat surel")
    clerk.writes("Surel", box.address)
    clerk.look("minta-kode")
    clerk.presses("Kirim kode")
    clerk.reads("Isi kodenya")
    clerk.writes("Kode 6 angka", box.code())
    clerk.look("isi-kode")
    clerk.presses("Masuk")
    clerk.reads("Yang harus dikerjakan")
    clerk.look("daftar-pagi")


def danger_reaches_the_clerk_by_mail_and_stands_first(
    place: Place, clerk: Seat, box: Box, operator: Unit, text: str
) -> str:
    danger = place.complain(text).ticket
    operator.get(danger, "routed")
    answer = operator.reply(danger, "dispose", unit="PUPR", support=["DLH"], reason="jembatan kabupaten, warga hanyut")  # type: ignore[arg-type]
    assert answer["accepted"], answer
    link = box.link("DARURAT", danger)
    expect(clerk.item(danger)).to_be_visible()
    # Read at once: the list is live, and another danger may move before it.
    listed = clerk.page.locator(".item").evaluate_all(
        "items => items.map(each => [each.querySelector('.number').innerText, each.classList.contains('is-danger')])"
    )
    assert [danger, True] in listed
    assert listed == sorted(listed, key=lambda each: not each[1])
    clerk.look("daftar-dengan-darurat")
    clerk.opens(link)
    clerk.reads(danger, "diminta membantu")
    clerk.look("darurat")
    return danger


def the_clerk_takes_it_on_and_tells_how_it_goes(clerk: Seat, helper: Unit, danger: str) -> None:
    send(clerk, "Terima", "terima", confirm="Terima")
    sent(clerk, did="menerima", name="diterima")
    helper.must(danger, "acknowledge")
    send(clerk, "Kabarkan kemajuan", "kemajuan", words="Tim dan alat berat sudah di jembatan, jalan ditutup.")
    sent(clerk, did="mengabarkan", name="dikerjakan")
    clerk.chooses("", "Nur Alam (saya)", ident="person")
    clerk.presses("Simpan", clerk.page.locator("section", has=clerk.page.locator("#siapa")))
    note = clerk.page.locator("section", has=clerk.page.locator("#catatan"))
    clerk.writes("Catatan", "Pak Camat minta dikabari sebelum jalan dibuka lagi.")
    clerk.presses("Simpan", note)
    clerk.reads("Pak Camat minta dikabari")
    clerk.look("catatan-unit")


def the_clerk_asks_another_unit_for_help_which_does_its_part(clerk: Seat, helper: Unit, danger: str) -> None:
    why = "Kirim perahu karet dan tim pencari ke hilir jembatan."
    clerk.presses("Minta bantuan")
    clerk.chooses("Unit yang diminta membantu", "Badan Penanggulangan")
    clerk.writes("", why, ident="words")
    clerk.look("bantuan-isi")
    clerk.presses("Lihat dulu")
    clerk.reads("Yang dibaca", "bukan warga")
    clerk.look("bantuan-lihat")
    clerk.presses("Kirim sekarang")
    sent(clerk, did="meminta bantuan", name="bantuan-diminta")
    asked = helper.get(danger, "routed")["complaint"]
    assert ("support", why) == (asked["role"], asked["support"][-1]["request"])
    helper.must(danger, "resolve", message="Tiga warga sudah diangkat dari sungai dan dibawa ke puskesmas.")
    until_listed(clerk, "sudah selesai dengan bagiannya")
    clerk.look("bantuan-selesai")


def the_clerk_asks_for_more_time(clerk: Seat) -> None:
    clerk.presses("Minta tambahan waktu")
    clerk.sets_day("day", (datetime.now(UTC) + timedelta(days=20)).date())
    clerk.writes("", "Kabel baja pengganti dipesan dari Makassar, datang dua minggu lagi.", ident="words")
    clerk.look("waktu-isi")
    clerk.presses("Lihat dulu")
    clerk.reads("Batas waktunya tetap")
    clerk.look("waktu-lihat")
    clerk.presses("Kirim sekarang")
    sent(clerk, did="tambahan waktu", name="waktu-diminta")


def the_clerk_asks_and_the_citizen_answers_on_the_website(
    place: Place, clerk: Seat, citizen: Seat, hole: Citizen
) -> None:
    clerk.opens(f"{place.url}/laporan/{hole.ticket}")
    send(clerk, "Tanya warga", "tanya", words="Lubangnya di sisi sekolah atau di sisi pasar?")
    sent(clerk, did="bertanya", name="ditanyakan")

    citizen.opens(f"{place.system.env['web_url']}/laporan/{hole.ticket}/buka")
    citizen.look("warga-membuka")
    open_page(place, citizen, hole)
    citizen.reads("Lubangnya di sisi sekolah")
    citizen.writes("Jawaban Anda", "Di sisi sekolah, persis di depan gerbang.")
    citizen.look("warga-ditanya")
    citizen.presses("Kirim jawaban")
    citizen.reads("Jawaban Anda sudah kami terima")
    citizen.look("warga-menjawab")
    clerk.opens(f"{place.url}/laporan/{hole.ticket}")
    until_listed(clerk, "persis di depan gerbang")
    clerk.look("jawaban-warga")


def open_page(place: Place, citizen: Seat, complaint: Citizen) -> None:
    """Open the page of a complaint with its code, as its reporter."""
    citizen.opens(f"{place.system.env['web_url']}/laporan/{complaint.ticket}/buka")
    citizen.writes("Kode akses", complaint.secret)
    citizen.presses("Buka")


def the_clerk_writes_that_it_is_done_with_a_photo(clerk: Seat) -> None:
    clerk.presses("Selesaikan")
    clerk.writes("", TOO_SHORT, ident="words")
    picture: FilePayload = {"name": "IMG_2041.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    clerk.page.locator("#photos-file").set_input_files(picture)
    expect(clerk.page.locator("[data-shots] img")).to_be_visible()
    clerk.look("selesai-isi")
    clerk.presses("Lihat dulu")
    clerk.reads("1 foto ikut terkirim", "pimpinan unit Anda menyetujui")
    clerk.look("selesai-lihat")
    clerk.presses("Ajukan kepada pimpinan")
    clerk.reads("Menunggu persetujuan pimpinan")
    clerk.look("naskah")


def the_head_gives_it_back_the_clerk_mends_it_and_the_head_agrees(
    place: Place, clerk: Seat, head: Seat, hole: Citizen
) -> None:
    head.opens(f"{place.url}/?daftar=setuju")
    head.look("pimpinan-persetujuan")
    head.presses(hole.text[:20], head.item(hole.ticket))
    head.presses("Kembalikan dengan catatan")
    head.writes("Apa yang harus diperbaiki?", "Sebutkan di mana dan berapa panjang.")
    head.look("pimpinan-mengembalikan")
    head.presses("Kembalikan", exact=True)

    clerk.opens(f"{place.url}/laporan/{hole.ticket}")
    clerk.reads("Sebutkan di mana dan berapa panjang.")
    clerk.look("naskah-kembali")
    clerk.presses("Perbaiki dan ajukan lagi")
    clerk.writes("", DONE, ident="words")
    clerk.look("naskah-diperbaiki")
    clerk.presses("Lihat dulu")
    clerk.reads("1 foto ikut terkirim")
    clerk.presses("Ajukan kepada pimpinan")

    head.opens(f"{place.url}/laporan/{hole.ticket}")
    head.reads(DONE)
    head.look("pimpinan-membaca")
    head.presses("Setujui dan kirim")
    head.reads("Terkirim. Anda")
    head.look("pimpinan-menyetujui")


def the_citizen_reads_it_sees_the_photo_and_gives_a_mark(citizen: Seat, hole: Citizen) -> None:
    citizen.reads(DONE)
    expect(citizen.page.locator(".answer .photos img")).to_be_visible()
    citizen.look("warga-membaca-jawaban")
    citizen.page.get_by_text("sangat baik").click()
    citizen.look("warga-menilai")
    citizen.presses("Kirim nilai")
    citizen.reads("Anda memberi nilai 5 dari 5.")
    citizen.look("warga-sudah-menilai")


def the_clerk_gives_back_what_is_not_theirs(place: Place, clerk: Seat, park: Citizen) -> None:
    clerk.opens(f"{place.url}/laporan/{park.ticket}")
    send(clerk, "Kembalikan", "kembalikan", words="Jalan Pemuda adalah jalan provinsi, urusan Balai Jalan.")
    sent(clerk, did="mengembalikan", name="dikembalikan")


def the_clerk_hands_over_to_the_wrong_office_takes_it_back_and_hands_over_to_the_right_one(
    place: Place, clerk: Seat, head: Seat, pole: Citizen
) -> None:
    page = f"{place.url}/laporan/{pole.ticket}"
    hand_over(clerk, head, page, "Polres Soppeng", "Tiangnya milik kantor itu dan harus dipindah.", "salah-limpah")
    clerk.opens(page)
    send(clerk, "Batalkan tindakan", "batalkan")
    sent(clerk, did="membatalkan", name="dibatalkan")
    hand_over(clerk, head, page, "PLN", "Tiang listrik milik PLN dan harus dipindah dulu.", "limpahkan")


def hand_over(clerk: Seat, head: Seat, page: str, office: str, why: str, name: str) -> None:
    """Hand the complaint over to an outside office, once the head has read it."""
    clerk.opens(page)
    clerk.presses("Limpahkan ke luar kabupaten")
    clerk.chooses("Tujuan", office)
    clerk.writes("", why, ident="words")
    clerk.look(f"{name}-isi")
    clerk.presses("Lihat dulu")
    expect(clerk.page.locator(".bubble")).to_contain_text(office)
    clerk.look(f"{name}-lihat")
    clerk.presses("Ajukan kepada pimpinan")
    clerk.reads("Menunggu persetujuan pimpinan")
    head.opens(page)
    expect(head.page.locator(".bubble")).to_contain_text(office)
    head.look(f"{name}-pimpinan")
    head.presses("Setujui dan kirim")
    head.reads("Terkirim. Anda")
    head.look(name)


def the_office_outside_answers_by_the_link_in_its_letter(place: Place, office: Seat, pole: Citizen) -> None:
    office.opens(Box(place.system, "pln@contoh.id").link(pole.ticket))
    office.reads("Laporan warga untuk PLN")
    office.look("kantor-luar")
    office.writes("Jawaban untuk pelapor", "Tiang dipindah hari Kamis oleh tim PLN Watansoppeng.")
    office.presses("Kirim jawaban")
    office.reads("Terima kasih. Jawaban Anda tersimpan")
    office.look("kantor-luar-menjawab")


def the_citizen_reads_what_the_office_said(place: Place, citizen: Seat, pole: Citizen) -> None:
    open_page(place, citizen, pole)
    citizen.reads("dilimpahkan ke PLN", "Tiang dipindah hari Kamis oleh tim PLN Watansoppeng.")
    citizen.look("warga-membaca-kantor-luar")


@pytest.mark.parametrize("hand", HANDS)
def test_a_units_full_day(system: System, browser: Browser, hand: str) -> None:
    place = Place(system, browser, f"unit-{hand}")
    size, by_keys = HANDS[hand]
    clerk, head = (place.seat(size, by_keys=by_keys) for _ in range(2))
    citizen, office = (place.seat(size) for _ in range(2))
    hole, pole, park = (place.complain(text[hand]) for text in (HOLE, POLE, PARK))
    with units(system.env) as unit:
        for each in (hole, pole, park):
            unit("PUPR").get(each.ticket, "routed")
        box = the_head_invites_a_clerk(place, head)
        the_clerk_comes_in_by_a_code_in_a_mail(place, clerk, box)
        danger = danger_reaches_the_clerk_by_mail_and_stands_first(place, clerk, box, unit("DISKOMINFO"), DANGER[hand])
        the_clerk_takes_it_on_and_tells_how_it_goes(clerk, unit("DLH"), danger)
        the_clerk_asks_another_unit_for_help_which_does_its_part(clerk, unit("BPBD"), danger)
    the_clerk_asks_for_more_time(clerk)
    the_clerk_asks_and_the_citizen_answers_on_the_website(place, clerk, citizen, hole)
    the_clerk_writes_that_it_is_done_with_a_photo(clerk)
    the_head_gives_it_back_the_clerk_mends_it_and_the_head_agrees(place, clerk, head, hole)
    the_citizen_reads_it_sees_the_photo_and_gives_a_mark(citizen, hole)
    the_clerk_gives_back_what_is_not_theirs(place, clerk, park)
    the_clerk_hands_over_to_the_wrong_office_takes_it_back_and_hands_over_to_the_right_one(place, clerk, head, pole)
    the_office_outside_answers_by_the_link_in_its_letter(place, office, pole)
    the_citizen_reads_what_the_office_said(place, citizen, pole)


# An operator's morning.


def the_operator_comes_in_and_goes_to_what_nobody_has(place: Place, operator: Seat) -> None:
    log_in(operator, place, "DISKOMINFO", "operator")
    operator.reads("Yang harus dikerjakan")
    operator.look("daftar")
    operator.presses("Triase")
    operator.reads("Yang belum jelas unitnya")
    operator.look("triase")


def goes_to(operator: Seat, ticket: str) -> Locator:
    """Find the complaint, which may stand on a later page or reach the desk only now; by keys, press J until it has
    the focus.
    """
    case = operator.page.locator(f"[id='{ticket}']")
    until(lambda: _stands_here(operator, case), 60, f"{ticket} in the triage")
    for _ in range(100 if operator.by_keys else 0):
        operator.keys("j")
        if operator.focus() == ticket:
            return case
    assert not operator.by_keys, f"J does not come to {ticket}"
    return case


def _stands_here(operator: Seat, case: Locator) -> bool:
    """Return whether the complaint is on this page; else go to the next, and after the last to the first."""
    if case.count():
        return True
    later = operator.page.get_by_role("link", name="Berikutnya").count()
    with operator.page.expect_event("load"):
        operator.presses("Berikutnya" if later else "Triase")
    return False


def the_first_of_three_is_right(place: Place, operator: Seat, sewer: Citizen) -> None:
    case = goes_to(operator, sewer.ticket)
    if operator.by_keys:
        operator.keys("1")
        operator.look("triase-pilih")
        operator.enter()
    else:
        case.get_by_role("radio").first.check()
        operator.look("triase-pilih")
        operator.presses("Teruskan", case)
    operator.reads(f"{sewer.ticket} di")
    operator.look("triase-diputuskan")
    assert place.system.unit_of(sewer.ticket)
    until_elsewhere(place, sewer)


def until_elsewhere(place: Place, citizen: Citizen) -> None:
    """Wait until another unit than the LAPOR! admin has the complaint."""
    until(lambda: place.system.unit_of(citizen.ticket) != "DISKOMINFO", 60, f"a unit for {citizen.ticket}")


def confirms(operator: Seat, name: str, *, did: str) -> None:
    """Preview the message, send it, and check that it was taken."""
    operator.look(f"{name}-isi")
    operator.presses("Lihat dulu")
    operator.reads("Yang dibaca")
    operator.look(f"{name}-lihat")
    operator.presses("Kirim sekarang")
    sent(operator, did=did, name=name)


def what_the_machine_misread_is_put_right_and_given_to_its_unit(place: Place, operator: Seat, unclear: Citizen) -> None:
    operator.presses("Triase")
    operator.presses("Perbaiki kategori", goes_to(operator, unclear.ticket))
    operator.chooses("Kategori yang benar", "Sampah")
    confirms(operator, "perbaiki", did="memperbaiki kategori")
    operator.presses("Teruskan ke unit")
    operator.chooses("Unit yang mengerjakan", "Dinas Lingkungan Hidup")
    operator.presses("Unit yang membantu")
    operator.ticks("s-PUPR")
    confirms(operator, "teruskan", did="meneruskan")
    until_elsewhere(place, unclear)


def what_is_the_same_is_merged(place: Place, operator: Seat, again: Citizen, unclear: Citizen) -> None:
    operator.presses("Triase")
    operator.presses("Gabungkan", goes_to(operator, again.ticket))
    operator.writes("Digabung ke laporan", unclear.ticket)
    confirms(operator, "gabungkan", did="menggabungkan")
    place.system.until_status(again.ticket, "merged")


def what_says_nothing_is_rejected(place: Place, operator: Seat, nothing: Citizen) -> None:
    operator.presses("Triase")
    operator.presses("Tolak", goes_to(operator, nothing.ticket))
    operator.writes("Mengapa tidak dapat diproses", "Tidak disebut apa yang terjadi dan di mana.")
    confirms(operator, "tolak", did="menolak")
    place.system.until_status(nothing.ticket, "rejected")


def a_rejection_was_wrong_and_is_taken_back(place: Place, operator: Seat, nothing: Citizen) -> None:
    operator.opens(f"{place.url}/laporan/{nothing.ticket}")
    send(operator, "Batalkan tindakan", "batalkan-tolak")
    sent(operator, did="membatalkan", name="penolakan-dibatalkan")
    place.system.until_status(nothing.ticket, "routed")


def what_lies_at_the_wrong_unit_is_taken_back_and_given_to_another(place: Place, operator: Seat, bin_: Citizen) -> None:
    operator.presses("Cari")
    operator.writes("Cari nomor", bin_.ticket)
    operator.enter()
    operator.look("cari")
    operator.presses(bin_.text[:20])
    operator.reads(bin_.ticket)
    operator.look("laporan-unit-lain")
    operator.presses("Ambil dan beri ke unit lain")
    operator.chooses("Unit yang mengerjakan", "Satuan Polisi")
    operator.writes("Mengapa dialihkan", "Pedagang membuang di badan jalan, perlu penertiban.")
    confirms(operator, "alihkan", did="mengalihkan")
    until(lambda: place.system.unit_of(bin_.ticket) == "SATPOLPP", 60, "it is the other unit's")


def what_a_unit_gives_back_is_read_with_its_reason(place: Place, operator: Seat, bin_: Citizen, police: Unit) -> None:
    why = "Yang membuang warga sekitar, bukan pedagang."
    police.get(bin_.ticket, "routed")
    police.must(bin_.ticket, "return", reason=why)
    until(lambda: place.system.unit_of(bin_.ticket) == "DISKOMINFO", 60, "it is to be sorted again")
    operator.presses("Triase")
    case = goes_to(operator, bin_.ticket)
    expect(case).to_contain_text(why)
    operator.look("triase-dikembalikan")
    operator.presses("Unit lain", case)
    operator.chooses("Unit yang mengerjakan", "Dinas Lingkungan Hidup")
    confirms(operator, "teruskan-lagi", did="meneruskan")
    until(lambda: place.system.unit_of(bin_.ticket) == "DLH", 60, "it is the right unit's")


def an_appeal_is_seen_with_what_the_unit_did(place: Place, operator: Seat, water: Citizen, pdam: Unit) -> None:
    pdam.get(water.ticket, "routed")
    pdam.must(water.ticket, "resolve", message="Pipa induk sudah disambung dan air mengalir lagi sejak pagi.")
    place.system.until_status(water.ticket, "resolved")
    place.follow(water, {"kind": "rating", "rating": 1, "text": "Air masih mati"})
    place.follow(water, {"kind": "appeal", "text": "Di rumah kami air belum mengalir sama sekali."})
    place.system.until_status(water.ticket, "appealed")
    operator.presses("Cari")
    operator.writes("Cari nomor", water.ticket)
    operator.enter()
    expect(operator.item(water.ticket)).to_contain_text("Warga keberatan")  # this list is live
    operator.look("keberatan-daftar")
    operator.presses(water.text[:15])
    operator.reads("Warga keberatan", "air belum mengalir sama sekali")
    operator.look("keberatan")


def what_is_brought_to_the_counter_is_typed_in_and_followed_at_home(
    place: Place, operator: Seat, citizen: Seat, text: str
) -> None:
    operator.presses("Loket")
    operator.ticks("way-datang")
    operator.writes("Isi laporan", text, ident="text")
    operator.chooses("Desa atau kelurahan", "Kelurahan Botto", ident="village")
    operator.writes("Nama warga", "Sitti Aminah", ident="name")
    operator.look("loket")
    operator.presses("Periksa dulu")
    operator.reads("Periksa sebelum dikirim", text, "Sitti Aminah", "tidak dapat dikabari")
    operator.look("loket-periksa")
    operator.presses("Kirim laporan")
    operator.reads("Tanda terima laporan")
    operator.look("loket-tanda-terima")
    ticket, code = operator.page.locator(".slip dd.big").all_inner_texts()
    assert place.system.unit_of(ticket)
    open_page(place, citizen, Citizen(ticket=ticket, secret=code, text=text))
    citizen.reads(text)
    citizen.look("warga-loket")


def somebody_is_invited_and_a_program_gets_its_key(operator: Seat) -> None:
    operator.presses("Orang")
    operator.presses("Undang seseorang")
    operator.writes("Nama", "Baso Amir")
    operator.writes("Surel dinas", f"baso.{uuid.uuid4().hex[:6]}@contoh.id")
    operator.chooses("Unit", "Dinas Lingkungan Hidup")
    operator.chooses("Peran", "Petugas")
    operator.look("undang")
    operator.presses("Buat undangan")
    operator.reads("Undangan untuk Baso Amir siap.")
    operator.look("diundang")
    operator.presses("Program unit")
    operator.writes("Nama program", f"simpu-{uuid.uuid4().hex[:6]}")
    operator.writes("Yang merawatnya", "Bidang Bina Marga, 0484 21111")
    operator.look("program")
    operator.presses("Buat kunci")
    operator.reads("Kunci untuk simpu-")
    operator.look("program-kunci")


def what_was_sent_and_who_looked_is_read(place: Place, operator: Seat, unclear: Citizen) -> None:
    operator.presses("Orang")
    operator.presses("Kabar yang dikirim")
    operator.reads("Undangan")
    operator.look("kabar-terkirim")
    operator.opens(f"{place.url}/laporan/{unclear.ticket}?unit=DISKOMINFO")
    operator.presses("Siapa yang melihat")
    operator.reads("perbaiki")
    operator.look("jejak")


@pytest.mark.parametrize("hand", HANDS)
def test_an_operators_morning(system: System, browser: Browser, hand: str) -> None:
    place = Place(system, browser, f"operator-{hand}")
    size, by_keys = HANDS[hand]
    operator = place.seat(size, by_keys=by_keys)
    sewer, unclear, again, nothing, bin_, water = (
        place.complain(text[hand]) for text in (SEWER, UNCLEAR, AGAIN, NOTHING, BIN, WATER)
    )
    with units(system.env) as unit:
        for each in (sewer, unclear, again, nothing):
            unit("DISKOMINFO").get(each.ticket, "routed")
    the_operator_comes_in_and_goes_to_what_nobody_has(place, operator)
    the_first_of_three_is_right(place, operator, sewer)
    what_the_machine_misread_is_put_right_and_given_to_its_unit(place, operator, unclear)
    what_is_the_same_is_merged(place, operator, again, unclear)
    what_says_nothing_is_rejected(place, operator, nothing)
    a_rejection_was_wrong_and_is_taken_back(place, operator, nothing)
    what_lies_at_the_wrong_unit_is_taken_back_and_given_to_another(place, operator, bin_)
    with units(system.env) as unit:
        what_a_unit_gives_back_is_read_with_its_reason(place, operator, bin_, unit("SATPOLPP"))
        an_appeal_is_seen_with_what_the_unit_did(place, operator, water, unit("PDAM"))
    what_is_brought_to_the_counter_is_typed_in_and_followed_at_home(place, operator, place.seat(size), BROUGHT[hand])
    somebody_is_invited_and_a_program_gets_its_key(operator)
    what_was_sent_and_who_looked_is_read(place, operator, unclear)
