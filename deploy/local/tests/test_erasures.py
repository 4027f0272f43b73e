"""The ledger of erasures, from the records of its topic, and the topics that still hold an erased text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from contracts import codec, topics
from contracts.events import ComplaintErased, Data, UnitRouted
from lapor.commands import erasures
from lapor.commands.erasures import ledger
from lapor.kafka.reader import Found
from testing.events import TICKET, a_received, a_snapshot, an_updated

NOW = datetime.now(UTC)
OTHER = "SPG-W000-00004"
INBOX = "unit.pupr.routed.v1"


class Auditor:
    """An auditor who reads only these records."""

    def __init__(self, *records: Found) -> None:
        self.records = records

    def topics(self) -> list[str]:
        return sorted({each.topic for each in self.records})


@pytest.fixture(autouse=True)
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(auditor: Auditor, names: list[str]) -> list[Found]:
        return [each for each in auditor.records if each.topic in names]

    monkeypatch.setattr(erasures, "read_to_end", read)


def record(topic: str, data: Data | None = None, *, value: bytes = b"", key: bytes = b"c1") -> Found:
    if data:
        value = codec.encode(codec.envelope(data, event_id="e", source="/t", subject="c1", time=NOW))
    return Found(topic=topic, partition=0, offset=0, key=key, value=value, headers={}, at=NOW)


def erased(ticket: str = TICKET, *, hours_ago: float = 1, **facts: Any) -> Found:
    asked = {
        "complaint_id": "c1",
        "origin": "intake-sms",
        "by": "DISKOMINFO",
        "reason": "diminta",
        "asked_at": NOW - timedelta(hours=hours_ago),
    }
    return record(topics.ERASED, ComplaintErased(ticket=ticket, **{**asked, **facts}))


def left(*records: Found) -> list[tuple[list[str], bool]]:
    """Return for each erasure among ``records`` where a text of it is left, and whether that is overdue."""
    auditor: Any = Auditor(*records)
    rows = list(ledger(auditor).values())
    erasures._look_for(auditor, rows)
    return [(row["left_on"], row["overdue"]) for row in rows]


def test_the_ledger_has_the_last_word_on_each_the_oldest_first() -> None:
    auditor: Any = Auditor(
        erased(hours_ago=1), erased(OTHER, hours_ago=2), erased(hours_ago=1, done_at=NOW, erased={"complaints": 1})
    )

    rows = ledger(auditor)

    assert [OTHER, TICKET] == list(rows)
    assert (None, {"complaints": 1}) == (rows[OTHER]["done_at"], rows[TICKET]["erased"])


def test_repeated_order_keeps_the_completed_erasure() -> None:
    auditor: Any = Auditor(erased(done_at=NOW, erased={"complaints": 1}), erased())

    assert {"complaints": 1} == ledger(auditor)[TICKET]["erased"]


@pytest.mark.parametrize(
    ("found", "topic"),
    [
        (record(topics.RECEIVED, a_received()), topics.RECEIVED),
        (record(topics.RECEIVED, a_received(), key=b"c2"), None),  # another complaint
        (record(topics.RECEIVED), None),  # a tombstone
        (record(topics.RECEIVED, value=b"{"), topics.RECEIVED),  # an unreadable record may hold a text
        (record(INBOX, UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot())), INBOX),
        (record(INBOX, UnitRouted(why="erased", unit="PUPR", complaint=a_snapshot(text=""))), None),
        (record(INBOX, UnitRouted(why="replied", unit="PUPR", complaint=UNSET)), None),
        (record("router.dlq", value=f"about {TICKET}".encode(), key=b""), "router.dlq"),
        (record("router.dlq", value=b'{"complaint_id": "c1"}', key=b""), "router.dlq"),
        (record("router.dlq", value=b"about another", key=b""), None),
        (
            record(topics.UPDATED, an_updated(3, "noted", status="routed", message="Bapak ini"), key=b"c1/3"),
            topics.UPDATED,
        ),
        (
            record(topics.UPDATED, an_updated(3, "noted", status="routed", reason="bapak ini"), key=b"c1"),
            topics.UPDATED,
        ),
        (record(topics.UPDATED, an_updated(3, "cancelled"), key=b"c1/3"), None),
        (record(topics.UPDATED, value=b"{}", key=b"c1/3"), topics.UPDATED),
        (record(topics.UPDATED, key=b"c1/3"), None),
    ],
)
def test_remaining_text_of_an_erased_complaint_is_found_in_any_topic(found: Found, topic: str | None) -> None:
    assert [([topic] if topic else [], False)] == left(erased(done_at=NOW), found)


@pytest.mark.parametrize(("hours", "overdue"), [(48, False), (50, True)])
def test_kafka_has_two_days_to_clean_what_was_written_over(hours: float, overdue: bool) -> None:
    text = record(topics.RECEIVED, a_received())

    assert [([topics.RECEIVED], overdue)] == left(erased(done_at=NOW - timedelta(hours=hours)), text)
