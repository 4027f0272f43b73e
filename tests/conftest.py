"""The order of the end-to-end tests, which share one running system."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The loss test counts all that lies in the topics, so it is the first that writes into them."""
    items.sort(key=lambda item: "test_loss" not in item.nodeid and "tests/e2e/" in item.nodeid)
