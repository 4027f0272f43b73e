"""Late, soon and paused deadlines have words, an icon and a colour."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

from contracts.events import Candidate, ReplyAnswer, Support, UnitRouted
from contracts.vocabulary import Action, Status, SupportStatus, Why
from testing.events import NOW, a_snapshot
from unit_desk import words


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"deadline_at": NOW - timedelta(hours=50)}, ("Terlambat 2 hari", "late")),
        ({"deadline_at": NOW}, ("Terlambat 1 menit", "late")),
        ({"deadline_at": NOW + timedelta(minutes=95)}, ("1 jam lagi", "soon")),
        ({"acknowledge_by": NOW + timedelta(minutes=28)}, ("Tanggapi dalam 28 menit", "soon")),
        ({"acknowledge_by": NOW - timedelta(minutes=5)}, ("Belum ditanggapi, lewat 5 menit", "late")),
        ({"deadline_at": NOW + timedelta(days=3)}, ("Jumat 6 Mar pukul 01.00", "later")),
        ({"deadline_at": NOW - timedelta(1), "paused_until": NOW}, ("Waktu berhenti", "paused")),
        ({}, None),
    ],
)
def test_a_due_date_says_how_near_it_is(facts: dict[str, Any], said: tuple[str, str] | None) -> None:
    sign = words.due(a_snapshot(**facts), NOW, UTC)

    assert said == (sign and (sign.text, sign.look))


@pytest.mark.parametrize(("urgency", "said"), [("darurat", "Darurat"), ("tinggi", "Mendesak"), ("sedang", None)])
def test_urgency_above_normal_is_marked_in_words(urgency: str, said: str | None) -> None:
    sign = words.urgency(a_snapshot(urgency=urgency))

    assert said == (sign and sign.text)


def test_every_word_of_the_contracts_that_a_desk_hears_has_words() -> None:
    unheard = {Status.RECEIVED, Status.REGISTERED, Status.UNMERGED, Status.ARCHIVED}
    elsewhere = {Action.UNMERGE, Action.ERASE}

    assert set(Status) - unheard == words.STATUS.keys()
    assert set(Why) == words.WHY.keys()
    assert set(Action) - elsewhere == words.DONE.keys()
    assert set(SupportStatus) == words.SUPPORT.keys()


_ROADS = Candidate(category="jalan", confidence=0.9, evidence=["lubang", "aspal", "jalan", "truk"])
_HELPS: dict[str, Any] = {"unit": "DLH", "role": "support", "support": [Support(unit="PUPR", request="pinjam truk")]}


@pytest.mark.parametrize(
    ("why", "reason", "facts", "said"),
    [
        (
            "routed", "kategori Jalan", {"category": "jalan", "candidates": [_ROADS]},
            "Kategori Jalan (lubang, aspal, jalan)",
        ),
        ("routed", "kategori Air", {"category": "air", "candidates": [_ROADS]}, "Kategori Air"),
        (
            "routed", "dikembalikan oleh DLH: bukan sampah",
            {"category": "jalan", "candidates": [_ROADS], "lane": "triage", "returns": 1},
            "Dikembalikan oleh DLH: bukan sampah",
        ),
        ("routed", "", {}, "Diteruskan ke unit ini"),
        ("routed", "DLH meminta bantuan PUPR: pinjam truk", _HELPS, ""),
        ("routed", "kategori Banjir", {**_HELPS, "support": [Support(unit="PUPR")]}, "Kategori Banjir"),
        ("followed-up", "pelapor menilai 2 dari 5", {"status": "reopened"}, "Pelapor menilai 2 dari 5"),
        ("followed-up", "", {}, "Warga menambahkan sesuatu"),
        ("escalated", "tenggat penyelesaian terlewati", {}, "Tenggat penyelesaian terlewati"),
        ("instructed", "SETDA: kerjakan hari ini", {}, "Atasan memberi arahan. SETDA: kerjakan hari ini"),
        ("withdrawn", "ditutup", {"status": "closed"}, "Bukan milik unit ini lagi. Ditutup"),
        ("undone", "resolve dibatalkan PUPR", {}, "Tindakan terakhir dibatalkan"),
        ("deadline-set", "", {}, ""),
    ],
)  # fmt: skip
def test_a_list_says_why_something_is_on_it(why: str, reason: str, facts: dict[str, Any], said: str) -> None:
    told = UnitRouted(why=why, unit="PUPR", complaint=a_snapshot(**facts), reason=reason)

    assert said == words.why_here(told)


def test_a_list_says_that_a_reply_was_refused() -> None:
    refused = ReplyAnswer(event_id="1", accepted=False, code="wrong_status", reason="laporan berstatus ditutup")
    told = UnitRouted(why="replied", unit="PUPR", complaint=a_snapshot(), reply=refused)

    assert words.why_here(told) == "Balasan tidak diterima sistem: laporan berstatus ditutup"
