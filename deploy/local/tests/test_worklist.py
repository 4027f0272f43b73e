"""A unit's worklist, from the records of its topic, and the signs that a complaint is done."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType
from rich.console import Console

from contracts import codec
from contracts.events import ComplaintSnapshot, Evidence, FollowUp, Place, Question, ReplyAnswer, Support, UnitRouted
from contracts.topics import TOPICS_DIR, unit_routed
from lapor.kafka.reader import Found
from lapor.kafka.worklist import (
    as_cards,
    as_follow_up,
    as_json,
    as_question,
    latest,
    links,
    most_urgent,
    newest,
    open_items,
)

NOW = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)
EXAMPLE = codec.decode((TOPICS_DIR / "unit.routed.v1" / "examples" / "routed.json").read_bytes())
HELP: dict[str, Any] = {"role": "support", "unit": "DISHUB"}


def _record(value: bytes) -> Found:
    topic = "unit.pupr.routed.v1"
    return Found(topic=topic, partition=0, offset=0, key=b"", value=value, headers={}, at=NOW)


def _told(
    number: int,
    why: str = "routed",
    reply: ReplyAnswer | UnsetType = UNSET,
    stage: str | UnsetType = UNSET,
    **changes: Any,
) -> Found:
    """Return a record about complaint ``number``."""
    assert isinstance(EXAMPLE.data, UnitRouted)
    facts = {"ticket": f"SPG-S000-0000{number}", **changes}
    assert isinstance(EXAMPLE.data.complaint, ComplaintSnapshot)
    complaint = msgspec.structs.replace(EXAMPLE.data.complaint, **facts)
    data = msgspec.structs.replace(
        EXAMPLE.data, why=why, reason="karena", reply=reply, stage=stage, complaint=complaint
    )
    return _record(codec.encode(msgspec.structs.replace(EXAMPLE, data=data)))


def _open(*records: Found) -> list[str]:
    return [item.complaint.ticket[-1] for item in open_items("PUPR", records)]


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([_told(1)], "1", id="routed"),
        pytest.param([_told(1, "followed-up", status="waiting_for_reporter", seq=4)], "1", id="asked"),
        pytest.param([_told(1), _told(1, "replied", status="resolved", seq=3)], "", id="answered"),
        pytest.param([_told(1), _told(1, "replied", status="resolved", seq=3), _told(1, seq=5)], "1", id="reopened"),
        pytest.param([_told(1), _told(1, "withdrawn", unit="PDAM", seq=3)], "", id="withdrawn"),
        pytest.param([_told(1), _told(1, "replied", unit="DISKOMINFO", seq=3)], "", id="returned by it"),
        pytest.param([_told(1), _told(1, "updated", status="merged", seq=3)], "", id="merged"),
        pytest.param([_told(1, "replied", status="resolved", seq=3), _told(1, seq=1)], "", id="an old one comes late"),
        pytest.param([_told(1, "escalated", unit="PDAM")], "1", id="another's, and late"),
        pytest.param([_told(1, support=[Support(unit="PUPR")], **HELP)], "1", id="helps"),
        pytest.param([_told(1, support=[Support(unit="PUPR", status="done")], **HELP)], "", id="has helped"),
    ],
)
def test_a_complaint_is_open_until_the_unit_has_done_its_part(records: list[Found], expected: str) -> None:
    assert list(expected) == _open(*records)


YES, NO = ReplyAnswer(event_id="1", accepted=True), ReplyAnswer(event_id="1", accepted=False, reason="perlu message")
RIGHT = _told(1, "rights-requested", unit="PDAM", seq=4)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([_told(1, "handed-over", status="handed_over")], "1", id="to be forwarded"),
        pytest.param([_told(1, "handed-over", status="handed_over", unit="PDAM")], "1", id="handed over by another"),
        pytest.param([_told(1, "similar", unit="PDAM")], "1", id="perhaps the same"),
        pytest.param([_told(1, "urgent", unit="PDAM")], "1", id="can't wait, and another unit has it"),
        pytest.param([_told(1, "rated", unit="PDAM", status="resolved")], "1", id="badly rated"),
        pytest.param([RIGHT], "1", id="a right is asked for"),
        pytest.param([RIGHT, _told(1, "warned", stage="rights", unit="PDAM", seq=4)], "1", id="soon late"),
        pytest.param([_told(1, "warned", stage="completion", unit="PDAM")], "", id="another's is soon late"),
        pytest.param([_told(1, "praised", unit="PDAM")], "", id="another's, of which a newer router tells"),
        pytest.param(
            [_told(1, "praised", status="praised", type="pujian", urgency="kritis")], "1", id="its own, newer"
        ),
        pytest.param([RIGHT, _told(1, "replied", reply=NO, unit="PDAM", seq=4)], "1", id="answered in vain"),
        pytest.param([RIGHT, _told(1, "replied", reply=YES, unit="PDAM", seq=5)], "", id="granted"),
        pytest.param([_told(1, "similar", unit="PDAM"), _told(1, "withdrawn", unit="PDAM", seq=5)], "", id="gone"),
        pytest.param([_told(1, "followed-up", unit="PDAM")], "", id="another's news"),
        pytest.param([_told(1, "replied", reply=NO, status="resolved")], "", id="its own, and over"),
    ],
)
def test_desk_tasks_are_listed_even_for_complaints_of_others_or_ended_ones(records: list[Found], expected: str) -> None:
    assert list(expected) == _open(*records)


def test_the_most_important_comes_first_then_the_most_urgent_then_the_oldest() -> None:
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    records = [
        _told(1),
        _told(2, received_at=NOW - timedelta(days=9)),
        _told(3, deadline_at=later),
        _told(4, deadline_at=soon),
        _told(5, priority=7, deadline_at=later),
    ]

    assert ["5", "4", "3", "2", "1"] == _open(*records)


def _at(unit: str, told: Found, value: bytes | None = None) -> Found:
    """Return the same record in the topic of ``unit``, under the complaint's key."""
    data = told.event.data if told.event else None
    assert isinstance(data, UnitRouted)
    assert data.complaint
    key = data.complaint.ticket.encode()
    return replace(told, topic=unit_routed(unit), key=key, value=told.value if value is None else value)


