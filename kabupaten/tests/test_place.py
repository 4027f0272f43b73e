"""Where it is: near-identical names, names that are words, names within names."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.events import Place
from kabupaten import load
from kabupaten.gazetteer import Gazetteer, gazetteer_of
from kabupaten.place import find_answer, find_place


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return gazetteer_of(load(Path(__file__).parents[2] / "region" / "soppeng", "territory").territory)


@pytest.mark.parametrize(
    ("text", "kecamatan", "desa"),
    [
        ("jalan rusak di Marioriwawo", "Marioriwawo", None),
        ("jalan rusak di Marioriawa", "Marioriawa", None),
        ("kec. Liliraja", "Liliriaja", None),
        ("kec Lilirilau", "Lilirilau", None),
        ("KEC. LILIRILAU AIR MATI", "Lilirilau", None),
        ("di kec mariorwawo gelap", "Marioriwawo", None),
        ("kec lalabata", "Lalabata", None),
        ("got di lalabata rilau", "Lalabata", "Lalabata Rilau"),
        ("got di Lalabatariaja", "Donri-Donri", "Lalabatariaja"),
        ("warga Marioriaja", "Marioriwawo", "Marioriaja"),
        ("warga Mariorilau", "Marioriwawo", "Mariorilau"),
        ("desa barae", "Marioriwawo", "Barae"),
        ("desa barang gelap", None, None),
        ("Desa Barang gelap", "Liliriaja", "Barang"),
        ("desa baringeng", "Lilirilau", "Baringeng"),
        ("desa watu", "Marioriwawo", "Watu"),
        ("di watu toa", "Marioriwawo", "Watu Toa"),
        ("pasar batu-batu banjir", "Marioriawa", "Batu Batu"),
        ("banyak batu-batu besar di jalan", None, None),
        ("desa gattareng", "Marioriwawo", "Gattareng"),
        ("gattareng toa longsor", "Marioriwawo", "Gattareng Toa"),
        ("desa Ganra", "Ganra", "Ganra"),
        ("di Ganra", "Ganra", None),
        ("Donri-donri gelap", "Donri-Donri", None),
        ("desa donri donri", "Donri-Donri", "Donri Donri"),
        ("desa enrekang", "Ganra", "Enrekeng"),
        ("air mati di Cabbenge", "Lilirilau", "Cabenge"),
        ("air mati di cabbeng'e", "Lilirilau", "Cabenge"),
        ("lampu Malaka mati", "Lalabata", None),
        ("Jl. Salotungo", "Lalabata", "Lalabata Rilau"),
        ("di Watansoppeng", "Lalabata", None),
        ("Desa Citta, Watansoppeng", "Citta", "Citta"),
        ("di ujung jalan ada lubang", None, None),
        ("kel. Ujung gelap", "Lilirilau", "Ujung"),
        ("Ujung, Lilirilau air mati", "Lilirilau", "Ujung"),
        ("barang bukti hilang", None, None),
        ("masing-masing rumah", None, None),
        ("kaca pecah di Marioriawa", "Marioriawa", None),
        ("kelurahan kaca", "Marioriawa", "Kaca"),
        ("bila hujan kami banjir", None, None),
        ("kelurahan Bila banjir", "Lalabata", "Bila"),
        ("di desa sering mati lampu", None, None),
        ("lampu mati di desa sering, kec donri donri", "Donri-Donri", "Sering"),
        ("kel sering dapat bantuan", None, None),
        ("galung marakko ri Ganra", "Ganra", None),
        ("kelurahan Galung", "Liliriaja", "Galung"),
        ("cita-cita saya", None, None),
        ("kecamatan Marioriwa", None, None),
        ("di Makassar", None, None),
        ("lampu kec.Donri2 mati", "Donri-Donri", None),
        ("got di batu2 mampet", "Marioriawa", "Batu Batu"),
        ("sinyal pemancar Batu-batu hilang", "Marioriawa", "Batu Batu"),
        ("Batu-batu besar menutup jalan", None, None),
        ("pasar Takkalalla", "Marioriwawo", None),
        ("kec. Takkalalla", None, None),
        ("sampah pasar Tajuncu", "Donri-Donri", None),
        ("tangga Lejja gelap", "Marioriawa", "Bulue"),
        ("lampu di taman kota Watansoppeng", "Lalabata", None),
        ("Wtsoppeng banjir", "Lalabata", None),
        ("air di lalabta mati", "Lalabata", None),
        ("warga leworang", "Donri-Donri", "Leworeng"),
        ("jalan kami di Galung rusak", "Liliriaja", "Galung"),
        ("kami di Ujung Pandang", None, None),
        ("jalan di galung rusak", None, None),
        ("", None, None),
    ],
)
def test_a_place_is_found_only_where_one_is_named(
    gazetteer: Gazetteer, text: str, kecamatan: str | None, desa: str | None
) -> None:
    found = find_place(gazetteer, text)
    assert (kecamatan, desa) == (found.kecamatan, found.desa)
    assert not found.conflict


def test_a_village_in_another_kecamatan_than_the_citizen_wrote_is_a_conflict(gazetteer: Gazetteer) -> None:
    expected = Place(kecamatan="Marioriawa", desa="Patampanua", stated="Marioriwawo", conflict=True)
    assert expected == find_place(gazetteer, "jalan rusak di Patampanua Kec. Marioriwawo")


def test_two_kecamatan_said_to_be_such_are_a_conflict(gazetteer: Gazetteer) -> None:
    expected = Place(kecamatan="Marioriawa", stated="Marioriwawo", conflict=True)
    text = "Saya dari Kec. Marioriwawo, tapi jalan yang rusak di Kec. Marioriawa"
    assert expected == find_place(gazetteer, text)


def test_a_road_between_two_kecamatan_is_no_conflict(gazetteer: Gazetteer) -> None:
    assert Place(kecamatan="Ganra", stated="Ganra") == find_place(gazetteer, "dari Ganra ke Citta jalannya hancur")


def test_the_capital_behind_a_village_is_an_address_and_no_conflict(gazetteer: Gazetteer) -> None:
    assert Place(kecamatan="Ganra", desa="Belo") == find_place(gazetteer, "Desa Belo, Watansoppeng")


def test_village_in_the_stated_kecamatan_is_chosen_from_two(gazetteer: Gazetteer) -> None:
    found = find_place(gazetteer, "jalan dari Pattojo ke desa Goarie, Kec. Liliriaja")
    assert (found.kecamatan, found.desa, found.conflict) == ("Liliriaja", "Pattojo", False)


def test_every_village_is_found_by_its_full_name(gazetteer: Gazetteer) -> None:
    villages = {e for entries in gazetteer.names.values() for e in entries if e.desa and not e.weak}
    assert len(villages) == 70
    for village in villages:
        cue = "Kelurahan" if village.kelurahan else "Desa"
        found = find_place(gazetteer, f"Jalan rusak di {cue} {village.desa}, Kec. {village.kecamatan}.")
        assert (village.kecamatan, village.desa) == (found.kecamatan, found.desa)


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("jalan berlubang di Pammana Kabupaten Wajo, tolong ditambal", "wajo"),
        ("lampu jalan mati di Sengkang", "sengkang"),
        ("sampah di pantai Kabupaten Barru, kami dari Soppeng sering ke sana", "barru"),
        ("di Watampone kabupaten Bone, jalan ke pelabuhan", "watampone"),
        ("lampu padam di Enrekeng", None),
        ("mobil dari Bone tiap malam buang sampah di pinggir jalan", None),
        ("jalan menuju Sengkang rusak", None),
        ("jalan poros Soppeng-Wajo berlubang", None),
        ("jalan rusak di perbatasan Soppeng dengan kabupaten Bone", None),
        ("saya kerja di Makassar, KTP hilang", None),
        ("sampah kiriman orang Sidrap di Desa Tinco kecamatan Citta, katanya dari kab. Sidrap", None),
        ("jalan rusak", None),
    ],
)
def test_the_place_of_another_kabupaten_is_named_only_where_it_happened_there(
    gazetteer: Gazetteer, text: str, elsewhere: str | None
) -> None:
    assert elsewhere == find_place(gazetteer, text).elsewhere


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("puskesmas di Parepare kotor sekali", "parepare"),
        ("sekolah di Pinrang atapnya bocor", "pinrang"),
        ("jalan rusak di Makassar", "makassar"),
        ("lampu jalan mati di kota Parepare", "parepare"),
        ("Air PDAM mati 3 hari di Barru", "barru"),
        ("obat habis di puskesmas Mangempang Kabupaten Barru", "barru"),
        ("pupuk langka di kabupaten Bone", "bone"),
        ("jalan berlubang di jalan Perintis Kemerdekaan Makassar", "makassar"),
        ("jalan di Sengkang rusak parah", "sengkang"),
        ("sampah menumpuk di pasar Sentral Parepare", "parepare"),
        ("banjir di kecamatan Tanete Riattang Bone", "bone"),
        ("jembatan putus di desa Lamuru kabupaten Bone", "bone"),
        ("jl Bau Massepe Parepare gelap", "parepare"),
        ("lampu merah di Sidrap mati", "sidrap"),
        ("pohon tumbang di Wajo menutup jalan", "wajo"),
        ("rsud Lasinrang Pinrang tidak ada dokter", "pinrang"),
        ("antrean panjang di RSUD Andi Makkasau Parepare", "parepare"),
        ("saya orang Soppeng, jalan di Parepare rusak parah", "parepare"),
        ("got mampet di Jl. Jenderal Sudirman, Barru", "barru"),
        ("di Pangkajene Sidrap lampu jalan mati semua", "pangkajene"),
        ("sekolah anakku di Maros atapnya mau runtuh", "maros"),
        ("kota Makassar banjir lagi di Antang", "makassar"),
        ("kabupaten Sinjai air bersihnya keruh", "sinjai"),
        ("pasar Lakessi Parepare becek", "parepare"),
        ("di daerah Bone jalan rusak", "bone"),
        ("terminal di Pinrang tidak ada toiletnya", "pinrang"),
        ("air pdam di Rappang sidrap tidak mengalir dua minggu", "rappang"),
        ("lampu pju di Bulukumba padam total", "bulukumba"),
        ("jalan kabupaten di Kec. Pitumpanua Kab. Wajo hancur", "wajo"),
        ("lapangan Andi Makkasau Parepare penuh sampah", "parepare"),
        ("sungai di Maros tercemar limbah pabrik", "maros"),
        ("sawah kekeringan di kabupaten Pinrang", "pinrang"),
        ("anjing liar di Toraja banyak", "toraja"),
        ("jembatan kayu di Enrekang putus", "enrekang"),
    ],
)
def test_places_in_another_kabupaten_are_recognised_as_elsewhere(
    gazetteer: Gazetteer, text: str, elsewhere: str
) -> None:
    assert elsewhere == find_place(gazetteer, text).elsewhere


@pytest.mark.parametrize(
    "text",
    [
        "jalan poros Soppeng-Makassar berlubang",
        "jalan Soppeng - Makassar rusak di Takalala",
        "bus ke Makassar sering telat di terminal",
        "orang Makassar buang sampah di sini",
        "adik saya dirujuk ke rumah sakit di Makassar, ambulans minta bayar",
        "pasien dirujuk ke RS Wahidin Makassar tapi ambulans tidak ada",
        "ibu saya dirawat di Makassar, BPJS nya nonaktif",
        "saya kerja di Makassar, KTP hilang",
        "saya kuliah di Makassar, beasiswa pemda belum cair",
        "anak saya kuliah di Parepare, beasiswa belum cair",
        "kantor pusatnya di Makassar, tapi lampu di Lalabata mati",
        "sopir bus Makassar ugal-ugalan di terminal Watansoppeng",
        "mobil dari Pinrang parkir sembarangan di pasar",
        "truk dari Sidrap bawa pasir merusak jalan kami",
        "jalan menuju Bone rusak",
        "arah ke Wajo gelap sekali",
        "perbatasan Soppeng Barru lampunya mati",
        "batas Soppeng dengan Bone longsor",
        "jurusan Soppeng-Parepare tarifnya naik",
        "trayek Soppeng Makassar tidak ada mobil",
        "saya tinggal di Makassar, rumah orang tua di Soppeng kebanjiran",
        "saya warga Makassar, mau tanya cara pindah KK",
        "suami saya di Makassar, saya di sini tidak dapat bansos",
        "dibandingkan di Makassar, pelayanan di sini lambat",
        "seperti di Parepare, harusnya ada taman",
        "beras dari Sidrap lebih murah, kenapa di pasar sini mahal",
        "saya pindahan dari Bone, KTP belum jadi",
        "surat pindah dari Makassar ditolak capil",
        "barang dikirim ke Makassar hilang di terminal",
        "ditilang di Makassar padahal pajak lunas",
        "motor saya dicuri orang Bone",
        "kontraktor dari Makassar tinggalkan lubang di jalan",
        "jalan Makassar no 5 Watansoppeng gelap",
        "jl. Bone lampunya mati",
        "coto makassar depan pasar limbahnya bau",
        "pengadilan tinggi di Makassar sudah putus, tanahku belum dikembalikan",
        "hakim di Makassar",
        "kapan bus damri ke Makassar ada",
        "listrik padam sampai ke Makassar",
        "pemprov di Makassar katanya sudah setuju jalan kami diaspal",
        "saya sekarang di Makassar, air PDAM di rumah mati",
        "lagi di Makassar, KTP saya hilang",
        "anak saya sekolah di Makassar, butuh surat pindah",
        "sapi dari Bone masuk tanpa karantina",
        "harga di Sengkang lebih murah",
        "dokter harus dirujuk ke Parepare karena alat rusak",
        "sudah lapor ke ombudsman di Makassar tapi jalan masih rusak",
        "kantor PLN di Parepare bilang tunggu, listrik kami padam",
        "kabel fiber kantornya di Makassar, tiangnya miring di jalan kami",
        "mahasiswa Parepare KKN di desa kami",
        "orang Bone di kampung kami tidak punya KTP",
        "jalan antara Soppeng dan Wajo putus",
        "seragam dipesan di Makassar, uangnya sudah dibayar",
        "pedagang dari Sengkang tutup jalan di pasar",
        "rumah saya di perbatasan Bone, jalannya rusak",
        "saya mau ke Makassar tapi terminal kotor",
        "anak saya diterima kuliah di UNM Makassar tapi beasiswa kabupaten belum cair",
        "travel Makassar Soppeng parkir sembarangan di pertigaan",
        "bawa ibu ke RS Makassar pakai ambulans puskesmas disuruh bayar solar",
        "bapak saya meninggal di RS Wahidin Makassar, akta kematian ditolak capil",
        "ipar saya di Bone dapat bansos padahal sudah pindah",
        "orang tua saya tinggal di Barru, KTP masih Soppeng",
        "sinyal di desa kami kalah dengan yang di Parepare",
        "penjual dari pasar Sentral Makassar jualan petasan di depan sekolah",
        "PT Bumi Karsa Jl. Urip Sumoharjo Makassar tinggalkan galian di depan rumah kami",
        "alamat kontraktor di Jl. Pettarani Makassar, jalannya belum selesai",
        "air dari bendungan di Sidrap tidak sampai sawah kami",
        "sampah hanyut dari Wajo menumpuk di sungai",
        "sopir angkot jurusan Pekkae Barru pungut lebih",
        "paket saya tertahan di kantor pos Parepare",
        "obatnya hanya ada di Makassar kata puskesmas",
        "alat rontgen rusak jadi harus ke Pangkep",
        "pabrik di Maros kirim pupuk palsu ke sini",
        "listrik kami dari gardu di Sidrap, sering padam",
        "guru honorer dari Makassar tidak pernah masuk",
        "kasus tanah saya di Pengadilan Negeri Watampone Bone",
    ],
)
def test_complaint_that_only_mentions_another_kabupaten_is_not_elsewhere(gazetteer: Gazetteer, text: str) -> None:
    assert find_place(gazetteer, text).elsewhere is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("sengkang", Place(elsewhere="sengkang")),
        ("wajo pak", Place(elsewhere="wajo")),
        ("barru", Place(elsewhere="barru")),
        ("Sidrap", Place(elsewhere="sidrap")),
        ("Makassar", Place(elsewhere="makassar")),
        ("Sengkang kab Wajo", Place(elsewhere="wajo")),
        ("Batu batu", Place(kecamatan="Marioriawa", desa="Batu Batu")),
        ("di Ganra, dekat pasar", Place(kecamatan="Ganra", stated="Ganra")),
        # More than a name, or a word like one.
        ("baru pak", Place()),
        ("sering", Place()),
        ("malang sekali", Place()),
        ("makassar itu jauh", Place()),
        ("warga wajo", Place()),
        ("banyak batu-batu", Place()),
        ("Jl Makassar", Place()),
        ("pak", Place()),
    ],
)
def test_a_name_alone_answers_where_it_is(gazetteer: Gazetteer, text: str, place: Place) -> None:
    assert place == find_answer(gazetteer, text)


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("sampah menumpuk di pasar Sengkang wajo", "sengkang"),
        ("puskesmas di Wajo tutup terus", "wajo"),
        ("terminal ri pasar sidrap gelap", "sidrap"),
        ("beli beras di pasar sidrap lebih murah", None),
        ("adik saya dirawat di rsud makassar", None),
        ("di jalan makassar ada lubang", None),
        ("pedagang pasar sengkang jualan di pasar kami", None),
    ],
)
def test_a_market_or_a_puskesmas_with_the_name_of_another_kabupaten_is_there(
    gazetteer: Gazetteer, text: str, elsewhere: str | None
) -> None:
    assert elsewhere == find_place(gazetteer, text).elsewhere
