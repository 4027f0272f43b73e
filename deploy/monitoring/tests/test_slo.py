"""The burn-rate rules match the spec, by the arithmetic of the SRE workbook, and behave accordingly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from promtool import RULES, complaints_of, groups_of

SPEC = yaml.safe_load((RULES.parent / "slo.yml").read_text())["slos"]
GROUPS = {group["name"]: group["rules"] for group in groups_of("slo.yml")}
#: The rules of one objective; those of the others are alike.
TAKEN = [group for group in groups_of("slo.yml") if group["name"].endswith("-lapor-taken")]
HOURS = {"m": 1 / 60, "h": 1, "d": 24}
MONTH_H = 30 * 24
#: Severity, share of a month's budget spent, long and short window: https://sre.google/workbook/alerting-on-slos/
BURNS = [
    ("page", 0.02, "1h", "5m"),
    ("page", 0.05, "6h", "30m"),
    ("mail", 0.10, "1d", "2h"),
    ("mail", 0.10, "3d", "6h"),
]
WINDOWS = {window for _, _, *windows in BURNS for window in windows}


def _plain(expr: str) -> str:
    return re.sub(r"\s+", " ", expr).strip()


@pytest.mark.parametrize("slo", SPEC, ids=lambda slo: slo["name"])
def test_each_window_of_a_promise_asks_what_the_spec_says(slo: dict[str, Any]) -> None:
    events, found = slo["sli"]["events"], {}
    for rule in GROUPS[f"sloth-slo-sli-recordings-lapor-{slo['name']}"]:
        found[rule["labels"]["sloth_window"]] = _plain(rule["expr"])
    assert WINDOWS | {"30d"} == found.keys()
    for window in WINDOWS:
        bad, all_ = (events[which].replace("{{.window}}", window) for which in ("error_query", "total_query"))
        assert f"({bad}) / ({all_})" == found[window]


@pytest.mark.parametrize("slo", SPEC, ids=lambda slo: slo["name"])
def test_each_alert_of_a_promise_burns_as_fast_as_the_workbook_says(slo: dict[str, Any]) -> None:
    budget, found = 1 - slo["objective"] / 100, set()
    for rule in GROUPS[f"sloth-slo-alerts-lapor-{slo['name']}"]:
        assert slo["alerting"]["name"] == rule["alert"]
        burns = re.findall(r'ratio_rate(\w+){[^}]*sloth_slo="(\w+)"} > \(([\d.]+) \* ([\d.]+)\)', rule["expr"])
        assert {slo["name"]} == {name for _, name, _, _ in burns}
        assert all(float(given) == pytest.approx(budget) for _, _, _, given in burns)
        for (short, _, rate, _), (long, _, again, _) in zip(burns[::2], burns[1::2], strict=True):
            assert rate == again
            found.add((rule["labels"]["severity"], float(rate), long, short))
    assert {
        (severity, round(share * MONTH_H / (float(long[:-1]) * HOURS[long[-1]]), 9), long, short)
        for severity, share, long, short in BURNS
    } == found


def _burn(severity: str, at: str, count: int) -> dict[str, Any]:
    expr = f'count(ALERTS{{alertname="LaporTakenBurn", severity="{severity}", alertstate="firing"}})'
    return {"expr": expr, "eval_time": at, "exp_samples": [{"labels": "{}", "value": count}] if count else []}


def _traffic(taken: str, refused: str) -> list[dict[str, str]]:
    name = 'lapor_intake_requests_total{{channel="web",result="{}"}}'
    return [
        {"series": name.format("accepted"), "values": taken},
        {"series": name.format("unavailable"), "values": refused},
    ]


def test_ten_minutes_of_outage_ring_and_a_single_refusal_of_a_thousand_does_not(tmp_path: Path) -> None:
    outage = {
        "interval": "1m",
        "input_series": _traffic("0+60x180 10800x20", "0x180 0+60x20"),
        "promql_expr_test": [_burn("page", "3h", 0), _burn("page", "3h10m", 1)],
    }
    single = {
        "interval": "1m",
        "input_series": _traffic("0+60x400", "0x120 1x280"),
        "promql_expr_test": [_burn("page", "2h5m", 0), _burn("page", "4h", 0)],
    }
    assert not complaints_of(tmp_path, TAKEN, [outage, single])


def test_a_slow_leak_is_a_mail_and_wakes_nobody(tmp_path: Path) -> None:
    leak = {
        "interval": "10m",
        "input_series": _traffic("0+1000x600", "0+2x600"),
        "promql_expr_test": [_burn("mail", "90h", 1), _burn("page", "90h", 0)],
    }
    assert not complaints_of(tmp_path, TAKEN, [leak], "4m")


def test_hours_without_any_traffic_leave_the_budget_of_the_month_a_number(tmp_path: Path) -> None:
    quiet = {
        "interval": "1m",
        "input_series": _traffic("0x120 0+10x60 600x120", "0x300"),
        "promql_expr_test": [
            {
                "expr": 'count(slo:period_error_budget_remaining:ratio{sloth_slo="taken"} > 0.99)',
                "eval_time": "5h",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
        ],
    }
    assert not complaints_of(tmp_path, TAKEN, [quiet])
