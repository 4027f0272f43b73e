"""The region's policies and calendar as the clock uses them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from contracts.vocabulary import DayKind
from kabupaten import RegionError
from kabupaten.sla import Stage
from sla_monitor.region import PARTS, load_rules
from sla_monitor.working_days import day_off

REGION = Path(__file__).parents[3] / "region"


def test_the_region_of_seconds_has_soppengs_calendar() -> None:
    rules = load_rules(REGION / "seconds")
    stages = rules.policies[rules.default[0]].stages
    soppeng = load_rules(REGION / "soppeng")
    assert stages.keys() == soppeng.policies[soppeng.default[0]].stages.keys()
    assert {stage.term.unit for stage in stages.values()} == {"seconds"}
    # Quiet stages come after the breach and the first step of its ladder, so that each can be watched by itself.
    completion = stages["completion"]
    first = completion.term.amount + completion.escalation[0].after.amount
    assert all(stage.term.amount > first for stage in stages.values() if stage.quiet)
    assert rules.calendar.timezone.key == "Asia/Makassar"


def test_a_stage_of_the_region_of_seconds_differs_from_soppengs_only_in_its_times() -> None:
    seconds, soppeng = (load_rules(REGION / name) for name in ("seconds", "soppeng"))
    stages, in_soppeng = (rules.policies[rules.default[0]].stages for rules in (seconds, soppeng))

    for name, stage in stages.items():
        assert _apart_from_times(in_soppeng[name]) == _apart_from_times(stage), name


def _apart_from_times(stage: Stage) -> dict[str, object]:
    during = stage.pause.during if stage.pause else None
    fields = ("starts", "ends", "stops", "at_deadline", "quiet", "parallel")
    return {"during": during, **{field: getattr(stage, field) for field in fields}}


def test_the_calendar_has_the_nations_days_and_the_kabupatens() -> None:
    calendar = load_rules(REGION / "soppeng").calendar
    name = "Hari Kemerdekaan Republik Indonesia"
    assert (DayKind.HOLIDAY, f"libur: {name}", name) == day_off(calendar, date(2026, 8, 17))
    assert (DayKind.WEEKEND, "Sabtu", "") == day_off(calendar, date(2026, 8, 15))


def test_each_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegionError) as refused:
        load_rules(tmp_path)
    assert {str(tmp_path / f"{part}.yaml") for part in PARTS} == {each.file for each in refused.value.problems}
