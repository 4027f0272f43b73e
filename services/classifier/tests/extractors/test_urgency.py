"""How long a complaint can wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from classifier.domain import URGENT
from classifier.extractors.message_type import kind_of
from classifier.extractors.urgency import urgency_of
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
        ("tutup got di tikungan sekolah hilang", 0.6, "tinggi"),
        ("tutup got di tikungan sekolah hilang", 0.4, "sedang"),
        ("apakah ada jadwal vaksin rabies?", -0.2, "rendah"),
    ],
)
def test_the_hint_has_a_say(said: Callable[[str], Matches], text: str, hint: float, urgency: str) -> None:
    assert urgency == urgency_of(said(text), kind_of(said(text)), {URGENT: hint})
