"""Fixtures: the app on a store in memory, and on a real PostgreSQL without a broker."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import structs

import intake
from chassis.database import Pool
from contracts import ticket
from contracts.events import FollowUp
from contracts.ids import complaint_id
from intake.complaint_view import ComplaintView
from intake.contacts import Contact
from intake.evidence import Attachment
from intake.submissions import Accepted, KeyReused, Submission
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.domain import FINISHED
from intake_web.limits import Guard
from intake_web.settings import WebSettings
from intake_web.store import Finished, Found, Store, StoreDown, Written
from testing import fixtures

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool

sys.path.insert(0, str(Path(__file__).parent))
REGION = Path(__file__).parents[3] / "region" / "soppeng"


class NoUploads:
    """A store in memory has no files."""

    async def finish_all(self, ids: Sequence[str]) -> None:
        assert not ids

    async def attachments(self, ticket: str) -> list[Attachment]:
        return []


class FakeStore:
    """Complaints in memory, received at ``now``. ``down`` makes every method fail as without a database."""

    def __init__(self) -> None:
        self.uploads: Any = NoUploads()
        self.down = False
        self.now = datetime(2026, 11, 24, 9, 52, tzinfo=UTC)
        self.taken: dict[str, tuple[Submission, Accepted]] = {}
        self.stories: dict[str, ComplaintView] = {}
        self.added: dict[str, list[FollowUp]] = {}
        self.told: list[Contact] = []

    async def accept(self, submission: Submission) -> Accepted:
        self._check()
        if known := self.taken.get(submission.external_id):
            if known[0] != submission:
                raise KeyReused(submission.external_id)
            return _again(known[1], fresh=False)
        accepted = Accepted(
            ticket=ticket.mint("web"),
            complaint_id=complaint_id(UUID(int=1), channel="web", gateway="form", external_id=submission.external_id),
            received_at=self.now,
            fresh=True,
        )
        self.taken[submission.external_id] = submission, accepted
        return accepted

    async def find(self, number: str) -> Found | None:
        self._check()
        sent, accepted = next(((s, a) for s, a in self.taken.values() if a.ticket == number), (None, None))
        story = self.stories.get(number)
        if accepted is None and story is None:
            return None
        story = story or ComplaintView(ticket=number)
        if sent is not None:
            story = structs.replace(story, rahasia=story.rahasia or sent.rahasia, danger=list(sent.danger))
            story = structs.replace(story, place_asked=sent.place_asked)
        return Found(story=story, received_at=accepted.received_at if accepted else None)

    async def written(self, number: str) -> Written | None:
        self._check()
        sent = next((s for s, a in self.taken.values() if a.ticket == number), None)
        if sent is None:
            return None
        return Written(text=sent.text, place=sent.place, occurred=sent.occurred, added=self.added.get(number, []))

    async def is_owner(self, number: str, secret: str) -> bool:
        self._check()
        return any(a.ticket == number and s.secret == secret for s, a in self.taken.values())

    async def add(self, number: str, item: FollowUp, uploads: Sequence[str] = ()) -> bool:
        self._check()
        if not any(a.ticket == number for _, a in self.taken.values()):
            return False
        if item.kind == "addition" and number in self.stories and self.stories[number].status in FINISHED:
            raise Finished(number)
        self.added.setdefault(number, []).append(item)
        return True

    async def contacts(self, number: str) -> list[Contact]:
        self._check()
        return self.told

    async def link(self, number: str) -> str | None:
        self._check()
        return None

    async def marked(self, mark: bytes) -> Contact | None:
        self._check()
        return None

    async def silence(self, mark: bytes, *, stop: bool) -> None:
        self._check()

    def _check(self) -> None:
        if self.down:
            raise StoreDown("down")


def _again(accepted: Accepted, *, fresh: bool) -> Accepted:
    return Accepted(
        ticket=accepted.ticket, complaint_id=accepted.complaint_id, received_at=accepted.received_at, fresh=fresh
    )


@pytest.fixture(scope="session")
def texts() -> Texts:
    return fixtures.texts_of(REGION)


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., WebSettings]:
    def make(**given: Any) -> WebSettings:
        usual = {
            **fixtures.UNREACHABLE,
            "kafka_username": SERVICE,
            "region_dir": REGION,
            "web_port": 10,
            "web_public_url": "https://lapor.example/",
            "evidence_url": f"file://{tmp_path}/evidence",
            "smtp_url": "smtp://127.0.0.1:9",
            "mail_from": "LAPOR! Soppeng <lapor@contoh.id>",
            "kannel_send_url": "http://127.0.0.1:9/cgi-bin/sendsms",
            "kannel_username": "lapor",
            "kannel_password": "kannel-word",
        }
        return WebSettings(**{**usual, **given})

    return make


@pytest.fixture
def client_on(make_settings: Callable[..., WebSettings], texts: Texts) -> Callable[..., httpx.AsyncClient]:
    """A client of the app on a store; the ``proxies`` may say in X-Forwarded-For who it is."""

    def client(store: Store, guard: Guard | None = None, proxies: str = "") -> httpx.AsyncClient:
        app: Any = build_app(store, make_settings(web_trusted_proxies=proxies), texts, guard)
        transport = httpx.ASGITransport(app)
        return httpx.AsyncClient(transport=transport, base_url="https://lapor.example")

    return client


@pytest.fixture
def fake() -> FakeStore:
    return FakeStore()


@pytest.fixture
async def web(fake: FakeStore, client_on: Callable[..., httpx.AsyncClient]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app on ``fake``."""
    async with client_on(fake) as client:
        yield client


@pytest.fixture
def migrations() -> list[Path]:
    return [intake.MIGRATIONS, Path(__file__).parents[1] / "migrations"]


@pytest.fixture
async def kept(
    pool: Pool, make_settings: Callable[..., WebSettings], client_on: Callable[..., httpx.AsyncClient], texts: Texts
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app on a real database, who may say that somebody else is asking."""
    receipt = partial(texts.receipt, SERVICE)
    store = PostgresStore(pool, make_settings(), SERVICE, lambda: None, within_s=5, receipt=receipt)
    async with client_on(store, proxies="127.0.0.1/32") as client:
        yield client
