"""Fixtures: the desk on a real PostgreSQL without a broker, and people who are logged in."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts.events import ComplaintSnapshot, UnitRouted
from contracts.topics import unit_routed
from intake.files import Files
from kabupaten import load
from testing import browsers, fixtures
from testing.events import a_snapshot
from unit_desk import passwords
from unit_desk.adapters import accounts
from unit_desk.adapters.proofs import Photos
from unit_desk.app import SERVICE, handler
from unit_desk.courier import Courier
from unit_desk.handlers.visit import Desk
from unit_desk.parties import Handover
from unit_desk.people import Person
from unit_desk.rules import PARTS, Rules, rules_of
from unit_desk.settings import DeskSettings

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool

sys.path.insert(0, str(Path(__file__).parent))
import desk_site  # noqa: E402 - they lie here
from desk_office import PASSWORD, REGION, URL, LogIn, Tell, record, website_of  # noqa: E402
from desk_parties import HANDED, HandOver, of, with_an_address  # noqa: E402
from desk_post import clock, gateway, post, sink, staff  # noqa: E402, F401 - fixtures

one_browser, browser = browsers.one_browser, browsers.browser
desk_port, here, morning = desk_site.desk_port, desk_site.here, desk_site.morning


@pytest.fixture(scope="session")
def rules() -> Rules:
    return with_an_address(rules_of(load(REGION, *PARTS)))


@pytest.fixture
def make_settings() -> Callable[..., DeskSettings]:
    def make(**given: Any) -> DeskSettings:
        unreachable = {name: fixtures.UNREACHABLE[name] for name in ("kafka_bootstrap_servers", "kafka_password")}
        usual = {
            **unreachable,
            "kafka_username": SERVICE,
            "database_url": fixtures.UNREACHABLE["database_url"],
            "http_port": 9,
            "region_dir": REGION,
            "desk_port": 10,
            "desk_public_url": URL,
            "evidence_url": "file:///nowhere",
            "desk_key": "key-of-the-desk-of-the-test",
        }
        return DeskSettings(**{**usual, **given})

    return make


@pytest.fixture
def migrations() -> list[Path]:
    return [Path(__file__).parents[1] / "migrations"]


@pytest.fixture
def photos(pool: Pool, tmp_path: Path) -> Photos:
    """The store of photos, in a folder of the test."""
    return Photos(pool, Files(f"file://{tmp_path}/proofs"), URL)


@pytest.fixture
def desk(pool: Pool, rules: Rules, make_settings: Callable[..., DeskSettings], photos: Photos) -> Desk:
    """The desk on a database of its own; nothing publishes what it stores."""
    settings = make_settings()
    courier = Courier(pool=pool, key=settings.key)
    return Desk(pool=pool, settings=settings, rules=rules, wake=lambda: None, courier=courier, photos=photos)


@pytest.fixture
async def guest(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a session."""
    async with client_of(desk) as client:
        yield client


def client_of(desk: Desk) -> httpx.AsyncClient:
    headers = {"Sec-Fetch-Site": "same-origin"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(website_of(desk)), base_url=URL, headers=headers)


@pytest.fixture(scope="session")
async def hashed() -> str:
    """The stored hash of ``PASSWORD``."""
    return await passwords.hashed(PASSWORD)


@pytest.fixture
def somebody(desk: Desk, hashed: str) -> Callable[..., Awaitable[Person]]:
    """Makes a person with a password and without a code."""

    async def make(unit: str = "PUPR", role: str = "petugas", name: str = "Rahma", email: str = "") -> Person:
        email = email or f"{name.split()[0]}.{uuid4().hex[:6]}@contoh.id".lower()
        async with desk.pool.acquire() as db:
            token = await accounts.invite(db, email, name, unit, role, None)
            await accounts.accept(db, token, hashed, 0, 0)
        found = await accounts.account(desk.pool, email)
        assert found is not None
        return found.person

    return make


@pytest.fixture
async def log_in(desk: Desk, somebody: Callable[..., Awaitable[Person]]) -> AsyncIterator[LogIn]:
    """Gives a client with a session of a given person, or of a new one."""
    clients: list[httpx.AsyncClient] = []

    async def enter(person: Person | None = None, **who: str) -> httpx.AsyncClient:
        person = person or await somebody(**who)
        client = client_of(desk)
        client.cookies.set(desk.cookie_name, await accounts.begin(desk.pool, person.id))
        clients.append(client)
        return client

    yield enter
    for client in clients:
        await client.aclose()


@pytest.fixture
def tell(pool: Pool, rules: Rules) -> Tell:
    """Takes in, as from the topic, that ``reader`` (or the unit itself) is told of a complaint that ``unit`` has."""
    step, count = BatchHandler(pool, handler(rules)), iter(range(1_000_000))

    async def tell_unit(unit: str = "PUPR", why: str = "routed", reader: str = "", **facts: Any) -> ComplaintSnapshot:
        more = {name: facts.pop(name) for name in ("reason", "stage", "reply") if name in facts}
        at = facts.pop("at", None)
        complaint = a_snapshot(**{"unit": unit, **facts})
        told = UnitRouted(why=why, unit=reader or unit, complaint=complaint, **more)
        n = next(count)
        await step([record(unit_routed(reader or unit), told, n, f"event-{n}", complaint.complaint_id, at)])
        return complaint

    return tell_unit


@pytest.fixture
def hand_over(tell: Tell, pool: Pool) -> HandOver:
    """Tells the LAPOR admin that PLN has it now."""

    async def told(**facts: Any) -> Handover:
        complaint = await tell(**{**HANDED, "seq": 2, **facts})
        return await of(pool, complaint.complaint_id)

    return told
