"""The boundaries between the offices of Kabupaten Soppeng: a classification in, the unit out, by its own files.

The first table has the cases that offices argue over; its first column says what each was about.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest

from router.adapters.region import read_rules
from router.rules import Understood, assign, in_force

REGION = Path(__file__).parents[3] / "region" / "soppeng"
RULES = in_force(read_rules(REGION), datetime(2026, 11, 24, tzinfo=UTC))
UNIT, OUT, DESK = "unit", "hand-over", "triage"


@pytest.mark.parametrize(
    ("story", "found", "lane", "unit", "support"),
    [
        (
            "no water for two weeks in Malaka, nobody said why",
            Understood(category="air_bersih", kecamatan="Lalabata"),
            *(UNIT, "PDAM", []),
        ),
        (
            "the pump at Cabenge broken for more than a month",
            Understood(category="air_bersih", kecamatan="Lilirilau", urgency="sedang"),
            *(UNIT, "PDAM", []),
        ),
        (
            "the bridge Pacongkang-Citta is on a provincial road",
            Understood(category="jalan_jembatan", matter="jalan_provinsi", kecamatan="Citta"),
            *(OUT, "PROVINSI", []),
        ),
        (
            "a bridge on a road of the kabupaten",
            Understood(category="jalan_jembatan", kecamatan="Citta"),
            *(UNIT, "PUPR", []),
        ),
        ("a power cut", Understood(category="listrik_energi", kecamatan="Ganra"), OUT, "PLN", []),
        ("a street light", Understood(category="penerangan_jalan", kecamatan="Ganra"), UNIT, "DISHUB", []),
        (
            "a BPJS card that is not active",
            Understood(category="kesehatan", matter="kepesertaan_bpjs"),
            *(OUT, "BPJS", []),
        ),
        ("service in the hospital", Understood(category="kesehatan", matter="rumah_sakit"), UNIT, "RSUD", ["DINKES"]),
        ("drugs run out in the puskesmas", Understood(category="kesehatan"), UNIT, "DINKES", []),
        ("a land certificate", Understood(category="perumahan_pertanahan", matter="sertifikat_tanah"), OUT, "BPN", []),
        (
            "a theft, and how the police took it",
            Understood(category="ketertiban_perlindungan", matter="kepolisian"),
            *(OUT, "POLRES", []),
        ),
        (
            "a policeman wants money at a check",
            Understood(category="aparatur_korupsi", matter="kepolisian"),
            *(OUT, "PROPAM", []),
        ),
        (
            "an officer of a national office wants money",
            Understood(category="aparatur_korupsi", matter="instansi_vertikal"),
            *(OUT, "LAPOR", []),
        ),
        (
            "the hospital's lights are out: not PLN's",
            Understood(category="listrik_energi", matter="rumah_sakit"),
            *(UNIT, "RSUD", ["DINKES"]),
        ),
        (
            "the lights of the hospital's yard: not DISHUB's",
            Understood(category="penerangan_jalan", matter="rumah_sakit"),
            *(UNIT, "RSUD", ["DINKES"]),
        ),
        (
            "no drugs in the hospital",
            Understood(category="kesehatan", matter="rumah_sakit", type="permintaan_informasi"),
            *(UNIT, "RSUD", ["DINKES"]),
        ),
    ],
)
def test_disputed_matter_has_exactly_one_owner(
    story: str, found: Understood, lane: str, unit: str, support: list[str]
) -> None:
    to = assign(RULES, found)
    assert (lane, unit, support) == (to.lane, to.unit, to.support), story


# category, matter, type (- pengaduan, ? permintaan_informasi, ! aspirasi), kecamatan, accused: lane, unit, support
TABLE = """
jalan_jembatan          -                    - Lalabata    -              unit PUPR
jalan_jembatan          -                    ? -           -              unit PUPR
jalan_jembatan          -                    ! Citta       -              unit PUPR +BAPPELITBANGDA
jalan_jembatan          jalan_provinsi       ! Citta       -              hand-over PROVINSI
jalan_jembatan          jalan_nasional       - -           -              hand-over BBPJN
jalan_jembatan          jalan_provinsi       - -           PUPR           triage INSPEKTORAT
jalan_jembatan          -                    - -           PUPR           triage INSPEKTORAT
jalan_jembatan          -                    - -           PDAM           triage INSPEKTORAT
jalan_jembatan          -                    ! -           BAPPELITBANGDA triage INSPEKTORAT
jalan_jembatan          -                    - -           PUPR,INSPEKTORAT triage SETDA
drainase_banjir         -                    - Marioriawa  -              unit PUPR
drainase_banjir         bencana              - Marioriawa  -              unit BPBD +PUPR
drainase_banjir         bencana              - -           PUPR           triage INSPEKTORAT
drainase_banjir         bencana              - -           BPBD           triage INSPEKTORAT
drainase_banjir         -                    ! -           -              unit PUPR +BAPPELITBANGDA
penerangan_jalan        -                    - -           -              unit DISHUB
penerangan_jalan        -                    ! Donri-Donri -              unit DISHUB +BAPPELITBANGDA
penerangan_jalan        rumah_sakit          - -           -              unit RSUD +DINKES
penerangan_jalan        rumah_sakit          - -           DINKES         triage INSPEKTORAT
penerangan_jalan        rumah_sakit          - -           RSUD           triage INSPEKTORAT
air_bersih              -                    - Lilirilau   -              unit PDAM
air_bersih              -                    ? -           -              unit PDAM
air_bersih              -                    ! -           -              unit PDAM +BAPPELITBANGDA
air_bersih              -                    - -           PDAM           triage INSPEKTORAT
listrik_energi          -                    - Ganra       -              hand-over PLN
listrik_energi          -                    ! -           -              hand-over PLN
listrik_energi          -                    - -           DISHUB         triage INSPEKTORAT
listrik_energi          gas_elpiji           - -           -              unit DISPERINDAGKOP
listrik_energi          bbm                  - -           -              hand-over PERTAMINA
listrik_energi          rumah_sakit          - -           -              unit RSUD +DINKES
sampah_kebersihan       -                    - Liliriaja   -              unit DLH
sampah_kebersihan       -                    ! -           -              unit DLH +BAPPELITBANGDA
lingkungan_pohon        -                    - -           -              unit DLH
lingkungan_pohon        -                    ? -           -              unit DLH
perhubungan_parkir      -                    - -           -              unit DISHUB
perhubungan_parkir      -                    - -           DISHUB         triage INSPEKTORAT
kesehatan               -                    - -           -              unit DINKES
kesehatan               -                    - -           RSUD           triage INSPEKTORAT
kesehatan               rumah_sakit          - Lalabata    -              unit RSUD +DINKES
kesehatan               kepesertaan_bpjs     ? -           -              hand-over BPJS
kesehatan               -                    ! -           -              unit DINKES +BAPPELITBANGDA
pendidikan              -                    - -           -              unit DISDIKBUD
pendidikan              sma_smk              - -           -              hand-over PROVINSI
pendidikan              sma_smk              ! -           DISDIKBUD      triage INSPEKTORAT
pendidikan              -                    ! -           -              unit DISDIKBUD +BAPPELITBANGDA
kependudukan            -                    - -           -              unit DISDUKCAPIL
kependudukan            -                    ! -           -              unit DISDUKCAPIL
sosial_bantuan          -                    - -           -              unit DINSOS
sosial_bantuan          -                    ? -           -              unit DINSOS
ketertiban_perlindungan -                    - -           -              unit SATPOLPP
ketertiban_perlindungan kepolisian           - -           -              hand-over POLRES
ketertiban_perlindungan bencana              - -           -              unit BPBD +SATPOLPP
ketertiban_perlindungan perempuan_anak       - -           -              unit DP3AP2KB +DINSOS
perizinan_usaha         -                    - -           -              unit DPMPTSP
perizinan_usaha         perdagangan_umkm     - -           -              unit DISPERINDAGKOP
perizinan_usaha         pariwisata           - Marioriawa  -              unit DISPARPORA
perizinan_usaha         pariwisata           ! -           -              unit DISPARPORA
perizinan_usaha         perusda              - -           -              unit PERUSDA +DISPERINDAGKOP
perizinan_usaha         perusda              - -           PERUSDA        triage INSPEKTORAT
pendidikan              olahraga             - -           -              unit DISPARPORA
pendidikan              perpustakaan         ? -           -              unit DISPUSIP
ketertiban_perlindungan kesatuan_bangsa      - -           -              unit KESBANGPOL +SATPOLPP
ketertiban_perlindungan kesatuan_bangsa      - -           SATPOLPP       triage INSPEKTORAT
desa_kelurahan          dprd                 - Lalabata    -              unit SETWAN
desa_kelurahan          dprd                 ? -           -              unit SETWAN
ketenagakerjaan         -                    - -           -              unit DPMPTSP
ketenagakerjaan         kepegawaian          ? -           -              unit BKPSDM
pertanian_perikanan     -                    - -           -              unit DTPHPKP
pertanian_perikanan     peternakan_perikanan - Marioriawa  -              unit DISNAK
pertanian_perikanan     irigasi              - Donri-Donri -              unit PUPR +DTPHPKP
pertanian_perikanan     irigasi              - -           DTPHPKP        triage INSPEKTORAT
pertanian_perikanan     -                    ! -           -              unit DTPHPKP +BAPPELITBANGDA
aparatur_korupsi        -                    - -           -              triage INSPEKTORAT
aparatur_korupsi        -                    - -           PUPR           triage INSPEKTORAT
aparatur_korupsi        -                    - -           INSPEKTORAT    triage SETDA
aparatur_korupsi        -                    - -           INSPEKTORAT,SETDA triage DISKOMINFO
aparatur_korupsi        kepolisian           - -           -              hand-over PROPAM
aparatur_korupsi        kepolisian           ? Lalabata    -              hand-over PROPAM
aparatur_korupsi        kepolisian           - -           SATPOLPP       triage INSPEKTORAT
aparatur_korupsi        kepolisian           - -           INSPEKTORAT    triage SETDA
aparatur_korupsi        instansi_vertikal    - -           -              hand-over LAPOR
aparatur_korupsi        instansi_vertikal    - -           DISDUKCAPIL    triage INSPEKTORAT
desa_kelurahan          -                    - Lalabata    -              unit KEC-LALABATA +DPMD
desa_kelurahan          -                    - Donri-Donri -              unit KEC-DONRIDONRI +DPMD
desa_kelurahan          -                    - Citta       DPMD           triage INSPEKTORAT
desa_kelurahan          -                    - Citta       KEC-CITTA      triage INSPEKTORAT
desa_kelurahan          -                    - -           -              unit DPMD
desa_kelurahan          -                    - Makassar    -              unit DPMD
perumahan_pertanahan    -                    - -           -              unit PERKIM
perumahan_pertanahan    tata_ruang           - -           -              unit PUPR +PERKIM
perumahan_pertanahan    sertifikat_tanah     ? -           -              hand-over BPN
pajak_keuangan          -                    - -           -              unit BPKPD
pajak_keuangan          pajak_kendaraan      - -           -              hand-over SAMSAT
kominfo_digital         -                    - -           -              unit DISKOMINFO
kominfo_digital         -                    - -           DISKOMINFO     triage INSPEKTORAT
lainnya                 -                    - Marioriwawo -              unit KEC-MARIORIWAWO
lainnya                 -                    - -           -              triage DISKOMINFO
lainnya                 -                    - -           DISKOMINFO     triage INSPEKTORAT
lainnya                 -                    - Ganra       KEC-GANRA      triage INSPEKTORAT
kesehatan               -                    - -           INSPEKTORAT    triage SETDA
kesehatan               -                    - -           DISKOMINFO     triage INSPEKTORAT
kesehatan               rumah_sakit          - -           DISKOMINFO,INSPEKTORAT triage SETDA
listrik_energi          -                    - -           DISKOMINFO     triage INSPEKTORAT
sampah_kebersihan       -                    - -           SETDA          triage INSPEKTORAT
"""
TYPES = {"-": "pengaduan", "?": "permintaan_informasi", "!": "aspirasi"}


@pytest.mark.parametrize("row", TABLE.strip().splitlines(), ids=lambda row: " ".join(row.split()))
def test_each_kind_of_complaint_has_its_owner(row: str) -> None:
    category, matter, kind, place, about, lane, unit, *support = row.split()
    found = Understood(
        category=category,
        matter=None if matter == "-" else matter,
        type=TYPES[kind],
        kecamatan=None if place == "-" else place,
        about_units=() if about == "-" else about.split(","),
    )
    to = assign(RULES, found)
    assert (lane, unit, support) == (to.lane, to.unit, [f"+{each}" for each in to.support])


@pytest.mark.parametrize("doubt", [{"urgency": "darurat"}, {"spam": True}, {"place_conflict": True}], ids=str)
def test_a_doubtful_word_about_the_police_is_looked_at_by_a_person(doubt: dict[str, object]) -> None:
    to = assign(RULES, Understood(category="aparatur_korupsi", matter="kepolisian", **doubt))  # type: ignore[arg-type]
    assert (DESK, "INSPEKTORAT") == (to.lane, to.unit)


@pytest.mark.parametrize("category", sorted(RULES.unit_of_category))
@pytest.mark.parametrize(
    "doubt",
    [{"abstained": True}, {"urgency": "darurat"}, {"spam": True}, {"place_conflict": True}],
    ids=lambda doubt: next(iter(doubt)),
)
def test_a_person_looks_before_any_rule(category: str, doubt: dict[str, object]) -> None:
    to = assign(RULES, Understood(category=category, kecamatan="Lalabata", **doubt))  # type: ignore[arg-type]
    sure = category == "aparatur_korupsi" and "abstained" not in doubt
    assert (DESK, "INSPEKTORAT" if sure else "DISKOMINFO") == (to.lane, to.unit)


def test_every_unit_has_something_that_is_its_own() -> None:
    """Except the Bupati's desk, which hears only of late complaints."""
    rules = {unit for rule in RULES.routing for unit in (rule.lead, *rule.support)}
    roles = {RULES.admin, RULES.conduct, RULES.last_resort}
    assert {"BUPATI"} == set(RULES.units) - rules - roles - {*RULES.unit_of_category.values(), *RULES.camat.values()}


