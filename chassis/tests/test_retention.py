"""How long complaints are kept is data, and what can't be meant is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chassis.region import RegionError
from chassis.retention import ENDS, USUAL, read_retention

SOPPENG = Path(__file__).parents[2] / "region" / "soppeng"


def test_the_region_says_it_for_each_end_a_complaint_can_have() -> None:
    assert set(ENDS) == read_retention(SOPPENG).keys()
    assert timedelta(days=180) == read_retention(SOPPENG)["cancelled"]
    assert read_retention(SOPPENG) == read_retention(SOPPENG.parent / "seconds")


def test_what_a_region_does_not_say_is_kept_as_usual(tmp_path: Path) -> None:
    assert dict.fromkeys(ENDS, USUAL) == read_retention(tmp_path)
    (tmp_path / "retention.yaml").write_text("days: {closed: 90}")
    assert {"closed": timedelta(days=90)} == {e: t for e, t in read_retention(tmp_path).items() if t != USUAL}


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("days: {closed: 89}", "line 1: days.closed: 89 can't be meant"),
        ("days:\n  closed: two years", "line 2: days.closed: two years can't be meant"),
        ("days: {open: 365}", "open is no end"),
        ("days: {closed: true}", "True can't be meant"),
        ("[closed]", "it has no `days`"),
        ("days: 30", "it has no `days`"),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_remedy(tmp_path: Path, written: str, wrong: str) -> None:
    (tmp_path / "retention.yaml").write_text(written)
    with pytest.raises(RegionError) as error:
        read_retention(tmp_path)
    assert wrong in str(error.value)
    assert "Remedy" in str(error.value)
