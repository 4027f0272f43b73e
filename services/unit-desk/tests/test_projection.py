"""Words to a unit become its lists. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.wire import Message, Record
from contracts import codec, topics
from contracts.events import ComplaintErased, Data, ReplyAnswer, Support, UnitRouted
from testing.events import a_snapshot, an_updated
from unit_desk.projection import ATTENTION, REST, WORK, Kept, decide, key_of, keys, standing_of, verify

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KEY = key_of("PUPR", "c1")


def told(why: str = "routed", *, unit: str = "PUPR", **facts: Any) -> UnitRouted:
    more = {name: facts.pop(name) for name in ("reason", "stage", "reply") if name in facts}
    return UnitRouted(why=why, unit=unit, complaint=a_snapshot(**{"unit": unit, **facts}), **more)


def taken_away(reason: str, **facts: Any) -> UnitRouted:
    complaint = a_snapshot(**{"unit": "DLH", "status": "routed", **facts})
    return UnitRouted(why="withdrawn", unit="PUPR", complaint=complaint, reason=reason)


def message(data: Data, topic: str = "unit.pupr.routed.v1", event_id: str = "e1") -> Message:
    event = codec.envelope(data, event_id=event_id, source="/router", subject="c1", time=NOW, causation_id="a")
    return Message(Record(topic, 0, 0, b"c1", b"", int(NOW.timestamp() * 1000)), event)


def hear(*records: UnitRouted) -> Kept:
    states: dict[str, Kept] = {}
    for n, each in enumerate(records):
        changed, emits = decide(states, message(each, event_id=f"e{n}"), NOW)
        assert [] == emits
        states |= changed
    return states[KEY]


@pytest.mark.parametrize(
    ("record", "standing"),
    [
        (told(), WORK),
        (told(status="waiting_for_reporter", why="updated"), WORK),
        (told(status="resolved", why="updated"), REST),
        (told("withdrawn"), REST),
        (taken_away("dialihkan ke DLH: DISKOMINFO: bukan jalan kabupaten"), ATTENTION),
        (taken_away("dialihkan ke DLH"), REST),
        (taken_away("dialihkan ke DLH: DISKOMINFO: pelapor salah", status="cancelled"), REST),
        (told(complaint_id="c1", role="support", support=[Support(unit="PUPR")]), WORK),
        (told(role="support", support=[Support(unit="PUPR", status="done")]), REST),
        (told("rated", status="resolved"), ATTENTION),
        (UnitRouted(why="escalated", unit="SETDA", complaint=a_snapshot(unit="PUPR")), ATTENTION),
        (told("breached", stage="rights", status="closed"), ATTENTION),
        (told("erased", erased=True), REST),
        (UnitRouted(why="replied", unit="PUPR", reply=ReplyAnswer(event_id="x", accepted=False)), REST),
    ],
)
def test_a_complaint_is_on_the_list_that_it_is_to_be_on(record: UnitRouted, standing: str) -> None:
    assert standing == standing_of(record)


def test_the_last_word_counts_and_all_are_in_the_history() -> None:
    kept = hear(told(seq=3, status="in_progress", why="updated"), told(seq=1))

    assert kept.complaint is not None
    assert (3, "in_progress", ["e0", "e1"]) == (
        kept.complaint.seq,
        kept.complaint.status,
        [each.event_id for each in kept.events],
    )


def test_an_answer_to_a_reply_leaves_for_what_the_complaint_came() -> None:
    answer = ReplyAnswer(event_id="r1", accepted=True)

    kept = hear(told(seq=1, reason="kategori jalan"), told("replied", seq=2, status="acknowledged", reply=answer))

    assert kept.told is not None
    assert ("routed", "kategori jalan", "acknowledged") == (
        kept.told.why,
        kept.told.reason,
        kept.told.complaint.status if kept.told.complaint else None,
    )
    assert [None, answer] == [each.answer for each in kept.events]


@pytest.mark.parametrize("beside", ["deadline-set", "warned", "breached", "updated", "retracted"])
def test_clock_updates_keep_the_original_reason_of_a_complaint(beside: str) -> None:
    kept = hear(told(seq=1, reason="kategori jalan"), told(beside, seq=2, stage="completion", reason="3 hari kerja"))

    assert kept.told is not None
    assert ("routed", "kategori jalan", 2) == (kept.told.why, kept.told.reason, len(kept.events))


def test_refusal_without_complaint_data_is_kept_as_the_outcome_of_the_reply() -> None:
    answer = ReplyAnswer(event_id="r1", accepted=False, code="not_yours", reason="bukan milik PUPR")

    kept = hear(told(seq=1), UnitRouted(why="replied", unit="PUPR", reply=answer))

    assert (WORK, answer) == (kept.standing, kept.events[-1].answer)


def test_erasure_removes_the_complaint_for_its_unit_and_by_order_for_all() -> None:
    order = ComplaintErased(
        complaint_id="c1", ticket="SPG-S000-00007", origin="intake-sms", by="DISKOMINFO", reason="diminta", asked_at=NOW
    )

    changed, _ = decide({}, message(order, topics.ERASED), NOW)

    assert hear(told("erased", seq=4, erased=True)).gone
    assert {key_of("", "c1"): True} == {key: kept.gone for key, kept in changed.items()}


def test_a_record_belongs_to_the_unit_of_its_topic() -> None:
    verify(message(told()))
    with pytest.raises(codec.InvalidEvent):
        verify(message(told(), "unit.dlh.routed.v1"))
    with pytest.raises(codec.InvalidEvent):
        verify(message(an_updated(1)))


def test_each_unit_has_its_own_state_of_a_complaint() -> None:
    mine, theirs = message(told()), message(told(unit="DLH"), "unit.dlh.routed.v1")

    assert ["PUPR/c1", "DLH/c1"] == [*keys(mine), *keys(theirs)]
