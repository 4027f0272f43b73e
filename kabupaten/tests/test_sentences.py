"""Which full stops end a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import load
from kabupaten.lexicon import Abbreviations
from kabupaten.sentences import abbreviations_of, joined, sentences

SHORT: Abbreviations = load(Path(__file__).parents[2] / "region" / "soppeng", "abbreviations").abbreviations
KNOWN = abbreviations_of(SHORT.before, SHORT.behind, SHORT.openers)


def cut(text: str) -> list[str]:
    return [sentence.strip() for sentence in sentences(joined(KNOWN, text))]


@pytest.mark.parametrize("short", SHORT.before)
def test_abbreviation_before_a_name_does_not_end_the_sentence(short: str) -> None:
    for text in (f"di rumah {short}. baso ada pungli", f"di rumah {short.title()}. Baso ada pungli"):
        assert 1 == len(cut(text)), cut(text)


@pytest.mark.parametrize("short", SHORT.behind)
def test_abbreviation_after_a_name_does_not_end_an_unfinished_sentence(short: str) -> None:
    for text in (f"kades baso, {short}. minta uang", f"Kades Baso, {short.title()}. minta uang"):
        assert 1 == len(cut(text)), cut(text)


@pytest.mark.parametrize("short", [*SHORT.before, *SHORT.behind])
def test_the_end_of_a_sentence_stays_one_behind_an_abbreviation(short: str) -> None:
    for opener in ("Lalu", "Tolong", "Saya", "lalu", "mohon"):
        text = f"kami ke kantor {short}. {opener} petugas minta uang"
        assert 2 == len(cut(text)), cut(text)
    assert 1 == len(cut(f"kami ke kantor {short}."))


@pytest.mark.parametrize("short", SHORT.behind)
def test_a_capital_letter_behind_a_degree_begins_a_sentence(short: str) -> None:
    assert 2 == len(cut(f"Kadis kami Baso, {short}. Jalan di depan rumah rusak"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Kepala Desa kami, H. Baso, menerima suap", 1),
        ("Camat Drs. H. Andi Baso, M.Si. minta fee", 1),
        ("Camat Andi Baso, S. Sos., M. Si. minta fee", 1),
        ("minta Rp. 50.000 per orang di capil", 1),
        ("minta Rp.50.000,- per orang", 1),
        ("di Jl. Kesatria No. 5 Kec. Lalabata Kab. Soppeng", 1),
        ("Yth. Bapak Bupati", 1),
        ("Surat a.n. Baso s/d Senin belum jadi", 1),
        ("Kami pergi. Lalu pulang", 2),
        ("jalan rusak.tolong perbaiki", 2),
        ("di kantor h. Lalu petugasnya marah", 2),
        ("petugas marah! kami pulang? ya", 3),
        ("satu baris\nbaris lain", 2),
        ("lewat jalan besar. Hj. Sitti jatuh", 2),
        ("JALAN DI KEC. GANRA RUSAK. TOLONG", 2),
        ("kata dukun. minta uang", 2),
        ("", 0),
    ],
)
def test_a_text_has_its_sentences(text: str, count: int) -> None:
    assert count == len(cut(text)), cut(text)
