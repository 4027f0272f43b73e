"""Words are weighed as the examples of accusing messages teach."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
import pytest

from kabupaten import RegionError, load
from kabupaten.conduct_weight import DOUBTFUL, SURE, UNLIKELY, ConductWords
from kabupaten.weighing import NOTHING_KNOWN


@pytest.fixture(scope="module")
def words(region: Path) -> ConductWords:
    return ConductWords(load(region, "conduct").conduct)


@pytest.mark.parametrize(
    "text",
    [
        "petugas loket capil minta 200 ribu supaya ktp cepat jadi, tanpa kwitansi",
        "pak desa potong blt kami 100 ribu per orang",
        "seleksi honorer titipan semua, yang lulus keluarga pejabat",
    ],
)
def test_reports_of_misconduct_get_a_high_weight(words: ConductWords, text: str) -> None:
    assert (words.weigh(text) or 0) > SURE


@pytest.mark.parametrize(
    "text",
    ["lampu jalan di depan kantor camat mati", "tolong pak camat jalan kami rusak", "terima kasih petugas damkar"],
)
def test_naming_an_office_alone_gets_a_low_weight(words: ConductWords, text: str) -> None:
    assert (words.weigh(text) or 0) <= UNLIKELY


def test_unknown_words_accuse_nobody(words: ConductWords) -> None:
    assert words.weigh("qwrtz plmkn vbgfd xcvsd jklmp") == NOTHING_KNOWN <= DOUBTFUL


def test_everyday_words_of_bugis_accuse_nobody_in_whatever_order(words: ConductWords, region: Path) -> None:
    # NusaX's words stand ten in a line at the end of the file (region/soppeng/danger/README.md); a fourth is learned.
    lines = (region / "danger" / "everyday.txt").read_text().splitlines()[-132:]
    known, chance = [word for line in lines for word in line.split()], Random(1)

    weights = [words.weigh(" ".join(chance.sample(known, chance.randint(4, 18)))) or 0 for _ in range(500)]

    assert sum(weight > DOUBTFUL for weight in weights) <= 0.15 * len(weights)
    assert sum(weight > SURE for weight in weights) <= 0.01 * len(weights)


def test_a_region_without_examples_is_refused(region: Path, tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "conduct.yaml").write_text((region / "lexicon" / "conduct.yaml").read_text())
    with pytest.raises(RegionError, match=r"conduct/accuses.txt: it has no example"):
        load(tmp_path, "conduct")


def test_without_everyday_complaints_nothing_is_weighed(region: Path) -> None:
    lists = msgspec.structs.replace(load(region, "conduct").conduct, ordinary=())
    assert ConductWords(lists).weigh("orang loket minta 200 ribu") is None
