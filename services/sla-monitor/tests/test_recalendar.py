"""``sla-monitor recalendar`` recomputes clocks in a real PostgreSQL, and changes only the deadlines that it showed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from byhand import RULES
from stored import announced, record
from typer.testing import CliRunner

from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts.events import SlaUpdated
from sla_monitor.__main__ import cli
from sla_monitor.app import handler_of
from sla_monitor.deadlines import deadline
from sla_monitor.recalendar import apply, found
from sla_monitor.region import load_rules

pytestmark = pytest.mark.connected

REGION = Path(__file__).parents[3] / "region"


def region_with(tmp_path: Path, day: str) -> Path:
    for name in ("sla.yaml", "calendar.yaml", "units.yaml", "categories.yaml"):
        shutil.copy(REGION / "soppeng" / name, tmp_path)
    calendar = tmp_path / "calendar.yaml"
    calendar.write_text(calendar.read_text().replace("days_off: []", f"days_off: [{{date: {day}, reason: Hari Jadi}}]"))
    return tmp_path


async def test_recalendar_shows_the_difference_and_changes_nothing_until_it_is_told_to(
    pool: Pool, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    await BatchHandler(pool, handler_of(RULES))([record(0, "a", "registered", now), record(1, "b", "registered", now)])
    day_1 = next(day.date for day in deadline(now, RULES.policies["standar-3-hari"].stages["completion"].term,
                                              RULES.calendar).derivation if day.counted)  # fmt: skip
    region = str(region_with(tmp_path, day_1.isoformat()))
    monkeypatch.setenv("DATABASE_URL", dsn)

    shown = run("recalendar", "--region", region, "--json")
    assert [data.kind for data in await announced(pool)] == ["started", "started"]  # type: ignore[union-attr]
    applied = run("recalendar", "--region", region, "--apply")
    again = run("recalendar", "--region", region, "--apply")

    rows = [json.loads(line) for line in shown[0].splitlines()]
    assert {(row["complaint_id"], row["stage"]) for row in rows} == {
        (key, stage) for key in "ab" for stage in ("completion", "disposition")
    }
    assert all(row["before"] < row["after"] for row in rows)
    assert len(applied[0].splitlines()) == 4
    assert "4 deadline(s) rescheduled" in applied[1]
    assert again == ("", "sla-monitor: 0 deadline(s) would change\n")
    moved = [data for data in await announced(pool) if isinstance(data, SlaUpdated) and data.kind == "rescheduled"]
    assert {(data.complaint_id, data.reason) for data in moved} == {(key, "kalender berubah") for key in "ab"}


async def test_recalendar_changes_nothing_that_it_has_not_shown(pool: Pool, dsn: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    handler = handler_of(RULES)
    await BatchHandler(pool, handler)([record(0, "a", "registered", now), record(1, "b", "registered", now)])
    first = deadline(now, RULES.policies["standar-3-hari"].stages["completion"].term, RULES.calendar).derivation[-1]
    rules = load_rules(region_with(tmp_path, first.date.isoformat()))
    shown = [change async for change in found(dsn, rules)]
    await BatchHandler(pool, handler)([record(2, "c", "registered", now), record(3, "a", "resolved", now, seq=1)])
    assert 2 == await apply(dsn, rules, handler, shown)
    moved = [data for data in await announced(pool) if isinstance(data, SlaUpdated) and data.kind == "rescheduled"]
    assert {data.complaint_id for data in moved} == {"b"}


def run(*arguments: str) -> tuple[str, str]:
    """stdout and stderr of a command, in a process of its own: it has an event loop, and so has the test."""
    done = subprocess.run([sys.executable, "-m", "sla_monitor", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("url", [None, "mysql://root:s3cret@here/x"])
def test_recalendar_without_its_database_is_wrong_usage_and_names_the_variable(
    url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if url:
        monkeypatch.setenv("DATABASE_URL", url)
    result = CliRunner().invoke(cli, ["recalendar", "--region", str(REGION / "soppeng")])
    assert (result.exit_code, "set DATABASE_URL to" in result.stderr) == (2, True)
    assert "can't start" not in result.stderr
    assert "s3cret" not in result.stderr


def test_recalendar_with_a_database_that_is_away_exits_1_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:x@127.0.0.1:9/none")
    result = CliRunner().invoke(cli, ["recalendar", "--region", str(REGION / "soppeng")])
    assert (result.exit_code, "the database can't be used" in result.stderr) == (1, True)
