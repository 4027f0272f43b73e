"""The side door: health and metrics."""

from __future__ import annotations

import urllib.error
import urllib.request

from chassis import metrics
from lapor.processes.ports import any_free


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_side_door_shows_health_and_metrics() -> None:
    port, health = any_free(), metrics.Health()
    ready: list[int] = []
    health.ready["partitions"] = lambda: bool(ready)
    server = metrics.serve("127.0.0.1", port, health)
    try:
        assert get(port, "/live") == (200, "ok\n")
        assert get(port, "/ready") == (503, "waiting for: partitions\n")
        ready.append(1)
        assert get(port, "/ready") == (200, "ok\n")
        metrics.REDELIVERIES.labels("side-door").inc()
        assert 'lapor_redeliveries_total{service="side-door"} 1.0' in get(port, "/metrics")[1]
    finally:
        server.shutdown()
        server.server_close()
