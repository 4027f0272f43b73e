from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import chassis.intake
from chassis.database import Pool, migrate
from chassis.intake.pool import patient_pool
from chassis.intake.story import Texts
from intake_sms.handlers import Desk
from intake_sms.settings import SmsSettings
from lapor import kafka, postgres
from lapor.ports import choose
from lapor.testing import Stack

REGION = Path(__file__).parents[3] / "region" / "soppeng"
TOKEN = "a-token-of-the-test"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A real PostgreSQL on a free port; no broker."""
    directory = Path(tempfile.mkdtemp(prefix="intake-sms-"))
    port = choose({"postgres": 0}, directory / "ports.json")["postgres"]
    cluster = postgres.Cluster(directory=directory / "postgres", port=port, password="a-password")
    broker = kafka.Broker(directory=directory / "kafka", port=9, controller_port=9, password="unused")
    stack = Stack(broker=broker, cluster=cluster, logs=directory)
    postgres.prepare(cluster)
    stack.start_postgres()
    yield stack
    stack.stop()
    shutil.rmtree(directory, ignore_errors=True)


_names = (f"intake_sms_{n}" for n in itertools.count())


@pytest.fixture
def dsn(stack: Stack) -> str:
    """A new, migrated database."""
    address = stack.database(next(_names))
    migrate(address, chassis.intake.MIGRATIONS)
    return address


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    pool = await patient_pool(dsn, timeout_s=5)
    yield pool
    pool.terminate()


@pytest.fixture
def make_settings() -> Callable[..., SmsSettings]:
    def make(**given: Any) -> SmsSettings:
        usual = {
            "kafka_bootstrap_servers": "127.0.0.1:9",
            "kafka_username": "intake-sms",
            "kafka_password": "unused",
            "database_url": "postgresql://nobody@127.0.0.1:9/none",
            "region_dir": REGION,
            "http_port": 9,
            "installation_namespace": UUID(int=1),
            "sms_listen_port": 9,
            "sms_mo_token": TOKEN,
            "kannel_send_url": "http://127.0.0.1:9/cgi-bin/sendsms",
            "kannel_username": "lapor",
            "kannel_password": "p&ss word",
        }
        return SmsSettings(**{**usual, **given})

    return make


@pytest.fixture
def desk(pool: Pool, make_settings: Callable[..., SmsSettings]) -> Desk:
    return Desk(pool=pool, settings=make_settings(), texts=Texts(REGION))
