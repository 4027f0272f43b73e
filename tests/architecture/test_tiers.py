"""Every test is in one tier, and each promise names a test that exists."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from testing.suite.tiers import COLLECTED, TIERS, promises

ROOT = Path(__file__).parents[2]


def test_each_test_of_this_run_is_in_exactly_one_tier(request: pytest.FixtureRequest) -> None:
    tiers = request.config.stash[COLLECTED]

    assert {name: given for name, given in tiers.items() if len(given) != 1} == {}
    assert set(TIERS) >= {given[0] for given in tiers.values()}


def test_each_promise_is_held_by_one_test_that_exists() -> None:
    functions = {
        f"{file}::{node.name}"
        for file in {name.partition("::")[0] for name in promises()}
        for node in ast.parse((ROOT / file).read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name for name in promises() if name.partition("[")[0] not in functions} == set()
    assert [words for words, times in Counter(promises().values()).items() if times > 1] == []
