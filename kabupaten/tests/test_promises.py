"""sla.yaml keeps what citizens are promised."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kabupaten import RegionError, load
from kabupaten.promises import promises_on

LADDER = "          - {after: {amount: 1, unit: working_days}, to: [head]}\n"


def test_the_promises_are_those_of_the_policy_for_new_complaints(soppeng: Path) -> None:
    words = promises_on(load(soppeng, "sla").sla, date(2026, 3, 5))
    assert {"promise": "3 hari kerja", "rights": "3 x 24 jam", "appeal": "5 hari kerja"} == words


def test_another_region_makes_its_own_promises(soppeng: Path) -> None:
    words = promises_on(load(soppeng.parent / "seconds", "sla").sla, date(2026, 3, 5))
    assert {"promise": "25 detik", "rights": "30 detik", "appeal": "60 detik"} == words


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (LADDER, LADDER.replace("head", "SETDA"), "does not tell the unit's head first when completion"),
        (
            "        escalation:\n          - {after: {amount: 12, unit: hours}, to: [SETDA]}\n",
            "",
            "clock.rights_late: {next_step}: standar-3-hari tells nobody when rights stays late",
        ),
        ("      rights:\n        about: UU", "      hak:\n        about: UU", "standar-3-hari has no stage rights"),
        (LADDER, LADDER.replace("head", "SETDA"), "web.breached: {next_step}: standar-3-hari does not tell the unit's"),
        (
            "      rights:\n        about: UU",
            "      hak:\n        about: UU",
            "web.rights: {rights}: standar-3",
        ),
        (
            "        variants:\n",
            "        variants:\n          - {type: [aspirasi], amount: 9}\n",
            "sms.help: {promise}: standar-3-hari gives itself longer for some complaints",
        ),
    ],
)
def test_a_promise_that_is_not_kept_is_named_with_its_line(folder: Path, old: str, new: str, says: str) -> None:
    sla = folder / "sla.yaml"
    assert old in sla.read_text()
    sla.write_text(sla.read_text().replace(old, new, 1))
    with pytest.raises(RegionError) as stopped:
        load(folder, "texts", "sla")
    found = [problem for problem in stopped.value.problems if says in str(problem)]
    assert found, stopped.value
    assert all(problem.line and problem.file.endswith("texts.yaml") for problem in found)
    assert "or mend the policy standar-3-hari in sla.yaml" in found[0].remedy


def test_sla_ladder_may_be_missing_if_the_texts_leave_out_the_next_step(folder: Path) -> None:
    sla, texts = folder / "sla.yaml", folder / "texts.yaml"
    sla.write_text(sla.read_text().replace(LADDER, "", 1))
    texts.write_text(texts.read_text().replace(", {next_step}", "").replace("; {next_step}", ""))
    assert "next_step" in load(folder, "texts", "sla").texts["parts"]
