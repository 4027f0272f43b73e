"""What is asked of the cluster besides Kafka's own requests: until when its certificate is good."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from lapor.servers.certificates import prepare, server
from prober.cluster import show_behind, show_certificates
from prober.groups import Behind


@contextmanager
def broker(folder: Path) -> Iterator[tuple[str, int]]:
    """Shows the certificate of ``folder`` to who connects, and says nothing."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            line, _ = listening.accept()
            with line, context.wrap_socket(line, server_side=True) as shown:
                shown.recv(1)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()
        thread.join(10)


def ends(address: tuple[str, int]) -> float | None:
    """Gives what is shown of the broker at ``address``."""
    labels = {"broker": f"{address[0]}:{address[1]}"}
    return REGISTRY.get_sample_value("lapor_kafka_certificate_expires_timestamp_seconds", labels)


def test_the_end_of_a_brokers_certificate_is_shown(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    prepare(tmp_path, [server("kafka=127.0.0.1")], now=now)

    with broker(tmp_path / "kafka") as address:
        show_certificates(tmp_path / "trust" / "ca.pem", [("127.0.0.1", 9), address], within_s=5)

    assert (now + timedelta(days=365)).timestamp() == pytest.approx(ends(address), abs=2 * 86400)
    assert ends(("127.0.0.1", 9)) is None


def test_how_far_a_group_is_behind_is_shown_until_it_has_caught_up() -> None:
    def shown() -> list[float | None]:
        names = ("lapor_group_behind_records", "lapor_group_behind_seconds")
        return [REGISTRY.get_sample_value(name, {"group": "router"}) for name in names]

    show_behind({"router": Behind(records=7, seconds=90)})
    assert [7, 90] == shown()
    show_behind({"router": Behind()})
    assert [0, 0] == shown()