def _named(records: Iterable[Found], most: int = 9) -> list[tuple[str, str]]:
    return [(unit, item.complaint.ticket[-1]) for unit, item in most_urgent(records, most)]


def test_the_most_urgent_of_all_units_are_named_once_with_who_has_them() -> None:
    by_pdam: dict[str, Any] = {"unit": "PDAM", "priority": 9}
    records = [
        _at("DISKOMINFO", _told(1, "urgent", **by_pdam)),
        _at("PDAM", _told(1, **by_pdam)),
        _at("PUPR", _told(2, priority=3)),
        _at("PUPR", _told(3, priority=5)),
        _at("PUPR", _told(4, priority=7, status="closed")),
    ]

    assert [("PDAM", "1"), ("PUPR", "3"), ("PUPR", "2")] == _named(records)
    assert [("PDAM", "1"), ("PUPR", "3")] == _named(records, 2)


def test_newest_snapshot_of_a_complaint_is_kept_and_an_erasure_removes_it() -> None:
    first = newest({}, [_at("PUPR", _told(1, seq=3, priority=1)), _at("PDAM", _told(2, unit="PDAM"))])
    later = newest(first, [_at("PUPR", _told(1, seq=2, priority=8)), _at("PDAM", _told(2), value=b"")])

    assert [("PUPR", "1")] == _named(later.values())
    assert [1] == [item.complaint.priority for _, item in most_urgent(later.values(), 9)]
    assert {("PUPR", "1"), ("PDAM", "2")} == set(_named(first.values()))


def test_records_without_a_complaint_are_passed_over() -> None:
    assert isinstance(EXAMPLE.data, UnitRouted)
    refusal = UnitRouted(why="replied", unit="PUPR", reply=ReplyAnswer(event_id="1", accepted=False, reason="bukan"))
    refused = codec.encode(msgspec.structs.replace(EXAMPLE, data=refusal))

    assert ["1"] == _open(_told(1), _record(refused), _record(b"{"), _record(b""))


def test_the_json_is_the_snapshot_and_what_it_is_listed_for() -> None:
    (item,) = open_items("PUPR", [_told(1)])

    assert item.complaint == msgspec.json.decode(as_json(item), type=ComplaintSnapshot)
    shown = msgspec.json.decode(as_json(item))
    assert ("routed", "karena") == (shown["why"], shown["reason"])


def shown(*records: Found, width: int = 200) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=width).print(as_cards(open_items("PUPR", records), NOW))
    return text.getvalue().splitlines()


def test_a_card_shows_what_a_citizen_wrote_as_it_was_written_and_what_it_is_for() -> None:
    first, second = shown(_told(1, "warned", text="hubungi\n[TELEPON] [red]", reporters=4, deadline_at=NOW))

    assert first.startswith("SPG-S000-00001  Baru · Senin 16 Mar pukul 02.00 · ")
    assert "4 pelapor" in first
    assert second.startswith("  Batas waktu mendekat: karena · ")
    assert second.endswith("hubungi [TELEPON] [red]")