@pytest.mark.parametrize("category", sorted(RULES.unit_of_category))
def test_no_complaint_goes_to_a_unit_it_is_about(category: str) -> None:
    matters = sorted({None, *(m for rule in RULES.routing for m in rule.matters)}, key=str)
    for unit, matter in itertools.product(sorted(RULES.units), matters):
        found = Understood(category=category, matter=matter, type="aspirasi", kecamatan="Citta", about_units=[unit])
        to = assign(RULES, found)
        assert unit not in (to.unit, *to.support)


@pytest.mark.parametrize("accused", ["BUPATI", "SETDA"])
def test_about_the_head_of_the_kabupaten_the_province_decides(accused: str) -> None:
    to = assign(RULES, Understood(category="aparatur_korupsi", about_units=[accused]))
    assert (DESK, "INSPEKTORAT") == (to.lane, to.unit)
    assert to.reason.endswith("limpahkan ke Pemerintah Provinsi Sulawesi Selatan")


def test_a_victim_of_violence_is_for_one_unit_without_helpers() -> None:
    for category in ("ketertiban_perlindungan", "pendidikan", "sosial_bantuan"):
        to = assign(RULES, Understood(category=category, matter="sma_smk", protected=True, urgency="darurat"))
        assert ("unit", "DP3AP2KB", []) == (to.lane, to.unit, to.support)


