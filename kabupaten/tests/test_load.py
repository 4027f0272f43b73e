"""The files of a region together: references from one to another, and all mistakes in one report."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.links import mask_links
from contracts.masking import mask
from kabupaten import RegionError, load
from kabupaten.load import PARTS, Part, file_of

ROUTER: tuple[Part, ...] = ("units", "categories", "routing", "calendar")
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


CALENDAR = "timezone: Asia/Jakarta\nworking_weekdays: [senin]"


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


def changed(line: str, to: str) -> str:
    assert line in UNITS
    return UNITS.replace(line, to)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"units": changed("triage: true", "")}, "exactly one unit must have `triage: true`, found none"),
        ({"units": changed("conduct", "triage")}, r"`triage: true`, found \['A', 'B'\]"),
        ({"units": changed(", fallback: true", "")}, "`fallback: true`, found none"),
        ({"units": "- A"}, "units.yaml: expected `object`, got `array`"),
        ({"units": "units: [{name: Dinas A}]"}, "missing required field `code`"),
        ({"units": changed("name: Dinas C", "name: Dinas C, valid_unti: 2027-01-01")}, "line 4: .*`valid_unti`"),
        ({"units": changed("name: Dinas C", "name: Dinas C, valid_until: 2027-02-30")}, "not valid YAML"),
        ({"units": UNITS + "- {code: C, name: Lagi}"}, "line 5: units.3: C stands here twice"),
        ({"units": UNITS + "- {code: D, name: D, kecamatan: utara}"}, "utara has two units"),
        ({"units": UNITS + "- {code: D, name: D, supervisor: Z}"}, "line 5: .*supervisor: units.yaml does not have Z"),
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
        ({"units": UNITS + "evidence_hosts: soppengkab.go.id"}, "line 5: evidence_hosts: expected `array`"),
        ({"units": UNITS + "evidence_hosts: [.go.id]"}, r"evidence_hosts.0: .go.id is no host of one office. Remedy"),
        ({"units": UNITS + "evidence_hosts: [a.id, 'https://b.id']"}, "evidence_hosts.1: https://b.id is no host"),
        ({"units": UNITS + "evidence_hosts: [B.id]"}, "B.id is no host"),
        ({"units": UNITS + "evidence_hosts: [localhost]"}, "localhost is no host"),
        ({"units": UNITS + "evidence_hosts: [5]"}, "evidence_hosts.0: expected `str`, got `int`"),
        ({"categories": "categories: {jalan: {unit: Z}}"}, "line 1: categories.jalan.unit: units.yaml does not have Z"),
        ({"categories": "categories: ["}, "not valid YAML"),
        ({"categories": ""}, "categories.yaml: missing required field `categories`"),
        ({"categories": "categories: {jalan: A}"}, "line 1: categories.jalan: expected `object`"),
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
        ({"routing": ROUTING + "- {when: {accused: Z}, hand_over: PLN, reason: r}"}, "units.yaml does not have Z"),
        ({"routing": ROUTING + "- {when: {accused: A}, lead: B, reason: r}"}, "who is accused has no one above"),
        ({"routing": ROUTING + "- {when: {protected: true}, support: [B], reason: r}"}, "protected has no unit"),
        ({"units": changed("name: Dinas C", "name: C, people: ['*']")}, "line 4: units.2.people.0: .* names no word"),
        ({"units": changed("name: Dinas C", "name: C, sites: [KANTOR]")}, "units.2.sites.0: .*KANTOR"),
        ({"routing": ROUTING + "similar: {merge: 2}"}, "<= 1"),
        ({"routing": ROUTING + "boilerplates: []"}, "unknown field `boilerplates`"),
        ({"calendar": CALENDAR.replace("Jakarta", "Tirtasari")}, "line 1: timezone: there is no time zone"),
    ],
)  # fmt: skip
def test_a_broken_region_is_refused_by_name(tmp_path: Path, files: dict[str, str], says: str) -> None:
    with pytest.raises(RegionError, match=says):
        load(write(tmp_path, **files), *ROUTER)


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    """A mistake in a row hides no other mistake, in the same file or another."""
    units = changed("name: Dinas A", "nama: Dinas A") + "- {code: D, name: D, supervisor: Z}"
    categories = "categories: {jalan: {unit: Z}, lainnya: {share: 0}}"
    routing = ROUTING.replace("hand_over: PLN", "hand_over: PLX").replace("aspirasi", "keluhan")
    folder = write(tmp_path, units=units, categories=categories, routing=routing)

    with pytest.raises(RegionError) as refused:
        load(folder, *ROUTER)

    assert {
        ("units.yaml", 2, "units.0.nama: unknown field `nama`"),
        ("units.yaml", 2, "units.0: missing required field `name`"),
        ("units.yaml", 5, "units.3.supervisor: units.yaml does not have Z"),
        ("categories.yaml", 1, "categories.jalan.unit: units.yaml does not have Z"),
        ("categories.yaml", 1, "categories.lainnya.share: expected `float` > 0.0"),
        ("routing.yaml", 4, "rules.0.when.type: there is no type keluhan"),
        ("routing.yaml", 8, "rules.1.hand_over: there is no target PLX"),
    } == {(Path(each.file).name, each.line, each.problem) for each in refused.value.problems}
    assert all(each.remedy for each in refused.value.problems)


def test_a_problem_is_named_once_however_many_parts_have_it(tmp_path: Path) -> None:
    (tmp_path / "sla.yaml").write_text("default: [")
    with pytest.raises(RegionError) as refused:
        load(tmp_path, *PARTS)
    (problem,) = refused.value.problems
    assert (str(tmp_path / "sla.yaml"), 2) == (problem.file, problem.line)


OPTIONAL = ("retention", "on_duty", "replies", "notices", "texts_en", "pages_en", "outlines")


@pytest.mark.parametrize("name", [part for part in PARTS if part not in OPTIONAL])
def test_a_missing_file_is_named(folder: Path, name: Part) -> None:
    (folder / file_of(name)).unlink()
    with pytest.raises(RegionError) as refused:
        load(folder, *PARTS)
    assert (str(folder / file_of(name)), "it is missing") == refused.value.problems[0][::2]


def test_a_region_has_the_parts_that_were_asked_for(soppeng: Path) -> None:
    region = load(soppeng, "units")
    assert 38 == len(region.units.rows)
    with pytest.raises(AttributeError):
        _ = region.routing


def test_a_variant_of_a_kabupaten_has_its_files(soppeng: Path) -> None:
    own, variant = load(soppeng, *PARTS), load(soppeng.parent / "seconds", *PARTS)
    assert (own.units, own.routing, own.texts) == (variant.units, variant.routing, variant.texts)
    assert own.sla != variant.sla


@pytest.mark.parametrize(
    ("contact", "numbers"),
    [
        ("telepon 123 atau aplikasi PLN Mobile", []),
        ("SMS 1708", []),
        ("www.lapor.go.id atau SMS 1708", ["www.lapor.go.id"]),
        ("telepon (0484) 21001 atau 0484-21002", ["(0484) 21001", "0484-21002"]),
        ("WA +62 811-4100-110, surel pupr@soppengkab.go.id.", ["+62 811-4100-110", "pupr@soppengkab.go.id"]),
    ],
)
@pytest.mark.parametrize("file", ["units", "routing"])
def test_the_contacts_of_offices_are_read_as_they_are_written(
    tmp_path: Path, file: str, contact: str, numbers: list[str]
) -> None:
    given = f'contact: "{contact}"'
    units = changed("name: Dinas C", f"name: Dinas C, {given}") if file == "units" else UNITS
    routing = ROUTING.replace("{name: PLN}", f"{{name: PLN, {given}}}") if file == "routing" else ROUTING
    assert set(numbers) == load(write(tmp_path, units=units, routing=routing), "units", "routing").contacts
    assert contact == mask_links(mask(contact, numbers), [], numbers)
    assert all(number not in mask_links(mask(contact), []) for number in numbers)