def test_a_card_says_what_its_reporter_did_and_not_that_it_has_a_new_deadline() -> None:
    photo = Evidence(url="https://lapor.contoh.id/bukti/e1", media_type="image/jpeg", bytes=1, sha256="0" * 64)
    again = _told(1, "followed-up", seq=5, reopened=1, unheard=True, evidence=[photo])
    first, second = shown(
        again, _told(1, "deadline-set", seq=6, reopened=1, unheard=True, deadline_at=NOW, evidence=[photo])
    )

    assert " · dibuka kembali · warga menulis lagi · 1 foto" in first
    assert second.startswith("  Warga menambahkan sesuatu: karena")


def test_a_card_has_two_lines_however_narrow_the_terminal_is() -> None:
    place = Place(kecamatan="Lalabata", desa="Lapajung")
    facts: dict[str, Any] = {
        "text": "lubang " * 400,
        "place": place,
        "place_stated": "depan SD 12",
        "urgency": "darurat",
    }

    cards = shown(_told(1, **facts), _told(2, **facts), width=80)

    assert 4 == len(cards)
    assert {True} == {len(line) <= 80 for line in cards}
    assert ["DARURAT" in line for line in cards] == [True, False] * 2
    assert "Lapajung, Lalabata (depan SD 12)" in cards[1]


def test_card_shows_supporters_and_any_other_category_the_reporter_chose() -> None:
    facts: dict[str, Any] = {"supporters": 7, "category": "jalan_jembatan", "suggested_category": "drainase_banjir"}

    lines = "\n".join(shown(_told(1, **facts), _told(2, **{**facts, "suggested_category": "jalan_jembatan"})))

    assert (2, 1) == (lines.count("7 dukung"), lines.count("pilihan warga drainase banjir"))


def test_a_card_says_when_it_is_due_as_the_citizen_was_told_wherever_it_is_read() -> None:
    due = datetime.fromisoformat("2026-12-01T00:00:00+08:00")

    assert "Senin 30 Nov ·" in shown(_told(1, deadline_at=due, supporters=1))[0]
    assert "terlambat, Senin 30 Nov" in shown(_told(1, deadline_at=due.replace(year=2025)))[0].replace(
        "Minggu", "Senin"
    )


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"kind": "addition", "text": "depan masjid"}, "tambahan warga: depan masjid"),
        ({"kind": "rating", "rating": 2}, "nilai 2 dari 5"),
        ({"kind": "reopen", "text": "masih bocor"}, "minta dibuka lagi: masih bocor"),
    ],
)
def test_later_action_of_a_citizen_is_described_in_words(item: dict[str, Any], says: str) -> None:
    assert says == as_follow_up(FollowUp(id="1", at=NOW, **item))


@pytest.mark.parametrize(
    ("status", "question", "says"),
    [
        ("waiting_for_reporter", {"unit": "PUPR"}, "Sisi mana? (menunggu jawaban)"),
        ("in_progress", {"unit": "PUPR"}, "Sisi mana? (tidak dijawab)"),
        ("in_progress", {"unit": "PUPR", "answered": True}, "Sisi mana? (sudah dijawab)"),
        ("routed", {"unit": "PDAM", "answered": True}, "Sisi mana? (PDAM, sudah dijawab)"),
        ("routed", None, ""),
    ],
)
def test_question_to_a_citizen_is_shown_with_its_outcome(
    status: str, question: dict[str, Any] | None, says: str
) -> None:
    asked = Question(text="Sisi mana?", **question) if question else UNSET
    found = latest("SPG-S000-00001", [_told(1, status=status, question=asked)])

    assert found is not None
    assert says == as_question(found)


def _photo(name: str) -> Evidence:
    return Evidence(url=f"https://lapor.example/bukti/{name}", media_type="image/jpeg", sha256="0", bytes=1)


def test_the_newest_links_open_what_was_attached_then_and_later() -> None:
    added = FollowUp(id="a", kind="addition", at=NOW, evidence=[_photo("later")])
    told = [
        _told(1, evidence=[_photo("old")]),
        _told(2, evidence=[_photo("another")]),
        _told(1, evidence=[_photo("new")], follow_ups=[added], seq=3),
    ]

    found = latest("SPG-S000-00001", told)

    assert found is not None
    assert [_photo("new").url, _photo("later").url] == links(found)
    assert latest("SPG-S000-00009", told) is None
