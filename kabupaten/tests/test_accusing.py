"""An addition that accuses somebody is kept from the unit that works on it; every other one reaches that unit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kabupaten import load
from kabupaten.accusing import AccusingWords

#: Written before any code read additions for accusations, by the author of the later rules: the figures flatter.
ADDITIONS = Path(__file__).parent / "additions"


def added(kind: str) -> list[str]:
    return (ADDITIONS / f"{kind}.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def words(region: Path) -> AccusingWords:
    loaded = load(region, "conduct", "units", "abbreviations")
    return AccusingWords(loaded.conduct, loaded.units, loaded.abbreviations)


@pytest.mark.parametrize(
    "text",
    [
        "petugas PUPR Pak Baso minta uang 200 ribu",
        "ptgs minta duit 50rb pak",
        "petugase mellau doi",
        "mellau dui' paimeng, degage na jama",
        "tolong periksa pak Baso itu, kerjanya memeras warga",
    ],
)
def test_accusations_are_recognised_in_short_forms_and_in_bugis(words: AccusingWords, text: str) -> None:
    assert words.may_accuse(text)


@pytest.mark.parametrize(
    "text",
    [
        "petugas PUPR sudah datang, terima kasih",
        "engkani pole petugas'e, tarima kasi",
        "mohon dikabari kapan petugas turun",
        "letaknya di depan masjid, RT 02",
        "rahasia lah pak",
    ],
)
def test_additions_that_only_mention_staff_accuse_nobody(words: AccusingWords, text: str) -> None:
    assert not words.may_accuse(text)


def test_few_everyday_additions_are_held_back(words: AccusingWords) -> None:
    texts = added("everyday")
    held = [text for text in texts if words.may_accuse(text)]

    assert len(texts) == 62
    assert len(held) <= 3, held


def test_almost_every_accusing_addition_is_recognised(words: AccusingWords) -> None:
    texts = added("accusing")
    missed = [text for text in texts if not words.may_accuse(text)]

    assert len(texts) == 45
    assert len(missed) <= 1, missed


def test_no_addition_that_is_measured_is_one_that_was_learned(region: Path) -> None:
    learned = load(region, "conduct").conduct.additions

    assert set() == {*added("everyday"), *added("accusing")} & {text for texts in learned.values() for text in texts}


def test_a_region_without_such_examples_hears_by_phrases_and_whole_complaints(region: Path) -> None:
    loaded = load(region, "conduct", "units", "abbreviations")
    lists = msgspec.structs.replace(loaded.conduct, additions={}, ordinary=())
    words = AccusingWords(lists, loaded.units, loaded.abbreviations)

    assert words.may_accuse("oknum petugas minta uang")
    assert not words.may_accuse("jalannya masih berlubang")