@pytest.mark.parametrize(
    ("about", "unit", "support"),
    [
        (["PUPR"], "DP3AP2KB", ["INSPEKTORAT"]),
        (["DISKOMINFO"], "DP3AP2KB", ["INSPEKTORAT"]),
        (["INSPEKTORAT"], "DP3AP2KB", ["SETDA"]),
        (["DP3AP2KB"], "INSPEKTORAT", []),
        (["DP3AP2KB", "INSPEKTORAT"], "SETDA", []),
        (["BUPATI"], "INSPEKTORAT", []),
    ],
)
@pytest.mark.parametrize("urgency", ["sedang", "darurat"])
@pytest.mark.parametrize("category", ["aparatur_korupsi", "pendidikan", "ketertiban_perlindungan"])
def test_the_victim_of_an_official_is_never_for_who_is_accused(
    category: str, urgency: str, about: list[str], unit: str, support: list[str]
) -> None:
    to = assign(RULES, Understood(category=category, urgency=urgency, protected=True, about_units=about))
    assert (unit, support) == (to.unit, to.support)


@pytest.mark.parametrize("category", ["pendidikan", "aparatur_korupsi", None])
def test_where_an_official_may_have_done_it_to_a_victim_who_looks_at_officials_helps(category: str | None) -> None:
    to = assign(RULES, Understood(category=category, protected=True, perhaps_accusing=True, abstained=True))
    assert ("unit", "DP3AP2KB", ["INSPEKTORAT"]) == (to.lane, to.unit, to.support)


