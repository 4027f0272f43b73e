"""Texts that name a victim of violence or a harmed child are marked; texts that only sound like it are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.extractors.protection import is_protected
from kabupaten import load
from kabupaten.lexicon import phrases_of
from kabupaten.phrases import Phrases, tokenise
from kabupaten.spelling import plain


@pytest.fixture(scope="module")
def protection(region: Path) -> Phrases:
    return phrases_of(load(region, "protection").protection)


@pytest.mark.parametrize(
    "text",
    [
        "suami saya memukul saya tiap malam",
        "tetangga kami dipukul suaminya, KDRT",
        "keponakan saya dicabuli guru ngajinya",
        "Guru memukul murid kelas 4 sampai lebam",
        "anak saya dibully temannya di sekolah",
        "perundungan di SMP, korban takut sekolah",
        "ada anak ditelantarkan orang tuanya di kontrakan",
        "siswi hamil oleh pamannya",
        "anak di bawah umur mau dinikahkan",
        "pegawai magang dilecehkan atasannya",
        "bapaknya menyiksa anaknya dengan sapu",
        "perempuan itu korban perdagangan orang",
        "gurunna napeppe' anakku pakai rotan",
        "perawat itu memegang kemaluannya waktu tidur",
        "guru olahraga suka pegang pantat siswi",
        "suami saya ASN di dinas PU sering memukul saya",
        "anak saya korban bully, petugas bocorkan namanya",
    ],
)
def test_a_victim_or_a_child_is_named(protection: Phrases, text: str) -> None:
    assert is_protected(protection.search(tokenise(plain(text))))


@pytest.mark.parametrize(
    "text",
    [
        "anak sekolah butuh zebra cross",
        "mohon sosialisasi KDRT di desa kami",
        "dinas pendidikan cegah bullying di sekolah",
        "jam pulang pukul 12 anak menyeberang jalan",
        "anak sungai meluap",
        "warga memukul kentongan",
        "petugas dipukul preman di pasar",
        "minta nomor P2TP2A",
        "anak saya belum dapat KIA",
        "ibu saya dibentak pegawai capil",
        "pohon tumbang hampir menimpa anak anak",
        "lampu dipukul angin",
        "ada undangan pernikahan anak saya",
        "LKS dijual guru di sekolah",
        "tolong pegang janji, dada sesak kalau lewat TPA bau",
    ],
)
def test_harmless_texts_are_not_marked_as_protected(protection: Phrases, text: str) -> None:
    assert not is_protected(protection.search(tokenise(plain(text))))
