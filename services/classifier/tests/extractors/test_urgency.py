"""How long a complaint can wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from classifier.domain import URGENT
from classifier.extractors.message_type import kind_of
from classifier.extractors.urgency import urgency_of
from contracts.vocabulary import DangerKind
from kabupaten.danger import ALARMS, Heard
from kabupaten.phrases import Matches


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("jembatan mau roboh, bahaya sekali", "tinggi"),
        ("sudah banyak yang jatuh, ada korban", "tinggi"),
        ("sampah belum diangkut", "sedang"),
        ("usul ditambah bangku taman", "rendah"),
        ("tembok penahan retak memanjang di bawahnya ada rumah", "tinggi"),
        ("barusan ada yang jatuh di tikungan", "tinggi"),
        ("puluhan warga kena chikungunya", "tinggi"),
        ("bus rem blong di turunan", "tinggi"),
        ("buka loket pukul delapan tapi petugas belum datang", "sedang"),
        ("akta kematian bapak yang sudah meninggal belum jadi", "sedang"),
        ("lampu mau mati terus kalau malam", "sedang"),
        ("kami diancam denda kalau telat bayar", "sedang"),
        ("apakah ada jadwal vaksin rabies?", "rendah"),
    ],
)
def test_words_of_risk_make_urgent(said: Callable[[str], Matches], text: str, urgency: str) -> None:
    assert urgency == urgency_of(said(text), kind_of(said(text)))


@pytest.mark.parametrize(
    ("text", "hint", "urgency"),
    [
        ("jembatan mau roboh, bahaya sekali", -0.4, "tinggi"),
        ("jembatan mau roboh, bahaya sekali", -1.5, "sedang"),
        ("tutup got di tikungan sekolah hilang", 0.3, "tinggi"),
        ("tutup got di tikungan sekolah hilang", 0.1, "sedang"),
        ("apakah ada jadwal vaksin rabies?", -0.2, "rendah"),
    ],
)
def test_the_hint_has_a_say(said: Callable[[str], Matches], text: str, hint: float, urgency: str) -> None:
    assert urgency == urgency_of(said(text), kind_of(said(text)), {URGENT: hint})


@pytest.mark.parametrize(
    ("certain", "weight", "words", "hint", "urgency"),
    [
        (False, ALARMS + 0.5, 15, -1.0, "darurat"),  # people in danger write few words
        (True, ALARMS + 0.5, 30, -1.0, "darurat"),
        (False, ALARMS + 0.5, 16, -1.0, "sedang"),  # a longer text tells a story
        (True, ALARMS + 0.5, 31, -1.0, "sedang"),
        (False, ALARMS + 4.5, 60, -1.0, "darurat"),  # unless all of it sounds like danger
        (False, ALARMS + 0.5, 60, 0.5, "darurat"),
        (True, ALARMS + 4.5, 60, -1.0, "darurat"),
        (False, ALARMS - 0.5, 5, -1.0, "sedang"),  # a slight resemblance to danger wakes nobody
        (False, ALARMS - 0.5, 5, 0.5, "tinggi"),
    ],
)
def test_danger_makes_a_text_darurat_if_it_is_short_or_wholly_alarming(
    said: Callable[[str], Matches], certain: bool, weight: float, words: int, hint: float, urgency: str
) -> None:
    text, heard = "tutup got hilang", Heard([DangerKind.FIRE], certain, weight, words)
    assert urgency == urgency_of(said(text), kind_of(said(text)), {URGENT: hint}, heard)


@pytest.mark.parametrize(("weight", "urgency"), [(ALARMS + 1, "darurat"), (ALARMS - 0.5, "sedang")])
def test_without_a_hint_what_alarms_is_danger(said: Callable[[str], Matches], weight: float, urgency: str) -> None:
    heard = Heard([DangerKind.FIRE], certain=False, weight=weight, words=60)
    assert urgency == urgency_of(said("rumah"), kind_of(said("rumah")), {}, heard)


def test_despair_is_danger_in_however_many_words(said: Callable[[str], Matches]) -> None:
    heard = Heard([DangerKind.DESPAIR], certain=False, weight=-2.0, words=80)
    assert "darurat" == urgency_of(said("rumah"), kind_of(said("rumah")), {URGENT: -1.5}, heard)
