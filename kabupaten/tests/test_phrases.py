"""The phrase language: what each sign of it finds."""

from __future__ import annotations

import re

import pytest

from kabupaten.phrases import PhraseError, Phrases, tokenise

GROUPS = {"ORANG": ["anak*", "warga"]}


def found(text: str, *phrases: str) -> list[str]:
    """List the words of ``text`` in which the phrases are found."""
    given = Phrases()
    given.add("list", phrases, GROUPS)
    matches = given.search(tokenise(text))
    return [matches.words(one) for one in matches["list"]]


@pytest.mark.parametrize(
    ("phrase", "text", "words"),
    [
        ("jalan rusak", "di jalan rusak", ["jalan rusak"]),
        ("jalan rusak", "jalan yang rusak", []),
        ("jalan rusak", "jalan, rusak", ["jalan rusak"]),
        ("jalan rusak", "jalan. rusak", []),
        ("jalan rusak", "jalan [rusak]", []),
        ("mau/hampir roboh", "hampir roboh", ["hampir roboh"]),
        ("longsor*", "longsornya", ["longsornya"]),
        ("longsor", "longsornya", []),
        ("*tanggap*", "tidak ditanggapi", ["ditanggapi"]),
        ("di*kan", "diharapkan ada", ["diharapkan"]),
        ("ANGKA", "1000 x", ["1000"]),
        ("ANGKA*", "50rb", ["50rb"]),
        ("ANGKA jadi ANGKA", "5 jadi 50", ["5 jadi 50"]),
        ("ORANG hanyut", "anaknya hanyut", ["anaknya hanyut"]),
        ("cara (untuk) daftar", "cara daftar", ["cara daftar"]),
        ("cara (untuk) daftar", "cara untuk daftar", ["cara untuk daftar"]),
        ("mohon (segera)", "mohon segera", ["mohon segera"]),
        ("anak ~ hanyut", "anak saya tadi pagi hanyut", ["anak saya tadi pagi hanyut"]),
        ("anak ~ hanyut", "anak saya tadi pagi sekali hanyut", []),
        ("anak ~4 hanyut", "anak saya tadi pagi sekali hanyut", ["anak saya tadi pagi sekali hanyut"]),
        ("bisa?", "bisa tidak. bisa?", ["bisa"]),
        ("perlu ~ *?", "perlu surat ini?", ["perlu surat ini"]),
        ("^ info", "info jadwal", ["info"]),
        ("^ info", "mau info", []),
        ("kemana $", "harus kemana", ["kemana"]),
        ("kemana $", "kemana saya", []),
        ("!per petugas", "per petugas", []),
        ("!per petugas", "para petugas", ["petugas"]),
        ("uang !kembali* !ganti rugi", "uang kembalian", []),
        ("uang !kembali* !ganti rugi", "uang ganti rugi", []),
        ("uang !kembali* !ganti rugi", "uang ganti", ["uang"]),
        ("uang !kembali*", "uang. kembali", ["uang"]),
        ("bpjs + mati/nonaktif", "nonaktif kartu bpjs", ["bpjs"]),
        ("bpjs + mati", "mati satu dua tiga empat lima bpjs", []),
        ("murah*", "murah'na", ["murah'na"]),
    ],
)
def test_each_sign_finds_what_it_is_for(phrase: str, text: str, words: list[str]) -> None:
    assert words == found(text, phrase)


@pytest.mark.parametrize(
    ("phrase", "says"),
    [
        ("~ ^", "names no word by which it could be found"),
        ("(mohon)", "names no word by which it could be found"),
        ("HEWAN lepas", "has HEWAN, which is no group"),
        ("Jalan rusak", "has Jalan"),
        ("anak ~x hanyut", "has ~x"),
    ],
)
def test_a_phrase_that_could_never_be_found_is_refused(phrase: str, says: str) -> None:
    with pytest.raises(PhraseError, match=re.escape(says)):
        found("", phrase)


def test_a_word_that_vetoes_takes_all_of_its_list_back() -> None:
    assert found("obat di rumah sakit", "rumah sakit", "! obat/dokter") == []


def test_first_of_overlapping_phrases_counts_and_each_wording_counts_once() -> None:
    given = Phrases()
    given.add("list", ["obat kuat", "jual obat", "murah"], {})
    matches = given.search(tokenise("jual obat kuat murah, murah"))
    assert matches.count("list") == 2
    assert [matches.words(one) for one in matches.apart("list")] == ["jual obat", "murah", "murah"]


def test_the_end_of_a_phrase_in_a_cut_text_is_the_end_of_the_cut() -> None:
    given = Phrases()
    given.add("list", ["kepada (bapak) $"], {})
    assert "list" in given.search(tokenise("kepada bapak camat").cut(0, 2))
