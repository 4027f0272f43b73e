"""RAHASIA and ANONIM before a complaint, and sentences that only seem to begin with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.reading.marks import Marked, read_marks

BOTH = {"rahasia": True, "anonim": True}
MARKED = {
    "RAHASIA ada pungli di pasar": {"rahasia": True},
    "rahasia ada pungli di pasar": {"rahasia": True},
    "Rahasia: ada pungli di pasar": {"rahasia": True},
    "RAHASIA, ada pungli di pasar": {"rahasia": True},
    "(RAHASIA) ada pungli di pasar": {"rahasia": True},
    "[rahasia] ada pungli di pasar": {"rahasia": True},
    "*RAHASIA* ada pungli di pasar": {"rahasia": True},
    "#RAHASIA#ada pungli di pasar": {"rahasia": True},
    "RAHASIA\nada pungli di pasar": {"rahasia": True},
    "RAHASIA - ada pungli di pasar": {"rahasia": True},
    "rahasia!! ada pungli di pasar": {"rahasia": True},
    "ANONIM ada pungli di pasar": {"anonim": True},
    "anonim. ada pungli di pasar": {"anonim": True},
    "RAHASIA ANONIM ada pungli di pasar": BOTH,
    "anonim rahasia ada pungli di pasar": BOTH,
    "RAHASIA/ANONIM ada pungli di pasar": BOTH,
    "rahasia dan anonim: ada pungli di pasar": BOTH,
    "Anonim, rahasia. ada pungli di pasar": BOTH,
    "ANONIM & RAHASIA ada pungli di pasar": BOTH,
    "RAHASIA+ANONIM ada pungli di pasar": BOTH,
    "RAHASIA RAHASIA ada pungli di pasar": {"rahasia": True},
}
#: Texts that have one of the words in another meaning, and stay as they are.
TRAPS = [
    "rahasia umum kalau pasar itu kotor",
    "Rahasia umum, semua tahu kades menjual beras bansos",
    "RAHASIA UMUM KADES MEMINTA UANG",
    "rahasia publik bahwa jabatan dijual",
    "rahasia negara dibocorkan di grup WA kantor",
    "Rahasia dagang UMKM kami disebar petugas",
    "sudah jadi rahasia umum ada pungli",
    "ada pungli di pasar, tolong rahasia",
    "tolong RAHASIA ya pak, ada pungli",
    "data rahasia pasien bocor di puskesmas",
    "ada pungli di pasar RAHASIA",
    "kotak rahasia untuk pengaduan tidak ada kuncinya",
    "rahasianya bocor ke kepala sekolah",
    "rahasiakan nama saya",
    "dirahasiakan saja anggarannya oleh kades",
    "kerahasiaan data di kantor camat",
    "akun anonim menyebar fitnah",
    "ada surat anonim di kantor desa",
    "anonimus melapor",
    "anonimitas pelapor tidak dijaga",
    "laporan anonim tidak pernah dibalas",
    "nomor anonim menelepon terus",
    "rahasia_bersama adalah nama grupnya",
    "pak, rahasia: ada pungli",
    "1 rahasia ada pungli",
    "",
    "?!",
]
#: An expression after a mark that is set off, or between two marks, belongs to the citizen's text.
SET_OFF = {
    "RAHASIA: umum sudah tahu": ("umum sudah tahu", {"rahasia": True}),
    "RAHASIA, RAHASIA umum itu pungli": ("RAHASIA umum itu pungli", {"rahasia": True}),
    "ANONIM umum sudah tahu": ("umum sudah tahu", {"anonim": True}),
    "ANONIM rahasia umum ada pungli": ("rahasia umum ada pungli", {"anonim": True}),
    "RAHASIA dan ada pungli": ("dan ada pungli", {"rahasia": True}),
    "RAHASIA tolong jangan rahasia lagi": ("tolong jangan rahasia lagi", {"rahasia": True}),
}
ALONE = {
    "RAHASIA": {"rahasia": True},
    " anonim ": {"anonim": True},
    "rahasia dan anonim": BOTH,
    "#rahasia.": {"rahasia": True},
}


@pytest.mark.parametrize(("text", "marks"), MARKED.items())
def test_the_first_words_are_marks_and_are_taken_off(text: str, marks: dict[str, bool]) -> None:
    assert Marked(text="ada pungli di pasar", **marks) == read_marks(text)


@pytest.mark.parametrize("text", TRAPS)
def test_text_that_only_resembles_a_mark_keeps_all_its_words(text: str) -> None:
    assert Marked(text=text) == read_marks(text)


@pytest.mark.parametrize(("text", "means"), SET_OFF.items())
def test_expression_after_a_mark_stays_in_the_text(text: str, means: tuple[str, dict[str, bool]]) -> None:
    rest, marks = means
    assert Marked(text=rest, **marks) == read_marks(text)


@pytest.mark.parametrize(("text", "marks"), ALONE.items())
def test_marks_alone_leave_no_text(text: str, marks: dict[str, bool]) -> None:
    assert Marked(text="", **marks) == read_marks(text)


@given(st.text())
def test_reading_marks_removes_only_the_beginning_of_a_text(text: str) -> None:
    assert text.endswith(read_marks(text).text)
    assert Marked(text=f"x{text}") == read_marks(f"x{text}")
