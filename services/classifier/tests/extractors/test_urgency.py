"""How long a complaint can wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from classifier.domain import URGENT
from classifier.extractors.message_type import kind_of
from classifier.extractors.urgency import urgency_of
from contracts.vocabulary import DangerKind
from kabupaten.danger import Heard
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
        ("tutup got di tikungan sekolah hilang", 0.1, "tinggi"),
        ("tutup got di tikungan sekolah hilang", -0.1, "sedang"),
        ("apakah ada jadwal vaksin rabies?", -0.2, "rendah"),
    ],
)
def test_the_hint_has_a_say(said: Callable[[str], Matches], text: str, hint: float, urgency: str) -> None:
    assert urgency == urgency_of(said(text), kind_of(said(text)), {URGENT: hint})


@pytest.mark.parametrize(
    ("certain", "weight", "words", "hint", "urgency"),
    [
        (False, -1.5, 15, -1.0, "darurat"),  # who is in danger writes few words
        (True, -1.5, 30, -1.0, "darurat"),
        (False, -1.5, 16, -1.0, "sedang"),  # and this tells of something
        (True, -1.5, 31, -1.0, "sedang"),
        (False, 3.0, 60, -1.0, "darurat"),  # unless all of it sounds so
        (False, -1.5, 60, 0.5, "darurat"),
        (True, 2.0, 60, -1.0, "darurat"),
    ],
)
def test_what_sounds_of_danger_is_so_in_few_words_or_by_all_of_them(
    said: Callable[[str], Matches], certain: bool, weight: float, words: int, hint: float, urgency: str
) -> None:
    text, heard = "tutup got hilang", Heard([DangerKind.FIRE], certain, weight, words)
    assert urgency == urgency_of(said(text), kind_of(said(text)), {URGENT: hint}, heard)


def test_without_a_hint_all_that_sounds_of_danger_is_danger(said: Callable[[str], Matches]) -> None:
    heard = Heard([DangerKind.FIRE], certain=False, weight=-1.5, words=60)
    assert "darurat" == urgency_of(said("rumah"), kind_of(said("rumah")), {}, heard)
