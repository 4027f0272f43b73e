"""A new model replaces the present one only if it wins, on rows that neither has learnt from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from classifier.__main__ import app
from classifier.category.linear_model import Model, fingerprint
from classifier.training.labelled_rows import Row
from classifier.training.promotion import MIN_ROWS, compare

WORDS = ("air", "lampu")
ROWS = [Row(text=f"{WORDS[i % 2]} {'x' * i}", category=WORDS[i % 2]) for i in range(MIN_ROWS + 10)]


def knows(*words: str) -> Model:
    """A model that answers correctly only for ``words``."""
    weights = np.array([[1 if word == c and word in words else -1 for c in WORDS] for word in WORDS], dtype=np.float32)
    return Model(
        version="v", categories=WORDS, vocabulary={word: i for i, word in enumerate(WORDS)},
        idf=np.ones(2, np.float32), weights=weights, bias=np.array([0.1, 0], np.float32), temperature=1, threshold=0.5,
    )  # fmt: skip


def test_the_better_model_wins() -> None:
    result = compare(knows("air"), knows("air", "lampu"), knows("air", "lampu"), ROWS, [])
    assert (result.promoted, result.rows) == (True, len(ROWS))
    assert result.challenger > result.champion


def test_an_equal_model_does_not_replace_the_present_one() -> None:
    both = knows("air", "lampu")
    result = compare(both, both, both, ROWS, [])
    assert not result.promoted
    assert "the present model stays" in result.sentence()


def test_rows_that_the_present_model_learnt_prove_nothing() -> None:
    old = replace(knows("air"), learnt=frozenset(fingerprint(row.text) for row in ROWS))
    result = compare(old, knows("air", "lampu"), knows("air", "lampu"), ROWS, ROWS)
    assert (result.promoted, result.rows) == (False, 0)
    assert "too few to compare" in result.sentence()


def test_winning_at_home_does_not_outweigh_losing_on_the_check_set() -> None:
    good, bad = knows("air", "lampu"), knows("air")
    held = [row for row in ROWS if row.category == "lampu"] * 3
    assert not compare(good, bad, good, ROWS, held).promoted


@pytest.mark.slow
def test_train_leaves_the_present_model_where_the_new_one_loses(
    region: Path, model_file: Path, check_set: list[Row], tmp_path: Path
) -> None:
    # Every label is wrong, so the new model is worse.
    wrong = [("air_bersih", "jalan_jembatan")[row.category == "air_bersih"] for row in check_set] * 3
    rows = [
        {"text": f"{row.text} {'ya' * (1 + i // len(check_set))}", "category": wrong[i]}
        for i, row in enumerate(check_set * 3)
    ]
    (tmp_path / "rows").write_text("\n".join(map(json.dumps, rows)))
    arguments = ["train", "--jsonl", str(tmp_path / "rows"), "--region", str(region), "--out", str(tmp_path / "m")]
    result = CliRunner().invoke(app, [*arguments, "--champion", str(model_file)])

    assert (result.exit_code, (tmp_path / "m").exists()) == (1, False)
    assert "the present model stays" in result.stderr
