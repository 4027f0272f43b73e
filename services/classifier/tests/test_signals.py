"""What is read by rule: type, urgency, spam, language, and which unit is accused."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier import conduct
from classifier.conduct import load_owners, load_unit_names, units_accused
from classifier.domain import KINDS, URGENT
from classifier.language import language_of
from classifier.signals import (
    is_spam,
    kind_of,
    load_urgency,
    plain,
    urgency_of,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("bagaimana cara urus akta kelahiran?", "permintaan_informasi"),
        ("Mau tanya pak, syarat pindah domisili apa saja", "permintaan_informasi"),
        ("berapa biaya pasang baru PDAM", "permintaan_informasi"),
        ("kapan pendaftaran PPPK dibuka?", "permintaan_informasi"),
        ("di mana tempat vaksin rabies?", "permintaan_informasi"),
        ("kapan jalan ini diperbaiki, sudah rusak parah dan tidak pernah ditanggapi", "pengaduan"),
        ("air mati tiga hari", "pengaduan"),
        ("petugas membentak saya waktu bertanya", "pengaduan"),
        ("usul dibuatkan taman bermain di lapangan", "aspirasi"),
        ("saran saya sebaiknya pasar buka sampai sore", "aspirasi"),
    ],
)
def test_asking_is_told_from_complaining(text: str, kind: str) -> None:
    assert kind == kind_of(plain(text))


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("Tolong!! rumah terbakar di Cabenge", "darurat"),
        ("anak hanyut di sungai Walanae", "darurat"),
        ("kabel listrik putus di jalan", "darurat"),
        ("jembatan mau roboh, bahaya sekali", "tinggi"),
        ("sudah banyak yang jatuh, ada korban", "tinggi"),
        ("sampah belum diangkut", "sedang"),
        ("usul ditambah bangku taman", "rendah"),
        ("tiang lampu nyetrum, kambing mati nempel", "darurat"),
        ("anak kecemplung sumur bor, masih nangis", "darurat"),
        ("bayi dibuang di kardus depan pos ronda", "darurat"),
        ("dia bilang mau mati saja, tolong didampingi", "darurat"),
        ("tembok penahan retak memanjang di bawahnya ada rumah", "tinggi"),
        ("barusan ada yang jatuh di tikungan", "tinggi"),
        ("puluhan warga kena chikungunya", "tinggi"),
        ("bus rem blong di turunan", "tinggi"),
        ("naokko asu ana'ku", "darurat"),
        ("buka loket pukul delapan tapi petugas belum datang", "sedang"),
        ("akta kematian bapak yang sudah meninggal belum jadi", "sedang"),
        ("lampu mau mati terus kalau malam", "sedang"),
        ("kami diancam denda kalau telat bayar", "sedang"),
        ("apakah ada jadwal vaksin rabies?", "rendah"),
    ],
)
def test_danger_makes_urgent(region: Path, text: str, urgency: str) -> None:
    assert urgency == urgency_of(load_urgency(region), plain(text), kind_of(plain(text)))


def hints(**given: float) -> dict[str, float]:
    return {**dict.fromkeys((*KINDS, URGENT), -1.0), **given}


@pytest.mark.parametrize(
    ("text", "given", "kind"),
    [
        ("kapan pendaftaran PPPK dibuka?", hints(pengaduan=0.1), "pengaduan"),
        ("kapan pendaftaran PPPK dibuka?", hints(pengaduan=-0.9), "permintaan_informasi"),
        ("ktp sdh jadi blm min", hints(pengaduan=-0.3, permintaan_informasi=0.3), "permintaan_informasi"),
        ("ktp sdh jadi blm min", hints(), "pengaduan"),
        ("usul dibuatkan taman bermain", hints(aspirasi=-0.5, pengaduan=-0.6), "aspirasi"),
    ],
)
def test_kind_is_what_words_and_hints_speak_for_most(text: str, given: dict[str, float], kind: str) -> None:
    assert kind == kind_of(plain(text), given)


@pytest.mark.parametrize(
    ("text", "hint", "urgency"),
    [
        ("anak hanyut di sungai Walanae", -9, "darurat"),
        ("jembatan mau roboh, bahaya sekali", -0.5, "tinggi"),
        ("jembatan mau roboh, bahaya sekali", -1.5, "sedang"),
        ("tutup got di tikungan sekolah hilang", 0.2, "tinggi"),
        ("tutup got di tikungan sekolah hilang", -0.2, "sedang"),
        ("apakah ada jadwal vaksin rabies?", -0.2, "rendah"),
    ],
)
def test_words_of_danger_to_life_decide_alone_and_below_that_the_hint_has_a_say(
    region: Path, text: str, hint: float, urgency: str
) -> None:
    read = plain(text)
    assert urgency == urgency_of(load_urgency(region), read, kind_of(read), hints(mendesak=hint))


@pytest.mark.parametrize(
    ("text", "spam"),
    [
        ("SELAMAT anda pemenang undian 100jt hubungi wa.me/62812", True),
        ("slot gacor deposit 10rb klik www.contoh.example", True),
        ("Butuh dana cepat? pinjaman tanpa agunan bunga ringan hub WA", True),
        ("mama minta pulsa, transfer pulsa ke nomor ini, hubungi", True),
        ("Klaim saldo dana kaget https://dana.example", True),
        ("cek paket anda, buka file resi.apk", True),
        ("ma ini nomor baru ku, transfer dulu 2 juta ke rek BCA", True),
        ("slot gacor maxwin bonus new member klik link, di jalan poros", True),
        ("Surat tilang atas nama anda, buka file tilang.apk", True),
        ("mau tanya link daftar mudik gratis error terus pak", False),
        ("elpiji murah dijual 30 ribu di pangkalan, pak", False),
        ("saya ditipu sms undian berhadiah, mohon diblokir nomornya", False),
        ("judi slot marak di desa kami, mohon ditindak", False),
        ("harga promo bantuan pupuk tidak sesuai di desa", False),
        ("air mati, hubungi kami", False),
    ],
)
def test_advertising_is_flagged_and_a_report_about_it_is_not(text: str, spam: bool) -> None:
    assert spam == is_spam(plain(text))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("jalan rusak mi kodong, tolong ki pak", "id"),
        ("degaga wae ri bolaku siminggu mi", "bug"),
        ("Masolang ladde’ lalengnge ri kampongku", "bug"),
        ("tena je'ne battu ri ballakku, niak tau garring", "mak"),
        ("dalan ning ngarep omahku wis rusak ora didandani", "jv"),
        ("the road is broken please fix it", "en"),
        ("123 456", "other"),
    ],
)
def test_the_language_is_hinted(text: str, language: str) -> None:
    assert language == language_of(plain(text))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Petugas Disdukcapil minta uang 200 ribu untuk urus KTP", ("DISDUKCAPIL",)),
        ("kepala dinas PU terima suap proyek jalan", ("PUPR",)),
        ("pegawai dinsos membentak warga", ("DINSOS",)),
        ("Diskominfo lambat sekali menanggapi laporan saya", ("DISKOMINFO",)),
        ("Inspektorat tidak menindaklanjuti aduan kami", ("INSPEKTORAT",)),
        ("air PDAM mati 3 hari, sudah lapor PDAM tidak ada tanggapan", ()),
        ("Kepada Dinas PU mohon jalan diperbaiki. Ada oknum warga menggali jalan", ()),
        ("urus KTP di disdukcapil lambat", ()),
        ("oknum minta uang di loket", ()),
        ("Kepada Yth. Inspektorat, oknum kades korupsi dana desa", ()),
        ("mohon Dinas PU menindak oknum kontraktor", ()),
    ],
)
def test_a_unit_is_accused_only_of_misconduct(region: Path, text: str, units: tuple[str, ...]) -> None:
    assert units == units_accused(load_unit_names(region), text.lower())


@pytest.mark.parametrize(
    ("text", "category", "unit"),
    [
        ("pegawai dinas sosial potong bantuan PKH", "sosial_bantuan", "DINSOS"),
        ("dokter di rsud tidak pernah masuk", "kesehatan", "RSUD"),
        ("direktur rumah sakit main proyek alkes", "kesehatan", "RSUD"),
        ("pegawai pajak daerah minta uang supaya PBB turun", "pajak_keuangan", "BPKPD"),
        ("petugas sampah minta uang 20 ribu", "sampah_kebersihan", "DLH"),
        ("staf perizinan minta amplop", "perizinan_usaha", "DPMPTSP"),
        ("petugas air yang datang minta uang lebih", "air_bersih", "PDAM"),
        ("laporan saya ke SP4N tidak ditanggapi oleh admin", "kominfo_digital", "DISKOMINFO"),
        ("admin lapor hapus laporan saya", "kominfo_digital", "DISKOMINFO"),
        ("anak saya ditampar guru", "pendidikan", "DISDIKBUD"),
        ("saya dibentak oleh petugas loket", "kependudukan", "DISDUKCAPIL"),
        ("bantuan BLT kami disunat pegawai dinsos", "sosial_bantuan", "DINSOS"),
    ],
)
def test_misconduct_accuses_the_unit_named_or_else_that_of_the_category(
    region: Path, text: str, category: str, unit: str
) -> None:
    owner = load_owners(region)[category]
    assert units_accused(load_unit_names(region), text.lower(), owner) == (unit,)


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("petugas sudah datang, terima kasih, kerjanya bagus", "DLH"),
        ("air hujan tidak pernah masuk ke rumah sebelum got ditutup, petugas tolong cek", "PUPR"),
        ("air PDAM tidak pernah masuk air ke rumah", "PDAM"),
        ("mohon petugas potong pohon di depan sekolah", "DLH"),
        ("petugas datang potong pohon kemarin", "DLH"),
        ("kami minta bantuan uang untuk berobat, kata petugas tunggu", "DINSOS"),
        ("mohon petugas menindak orang mabuk di lapangan", "SATPOLPP"),
        ("tidak ada petugas, preman minta uang parkir", "DISHUB"),
        ("kepada dinas sosial, tolong cek bantuan PKH kami", "DINSOS"),
        ("oknum kontraktor minta uang ke warga", "PUPR"),
        ("kapan petugas menangkap calon pencuri", "SATPOLPP"),
        ("petugas sudah datang dua kali ke rumah kami di lorong belakang pasar, tapi tetap dipersulit tetangga", "DLH"),
        ("anak saya dipukul preman di depan kantor dinsos", "SATPOLPP"),
        ("petugas sampah minta uang 20 ribu", None),
    ],
)
def test_who_is_called_upon_or_praised_is_not_accused(region: Path, text: str, owner: str | None) -> None:
    assert units_accused(load_unit_names(region), text.lower(), owner) == ()


def test_the_unit_that_looks_into_conduct_is_not_meant_by_its_own_category(region: Path) -> None:
    assert "aparatur_korupsi" not in load_owners(region)


def test_a_sentence_without_an_end_is_read_in_pieces_and_no_word_is_left_out() -> None:
    words = [f"kata{n}" for n in range(2000)]
    pieces = list(conduct.lines("jalan rusak. " + " ".join(words)))
    assert "jalan rusak" == pieces[0]
    assert words == " ".join(pieces[1:]).split()
    assert max(map(len, pieces)) <= conduct.LONGEST
