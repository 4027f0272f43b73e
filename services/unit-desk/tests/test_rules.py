"""The desk's data about the region: which units may not read complaints that accuse which others."""

from __future__ import annotations

from datetime import date

from desk_office import REGION
from msgspec import structs

from kabupaten import load
from unit_desk.rules import PARTS, Rules, rules_of


def test_units_accused_together_cannot_read_about_each_other(rules: Rules) -> None:
    assert {"SETDA", "BUPATI"} == rules.accused(["SETDA"]) == set(rules.not_for("BUPATI"))
    assert ({"PDAM", "DLH"}, ["PDAM"]) == (set(rules.accused(["PDAM", "DLH"])), rules.not_for("PDAM"))


def test_an_old_name_accuses_who_has_its_work_now_and_who_is_accused_with_that() -> None:
    region, ended = load(REGION, *PARTS), date(2027, 1, 1)
    heirs = {"DLH": "PUPR", "PUPR": "SETDA"}
    rows = tuple(
        structs.replace(row, successor=heirs[row.code], valid_until=ended) if row.code in heirs else row
        for row in region.units.rows
    )
    region.units = structs.replace(region.units, rows=rows)

    rules = rules_of(region)

    assert {"DLH", "PUPR", "SETDA", "BUPATI"} == rules.accused(["DLH"])
    assert {"BUPATI", "SETDA", "PUPR", "DLH"} == set(rules.not_for("BUPATI"))
    assert {"PUPR", "DLH"} == set(rules.not_for("PUPR"))
