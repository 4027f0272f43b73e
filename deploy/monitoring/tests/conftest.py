"""Lets the tests of this folder import what lies beside them, and share a Prometheus that has a month behind it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import hours


@pytest.fixture(scope="session", params=["calm", "bad"])
def hour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Which hour it is, and the address of a Prometheus whose month ends in it."""
    with hours.prometheus(tmp_path_factory.mktemp(request.param), request.param) as url:
        yield request.param, url
