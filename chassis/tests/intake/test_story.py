"""The story of a complaint as an intake knows it, and what its citizen is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from chassis.database import Pool
from chassis.intake.story import Story, Texts, in_words, load_stories, story_handler, tell
from chassis.step import Steps
from chassis.testing import NOW, message, play
from chassis.wire import Message
from contracts import topics
from contracts.events import ComplaintUpdated, SlaBreached, SlaUpdated, UpdateKind

REGION = Path(__file__).parents[3] / "region" / "soppeng"
TEXTS = Texts(REGION)
T = "SPG-S000-00007"
#: The midnight in WITA that ends Thursday, 5 March.
DEADLINE = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)


def update(seq: int, kind: str = "routed", **facts: Any) -> Message:
    usual = {
        "complaint_id": "c1", "ticket": T, "status": kind, "channel": "sms", "origin": "intake-sms",
        "received_at": NOW, "unit": "PUPR", "lane": "unit", "category": None, "type": None, "urgency": None,
    }  # fmt: skip
    data = ComplaintUpdated(seq=seq, kind=kind, **{**usual, **facts})  # type: ignore[arg-type]
    time = NOW + timedelta(minutes=seq)
    return message(data, topic=topics.UPDATED, event_id=f"u{seq}-{kind}", time=time, offset=seq)


def sla(kind: str, stage: str = "completion") -> Message:
    data = SlaUpdated(
        complaint_id="c1", ticket=T, kind=kind, policy="p", stage=stage, round=1, deadline_at=DEADLINE,
        warn_at=NOW, based_on_seq=0, derivation=[],
    )  # type: ignore[arg-type]  # fmt: skip
    return message(data, topic=topics.SLA_UPDATED, event_id=f"s-{kind}-{stage}")


def breach(stage: str = "completion") -> Message:
    data = SlaBreached(
        complaint_id="c1", ticket=T, policy="p", stage=stage, round=1, deadline_at=DEADLINE, based_on_seq=0,
        derivation=[],
    )  # fmt: skip
    return message(data, topic=topics.SLA_BREACHED, event_id=f"b-{stage}")


def told(*messages: Message, service: str = "intake-sms", notify: bool = True) -> Story:
    stories: Mapping[str, Story]
    stories, emits = play(tell(service, TEXTS, notify=notify), messages)
    assert [] == emits
    return stories.get(T, Story(ticket=T))


def test_steps_are_kept_in_order_with_what_the_citizen_is_told() -> None:
    story = told(update(0, "registered"), update(1), update(2, "in_progress", message="Tim di lokasi"))
    assert [(0, "registered"), (1, "routed"), (2, "in_progress")] == [(step.seq, step.kind) for step in story.steps]
    assert f"{T} sedang ditangani Dinas Pekerjaan Umum dan Penataan Ruang. Tim di lokasi" == story.steps[-1].text
    assert (2, "in_progress", "PUPR", True) == (story.seq, story.status, story.unit, story.registered)


def test_the_citizen_hears_each_change_but_the_registration_which_the_receipt_told() -> None:
    story = told(update(0, "registered"), update(1), update(2, "acknowledged"))
    assert ["seq-1", "seq-2"] == [reason for reason, _ in story.notices]


@pytest.mark.parametrize("again", [[0], [1], [2], [2, 1, 0]])
def test_what_comes_again_or_is_old_changes_nothing(again: list[int]) -> None:
    steps = [update(0, "registered"), update(1), update(2, "acknowledged")]
    assert told(*steps) == told(*steps, *(steps[n] for n in again))


def test_a_step_that_was_a_dead_letter_is_told_and_takes_its_place() -> None:
    story = told(update(0, "registered"), update(2, "resolved"), update(1, "acknowledged"))
    assert [0, 1, 2] == [step.seq for step in story.steps]
    assert ["seq-2", "seq-1"] == [reason for reason, _ in story.notices]
    assert (2, "resolved") == (story.seq, story.status)


def test_others_complaints_have_a_status_here_and_no_steps_and_no_notices() -> None:
    story = told(update(0, "registered"), update(1, message="rahasia"), service="intake-web")
    assert ("routed", "PUPR", [], [], True) == (story.status, story.unit, story.steps, story.notices, story.registered)


def test_an_intake_that_does_not_notify_keeps_the_steps_all_the_same() -> None:
    story = told(update(0, "registered"), update(1), notify=False)
    assert (2, []) == (len(story.steps), story.notices)


def test_a_deadline_that_comes_before_the_story_is_kept() -> None:
    early = told(sla("started"))
    assert (DEADLINE, "received", False) == (early.deadline_at, early.status, early.registered)
    assert told(update(0, "registered"), sla("started")) == told(sla("started"), update(0, "registered"))


def test_a_breach_shows_until_it_is_retracted_or_a_new_round_begins() -> None:
    assert told(update(0, "registered"), breach()).breached
    for kind in ("retracted", "started", "rescheduled"):
        assert not told(breach(), sla(kind)).breached
    for kind in ("warned", "met", "stopped"):
        assert told(breach(), sla(kind)).breached


def test_the_closing_clock_is_no_promise_to_the_citizen() -> None:
    assert Story(ticket=T) == told(sla("started", "closing"), breach("closing"), sla("lapsed", "closing"))


@pytest.mark.parametrize("kind", get_args(UpdateKind))
@pytest.mark.parametrize("unit", ["PUPR", None])
def test_every_change_has_its_sentence(kind: str, unit: str | None) -> None:
    facts = {"message": "isi {unit}", "reason": "alasan", "target": "PLN", "parent": "SPG-W000-00004"}
    text = TEXTS.change(update(1, kind, unit=unit, **facts).data)  # type: ignore[arg-type]
    assert text.startswith(T)
    assert not [brace for brace in "{}" if brace in text.replace("isi {unit}", "")]
    assert text.isascii()
    assert "None" not in text


@pytest.mark.parametrize("kind", get_args(UpdateKind))
def test_every_status_has_its_word(kind: str) -> None:
    if kind not in ("unmerged", "corrected", "noted"):
        assert kind in TEXTS.statuses


def test_a_status_in_one_line() -> None:
    lines = [
        TEXTS.status_line(None, T),
        TEXTS.status_line(Story(ticket=T), T),
        TEXTS.status_line(Story(ticket=T, status="in_progress", unit="PUPR", deadline_at=DEADLINE), T),
        TEXTS.status_line(Story(ticket=T, status="closed", unit="PUPR", deadline_at=DEADLINE), T),
    ]
    pupr = "Dinas Pekerjaan Umum dan Penataan Ruang"
    assert [
        f"Nomor {T} tidak kami temukan. Periksa lagi nomornya.",
        f"{T}: diterima",
        f"{T}: sedang ditangani ({pupr}). Tenggat Kamis 5 Mar",
        f"{T}: ditutup ({pupr})",
    ] == lines
    assert all(len(line) <= 160 for line in lines)


@pytest.mark.parametrize(
    ("deadline_at", "words"),
    [
        (DEADLINE, "Kamis 5 Mar"),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), "Kamis 31 Des"),
        (datetime(2026, 2, 28, 16, tzinfo=UTC), "Sabtu 28 Feb"),
        (DEADLINE + timedelta(seconds=1), "Jumat 6 Mar pukul 00:00:01"),
        (DEADLINE - timedelta(seconds=1), "Kamis 5 Mar pukul 23:59:59"),
    ],
)
def test_midnight_belongs_to_the_day_it_ends(deadline_at: datetime, words: str) -> None:
    assert words == in_words(deadline_at)


@pytest.mark.connected
async def test_a_story_is_stored_with_its_notices_and_marks_its_complaint_registered(pool: Pool) -> None:
    await pool.execute("INSERT INTO reporters (reporter_ref, channel, address) VALUES ('r', 'sms', '+62811')")
    await pool.execute(
        """INSERT INTO complaints (complaint_id, ticket, channel, gateway, external_id, reporter_ref, text, fingerprint,
                                   received_event, received_at)
           VALUES ('c1', $1, 'sms', 'k', 'm', 'r', 't', '', '', now())""",
        T,
    )
    steps = Steps(pool, story_handler("intake-sms", TEXTS, notify=True))
    await steps([sla("started").record])
    assert await pool.fetchval("SELECT registered_at FROM complaints") is None
    for batch in ([update(0, "registered"), update(1)], [update(1), update(2, "acknowledged")]):
        await steps([each.record for each in batch])
    story = (await load_stories(pool, [T]))[T]
    assert (2, [0, 1, 2], [], DEADLINE) == (story.seq, [s.seq for s in story.steps], story.notices, story.deadline_at)
    assert ["seq-1", "seq-2"] == [row["reason"] for row in await pool.fetch("SELECT reason FROM notices ORDER BY id")]
    assert await pool.fetchval("SELECT registered_at FROM complaints") is not None
