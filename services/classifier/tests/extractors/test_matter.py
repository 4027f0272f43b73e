"""The narrower subject within a category."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.classify import Knowledge, classify
from classifier.extractors.matter import Matters, matter_of, matters_of
from kabupaten import load
from kabupaten.training import load_training

#: The vocabulary that routing.yaml shares.
NAMES = {
    "jalan_jembatan": {"jalan_provinsi", "jalan_nasional"},
    "kesehatan": {"rumah_sakit", "kepesertaan_bpjs"},
    "listrik_energi": {"rumah_sakit", "gas_elpiji", "bbm"},
    "penerangan_jalan": {"rumah_sakit"},
    "perhubungan_parkir": {"kepolisian"},
    "perumahan_pertanahan": {"sertifikat_tanah", "tata_ruang"},
    "ketertiban_perlindungan": {"kepolisian", "pimpinan_polisi", "bencana", "perempuan_anak", "kesatuan_bangsa"},
    "drainase_banjir": {"bencana"},
    "pertanian_perikanan": {"peternakan_perikanan", "irigasi"},
    "perizinan_usaha": {"perdagangan_umkm", "pariwisata", "perusda"},
    "ketenagakerjaan": {"kepegawaian"},
    "pajak_keuangan": {"pajak_kendaraan"},
    "pendidikan": {"sma_smk", "olahraga", "perpustakaan"},
    "desa_kelurahan": {"dprd"},
    "aparatur_korupsi": {"kepolisian", "pimpinan_polisi", "pimpinan_provinsi", "instansi_vertikal"},
}


@pytest.fixture(scope="module")
def matters(region: Path) -> Matters:
    return matters_of(load(region, "categories").categories)


def test_the_names_are_those_that_routes_are_written_for(region: Path) -> None:
    categories = load(region, "categories").categories
    assert {name: set(its.matters) for name, its in categories.items() if its.matters} == NAMES


@pytest.mark.parametrize(
    ("category", "text", "matter"),
    [
        ("jalan_jembatan", "Jln provinsi di Takkalalla berlubang", "jalan_provinsi"),
        ("jalan_jembatan", "jembatan Pacongkang-Citta rusak", "jalan_provinsi"),
        ("jalan_jembatan", "jalan desa berlubang", None),
        ("kesehatan", "obat di RS habis", "rumah_sakit"),
        ("kesehatan", "kartu BPJS saya tidak aktif", "kepesertaan_bpjs"),
        ("kesehatan", "imunisasi di posyandu", None),
        ("listrik_energi", "gas melon langka", "gas_elpiji"),
        ("perumahan_pertanahan", "sertifikat tanah PTSL belum jadi", "sertifikat_tanah"),
        ("ketertiban_perlindungan", "suami memukul istri", "perempuan_anak"),
        ("ketertiban_perlindungan", "motor hilang, polisi tidak datang", "kepolisian"),
        ("pertanian_perikanan", "sapi mati mendadak", "peternakan_perikanan"),
        ("pertanian_perikanan", "air irigasi tidak sampai", "irigasi"),
        ("pendidikan", "SMA kami pungut uang", "sma_smk"),
        ("air_bersih", "rumah sakit tanpa air", None),
        ("pendidikan", "perpustakaan daerah tutup terus", "perpustakaan"),
        ("pendidikan", "perpustakaan sekolah kami kosong", None),
        ("pendidikan", "GOR bocor, atlet tidak bisa latihan", "olahraga"),
        ("pendidikan", "guru olahraga jarang masuk", None),
        ("perizinan_usaha", "tiket objek wisata mahal", "pariwisata"),
        ("perizinan_usaha", "kios pasar milik perusda bocor", "perusda"),
        ("perizinan_usaha", "kios pasar bocor", "perdagangan_umkm"),
        ("ketertiban_perlindungan", "ormas minta sumbangan paksa", "kesatuan_bangsa"),
        ("ketertiban_perlindungan", "baliho caleg belum dicopot setelah pemilu", "kesatuan_bangsa"),
        ("desa_kelurahan", "anggota DPRD tidak pernah reses", "dprd"),
        ("aparatur_korupsi", "Oknum polisi memeras saat razia", "kepolisian"),
        ("aparatur_korupsi", "pegawai BPN minta uang pelicin", "instansi_vertikal"),
        ("aparatur_korupsi", "kades korupsi, sudah dilaporkan ke polisi", None),
        ("aparatur_korupsi", "petugas PDAM minta uang pelicin", None),
    ],
)
def test_the_matter_that_says_most_is_meant(matters: Matters, category: str, text: str, matter: str | None) -> None:
    assert matter == matter_of(matters, category, text)


def test_only_whole_words_count(matters: Matters) -> None:
    assert matter_of(matters, "pendidikan", "smart class dan smana") is None


def test_the_whole_understanding_names_the_matter(knowledge: Knowledge) -> None:
    found = classify(knowledge, "gas elpiji 3 kg langka di semua pangkalan")
    assert (found.category, found.matter) == ("listrik_energi", "gas_elpiji")


def test_misleading_examples_teach_the_category_they_belong_to(region: Path) -> None:
    edges = {category.id: category.edges for category in load_training(region)}
    assert "lampu merah padam di simpang empat" in edges["perhubungan_parkir"]
