"""Texts, and the units that they accuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import accused_units, load
from kabupaten.accused_units import owners_of, unit_names, units_accused
from kabupaten.phrases import Phrases, tokenise
from kabupaten.units import Unit, Units


def owners(region: Path) -> dict[str, str]:
    loaded = load(region, "units", "categories")
    return owners_of(loaded.units, loaded.categories)


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
        ("Kepada Yth. Inspektorat, oknum kades korupsi dana desa", ("DPMD",)),
        ("mohon Dinas PU menindak oknum kontraktor", ()),
    ],
)
def test_a_unit_is_accused_only_of_misconduct(
    region: Path, conduct: Phrases, text: str, units: tuple[str, ...]
) -> None:
    assert units == units_accused(conduct, unit_names(load(region, "units").units), text.lower())


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
    region: Path, conduct: Phrases, text: str, category: str, unit: str
) -> None:
    owner = owners(region)[category]
    assert units_accused(conduct, unit_names(load(region, "units").units), text.lower(), owner) == (unit,)


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
        ("petugas minta uang 20 ribu", None),
    ],
)
def test_officials_called_upon_or_praised_are_not_accused(
    region: Path, conduct: Phrases, text: str, owner: str | None
) -> None:
    assert units_accused(conduct, unit_names(load(region, "units").units), text.lower(), owner) == ()


@pytest.mark.parametrize(
    ("text", "kecamatan", "units"),
    [
        ("pak camat minta upeti tiap desa", "Ganra", ("KEC-GANRA",)),
        ("pak camat minta upeti tiap desa", None, ("DPMD",)),
        ("bu lurah minta uang tanda tangan. Ini di kantor camat Citta", "Citta", ("KEC-CITTA",)),
        ("kades minta upeti", "Ganra", ("DPMD",)),
    ],
)
def test_accused_camat_belongs_to_the_kecamatan_meant_or_else_to_the_dpmd(
    region: Path, conduct: Phrases, text: str, kecamatan: str | None, units: tuple[str, ...]
) -> None:
    assert units == units_accused(conduct, unit_names(load(region, "units").units), text.lower(), None, kecamatan)


def test_an_official_is_of_the_office_that_was_spoken_of_before(region: Path, conduct: Phrases) -> None:
    units = unit_names(load(region, "units").units)
    text = "kemarin saya ke capil urus akta. pegawainya minta uang 100 ribu"
    assert ("DISDUKCAPIL",) == units_accused(conduct, units, text, "DINSOS")
    assert ("DINSOS",) == units_accused(conduct, units, text.partition(". ")[2], "DINSOS")


def test_conduct_complaint_accuses_its_first_actor_without_naming_the_deed(region: Path, conduct: Phrases) -> None:
    units = unit_names(load(region, "units").units)
    text = "kades berbuat yang bukan bukan. camat diam"
    assert () == units_accused(conduct, units, text)
    assert ("DPMD",) == units_accused(conduct, units, text, of_conduct=True)


def test_the_unit_that_looks_into_conduct_is_not_meant_by_its_own_category(region: Path) -> None:
    assert "aparatur_korupsi" not in owners(region)


def test_a_name_without_a_word_is_passed_over() -> None:
    units = Units(rows=(Unit(code="DINSOS", name="Dinas Sosial", aliases=("—",)),))
    assert "DINSOS" in unit_names(units).names.search(tokenise("kadis sosial"))


def test_a_sentence_without_an_end_is_read_in_pieces_and_no_word_is_left_out() -> None:
    words = [f"kata{n}" for n in range(2000)]
    pieces = list(accused_units.lines("jalan rusak. " + " ".join(words)))
    assert "jalan rusak" == pieces[0]
    assert words == " ".join(pieces[1:]).split()
    assert max(map(len, pieces)) <= accused_units.LONGEST
