"""Fixtures: the desk of intake-sms, with a database of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

import intake
from chassis.database import Pool
from intake.texts import PARTS, Texts
from intake_sms.handlers import Desk
from intake_sms.settings import SmsSettings
from kabupaten import load
from testing import fixtures

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool
REGION = Path(__file__).parents[2] / "region" / "soppeng"


@pytest.fixture
def migrations() -> list[Path]:
    return [intake.MIGRATIONS]


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts(load(REGION, *PARTS))


@pytest.fixture
def desk(pool: Pool, texts: Texts) -> Desk:
    settings = SmsSettings(
        **{
            **fixtures.UNREACHABLE,
            "receipt_wait_s": 0,  # what is done with a complaint is told by itself, where a step can be seen to tell it
            "kafka_username": "intake-sms",
            "region_dir": REGION,
            "sms_listen_port": 9,
            "sms_mo_token": "a-token-of-the-test",
            "kannel_send_url": "http://127.0.0.1:9/cgi-bin/sendsms",
            "kannel_username": "lapor",
            "kannel_password": "p&ss word",
        }
    )
    return Desk(pool=pool, settings=settings, texts=texts)
