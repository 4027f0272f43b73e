"""The prober looks at both certificates of each broker and at the website's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from lapor.servers.certificates import prepare, server
from prober.certificates import show_certificates
from prober.settings import Settings
from testing.tls import showing


def shown(port: int) -> bool:
    labels = {"server": f"127.0.0.1:{port}"}
    return REGISTRY.get_sample_value("lapor_certificate_expires_timestamp_seconds", labels) is not None


def settings(**given: Any) -> Settings:
    return Settings.model_validate({
        "kafka_bootstrap_servers": "x:9", "kafka_username": "x", "kafka_password": SecretStr("x"), "region_dir": ".",
        "http_port": 1, "canary_key": "of-canaries-alone", "sms_mo_token": "of-the-gateway-alone",
        "probe_sms_url": "http://127.0.0.1/",
    } | given)  # fmt: skip


@pytest.fixture
def certified(tmp_path: Path) -> Path:
    prepare(tmp_path, [server("kafka=127.0.0.1"), server("agencies=kafka.soppengkab.go.id")], now=datetime.now(UTC))
    return tmp_path


def test_brokers_their_listener_for_units_and_the_website_are_looked_at(certified: Path) -> None:
    """The listener for units has a certificate for its public name; the prober reaches it by another name."""
    ca = certified / "trust" / "ca.pem"

    with (
        showing(certified / "kafka") as broker,
        showing(certified / "agencies") as (_, agencies),
        showing(certified / "kafka") as (_, website),
    ):
        there = settings(
            kafka_ca_file=ca, probe_agencies_port=agencies, probe_web_url=f"https://127.0.0.1:{website}/lapor"
        )
        show_certificates(there, [("127.0.0.1", 9), broker])

        assert [True, True, True, False] == [shown(port) for port in (broker[1], agencies, website, 9)]


def test_on_one_machine_without_tls_nothing_is_looked_at(certified: Path) -> None:
    with showing(certified / "kafka") as broker, showing(certified / "kafka") as (_, website):
        show_certificates(settings(probe_web_url=f"http://127.0.0.1:{website}/"), [broker])

        assert [False, False] == [shown(port) for port in (broker[1], website)]
