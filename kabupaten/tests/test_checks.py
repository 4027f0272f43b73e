"""Every way in which a kabupaten's files may not fit together is reported, with file and line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from kabupaten.checks import problems

REGIONS = Path(__file__).parents[2] / "region"


@pytest.mark.parametrize("name", ["soppeng", "seconds"])
def test_the_regions_here_fit_together(name: str) -> None:
    assert [] == problems(REGIONS / name)


def spoil(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / f"{file}.yaml"
        text = path.read_text()
        assert old in text, f"{path.name} has no {old!r} any more"
        path.write_text(text.replace(old, new, 1))

    return change


def confirmed_with(old: str, new: str, folder: Path) -> None:
    """Demand a confirmation in a category, and break ``sla.yaml``."""
    spoil("categories", "unit: PDAM\n", "unit: PDAM\n    confirm: true\n")(folder)
    spoil("sla", old, new)(folder)


@pytest.mark.parametrize(
    ("change", "file", "says"),
    [
        (spoil("categories", "    unit: DLH\n", ""), "categories", "it has no unit and no rule"),
        (partial(confirmed_with, "starts: [resolved/to_confirm]", "starts: [resolved]"), "categories",
         "confirmation has no stage that starts with resolved/to_confirm in standar-3-hari"),
        (partial(confirmed_with, "      confirmation:\n", "      pemastian:\n"), "categories",
         "confirmation has no stage that starts with"),
        (spoil("sla", "[resolved/to_confirm]", "[resolved/dipastikan]"), "sla", "no step resolved/dipastikan"),
        (spoil("categories", "unit: PDAM", "unit: PAMDES"), "categories", "units.yaml does not have PAMDES"),
        (spoil("training/air_bersih", "seeds:\n", "seeds: []\nsemai:\n"), "air_bersih", "`array` of length >= 5"),
        (spoil("routing", "lead: RSUD", "lead: RSUP"), "routing", "units.yaml does not have RSUP"),
        (spoil("routing", "hand_over: BPN", "hand_over: ATR"), "routing", "there is no target ATR"),
        (spoil("routing", "matter: gas_elpiji", "matter: gas_alam"), "routing", "nobody finds gas_alam"),
        (spoil("routing", "matter: irigasi", "matter: peternakan_perikanan"), "categories", "no rule asks for it"),
        (spoil("routing", "reason: jalan nasional", "reason: jalan nasional –"), "routing", "– costs a second SMS"),
        (spoil("routing", "  - when: {category: listrik_energi}\n", "  - when: {category: lainnya}\n"), "categories",
         "listrik_energi: it has no unit and no rule"),
        (spoil("routing", "when: {category: listrik_energi}\n", "when: {}\n"), "routing", "a rule for everything"),
        (spoil("routing", "similar: {suggest: 0.75}", "similar: {suggest: 0.9, merge: 0.8}"), "routing",
         "0.8 is below suggest, 0.9"),
        (spoil("lexicon/urgency", "tinggi:", "gawat:"), "urgency", "missing required field `tinggi`"),
        (spoil("lexicon/conduct", "kolusi,", "KOLUSI,"), "conduct", "'KOLUSI' has KOLUSI, which is no group"),
        (spoil("categories", "bbpjn,", "BBPJN + jalan,"), "categories", "BBPJN, which is no group"),
        (spoil("sla", "\ndefault: ", "\ndefault: x\ndefault: "), "sla", "default stands twice"),
        (spoil("categories", "    unit: PDAM\n", "    unit: PDAM\n    unit: PDAM\n"), "categories",
         "unit stands twice"),
        (spoil("units", "code: DISNAK\n", "code: DISNAK\n    valid_until: 2026-01-01\n"), "units",
         "DISNAK has ended and nobody has its work"),
        (spoil("units", "kecamatan: Ganra", "kecamatan: Ganre"), "territory", "Ganra has no unit"),
        (spoil("units", "kecamatan: Ganra", "kecamatan: Ganre"), "units", "territory.yaml has no kecamatan Ganre"),
        (spoil("units", "[.soppengkab.go.id,", "[https://soppengkab.go.id,"), "units", "is no host of one office"),
        (spoil("units", "supervisor: DINKES", "supervisor: DINSEHAT"), "units", "does not have DINSEHAT"),
        (spoil("units", "supervisor: DINKES", "supervisor: RSUD"), "units", "RSUD is its own supervisor"),
        (spoil("units", "supervisor: DINKES", "approval: true"), "units", "has no desk"),
        (spoil("routing", "superiors: [SETDA,", "superiors: [SEKDA,"), "routing", "units.yaml does not have SEKDA"),
        (spoil("routing", "[DISKOMINFO, BPBD]", "[DISKOMINFO, BASARNAS]"), "routing", "does not have BASARNAS"),
        (spoil("routing", "undo_minutes: 10", "undo_minutes: 0"), "routing", "undo_minutes"),
        (spoil("units", "conduct: true", "conduct: false"), "units", "exactly one unit must have `conduct: true`"),
        (spoil("units", "name: Dinas Sosial", "name: Dinas Sosial…"), "units", "… costs a second SMS"),
        (spoil("territory", "name: Citta\n", "nama: Citta\n"), "territory", "missing required field `name`"),
        (spoil("sla", "ends: [resolved]", "ends: [dijawab]"), "sla", "dijawab"),
        (spoil("sla", "\ndefault: ", "\ndefault: tidak-"), "sla", "there is no policy"),
        (spoil("calendar", "Asia/Makassar", "Asia/Soppeng"), "calendar", "there is no time zone"),
        (spoil("texts", "  noted: \"", "  dicatat: \""), "texts", "changes: missing required field `noted`"),
        (spoil("texts", "  waiting_for_reporter: menunggu", "  menunggu: menunggu"), "texts",
         "missing required field `waiting_for_reporter`"),
        (spoil("texts", "kami terima: {ticket}.", "{nomor} diterima."), "texts", "nomor"),
        (spoil("texts", "{ticket} sudah kami terima.", "{ticket terdaftar."), "texts", "expected '}'"),
        (spoil("texts", "{ticket} sudah kami terima.", "{ticket} terdaftar…"), "texts", "costs a second SMS"),
        (spoil("sla", "policies:", "policies: ["), "sla", "not valid YAML"),
        (spoil("units", "aliases: [perusda,", "aliases: [pdam, perusda,"), "units", "pdam is PDAM's and PERUSDA's"),
        (spoil("territory", "aliases: [liliraja,", "aliases: [lala bata, liliraja,"), "territory",
         "lala bata is Liliriaja's and Lalabata's"),
        (spoil("territory", "name: Watu Toa, kind: desa, aliases: [watutoa]", "name: Barae, kind: desa"), "territory",
         "Barae stands twice"),
        (spoil("territory", "73.12.01.2004", "73.12.01.2003"), "territory",
         "73.12.01.2003 is Gattareng's and Watu's"),
        (spoil("territory", '"73.12.02.1001"', '"73.12.03.1099"'), "territory", "Appanang has 73.12.03.1099"),
        (spoil("territory", 'code: "73.12.02"', 'code: "73.21.02"'), "territory", "Liliriaja has 73.21.02"),
        (spoil("territory", '      - {code: "73.12.01.2011", name: Congko, kind: desa}\n', ""), "territory",
         "there are 48 desa, and not 49"),
        (spoil("categories", "lapor: [infrastruktur jalan,", "lapor: [kepolisian, infrastruktur jalan,"), "categories",
         "kepolisian is jalan_jembatan's and ketertiban_perlindungan's"),
        (spoil("routing", "category: jalan_jembatan, matter: jalan_nasional", "category: jalan_jembatan"), "routing",
         "rules.3: no complaint reaches it"),
        (spoil("routing", "\nboilerplate:",
               "  - when: {type: aspirasi, category: [air_bersih, kesehatan], place: Citta}\n"
               "    lead: PDAM\n    reason: r\n\nboilerplate:"), "routing", "no complaint reaches it"),
    ],
)  # fmt: skip
def test_inconsistencies_in_a_region_are_named_with_their_file(
    folder: Path, change: Callable[[Path], None], file: str, says: str
) -> None:
    change(folder)
    found = problems(folder)
    problem = next((each for each in found if says in str(each)), None)
    assert problem is not None, found
    assert (Path(problem.file).stem if file else "", True) == (file, bool(problem.remedy))


def test_a_message_that_cannot_be_read_is_named_with_its_file_and_line(folder: Path) -> None:
    path = folder / "messages" / "air_bersih.jsonl"
    path.write_text(path.read_text() + "{rusak\n")
    (problem,) = problems(folder)
    lines = len(path.read_text().splitlines())
    assert ("air_bersih.jsonl", lines, "write one JSON object a line") == (
        Path(problem.file).name,
        problem.line,
        problem.remedy,
    )


@pytest.mark.parametrize(
    "rule",
    [
        "when: {category: [jalan_jembatan, air_bersih], matter: jalan_nasional}",  # air_bersih is left
        "when: {category: desa_kelurahan}",  # the place is not known
        "when: {category: pendidikan, type: [aspirasi, pengaduan]}",
    ],
)
def test_rules_that_complaints_can_still_reach_are_accepted(folder: Path, rule: str) -> None:
    spoil("routing", "\nboilerplate:", f"  - {rule}\n    lead: PDAM\n    reason: r\n\nboilerplate:")(folder)
    assert [] == [each for each in problems(folder) if "reaches" in each.problem]


def test_unknown_units_and_categories_in_the_sla_are_named(folder: Path) -> None:
    spoil("sla", "to: [BUPATI]", "to: [BUPATI, GUBERNUR]")(folder)
    spoil("sla", "category: [aparatur_korupsi]", "category: [aparatur_korupsi, sihir]")(folder)
    told = [each.problem.split()[-1] for each in problems(folder) if "yaml does not have" in each.problem]
    assert ["GUBERNUR", "sihir"] == told


def test_the_line_is_that_of_the_mistake(folder: Path) -> None:
    spoil("routing", "hand_over: BPN", "hand_over: ATR")(folder)
    (problem,) = problems(folder)
    assert problem.line is not None
    assert "hand_over: ATR" in (folder / "routing.yaml").read_text().splitlines()[problem.line - 1]


@pytest.mark.parametrize("missing", ["units", "categories", "routing", "territory", "sla", "calendar", "texts"])
def test_a_missing_file_is_named(folder: Path, missing: str) -> None:
    (folder / f"{missing}.yaml").unlink()
    assert any(f"{missing}.yaml" in each.file and "missing" in each.problem for each in problems(folder))


def test_missing_region_folder_is_reported(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / "nirgends")
    assert "there is no such folder" == problem.problem
