"""Fixtures: intake-social's own database on a real PostgreSQL without a broker, and a desk that takes posts."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import facebook
import pytest

import intake
from chassis.database import Pool
from chassis.http_server import WebServer
from intake_social.adapters import x
from intake_social.adapters.facebook import FacebookPage
from intake_social.adapters.hooks import Hooked, door
from intake_social.page import take_hook as page_hook
from intake_social.post import Desk
from intake_social.settings import SocialSettings
from intake_social.whatsapp_talk import take_hook as whatsapp_hook
from lapor.processes.ports import HOST
from testing import fixtures
from testing.standins import X_SECRETS, serving, settings_for_tests
from testing.waiting import finish, soon

sys.path.insert(0, str(Path(__file__).parent))  # for social_channels

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool

PAGE, WHATSAPP_NUMBER, WORD = "170800000000001", "170800000000003", "kata-untuk-jabat-tangan"
REGION = Path(__file__).parents[3] / "region" / "soppeng"
_MIGRATIONS = Path(__file__).parents[1] / "migrations"


@pytest.fixture
def migrations() -> list[Path]:
    return [intake.MIGRATIONS, _MIGRATIONS]


@pytest.fixture
def make_settings() -> Callable[..., SocialSettings]:
    def make(**given: Any) -> SocialSettings:
        usual = {
            **fixtures.UNREACHABLE,
            "kafka_username": "intake-social",
            "region_dir": REGION,
            "x_poll_s": 0.05,
            "x_consumer_key": "consumer-key",
            "x_consumer_secret": "consumer-secret",
            "x_access_token": "access-token",
            "x_access_secret": "access-secret",
        }
        return SocialSettings(**{**usual, **given})

    return make


@pytest.fixture
def desk(pool: Pool, make_settings: Callable[..., SocialSettings]) -> Desk:
    return Desk(pool=pool, settings=make_settings(), texts=fixtures.texts_of(REGION), wake=lambda: None)


@pytest.fixture
def door_at() -> Iterator[socket.socket]:
    """A port reserved for the endpoint of webhooks; nothing listens there without ``open_door``."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HOST, 0))
        yield taken


@pytest.fixture
def base(tmp_path: Path, door_at: socket.socket) -> Iterator[str]:
    """The address of the stand-ins, which push to the endpoint."""
    door = f"http://{HOST}:{door_at.getsockname()[1]}/hooks"
    hooks = {f"{name}_webhook_url": f"{door}/{name}" for name in ("facebook", "whatsapp")}
    words = {f"{name}_webhook_token": WORD for name in ("facebook", "whatsapp")}
    with serving(settings_for_tests(tmp_path / "state", **hooks, **words)) as url:
        yield url


@pytest.fixture
async def page(base: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FacebookPage]:
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", facebook.FACEBOOK_GRAPH_URL)
    opened = FacebookPage(
        page_id=PAGE, token="standin-page-token", app_id="app", app_secret="app-secret", graph_url=f"{base}/graph"
    )
    yield opened
    await opened.close()


@pytest.fixture
async def open_door(desk: Desk, page: FacebookPage, door_at: socket.socket) -> AsyncIterator[None]:
    """Serve the endpoint for webhooks of Facebook and WhatsApp."""
    port = door_at.getsockname()[1]
    door_at.close()
    takes = {
        "facebook": partial(page_hook, desk, page, PAGE),
        "whatsapp": partial(whatsapp_hook, desk, WHATSAPP_NUMBER),
    }
    networks = {name: Hooked(channel=name, token=WORD, secret="app-secret", take=take) for name, take in takes.items()}
    server = WebServer(door(networks), HOST, port)
    running = asyncio.create_task(server.run())
    await soon(lambda: server.answers)
    yield
    running.cancel()
    await finish(running)


@pytest.fixture
async def client(base: str) -> AsyncIterator[Any]:
    async with x.connect(**X_SECRETS, api_url=f"{base}/x") as connected:
        yield connected
