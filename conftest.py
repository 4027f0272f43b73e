"""For every test: the packages are known before pytest meets the folders of the same name."""

import pytest

import chassis  # noqa: F401
import contracts  # noqa: F401


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two groups for two workers: the running system and everything else, so that each starts its servers once.

    pytest 9.2 ignores the groups of pytest-xdist 3.8: until one of them changes, tests are dealt out one by one.
    """
    for item in items:
        group = "system" if "e2e" in item.path.parts else "parts"
        item.add_marker(pytest.mark.xdist_group(group))
