"""A confidential complaint: its reporter is told all by SMS, others only the outline."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from chassis.wire import Message
from contracts.events import Evidence
from contracts.vocabulary import CLOCK_KINDS, UpdateKind
from intake.complaint_view import ComplaintView
from intake.projection import build_decide
from testing.events import an_updated
from testing.fakes import message, play
from testing.fixtures import texts_of

TEXTS = texts_of(Path(__file__).parents[2] / "region" / "soppeng")
SOCIAL = "intake-social"
T, PARENT = "SPG-M000-0000C", "SPG-W000-00004"
DUE, LATER = datetime(2026, 3, 5, 16, tzinfo=UTC), datetime(2026, 3, 6, 16, tzinfo=UTC)
PROOF = Evidence(url="https://bukti.example", media_type="image/jpeg", sha256="0", bytes=1)
#: Each of these says more than status and due date; ``unit`` is INSPEKTORAT, supported by DINKES.
FACTS: dict[str, Any] = {
    "unit": "INSPEKTORAT", "support": ["DINKES"], "message": "Kepala sudah diperiksa", "reason": "pungli terbukti",
    "target": "Ombudsman", "parent": PARENT, "evidence": [PROOF], "by": "INSPEKTORAT",
}  # fmt: skip
TELLING = ["nspektorat", "INSPEKTORAT", "Kesehatan", "DINKES", "diperiksa", "terbukti", "Ombudsman", PARENT, "bukti."]
KINDS = sorted(frozenset(UpdateKind) - CLOCK_KINDS - {"registered"})
NOTES = [None, "addition", "rating", "refused", "rights_requested", "rights_done", "deadline"]


def step(seq: int, kind: str, origin: str, *, rahasia: bool = True, **facts: Any) -> Message:
    status = "in_progress" if kind == "noted" else kind
    data = an_updated(
        seq, kind, complaint_id="c", ticket=T, origin=origin, lane="triage", rahasia=rahasia,
        **{"status": status, **FACTS, **facts},
    )  # fmt: skip
    return message(data, event_id=f"{seq}")


def clock(seq: int, kind: str, deadline_at: datetime = DUE) -> Message:
    facts: dict[str, Any] = {
        "stage": "completion",
        "round": 1,
        "deadline_at": deadline_at,
        "message": UNSET,
        "evidence": [],
    }
    return step(seq, kind, SOCIAL, status="in_progress", **facts)


def said(*messages: Message, service: str) -> list[str]:
    stories, _ = play(build_decide(service, TEXTS, notify=True), messages)
    effects = stories[T].effects
    return [notice.text for notice in effects.notices] + [revision.text for revision in effects.revisions]


def telling(texts: list[str]) -> list[str]:
    return [word for word in TELLING if any(word in text for text in texts)]


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("kind", KINDS)
def test_public_step_of_a_confidential_complaint_says_status_and_where_to_ask(kind: str, note: str | None) -> None:
    facts: dict[str, Any] = {"note": note} if note and kind == "noted" else {}
    steps = [step(0, "registered", SOCIAL), step(1, kind, SOCIAL, **facts)]
    status = "in_progress" if kind == "noted" else kind
    word = TEXTS.status_word(status, to_reporter=True)
    assert f"{T}: {word}. {TEXTS.social['private']}" == said(*steps, service=SOCIAL)[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_by_sms_its_reporter_reads_what_the_reporter_of_any_other_complaint_reads(kind: str) -> None:
    def told(rahasia: bool) -> list[str]:
        steps = (step(n, each, "intake-sms", rahasia=rahasia) for n, each in enumerate(("registered", kind)))
        # Its receipt also explains the mark, and then leaves out how to ask for the status.
        mark, hint = f"{TEXTS.sms['rahasia']} ", f" {TEXTS.sms['check']}"
        return [text.removeprefix(mark).removesuffix(hint) for text in said(*steps, service="intake-sms")]

    assert told(True) == told(False)


def test_in_public_nothing_that_the_clock_has_us_say_names_a_unit() -> None:
    way = [step(0, "registered", SOCIAL), step(1, "routed", SOCIAL), clock(2, "deadline_set"), clock(3, "breached")]
    way += [clock(4, "escalated"), step(5, "waiting_for_reporter", SOCIAL), step(6, "in_progress", SOCIAL)]
    way += [clock(7, "resumed", LATER), step(8, "acknowledged", SOCIAL), clock(9, "rescheduled", DUE)]
    texts = said(*way, service=SOCIAL)
    assert [] == telling(texts)
    assert any("maaf, belum dijawab sampai Kamis 5 Mar" in text for text in texts)


def test_confidential_complaint_stays_so_in_public_despite_an_old_step() -> None:
    way = [step(0, "registered", SOCIAL), step(1, "resolved", SOCIAL, rahasia=False)]
    assert [] == telling(said(*way, service=SOCIAL))


@pytest.mark.parametrize("status", ["routed", "in_progress", "merged", "resolved", "handed_over"])
def test_confidential_status_is_told_to_others_without_unit_and_parent(status: str) -> None:
    story = ComplaintView(ticket=T, status=status, unit="INSPEKTORAT", parent=PARENT, deadline_at=DUE, rahasia=True)
    due = "" if status in ("resolved", "handed_over") else ". Dijawab paling lambat Kamis 5 Mar"
    assert f"Laporan {T} {TEXTS.statuses[status]}{due}." == TEXTS.status_line(story, T)
    assert TEXTS.status_line(story, T, to_reporter=True) == TEXTS.status_line(
        ComplaintView(ticket=T, status=status, unit="INSPEKTORAT", parent=PARENT, deadline_at=DUE), T
    )
