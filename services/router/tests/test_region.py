"""The region's files as the router reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kabupaten.desks import CONDUCT_CATEGORY
from router.adapters.region import read_rules
from router.rules import OUTSIDE, Understood, assign

REGION = Path(__file__).parents[3] / "region"


def test_the_kabupatens_own_files_make_rules() -> None:
    rules = read_rules(REGION / "soppeng")
    assert (38, 22, 8) == (len(rules.units), len(rules.unit_of_category), len(rules.camat))
    assert ("DISKOMINFO", "INSPEKTORAT", "SETDA") == (rules.admin, rules.conduct, rules.last_resort)
    assert ("BUPATI", "telepon 110") == (rules.units["SETDA"].supervisor, rules.targets["POLRES"].contact)
    assert rules == read_rules(REGION / "seconds")


@pytest.mark.parametrize(
    ("facts", "lane", "unit"),
    [
        ({"perhaps_accusing": True, "perhaps_about": ["PUPR"]}, OUTSIDE, "WAJO"),
        ({"perhaps_accusing": True, "elsewhere": None}, "triage", "DISKOMINFO"),
        # A unit here is accused, or was kept from it.
        ({"about_units": ["PUPR"]}, "triage", "INSPEKTORAT"),
        ({"perhaps_accusing": True, "apart": True}, "triage", "DISKOMINFO"),
        # One of our officials may have been there.
        ({"category": CONDUCT_CATEGORY}, "triage", "INSPEKTORAT"),
        ({"perhaps_accusing": True, "urgency": "darurat"}, "triage", "DISKOMINFO"),
    ],
)
def test_complaint_located_elsewhere_is_handed_over_unless_a_unit_here_is_accused(
    facts: dict[str, Any], lane: str, unit: str
) -> None:
    to = assign(
        read_rules(REGION / "soppeng"), Understood(**{"category": "jalan_jembatan", "elsewhere": "wajo"} | facts)
    )

    assert (lane, unit) == (to.lane, to.unit)
    assert ("tempatnya di kabupaten lain" == to.reason) == (lane == OUTSIDE)