@pytest.mark.parametrize(
    ("matter", "target"),
    [
        ("kepolisian", "PROPAM"),
        ("pimpinan_polisi", "POLDA"),
        ("pimpinan_provinsi", "LAPOR"),
        ("instansi_vertikal", "LAPOR"),
    ],
)
def test_complaint_about_outside_officials_goes_to_their_overseer(matter: str, target: str) -> None:
    theirs = Understood(category="aparatur_korupsi", matter=matter)
    assert ("hand-over", target) == ((to := assign(RULES, theirs)).lane, to.unit)
    of_both = Understood(category="aparatur_korupsi", matter=matter, about_units=["DISHUB"])
    assert "INSPEKTORAT" == assign(RULES, of_both).unit


def test_possible_accusation_is_checked_by_an_uninvolved_desk() -> None:
    assert (DESK, "DISKOMINFO") == _desk_of("air_bersih")
    assert (DESK, "INSPEKTORAT") == _desk_of("kominfo_digital")
    assert (DESK, "INSPEKTORAT") == _desk_of("kominfo_digital", urgency="darurat")


def _desk_of(category: str, **more: str) -> tuple[str, str]:
    to = assign(RULES, Understood(category=category, perhaps_accusing=True, **more))  # type: ignore[arg-type]
    return to.lane, to.unit
