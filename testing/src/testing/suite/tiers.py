"""Put each test into one of three tiers, by what it needs and by the list of promises.

`make check` runs fast tests, `make test` also those that hold a promise on the real thing, and `make test-all` all.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

FAST, PROMISE, LONG = TIERS = ("fast", "promise", "long")
PROMISES = Path(__file__).parents[4] / "tests" / "promises.toml"
#: The tiers of each test of a run, by its name, before any is deselected.
COLLECTED = pytest.StashKey[dict[str, list[str]]]()
_NEEDS_MORE = ("connected", "slow", "system")


@cache
def promises() -> dict[str, str]:
    """Return the promises in words by the name of the test that holds each: ``path::test``, or ``path::test[id]``."""
    files = tomllib.loads(PROMISES.read_text())
    return {f"{file}::{test}": words for file, tests in files.items() for test, words in tests.items()}


def tier(nodeid: str, fast: bool) -> str:
    """Return the tier of a test; ``fast`` says whether it needs nothing but a moment of this process."""
    if nodeid in promises() or nodeid.partition("[")[0] in promises():
        return PROMISE
    return FAST if fast else LONG


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test with its tier. The marks that say what it needs are there already (``dealing``)."""
    item.add_marker(tier(item.nodeid, not any(item.get_closest_marker(each) for each in _NEEDS_MORE)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tiers of all tests for the test that counts them."""
    config.stash[COLLECTED] = {
        item.nodeid: [mark.name for mark in item.iter_markers() if mark.name in TIERS] for item in items
    }
