"""The region's files as the router reads them, and ``router assign``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chassis.region import RegionError
from router.__main__ import app
from router.adapters.region import read_rules

REGION = Path(__file__).parents[3] / "region"


def test_the_kabupatens_own_files_make_rules() -> None:
    rules = read_rules(REGION / "soppeng")
    assert (38, 22, 8) == (len(rules.units), len(rules.unit_of_category), len(rules.camat))
    assert ("DISKOMINFO", "INSPEKTORAT", "SETDA") == (rules.admin, rules.conduct, rules.last_resort)
    assert ("BUPATI", "telepon 110") == (rules.units["SETDA"].supervisor, rules.targets["POLRES"].contact)
    assert rules == read_rules(REGION / "seconds")


def test_proofs_may_lie_where_the_region_says(tmp_path: Path) -> None:
    assert (".soppengkab.go.id", ".lapor.go.id") == read_rules(REGION / "soppeng").evidence_hosts
    assert () == read_rules(write(tmp_path)).evidence_hosts
    assert ("a.id",) == read_rules(write(tmp_path, units=UNITS + "evidence_hosts: [a.id]")).evidence_hosts


def test_contacts_of_units_and_of_offices_outside_are_public(tmp_path: Path) -> None:
    units = changed("name: Dinas C", "name: Dinas C, contact: surel c@soppengkab.go.id")
    routing = ROUTING.replace("{name: PLN}", "{name: PLN, contact: telepon 0484-21001}")
    assert {"c@soppengkab.go.id", "0484-21001"} == read_rules(write(tmp_path, units=units, routing=routing)).contacts


def test_units_come_and_go_by_the_regions_own_clock(tmp_path: Path) -> None:
    assert ["Asia/Makassar", "Asia/Jakarta"] == [
        str(read_rules(folder).zone) for folder in (REGION / "soppeng", write(tmp_path))
    ]


UNITS = """units:
- {code: A, name: Dinas A, triage: true}
- {code: B, name: Dinas B, conduct: true, kecamatan: Utara}
- {code: C, name: Dinas C, fallback: true}
"""
CATEGORIES = "categories: {jalan: {unit: A}, lainnya: {}}\n"
ROUTING = """targets:
  PLN: {name: PLN}
rules:
- when: {category: jalan, type: aspirasi, place: Kec. Utara}
  support: [B]
  reason: usulan
- when: {category: [lainnya]}
  hand_over: PLN
  reason: listrik
