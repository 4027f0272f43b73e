"""The region's files as the router reads them."""

from __future__ import annotations

from pathlib import Path

from router.adapters.region import read_rules

REGION = Path(__file__).parents[3] / "region"


def test_the_kabupatens_own_files_make_rules() -> None:
    rules = read_rules(REGION / "soppeng")
    assert (38, 22, 8) == (len(rules.units), len(rules.unit_of_category), len(rules.camat))
    assert ("DISKOMINFO", "INSPEKTORAT", "SETDA") == (rules.admin, rules.conduct, rules.last_resort)
    assert ("BUPATI", "telepon 110") == (rules.units["SETDA"].supervisor, rules.targets["POLRES"].contact)
    assert rules == read_rules(REGION / "seconds")
