"""units.yaml: what it may say; test_load.py shows how it is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from contracts.vocabulary import UnitRole
from kabupaten import load
from kabupaten.units import Unit


def test_the_kabupatens_own_units_have_their_roles(soppeng: Path) -> None:
    units = load(soppeng, "units").units
    assert ("DISKOMINFO", "INSPEKTORAT", "SETDA") == tuple(map(units.holder, UnitRole))
    assert ("BUPATI", True) == (units.by_code["SETDA"].supervisor, units.by_code["SETDA"].has_role)
    assert 8 == len([unit for unit in units.rows if unit.kecamatan])


def test_proofs_may_lie_where_the_region_says(soppeng: Path, tmp_path: Path) -> None:
    assert (".soppengkab.go.id", ".lapor.go.id") == load(soppeng, "units").units.evidence_hosts
    (tmp_path / "units.yaml").write_text("units: [{code: A, name: A, triage: true, conduct: true, fallback: true}]")
    assert () == load(tmp_path, "units").units.evidence_hosts


def test_a_unit_is_valid_from_its_first_day_to_its_last() -> None:
    unit = Unit(code="A", name="A", valid_from=date(2027, 1, 2), valid_until=date(2027, 1, 3))
    assert [False, True, True, False] == [unit.valid(date(2027, 1, day)) for day in (1, 2, 3, 4)]
