from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import intake
from chassis.database import Pool
from intake_sms.handlers import Desk
from intake_sms.settings import SmsSettings
from testing import fixtures
from testing.waiting import BOUND_S

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool

REGION = Path(__file__).parents[3] / "region" / "soppeng"
TOKEN = "a-token-of-the-test"
#: A region's own table, for the dialect `generic`.
TABLE = """
[call]
method = "GET"
body = "query"
fields = {cp_name = "{username}", pwd = "{password}", msisdn = "{digits}", sms = "{text}"}
[message]
source = "query"
methods = ["GET"]
from = "msisdn"
text = ["sms"]
[report]
source = "query"
methods = ["GET"]
state = "status"
states = {1 = "delivered"}
[answer]
body = "0"
"""


@pytest.fixture
def migrations() -> list[Path]:
    return [intake.MIGRATIONS]


@pytest.fixture
def make_settings() -> Callable[..., SmsSettings]:
    def make(**given: Any) -> SmsSettings:
        usual = {
            **fixtures.UNREACHABLE,
            "kafka_username": "intake-sms",
            "region_dir": REGION,
            "sms_listen_port": 9,
            "sms_door_timeout_s": BOUND_S,
            "sms_mo_token": TOKEN,
            "kannel_send_url": "http://127.0.0.1:9/cgi-bin/sendsms",
            "kannel_username": "lapor",
            "kannel_password": "p&ss word",
        }
        return SmsSettings(**{**usual, **given})

    return make


@pytest.fixture
def own_table(tmp_path: Path) -> Path:
    """A file with the region's own table."""
    file = tmp_path / "telkomsel.toml"
    file.write_text(TABLE)
    return file


@pytest.fixture
def desk(pool: Pool, make_settings: Callable[..., SmsSettings]) -> Desk:
    return Desk(pool=pool, settings=make_settings(), texts=fixtures.texts_of(REGION))
