"""A complaint's story, as people of a unit read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from contracts.events import UnitReplied, UnitRouted
from testing.events import NOW, a_snapshot
from unit_desk.rules import Rules
from unit_desk.telling import REFUSED, SENT, TAKEN, WAITS, read_replies, since, story

TOLD = UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot(unit="PUPR"))
WHO, REPLY = UUID(int=1), UUID(int=2)


def event(seq: int, why: str, **facts: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "status": "routed", "lead": "PUPR", "stage": None, "reason": None, "reply_id": None,
    }  # fmt: skip
    return {"at": NOW + timedelta(minutes=seq), "seq": seq, "why": why, **usual, **facts}


def reply(**facts: Any) -> dict[str, Any]:
    said = msgspec.json.encode(UnitReplied(ticket="SPG-S000-00007", action="ask", message="Di mana?"))
    usual: dict[str, Any] = {
        "answered_at": None,
        "accepted": None,
        "code": None,
        "reason": None,
        "masked": [],
        "shown": None,
        "until": None,
    }
    return {"id": REPLY, "person": WHO, "at": NOW + timedelta(minutes=2), "said": said, **usual, **facts}


@pytest.mark.parametrize(
    ("facts", "waits", "state", "told"),
    [
        ({}, True, WAITS, True),
        ({}, False, SENT, True),
        ({"answered_at": NOW, "accepted": True}, False, TAKEN, True),
        ({"answered_at": NOW, "accepted": False, "reason": "tidak"}, False, REFUSED, False),
    ],
)
def test_a_reply_says_how_far_it_is(facts: dict[str, Any], waits: bool, state: str, told: bool, rules: Rules) -> None:
    (found,) = read_replies([reply(**facts)], TOLD, rules, waits=waits)

    assert (state, told, "Di mana?") == (found.state, "Di mana?" in found.told, found.text)


def test_the_last_stands_first_and_an_answer_stands_with_its_reply(rules: Rules) -> None:
    answers = read_replies([reply(answered_at=NOW, accepted=True)], TOLD, rules, waits=False)
    events = [
        event(4, "breached", stage="completion"),
        event(3, "replied", reply_id=str(REPLY), status="waiting_for_reporter"),
        event(1, "routed", reason="kategori jalan"),
        event(1, "replied", reply_id="another-program's", status="acknowledged"),
    ]
    note = {"at": NOW + timedelta(minutes=3), "person": WHO, "instruction": False, "text": "Kunci di Amir"}

    steps = story(events, answers, [note], rules)

    assert [
        "Batas waktu terlewat (penyelesaian)",
        "mencatat, hanya di meja ini",
        "bertanya kepada warga",
        "Diteruskan ke Dinas PUPR",
        "Balasan dari program unit dijawab. Sekarang: diterima",
    ] == [step.title for step in steps]


def test_steps_since_the_form_was_opened_are_told_in_order(rules: Rules) -> None:
    events = [event(3, "followed-up"), event(2, "warned"), event(1, "routed")]

    assert ["Batas waktu mendekat", "Warga menambahkan sesuatu"] == [step.title for step in since(events, 1, rules)]
