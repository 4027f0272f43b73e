"""Learned weights are used again, are the same as new ones, and may be lost without harm."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kabupaten import load
from kabupaten.cache import cache_dir, cached
from kabupaten.danger import DangerWords
from kabupaten.lexicon import Danger
from kabupaten.weighing import Weights

SOPPENG = Path(__file__).parents[2] / "region" / "soppeng"
WEIGHTS = {"api": 1 / 3, "jalan": -0.1 - 0.2}


@pytest.fixture(scope="module")
def danger() -> Danger:
    return load(SOPPENG, "danger").danger


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache_dir() / "weights"


def learn() -> Weights:
    return WEIGHTS


def not_again() -> Weights:
    raise AssertionError("it was kept")


def test_cached_danger_weights_of_soppeng_equal_the_learned_ones(danger: Danger, cache: Path) -> None:
    first = DangerWords(danger)
    first.learn()
    (file,) = cache.iterdir()
    second = DangerWords(danger)

    text = "Seluruh warga berlarian membawa ember dan karung pasir"
    assert first.hear(text) == second.hear(text)
    assert cached(danger, str(Path(load.__code__.co_filename).with_name("danger.py")), not_again) == first._learned()
    assert [file] == list(cache.iterdir())


def test_weights_are_learned_only_once(danger: Danger) -> None:
    assert cached(danger, __file__, learn) == WEIGHTS
    assert cached(danger, __file__, not_again) == WEIGHTS


def test_other_examples_or_other_code_are_learned(danger: Danger, tmp_path: Path) -> None:
    more = msgspec.structs.replace(danger, ordinary=(*danger.ordinary, "lampu jalan mati"))
    code = tmp_path / "code.py"
    code.write_text("a = 1")
    cached(danger, str(code), learn)

    assert cached(more, str(code), lambda: {"more": 1.0}) == {"more": 1.0}
    code.write_text("a = 2")
    assert cached(danger, str(code), lambda: {"other": 1.0}) == {"other": 1.0}


@pytest.mark.parametrize("damage", [b"", b"\x81\xa3api", bytes(32) + b"\x80"])
def test_a_damaged_file_is_learned_again_and_replaced(danger: Danger, cache: Path, damage: bytes) -> None:
    cached(danger, __file__, learn)
    (file,) = cache.iterdir()
    file.write_bytes(damage)

    assert cached(danger, __file__, learn) == WEIGHTS
    assert cached(danger, __file__, not_again) == WEIGHTS


def test_where_nothing_can_be_kept_each_learns(danger: Danger, cache: Path) -> None:
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file, where a folder should be")

    assert cached(danger, __file__, learn) == WEIGHTS
    with pytest.raises(AssertionError, match="it was kept"):
        cached(danger, __file__, not_again)


def test_the_oldest_are_dropped(danger: Danger, cache: Path) -> None:
    for nth in range(20):
        cached(msgspec.structs.replace(danger, ordinary=(str(nth),)), __file__, learn)

    assert len(list(cache.iterdir())) == 16
