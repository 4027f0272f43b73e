"""End the fixtures that a folder's tests share after the last test: an idle broker or system takes processor time."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest.fixtures import SubRequest

from testing.suite.dealing import scope

_made: list[tuple[pytest.FixtureDef[Any], SubRequest]] = []


def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: SubRequest) -> None:
    """Remember session fixtures that are defined in a folder of ours, not in a plugin."""
    if fixturedef.scope == "session" and fixturedef.baseid:
        _made.append((fixturedef, request))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """End them once ``item`` has cleaned up, unless the next test shares them. A fixture needed later is made again."""
    yield
    if nextitem is None or scope(nextitem) != scope(item):
        while _made:
            fixture, request = _made.pop()
            fixture.finish(request)
