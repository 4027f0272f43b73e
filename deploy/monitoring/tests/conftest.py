"""Lets the tests of this folder import the modules beside them, and share a Prometheus with a month of data."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import hours


@pytest.fixture(scope="session", params=["calm", "bad"])
def hour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The kind of the hour, and the address of a Prometheus whose month ends in it."""
    with hours.prometheus(tmp_path_factory.mktemp(request.param), request.param) as url:
        yield request.param, url