"""


CALENDAR = "timezone: Asia/Jakarta"


def write(
    folder: Path,
    units: str = UNITS,
    categories: str = CATEGORIES,
    routing: str = ROUTING,
    calendar: str = CALENDAR,
) -> Path:
    files = {"units": units, "categories": categories, "routing": routing, "calendar": calendar}
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def test_a_small_region_is_read_and_one_without_rules_too(tmp_path: Path) -> None:
    assert [2, {"utara": "B"}] == [len((rules := read_rules(write(tmp_path))).routing), rules.camat]
    assert () == read_rules(write(tmp_path, routing="similar: {suggest: 0.8}\nboilerplate: [sudah diteruskan]")).routing


def changed(line: str, to: str) -> str:
    assert line in UNITS
    return UNITS.replace(line, to)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"units": changed("triage: true", "")}, "exactly one unit must have `triage: true`, found none"),
        ({"units": changed("conduct", "triage")}, r"`triage: true`, found \['A', 'B'\]"),
        ({"units": changed(", fallback: true", "")}, "`fallback: true`, found none"),
        ({"units": "- A"}, "units.yaml has no `units:`"),
        ({"units": "units: [{name: Dinas A}]"}, "missing required field `code`"),
        ({"units": changed("name: Dinas C", "name: Dinas C, valid_unti: 2027-01-01")}, "line 4: .*`valid_unti`"),
        ({"units": changed("name: Dinas C", "name: Dinas C, valid_until: 2027-02-30")}, "not valid YAML"),
        ({"units": UNITS + "- {code: C, name: Lagi}"}, "line 5: units.3: C stands here twice"),
        ({"units": UNITS + "- {code: D, name: D, kecamatan: utara}"}, "utara has two units"),
        ({"units": UNITS + "- {code: D, name: D, supervisor: Z}"}, "line 5: .*D: units.yaml does not have Z"),
        ({"units": UNITS + "- {code: D, name: D, valid_until: 2027-01-01, successor: Z}"}, "does not have Z"),
        ({"units": UNITS + "- {code: D, name: D, successor: A}"}, "D has a successor but no end"),
        ({"units": UNITS + "- {code: D, name: D, valid_from: 2027-02-01, valid_until: 2027-01-01}"}, "ends before"),
        (
            {
                "units": UNITS
                + "- {code: D, name: D, valid_until: 2027-01-01, successor: E}\n"
                + "- {code: E, name: E, valid_until: 2028-01-01, successor: D}"
            },
            "successors go in a circle: D > E > D",
        ),
        ({"units": changed("name: Dinas C", "name: C, valid_until: 2027-01-01")}, "C ends and C holds a role"),
        (
            {"units": changed("name: Dinas C", "name: C, valid_until: 2027-01-01, successor: D")
             + "- {code: D, name: D, valid_until: 2028-01-01}"},
            "D ends and C holds a role",
        ),
        (
            {"units": changed("name: Dinas C", "name: C, valid_until: 2027-01-01, successor: D")
             + "- {code: D, name: D, valid_from: 2027-01-04}"},
            "D begins after C has ended, and C holds a role",
        ),
        ({"units": UNITS + "evidence_hosts: soppengkab.go.id"}, "line 5: evidence_hosts: it is no list"),
        ({"units": UNITS + "evidence_hosts: [.go.id]"}, r"evidence_hosts.0: .go.id is no host of one office. Remedy"),
        ({"units": UNITS + "evidence_hosts: [a.id, 'https://b.id']"}, "evidence_hosts.1: https://b.id is no host"),
        ({"units": UNITS + "evidence_hosts: [B.id]"}, "B.id is no host"),
        ({"units": UNITS + "evidence_hosts: [localhost]"}, "localhost is no host"),
        ({"units": UNITS + "evidence_hosts: [5]"}, "5 is no host"),
        ({"categories": "categories: {jalan: {unit: Z}}"}, "jalan goes to Z, which units.yaml does not have"),
        ({"categories": "categories: ["}, "not valid YAML"),
        ({"categories": ""}, "categories.yaml has no `categories:`"),
        ({"categories": "categories: {jalan: A}"}, "line 1: categories.jalan: Expected `object`"),
        ({"routing": ROUTING.replace("hand_over: PLN", "hand_over: PLX")}, "line 8: .*there is no target PLX"),
        ({"routing": ROUTING.replace("support: [B]", "support: [Z]")}, "units.yaml does not have Z"),
        ({"routing": ROUTING.replace("support: [B]", "lead: Z")}, "units.yaml does not have Z"),
        ({"routing": ROUTING.replace("support: [B]", "lead: kecamatan\n  hand_over: PLN")}, "one of the two"),
        ({"routing": ROUTING.replace("support: [B]", "")}, "one of the two"),
        ({"routing": ROUTING.replace("category: jalan", "category: jalanan")}, "does not have jalanan"),
        ({"routing": ROUTING.replace("aspirasi", "keluhan")}, "there is no type keluhan"),
        ({"routing": ROUTING.replace("Utara", "Selatan")}, "no unit has kecamatan: Kec. Selatan"),
        ({"routing": ROUTING.replace("reason: usulan", "")}, "missing required field `reason`"),
        ({"routing": ROUTING.replace("type:", "jenis:")}, "unknown field `jenis`"),
        ({"routing": ROUTING + "similar: {merge: 2}"}, "<= 1"),
        ({"routing": ROUTING + "boilerplates: []"}, "unknown field `boilerplates`"),
        ({"calendar": "timezone: Asia/Tirtasari"}, "calendar.yaml: there is no such timezone"),
    ],
)  # fmt: skip
def test_a_broken_region_is_refused_by_name(tmp_path: Path, files: dict[str, str], says: str) -> None:
    with pytest.raises(RegionError, match=says):
        read_rules(write(tmp_path, **files))


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    routing = ROUTING.replace("hand_over: PLN", "hand_over: PLX").replace("aspirasi", "keluhan")
    with pytest.raises(RegionError) as refused:
        read_rules(write(tmp_path, categories="categories: {jalan: {unit: Z}, lainnya: {}}", routing=routing))
    assert 3 == len(str(refused.value).splitlines())
    assert all(" Remedy: " in line for line in str(refused.value).splitlines())


@pytest.mark.parametrize("name", ["units", "categories", "routing", "calendar"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write(tmp_path) / f"{name}.yaml").unlink()
    with pytest.raises(RegionError, match=f"{name}.yaml is missing"):
        read_rules(tmp_path)


def ask(*lines: str, region: Path = REGION / "soppeng") -> Result:
    return CliRunner().invoke(app, ["assign", "--region", str(region)], input="\n".join(lines))


def test_assign_answers_each_line_with_a_line() -> None:
    lines = [
        '{"id": 1, "category": "jalan_jembatan", "place": {"kecamatan": "Lalabata"}, "urgency": "sedang", "x": 0}',
        '{"id": "dua", "category": "jalan_jembatan", "about_units": ["PUPR"], "abstained": false}',
        "",
        '{"category": null, "place": "Lalabata"}',
        '{"category": "air_bersih", "place": {"conflict": true}, "confidence": null}',
        '{"category": "listrik_energi", "place": null, "type": null, "matter": null}',
        '{"category": "desa_kelurahan", "place": "Kec. Lalabata"}',
        '{"category": "kesehatan", "matter": "rumah_sakit", "place": "di mana-mana"}',
    ]
    result = ask(*lines)
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert 0 == result.exit_code
    assert [
        (1, "unit", "PUPR", []),
        ("dua", "triage", "INSPEKTORAT", []),
        (None, "triage", "DISKOMINFO", []),
        (None, "triage", "DISKOMINFO", []),
        (None, "hand-over", "PLN", []),
        (None, "unit", "KEC-LALABATA", ["DPMD"]),
        (None, "unit", "RSUD", ["DINKES"]),
    ] == [(line["id"], line["lane"], line["unit"], line["support"]) for line in out]
    assert all({"id", "lane", "unit", "support", "reason"} == line.keys() for line in out)


def test_assign_takes_what_the_classifier_gives_unchanged() -> None:
    given = {
        "id": "7", "category": "jalan_jembatan", "confidence": 0.91, "abstained": False,
        "top": [{"category": "jalan_jembatan", "confidence": 0.91, "evidence": ["jembatan"]}],
        "type": "aspirasi", "urgency": "rendah", "spam": False, "language": "id", "matter": "jalan_provinsi",
        "place": {"kecamatan": "Citta", "desa": "Citta", "stated": None, "conflict": False},
        "about_units": [], "masked_text": "jembatan Pacongkang-Citta",
    }  # fmt: skip
    out = json.loads(ask(json.dumps(given)).stdout)
    assert ("7", "hand-over", "PROVINSI") == (out["id"], out["lane"], out["unit"])


@pytest.mark.parametrize(
    "bad",
    [
        "{", "[1]", '"jalan"', '{"category": 5}', '{"about_units": "PUPR"}', '{"spam": "ya"}', '{"place": 5}',
        '{"category": "sihir"}', '{"about_units": ["DINSIHIR"]}', '{"urgency": "gawat"}', '{"type": "keluhan"}',
    ],
)  # fmt: skip
def test_assign_names_the_line_it_cannot_read(bad: str) -> None:
    result = ask('{"category": "air_bersih"}', bad)
    assert (1, 1) == (result.exit_code, len(result.stdout.splitlines()))
    assert "line 2 can't be read" in result.stderr


def test_assign_reads_codes_as_people_write_them() -> None:
    out = json.loads(ask('{"category": "jalan_jembatan", "about_units": [" pupr"], "urgency": null}').stdout)
    assert ("triage", "INSPEKTORAT") == (out["lane"], out["unit"])


def test_assign_without_a_region_says_what_is_missing(tmp_path: Path) -> None:
    result = ask("{}", region=tmp_path)
    assert (1, True) == (result.exit_code, "units.yaml is missing" in result.stderr)
