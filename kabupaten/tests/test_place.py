"""Where it is: near-identical names, names that are words, names within names."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.events import Place
from kabupaten import load
from kabupaten.gazetteer import Gazetteer, gazetteer_of
from kabupaten.place import find_place


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


def test_of_two_villages_the_one_in_the_stated_kecamatan_is_meant(gazetteer: Gazetteer) -> None:
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
