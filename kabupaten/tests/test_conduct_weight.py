"""Words are weighed as the examples of accusing messages teach."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kabupaten import RegionError, load
from kabupaten.conduct_weight import SURE, ConductWords


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
def test_what_people_tell_of_misconduct_weighs_much(words: ConductWords, text: str) -> None:
    assert (words.weigh(text) or 0) > SURE


@pytest.mark.parametrize(
    "text",
    ["lampu jalan di depan kantor camat mati", "tolong pak camat jalan kami rusak", "terima kasih petugas damkar"],
)
def test_who_only_names_an_office_does_not_accuse_it(words: ConductWords, text: str) -> None:
    assert (words.weigh(text) or 0) < 0


def test_a_region_without_examples_is_refused(region: Path, tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "conduct.yaml").write_text((region / "lexicon" / "conduct.yaml").read_text())
    with pytest.raises(RegionError, match=r"conduct/accuses.txt: it has no example"):
        load(tmp_path, "conduct")


def test_without_everyday_complaints_nothing_is_weighed(region: Path) -> None:
    lists = msgspec.structs.replace(load(region, "conduct").conduct, ordinary=())
    assert ConductWords(lists).weigh("orang loket minta 200 ribu") is None
