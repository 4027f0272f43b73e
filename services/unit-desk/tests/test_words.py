"""What is late, soon or standing still is said in words, with a drawing and a colour."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest

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
def test_what_cannot_wait_is_said(urgency: str, said: str | None) -> None:
    sign = words.urgency(a_snapshot(urgency=urgency))

    assert said == (sign and sign.text)


def test_every_word_of_the_contracts_that_a_desk_hears_has_words() -> None:
    unheard = {Status.RECEIVED, Status.REGISTERED, Status.UNMERGED, Status.ARCHIVED}
    elsewhere = {Action.UNMERGE, Action.ERASE}

    assert set(Status) - unheard == words.STATUS.keys()
    assert set(Why) == words.WHY.keys()
    assert set(Action) - elsewhere == words.DONE.keys()
    assert set(SupportStatus) == words.SUPPORT.keys()
