"""The two commands that need no broker."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sla_monitor.__main__ import cli

REGION = Path(__file__).parents[3] / "region"


def run(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(args), input=stdin)


def update(seq: int, kind: str, time: str, complaint: str = "c1") -> str:
    data = {
        "complaint_id": complaint, "ticket": "SPG-W000-00008", "seq": seq, "kind": kind, "status": kind,
        "channel": "web", "origin": "intake-web", "received_at": "2026-03-17T10:00:00+08:00", "unit": "PUPR",
        "lane": "unit", "category": None, "type": None, "urgency": None,
    }  # fmt: skip
    event = {
        "specversion": "1.0", "id": f"{complaint}-{seq}", "source": "/router", "subject": complaint,
        "type": f"complaint.updated.{kind}.v1", "time": time, "data": data,
    }  # fmt: skip
    return json.dumps(event)


def simulate(*lines: str, until: str, region: str = "seconds") -> Result:
    return run("simulate", "--events", "-", "--until", until, "--region", str(REGION / region), stdin="\n".join(lines))


def test_explain_prints_the_deadline_the_warning_and_the_derivation() -> None:
    result = run("explain", "--start", "2026-12-30T10:00+08:00", "--region", str(REGION / "soppeng"), "--json")
    found = json.loads(result.stdout)
    assert list(found) == ["deadline_at", "warn_at", "derivation"]
    assert (found["deadline_at"], found["warn_at"]) == ("2027-01-07T00:00:00+08:00", "2027-01-06T02:24:00+08:00")
    off = {"date": "2027-01-05", "counted": False, "kind": "holiday", "reason": "libur: Isra Mikraj Nabi Muhammad"}
    assert off in found["derivation"]


def test_explain_tells_people_in_indonesian() -> None:
    result = run("explain", "--start", "2026-02-27T10:02+08:00", "--region", str(REGION / "soppeng"))
    assert "Mulai       Jumat 27 Februari 2026 pukul 10.02 WITA" in result.stdout
    assert "Batas waktu Rabu 4 Maret 2026 pukul 24.00 WITA" in result.stdout
    assert "Sabtu 28 Februari 2026  -         Sabtu" in result.stdout


def test_explain_takes_any_policy_and_stage_of_the_file() -> None:
    result = run(
        "explain", "--start", "2026-02-02T10:00+08:00", "--policy", "lapor-operator", "--stage", "follow-up",
        "--region", str(REGION / "soppeng"), "--json",
    )  # fmt: skip
    assert json.loads(result.stdout)["deadline_at"] == "2026-02-10T00:00:00+08:00"


def test_explain_warns_when_cuti_bersama_of_the_year_is_unknown() -> None:
    result = run("explain", "--start", "2028-07-03T10:00+08:00", "--region", str(REGION / "soppeng"), "--json")
    assert result.exit_code == 0
    assert "no cuti bersama of 2028 is known" in result.stderr


def test_explain_says_which_days_are_estimates() -> None:
    result = run("explain", "--start", "2027-03-08T10:00+08:00", "--region", str(REGION / "soppeng"), "--json")
    assert result.exit_code == 0
    assert "2027-03-10 is an estimate: libur: Hari Raya Idul Fitri (perkiraan)" in result.stderr
    assert "2027-03-12" not in result.stderr


def test_explain_says_when_no_source_confirms_a_policy() -> None:
    result = run("explain", "--start", "2026-02-02T10:00+08:00", "--policy", "uu-25-2009", "--json")
    assert json.loads(result.stdout)["deadline_at"] == "2026-04-04T00:00:00+08:00"  # 60 days of any kind
    assert "uu-25-2009 is not confirmed" in result.stderr


def test_explain_says_when_a_policy_is_not_for_that_day() -> None:
    result = run("explain", "--start", "2017-12-31T10:00+08:00", "--policy", "kemenpanrb-2018", "--json")
    assert json.loads(result.stdout)["deadline_at"] == "2018-01-06T00:00:00+08:00"
    assert "policy kemenpanrb-2018 is not for complaints of that day" in result.stderr


def test_explain_takes_what_the_complaint_is() -> None:
    result = run(
        "explain", "--start", "2026-02-02T10:00+08:00", "--policy", "standar-layanan", "--type", "aspirasi", "--json"
    )
    assert json.loads(result.stdout)["deadline_at"] == "2026-02-10T00:00:00+08:00"


def test_explain_shows_half_days_and_office_hours(tmp_path: Path) -> None:
    for name in ("sla", "units", "categories"):
        shutil.copy(REGION / "soppeng" / f"{name}.yaml", tmp_path)
    calendar = (REGION / "soppeng" / "calendar.yaml").read_text()
    calendar = calendar.replace("half_days: []", "half_days: [{date: 2026-12-19, reason: Sabtu dinas}]")
    (tmp_path / "calendar.yaml").write_text(calendar + 'office_hours: {jumat: ["07.30-11.30"]}\n')
    sla = (tmp_path / "sla.yaml").read_text()
    (tmp_path / "sla.yaml").write_text(
        sla.replace("amount: 72\n        unit: hours", "amount: 6\n        unit: working_hours")
    )
    where = ["--start", "2026-12-18T10:00+08:00", "--region", str(tmp_path)]
    days = json.loads(run("explain", *where, "--json").stdout)["derivation"]
    assert {
        "date": "2026-12-19", "counted": True, "kind": "half",
        "reason": "hari kerja 0,5 (setengah hari, Sabtu dinas)", "share": 0.5,
    } in days  # fmt: skip
    assert "Sabtu 19 Desember 2026   setengah  hari kerja 0,5" in run("explain", *where).stdout
    # Friday 10 to 11.30, the half Saturday 7.30 to 11.30, and half an hour of a Monday with the hours of Friday.
    hours = json.loads(run("explain", *where, "--stage", "rights", "--json").stdout)
    assert hours["deadline_at"] == "2026-12-21T08:00:00+08:00"
    assert [day["reason"] for day in hours["derivation"] if day["counted"]] == [
        "1 jam 30 menit kerja", "4 jam 0 menit kerja (setengah hari)", "0 jam 30 menit kerja"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "args",
    [
        ["--start", "besok"],
        ["--start", "2026-02-30T10:00+08:00"],
        ["--start", "2026-03-17T10:00"],
        ["--start", "2026-03-17"],
        ["--start", "9999-12-31T10:00+08:00"],
        ["--start", "2026-03-17T10:00+08:00", "--policy", "cepat"],
        ["--start", "2026-03-17T10:00+08:00", "--stage", "tidur"],
        [],
    ],
)
def test_wrong_usage_of_explain_exits_2_and_prints_nothing(args: list[str]) -> None:
    result = run("explain", *args, "--region", str(REGION / "soppeng"))
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    ("option", "given", "known"),
    [("--type", "keluhan", "pengaduan"), ("--urgency", "gawat", "darurat"), ("--category", "sihir", "air_bersih")],
)
def test_explain_lists_the_known_values_for_an_unknown_one(option: str, given: str, known: str) -> None:
    result = run("explain", "--start", "2026-03-17T10:00+08:00", option, given, "--region", str(REGION / "soppeng"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert given in result.stderr
    assert known in result.stderr.replace("\n", " ")


def test_a_time_without_offset_is_answered_with_one_that_has_it() -> None:
    result = run("explain", "--start", "2026-03-17T10:00", "--region", str(REGION / "soppeng"))
    assert "write it as 2026-03-17T10:00:00+08:00" in result.stderr


def test_a_wrong_policy_file_exits_1_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "sla.yaml").write_text("default: x\npolicies:\n  x:\n    stages: 3\n")
    result = run("explain", "--start", "2026-03-17T10:00+08:00", "--region", str(tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{tmp_path / 'sla.yaml'}, line 4: policies.x.stages" in result.stderr


def test_simulate_prints_what_the_clocks_announce_in_order_of_time() -> None:
    result = simulate(
        update(0, "registered", "2026-03-17T10:00:00+08:00"),
        update(0, "registered", "2026-03-17T10:00:00+08:00", "c2"),
        update(1, "routed", "2026-03-17T10:00:01+08:00"),
        update(1, "resolved", "2026-03-17T10:00:20+08:00", "c2"),
        update(2, "resolved", "2026-03-17T10:00:30+08:00"),
        until="2026-03-17T10:00:50+08:00",
    )
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["complaint_id"], row["kind"], row["stage"], row["at"][17:19]) for row in rows] == [
        ("c1", "started", "completion", "00"),
        ("c2", "started", "completion", "00"),
        ("c1", "warned", "completion", "12"),
        ("c2", "warned", "completion", "12"),
        ("c2", "met", "completion", "20"),
        ("c2", "started", "closing", "20"),
        ("c1", "breached", "completion", "25"),
        ("c1", "stopped", "completion", "30"),
        ("c1", "started", "closing", "30"),
        ("c2", "lapsed", "closing", "50"),
    ]
    assert list(rows[0]) == ["complaint_id", "kind", "stage", "round", "deadline_at", "at"]


def test_simulate_gives_the_same_for_a_mixed_up_file_with_repeats() -> None:
    lines = [
        update(0, "registered", "2026-03-17T10:00:00+08:00"),
        update(1, "resolved", "2026-03-17T10:00:20+08:00"),
        update(2, "reopened", "2026-03-17T10:00:30+08:00"),
    ]
    until = "2026-03-17T10:10:00+08:00"
    assert simulate(*lines, until=until).stdout == simulate(*lines[::-1], *lines, until=until).stdout


def test_earlier_of_two_steps_with_one_number_counts_in_any_order() -> None:
    lines = [
        update(0, "registered", "2026-03-17T10:00:00+08:00"),
        update(1, "cancelled", "2026-03-17T10:00:20+08:00"),
        update(1, "resolved", "2026-03-17T10:00:05+08:00"),
    ]
    until = "2026-03-17T10:00:30+08:00"
    found = simulate(*lines, until=until).stdout
    assert '"met"' in found
    assert found == simulate(*lines[::-1], until=until).stdout


@pytest.mark.parametrize("year", ["9999", "0001", "1999", "2101"])
def test_simulate_names_the_line_whose_year_is_out_of_reach(year: str) -> None:
    good = update(0, "registered", "2026-03-17T10:00:00+08:00")
    bad = good.replace('"received_at": "2026', f'"received_at": "{year}')
    result = simulate(good, bad, until="2026-03-17T10:00:30+08:00")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 2: received_at" in result.stderr
    assert "is not in the years 2000 to 2100" in result.stderr


@pytest.mark.parametrize(
    "start", ["2026-03-17t02:00:00z", "2026-03-17T02:00Z", "2026-03-16T24:00+08:00", "2026-03-16t24:00:00.0+08:00"]
)
def test_a_time_is_read_however_rfc_3339_lets_it_be_written(start: str) -> None:
    result = run("explain", "--start", start, "--region", str(REGION / "soppeng"), "--json")
    assert json.loads(result.stdout)["derivation"][0]["date"] == "2026-03-17"


@pytest.mark.parametrize("start", ["2026-03-16T24:01+08:00", "2026-03-16T25:00+08:00", "9999-12-31T24:00Z"])
def test_no_day_has_more_hours_than_24(start: str) -> None:
    assert run("explain", "--start", start, "--region", str(REGION / "soppeng")).exit_code == 2


def test_simulate_leaves_out_what_happens_later() -> None:
    lines = [
        update(0, "registered", "2026-03-17T10:00:00+08:00"),
        update(1, "cancelled", "2026-03-17T10:00:05+08:00"),
    ]
    result = simulate(*lines, until="2026-03-17T10:00:04+08:00")
    assert [json.loads(line)["kind"] for line in result.stdout.splitlines()] == ["started"]


def test_simulate_in_working_days_breaches_at_midnight_wita_and_not_before() -> None:
    line = update(0, "registered", "2026-03-17T10:00:00+08:00")
    before = simulate(line, until="2026-03-27T23:59:59+08:00", region="soppeng")
    then = simulate(line, until="2026-03-28T00:00:00+08:00", region="soppeng")
    assert [json.loads(row)["kind"] for row in before.stdout.splitlines()] == ["started", "warned"]
    assert json.loads(then.stdout.splitlines()[-1])["kind"] == "breached"


def test_simulate_shows_pauses_and_the_ladder() -> None:
    result = simulate(
        update(0, "registered", "2026-03-17T10:00:00+08:00"),
        update(1, "waiting_for_reporter", "2026-03-17T10:00:10+08:00"),
        update(2, "in_progress", "2026-03-17T10:00:15+08:00"),
        until="2026-03-17T10:00:40+08:00",
    )
    rows = [row for line in result.stdout.splitlines() if (row := json.loads(line))["stage"] == "completion"]
    assert [(row["kind"], row["at"][17:19], row["deadline_at"][17:19]) for row in rows] == [
        ("started", "00", "25"),
        ("paused", "10", "45"),  # at most 20 s
        ("resumed", "15", "30"),
        ("warned", "17", "30"),
        ("breached", "30", "30"),
        ("escalated", "40", "30"),
    ]
    assert [row["reason"] for row in rows[1:3]] == ["menunggu jawaban pelapor", "pelapor menjawab"]
    assert (rows[-1]["level"], rows[-1]["escalate_to"]) == (1, ["head"])


@pytest.mark.parametrize("line", ["{}", "not json", '{"specversion": "1.0"}', "\xff"])
def test_simulate_names_the_line_that_is_no_event(line: str) -> None:
    result = simulate(update(0, "registered", "2026-03-17T10:00:00+08:00"), line, until="2026-03-18T10:00:00+08:00")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 2" in result.stderr


def test_simulate_of_nothing_prints_nothing() -> None:
    result = simulate("", until="2026-03-18T10:00:00+08:00")
    assert (result.exit_code, result.stdout) == (0, "")


def test_simulate_exits_2_without_its_file() -> None:
    result = run("simulate", "--events", "/no/such/file", "--until", "2026-03-18T10:00:00+08:00")
    assert result.exit_code == 2
