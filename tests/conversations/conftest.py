"""Fixtures: the channels of the intakes, each with a database of its own."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import intake
from chassis.database import Pool
from intake.noting import taken_apart
from intake.texts import Texts
from intake_sms.handlers import Desk as SmsDesk
from intake_sms.settings import SmsSettings
from intake_social.post import Desk as SocialDesk
from intake_social.settings import SocialSettings
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import build_app
from intake_web.settings import WebSettings
from testing import fixtures

sys.path.insert(0, str(Path(__file__).parent))
from doors import Door, SmsDoor, WebDoor, XDoor

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool
ROOT = Path(__file__).parents[2]
REGION = ROOT / "region" / "soppeng"
SETTINGS = {
    **fixtures.UNREACHABLE,
    "region_dir": REGION,
    "receipt_wait_s": 0,  # each step is told in a message of its own, so that tests can see it
}


@pytest.fixture
def migrations() -> list[Path]:
    return [intake.MIGRATIONS, *(ROOT / "services" / name / "migrations" for name in ("intake-social", "intake-web"))]


@pytest.fixture(scope="session")
def texts() -> Texts:
    return fixtures.texts_of(REGION)


@pytest.fixture
async def door(pool: Pool, texts: Texts, tmp_path: Path) -> AsyncIterator[Callable[[str], Door]]:
    own = {"web_port": 10, "web_public_url": "https://lapor", "evidence_url": f"file://{tmp_path}"}
    web = WebSettings(**{**SETTINGS, "kafka_username": "intake-web", **own})
    store = PostgresStore(
        pool, web, "intake-web", lambda: None, within_s=30, keep=texts.contacts, apart=taken_apart(texts, "intake-web")
    )
    app: Any = build_app(store, web, texts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lapor") as client:
        yield lambda channel: _door(channel, pool, texts, client)


def _door(channel: str, pool: Pool, texts: Texts, client: httpx.AsyncClient) -> Door:
    if channel == "web":
        return WebDoor(client, pool, texts)
    if channel == "x":
        secrets = {f"x_{name}": name for name in ("consumer_key", "consumer_secret", "access_token", "access_secret")}
        social = SocialSettings(**{**SETTINGS, **secrets, "kafka_username": "intake-social", "x_poll_s": 0.05})
        return XDoor(SocialDesk(pool=pool, settings=social, texts=texts, wake=lambda: None))
    sms = SmsSettings(
        **{
            **SETTINGS,
            "kafka_username": "intake-sms",
            "sms_listen_port": 9,
            "sms_mo_token": "a-token-of-the-test",
            "kannel_send_url": "http://127.0.0.1:9/cgi-bin/sendsms",
            "kannel_username": "lapor",
            "kannel_password": "of-the-gateway",
        }
    )
    return SmsDoor(SmsDesk(pool=pool, settings=sms, texts=texts))
