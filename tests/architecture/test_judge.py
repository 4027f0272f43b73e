"""The judge of the loss test is tested: each broken promise, put into a clean log, is its only finding."""

from __future__ import annotations

import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
import judge

SMS, WEB = "SPG-S000-0000K", "SPG-W000-0000K"
UPDATED, PUPR = "complaint.updated.v1", "unit.pupr.routed.v1"


def clean() -> tuple[Any, dict[str, list[str]]]:
    """Return two complaints that went well, and the messages to their citizens."""
    log = judge.Log()
    for ticket in (SMS, WEB):
        log.topics["complaint.received.v1"].append({"id": f"r{ticket}", "subject": ticket, "data": {"ticket": ticket}})
        for seq, kind in enumerate(("registered", "routed", "resolved")):
            data = {"ticket": ticket, "seq": seq, "kind": kind}
            log.topics[UPDATED].append({"id": f"u{ticket}{seq}", "data": data})
        routed = {"why": "routed", "complaint": {"ticket": ticket}}
        log.topics[PUPR].append({"id": f"t{ticket}", "data": routed})
        log.topics["unit.pupr.replied.v1"].append({"id": f"p{ticket}", "data": {"ticket": ticket}})
        answer = {"why": "replied", "complaint": {"ticket": ticket}, "reply": {"event_id": f"p{ticket}"}}
        log.topics[PUPR].append({"id": f"a{ticket}", "data": answer})
    return log, {SMS: ["receipt", "routed", "resolved"], WEB: ["registered", "routed", "resolved"]}


def found(log: Any, told: dict[str, list[str]]) -> list[str]:
    """Return the first word of each finding of the judge."""
    return [line.split()[0] for line in judge.anomalies(log, {SMS: "sms", WEB: "web"}, told, {"sms": 1})]


def again(event: dict[str, Any]) -> dict[str, Any]:
    """Return the same content as another event."""
    return {**deepcopy(event), "id": event["id"] + "again"}


def test_a_clean_log_has_no_anomaly() -> None:
    assert [] == found(*clean())


def test_redelivered_event_counts_as_clean() -> None:
    log, told = clean()
    for events in log.topics.values():
        events.append(events[0])
    told[SMS].append("routed")

    assert [] == found(log, told)


def test_a_receipt_that_says_who_has_it_stands_for_that_step_too() -> None:
    log, told = clean()
    told[SMS] = ["Terima kasih, kami teruskan ke PUPR", "resolved"]
    assert [] == found(log, told)
    told[SMS].pop()
    assert ["UNTOLD"] == found(log, told)


@pytest.mark.parametrize(
    ("spoil", "anomaly"),
    [
        (lambda log, told: log.topics[PUPR].pop(0), "LOST"),
        (lambda log, told: log.topics[PUPR].append(again(log.topics[PUPR][0])), "DOUBLE"),
        (lambda log, told: log.topics["complaint.received.v1"].pop(0), "LOST"),
        (lambda log, told: log.topics[UPDATED].append(again(log.topics[UPDATED][1])), "DOUBLE"),
        (lambda log, told: log.topics[PUPR].append(again(log.topics[PUPR][1])), "DOUBLE"),
        (lambda log, told: log.topics[PUPR].pop(1), "UNANSWERED"),
        (lambda log, told: told[SMS].pop(), "UNTOLD"),
        (lambda log, told: told[WEB].pop(), "UNTOLD"),
        (lambda log, told: told[SMS].extend(["routed", "resolved"]), "REPEATED"),
    ],
)
def test_each_broken_promise_is_found(spoil: Callable[..., object], anomaly: str) -> None:
    log, told = clean()
    spoil(log, told)

    assert [anomaly] == found(log, told)


def test_a_hole_in_a_story_is_found() -> None:
    log, told = clean()
    log.topics[UPDATED] = [e for e in log.topics[UPDATED] if e["id"] != f"u{SMS}1"]

    assert "GAP" in found(log, told)


def test_a_complaint_nobody_made_is_found() -> None:
    log, told = clean()
    log.topics["complaint.received.v1"].append({"id": "x", "subject": "x", "data": {"ticket": "SPG-S111-11111"}})

    assert ["PHANTOM"] == found(log, told)
