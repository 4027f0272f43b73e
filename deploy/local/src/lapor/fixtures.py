"""The pytest fixture ``connected``: a real broker and database. A ``conftest.py`` imports it to offer it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lapor.testing import Stack, start_kafka_and_postgres


@pytest.fixture(scope="session")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka and PostgreSQL, started once for the whole test run; a test makes its own topics and databases."""
    stack = start_kafka_and_postgres(tmp_path_factory.mktemp("stack"))
    yield stack
    stack.stop()
