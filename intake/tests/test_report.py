"""A filled-in form becomes a complaint, with its place and time in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.masking import mask
from intake.report import areas, complaint_of
from intake.texts import Texts
from testing.fixtures import texts_of

PAROTO = "73.12.03.2012"


@pytest.fixture(scope="module")
def texts() -> Texts:
    return texts_of(Path(__file__).parents[2] / "region" / "soppeng")


@pytest.mark.parametrize(
    ("typed", "place", "occurred"),
    [
        ({}, None, None),
        ({"village": PAROTO}, "Desa Paroto, Kecamatan Lilirilau", None),
        ({"village": "73.12.03", "place": " dekat jembatan "}, "dekat jembatan, Kecamatan Lilirilau", None),
        ({"position": "-4.3512345,119.88,30"}, "Kelurahan Bila, Kecamatan Lalabata", None),
        ({"position": "-4.3512345,119.88,4000"}, "Kecamatan Lalabata", None),
        ({"position": "-4.0,120.5,30"}, None, None),
        ({"position": "-4.3512345,119.88,30", "village": PAROTO}, "Desa Paroto, Kecamatan Lilirilau", None),
        ({"village": "99", "position": "di sini", "date": "kemarin"}, None, None),
        ({"date": "2026-11-21"}, None, "Sabtu 21 November 2026"),
        ({"date": "2026-11-21", "occurred": "pagi"}, None, "Sabtu 21 November 2026, pagi"),
    ],
    ids=[
        *("nothing", "village", "kecamatan", "position", "anywhere near", "elsewhere", "chosen", "not readable"),
        *("day", "day and words"),
    ],
)
def test_place_and_time_are_put_into_words(
    texts: Texts, typed: dict[str, str], place: str | None, occurred: str | None
) -> None:
    made = complaint_of(typed, texts)

    assert (place, occurred) == (made["place"], made["occurred"])
    assert place is None or place == mask(place)


def test_every_village_can_be_chosen_and_is_found_again_by_the_words_it_becomes(texts: Texts) -> None:
    chosen = [(code, name) for _, name, villages in areas(texts.territory) for code, _ in villages]

    found = [texts.reader.talk.place(str(complaint_of({"village": code}, texts)["place"])) for code, _ in chosen]

    assert 70 == len(chosen)
    assert [name for _, name in chosen] == [place.kecamatan for place in found]
    assert all(place.desa for place in found)
