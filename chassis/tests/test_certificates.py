"""How long a certificate is valid, as clients of its server see it: with TLS immediately, or PostgreSQL's way."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bench import Bench
from prometheus_client import REGISTRY
from pydantic import PostgresDsn, SecretStr

from chassis.certificates import Server, of_database, show, watch_database
from chassis.settings import DatabaseSettings
from lapor.servers.certificates import prepare, server
from testing.background import kept_running
from testing.tls import showing
from testing.waiting import soon, until

NOW = datetime.now(UTC)
A_YEAR_S = 365 * 86400


def made(folder: Path, now: datetime = NOW) -> tuple[Path, Path]:
    """Create a server's certificate and its CA; return the folder of one and the file of the other."""
    prepare(folder, [server("router-db=127.0.0.1")], now=now)
    return folder / "router-db", folder / "trust" / "ca.pem"


def shown(address: tuple[str, int]) -> list[float | None]:
    """Return the figures shown for the server at ``address``: the end, and the seconds from beginning to end."""
    names = ("lapor_certificate_expires_timestamp_seconds", "lapor_certificate_lifetime_seconds")
    return [REGISTRY.get_sample_value(name, {"server": f"{address[0]}:{address[1]}"}) for name in names]


def seen(address: tuple[str, int], ca: Path, *, postgres: bool = False) -> list[float | None]:
    show(Server(*address, postgres), ssl.create_default_context(cafile=ca), within_s=10)
    return shown(address)


def settings(dsn: str) -> DatabaseSettings:
    return DatabaseSettings(  # type: ignore[call-arg]  # the rest has defaults
        kafka_bootstrap_servers="x:9", kafka_username="x", kafka_password=SecretStr("x"), region_dir=Path(),
        http_port=1, database_url=PostgresDsn(dsn),
    )  # fmt: skip


@pytest.mark.parametrize("postgres", [False, True])
def test_the_end_and_the_lifetime_of_a_certificate_are_shown(tmp_path: Path, postgres: bool) -> None:
    folder, ca = made(tmp_path)

    with showing(folder, postgres=postgres) as address:
        ends, lasts_s = seen(address, ca, postgres=postgres)

    assert NOW.timestamp() + A_YEAR_S == pytest.approx(ends, abs=2)
    assert A_YEAR_S == pytest.approx(lasts_s, abs=600)


def test_a_certificate_that_has_ended_ends_now(tmp_path: Path) -> None:
    """An expired certificate can't be read; without a figure the alert would end while the fault lasts."""
    folder, ca = made(tmp_path, NOW - timedelta(days=366))

    with showing(folder) as address:
        ends, lasts_s = seen(address, ca)

    assert NOW.timestamp() == pytest.approx(ends, abs=600)
    assert lasts_s == 0


def test_certificate_is_shown_only_with_tls_trust_and_an_answer(tmp_path: Path) -> None:
    (folder, _), (_, another_ca) = made(tmp_path / "ours"), made(tmp_path / "another")

    with showing(None, postgres=True) as plain, showing(folder) as ours:
        assert [None, None] == seen(plain, another_ca, postgres=True)
        assert [None, None] == seen(ours, another_ca)
    assert [None, None] == seen(plain, another_ca, postgres=True)


async def test_a_service_looks_at_its_own_database_where_it_trusts_a_ca(tmp_path: Path) -> None:
    folder, ca = made(tmp_path)

    with showing(folder, postgres=True) as (host, port):
        there = settings(f"postgresql://u:p@{host}:{port}/d?sslmode=verify-full&sslrootcert={ca}")
        async with kept_running([("certificates", partial(watch_database, there))]):
            await soon(lambda: None not in shown((host, port)))


def test_the_servers_of_a_database_are_all_those_of_its_address() -> None:
    two = "postgresql://u:p@one:6000,two/d?sslmode=verify-full&sslrootcert=/tls/ca.pem"

    assert ("/tls/ca.pem", [Server("one", 6000, True), Server("two", 5432, True)]) == of_database(settings(two))
    assert None is of_database(settings("postgresql://u:p@one/d"))


@pytest.mark.connected
def test_a_stream_processor_looks_at_its_database(bench: Bench, tmp_path: Path) -> None:
    """The database has two servers here: the test's, which has no TLS, and one that only shows a certificate."""
    folder, ca = made(tmp_path)

    with showing(folder, postgres=True) as (host, port):
        plain = urlsplit(bench.dsn)
        dsn = plain._replace(netloc=f"{plain.netloc},{host}:{port}", query=f"sslmode=prefer&sslrootcert={ca}")
        worker = bench.worker(DATABASE_URL=dsn.geturl())
        wanted = f'lapor_certificate_lifetime_seconds{{server="{host}:{port}"}}'
        until(lambda: wanted in worker.get("/metrics")[1])
