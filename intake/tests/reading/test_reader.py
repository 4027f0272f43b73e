"""What is read of a message once, before anybody acts on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.vocabulary import DangerKind
from intake.reading.reader import NOTHING
from testing.fixtures import texts_of

READER = texts_of(Path(__file__).parents[3] / "region" / "soppeng").reader


def test_fire_is_certain_and_alarms() -> None:
    reading = READER.read("rumah tetangga saya kebakaran sekarang di Cabenge")

    assert [DangerKind.FIRE] == list(reading.danger) == list(reading.certain)
    assert reading.alarms
    assert reading.only_certain.danger == reading.danger


@pytest.mark.parametrize("text", ["", "terima kasih banyak pak", "assalamualaikum", "mati saja kalian"])
def test_courtesy_tells_of_no_danger(text: str) -> None:
    reading = READER.read(text)

    assert reading.is_courtesy
    assert (reading.danger, reading.certain, reading.alarms) == ((), (), False)


def test_likely_danger_is_left_out_of_what_is_only_certain() -> None:
    likely = "sudah tiga jam bapak itu diam di pinggir sungai, dipanggil tidak menyahut"
    reading = READER.read(likely)

    assert reading.danger
    assert not reading.certain
    assert not reading.only_certain.danger


def test_ordinary_complaint_says_nothing_of_danger() -> None:
    assert READER.read("sampah di pasar Takalala belum diangkut sejak hari Senin") == NOTHING


@pytest.mark.parametrize(
    ("text", "reports_nothing"),
    [
        ("terima kasih, petugasnya ramah sekali", True),
        ("jalan rusak di Lapajung", False),
        ("apinya cepat sekali, tolong", False),
    ],
)
def test_form_that_reports_nothing_is_asked_back(text: str, *, reports_nothing: bool) -> None:
    assert READER.is_no_report(text) == reports_nothing


def test_same_danger_is_recognised_in_other_words() -> None:
    same = READER.same_danger("tolong ada yang kena setrum")

    assert same("di pasar lajoa, ada yg kena setrum")
    assert not same("rumah terbakar di Lajoa")


def test_cry_for_help_may_be_about_any_danger() -> None:
    same = READER.same_danger("di pasar lajoa, ada yg kena setrum")

    assert (same("TOLONG"), READER.is_cry("TOLONG"), READER.is_cry("tolong, kebakaran")) == (True, True, False)
    assert not same("tolong tolong tolong, kebakaran di pasar")


def test_accusation_is_read_with_the_offices_that_it_names() -> None:
    accusing = "petugas PDAM minta uang pelicin dua ratus ribu"

    assert READER.may_accuse(accusing)
    assert {"PDAM"} == READER.offices_in(accusing)
    assert not READER.may_accuse("air PDAM mati di Lapajung")


def test_place_answers_where() -> None:
    assert "Lilirilau" == READER.place_in("di Cabenge dekat jembatan").kecamatan
