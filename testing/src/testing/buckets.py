"""A server that speaks S3, for every part that keeps files."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from moto.server import ThreadedMotoServer

from lapor.processes.ports import HOST


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    """Serve S3 with a bucket `lapor`, and yield the settings for opening it."""
    server = ThreadedMotoServer(HOST, 0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    given = {"endpoint": f"http://{HOST}:{port}", "region": "us-east-1", "access_key_id": "a", "secret_access_key": "b"}
    assert httpx.put(f"{given['endpoint']}/lapor", trust_env=False).status_code == 200  # noqa: S101
    yield given
    server.stop()
