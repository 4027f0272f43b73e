"""Fixtures: the app on a store in memory, and on a real PostgreSQL without a broker."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from msgspec import structs

import intake
from chassis.changes import Changes
from chassis.database import Pool
from chassis.keys import Key
from contracts import ticket
from contracts.events import FollowUp
from contracts.ids import complaint_id
from intake.accesses import Seen
from intake.additions import Added, Taken
from intake.complaint_view import CHANGED, ComplaintView, SentWith
from intake.contacts import Contact
from intake.decoder import Sender
from intake.evidence import Attachment, Kept
from intake.files import StoreDown
from intake.noting import taken_apart
from intake.submissions import Accepted, KeyReused, Submission
from intake.texts import Texts
from intake_web import app as web_app
from intake_web.adapters.postgres import PostgresStore
from intake_web.adapters.supporters import Word
from intake_web.app import SERVICE, build_app
from intake_web.domain import FINISHED
from intake_web.keys import Keys
from intake_web.limits import Guard
from intake_web.listing import Listing
from intake_web.settings import WebSettings
from intake_web.similar import Sought
from intake_web.store import Finished, Found, Store, Written
from lapor.processes.ports import any_free
from testing import browsers, buckets, fixtures
from testing.waiting import BOUND_S

bucket = buckets.bucket
stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool
one_browser, browser, context, page = browsers.one_browser, browsers.browser, browsers.context, browsers.page

sys.path.insert(0, str(Path(__file__).parent))
REGION = Path(__file__).parents[3] / "region" / "soppeng"


class NoUploads:
    """Stands in for uploads in a store without files; every complaint has ``files`` attached."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def finish_all(self, ids: Sequence[str], sender: Sender) -> None:
        assert not ids

    async def attachments(self, ticket: str) -> list[Attachment]:
        return [Attachment(name=each, media_type="image/jpeg", bytes=len(self.files[each])) for each in self.files]

    async def kept(self, name: str) -> Kept | None:
        number = name.partition(".")[0]
        return Kept(name=name, media_type="image/jpeg", bytes=1, folder="", ticket=number)

    async def read(self, kept: Kept, *, small: bool) -> bytes | None:
        return self.files.get(kept.name)


class FakeStore:
    """Complaints in memory, received at ``now``. ``down`` makes every method fail, as without a database."""

    def __init__(self) -> None:
        self.uploads: Any = NoUploads()
        self.down = False
        self.now = datetime(2026, 11, 24, 9, 52, tzinfo=UTC)
        self.taken: dict[str, tuple[Submission, Accepted]] = {}
        self.stories: dict[str, ComplaintView] = {}
        self.added: dict[str, list[Added]] = {}
        self.told: list[Contact] = []
        self.keys: dict[bytes, Key] = {}
        self.like: list[Listing] = []
        self.sought: list[Sought] = []
        self.supported: dict[str, set[bytes]] = {}
        self.everybody_supports = False
        self.seen: list[tuple[str, str]] = []
        self.followed: list[tuple[str, dict[str, str], str]] = []

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
            marks = SentWith(danger=list(sent.danger), place_asked=sent.place_asked)
            story = structs.replace(story, rahasia=story.rahasia or sent.rahasia, sent=marks)
        return Found(story=story, received_at=accepted.received_at if accepted else None)

    async def written(self, number: str) -> Written | None:
        self._check()
        sent = next((s for s, a in self.taken.values() if a.ticket == number), None)
        if sent is None:
            return None
        told = {name: getattr(sent, name) for name in ("text", "place", "position", "occurred")}
        return Written(**told, added=self.added.get(number, []))

    async def is_owner(self, number: str, secret: str) -> bool:
        self._check()
        return any(a.ticket == number and s.secret == secret for s, a in self.taken.values())

    async def note_seen(self, number: str, seen: Seen) -> None:
        self._check()
        self.seen.append((number, seen))

    async def add(self, number: str, item: FollowUp, uploads: Sequence[str] = ()) -> Taken | None:
        self._check()
        if not any(a.ticket == number for _, a in self.taken.values()):
            return None
        if item.kind == "addition" and number in self.stories and self.stories[number].status in FINISHED:
            raise Finished(number)
        self.added.setdefault(number, []).append(Added(**msgspec.structs.asdict(item)))
        return Taken()

    async def key(self, digest: bytes) -> Key | None:
        self._check()
        return self.keys.get(digest)

    async def similar(self, sought: Sought) -> list[Listing]:
        self._check()
        self.sought.append(sought)
        return self.like

    async def supporters(self, numbers: Sequence[str]) -> dict[str, int]:
        self._check()
        return {number: len(self.supported[number]) for number in numbers if number in self.supported}

    async def support(self, number: str, who: bytes) -> bool | None:
        self._check()
        if not any(each.ticket == number for each in self.like):
            return None
        self.supported.setdefault(number, set()).add(who)
        return True

    async def supports(self, number: str, who: bytes) -> bool:
        self._check()
        return self.everybody_supports or who in self.supported.get(number, ())

    async def follow(self, number: str, contacts: Mapping[str, str], word: Word) -> bool:
        self._check()
        self.followed.append((number, dict(contacts), word(number, "routed")[0]))
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
            "web_answer_within_s": BOUND_S,
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


class _Lent:
    """Stands in for the parts that differ by test, in a website shared by tests because it is slow to build."""

    now: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


#: The websites that no test uses now, by their settings.
_websites: dict[tuple[Any, ...], list[tuple[Any, Any]]] = {}


@pytest.fixture(scope="session")
def web_port() -> int:
    """The port of all tests that open pages: a website knows its address, and is built only once."""
    return any_free()


@pytest.fixture
def website_on(texts: Texts) -> Iterator[Callable[..., Any]]:
    """The website on a store, with settings; no other test uses it at the same time."""
    taken = []

    def website(store: Store, settings: WebSettings, guard: Guard | None = None, changes: Changes | None = None) -> Any:
        of_each = {"evidence_url", "smtp_url"}
        # A test may hide ffmpeg, which decides what the form offers.
        films = vars(web_app)["find_films"]() is not None
        made_of = (id(texts), settings.media, films, settings.model_dump_json(exclude=of_each))
        free = _websites.setdefault(made_of, [])
        made: tuple[Any, Any] = free.pop() if free else (None, tuple(_Lent() for _ in range(5)))
        app, lent = made
        usual = guard or Guard(settings.web_takes_per_s), changes or Changes(CHANGED)
        now = (store, settings, *usual, Keys(store.key))
        for each, its in zip(lent, now, strict=True):
            each.now = its
        if app is None:
            app = build_app(lent[0], lent[1], texts, *lent[2:])
        taken.append((free, (app, lent)))
        return app

    yield website
    for free, made in taken:
        free.append(made)


@pytest.fixture
def client_on(
    make_settings: Callable[..., WebSettings], website_on: Callable[..., Any]
) -> Callable[..., httpx.AsyncClient]:
    """A client of the app on a store; ``proxies`` may name other clients in X-Forwarded-For."""

    def client(store: Store, guard: Guard | None = None, proxies: str = "") -> httpx.AsyncClient:
        app = website_on(store, make_settings(web_trusted_proxies=proxies), guard)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lapor.example")

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
    """A client of the app on a real database; its X-Forwarded-For is trusted."""
    receipt = partial(texts.receipt, SERVICE)
    store = PostgresStore(
        pool,
        make_settings(),
        SERVICE,
        lambda: None,
        within_s=BOUND_S,
        receipt=receipt,
        apart=taken_apart(texts, SERVICE),
    )
    async with client_on(store, proxies="127.0.0.1/32") as client:
        yield client
