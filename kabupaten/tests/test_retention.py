"""How long complaints are kept is data, and values that can't be meant are reported."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.vocabulary import FINAL
from kabupaten import RegionError, load
from kabupaten.retention import ENDS, USUAL

SOPPENG = Path(__file__).parents[2] / "region" / "soppeng"


def test_the_region_says_it_for_each_end_a_complaint_can_have() -> None:
    assert FINAL == set(ENDS) == load(SOPPENG, "retention").retention.keys()
    assert timedelta(days=180) == load(SOPPENG, "retention").retention["cancelled"]
    assert load(SOPPENG, "retention").retention == load(SOPPENG.parent / "seconds", "retention").retention


def test_usual_retention_applies_to_ends_the_region_leaves_out(tmp_path: Path) -> None:
    assert dict.fromkeys(ENDS, USUAL) == load(tmp_path, "retention").retention
    (tmp_path / "retention.yaml").write_text("days: {closed: 90}")
    retention = load(tmp_path, "retention").retention
    assert {"closed": timedelta(days=90)} == {end: time for end, time in retention.items() if time != USUAL}


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("days: {closed: 89}", "line 1: days.closed: expected `int` >= 90"),
        ("days:\n  closed: two years", "line 2: days.closed: expected `int`, got `str`"),
        ("days: {open: 365}", "invalid enum value 'open'"),
        ("days: {closed: true}", "expected `int`, got `bool`"),
        ("[closed]", "expected `object`, got `array`"),
        ("days: 30", "days: expected `object`, got `int`"),
    ],
)
def test_invalid_retention_is_refused_with_a_remedy(tmp_path: Path, written: str, wrong: str) -> None:
    (tmp_path / "retention.yaml").write_text(written)
    with pytest.raises(RegionError) as error:
        load(tmp_path, "retention")
    assert wrong in str(error.value)
    assert "Remedy" in str(error.value)
