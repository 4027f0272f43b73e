"""Photos and videos of every network reach the unit, once, despite any fault; a complaint never waits for one.

Part of the contract of channels (``test_channels.py``): a new channel says here how its citizens send a photo and
delete it, and passes.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from social_channels import CHANNELS

from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintFollowedUp, ComplaintReceived, Evidence, FollowUp
from contracts.evidence_links import PATHS, link_for
from intake import evidence, films, metrics
from intake.complaint_view import ComplaintView, save_views
from intake.decoder import Decoder
from intake.erasure import erase
from intake.export import export
from intake.files import Files
from intake.films import find_films
from intake.own import find_own
from intake.retention import sweep_once
from intake.turns import TooManyWait
from intake_social import fetching, whatsapp_talk
from intake_social.adapters import downloads, x
from intake_social.adapters.downloads import Places, download
from intake_social.adapters.facebook import FacebookPage
from intake_social.adapters.hooks import door
from intake_social.adapters.opened import opening
from intake_social.adapters.whatsapp import WhatsApp
from intake_social.deletions import forget, forget_deleted
from intake_social.fetching import Fetcher
from intake_social.mentions import read_mentions
from intake_social.page import read_page
from intake_social.photos import forget_photos, posts_named
from intake_social.post import Desk
from intake_social.settings import SocialSettings
from testing.clips import TOLD, clip
from testing.pictures import POLYGLOT, SECRETS, opened, photo
from testing.programs import program
from testing.standins import mention, post, send_photo
from testing.waiting import within

pytestmark = pytest.mark.connected
SAID, NUMBER, PUBLIC = "lampu jalan padam di Desa Jampu", "170800000000003", "https://lapor.example"
WHO = "6281234567890"
SMALL_PHOTO = photo(width=640, height=480)
Make = Callable[..., SocialSettings]
NOT_BOUND = nullcontext
_FILES_OF = """
SELECT EXISTS (SELECT FROM media WHERE post = ANY($1)) OR EXISTS (SELECT FROM uploads WHERE post = ANY($1))"""
_SAID = "SELECT value FROM outbox WHERE value IS NOT NULL ORDER BY seq"


@pytest.fixture
def make_settings(make_settings: Make, tmp_path: Path) -> Make:
    """The settings of each test, with photos taken."""
    kept = {"evidence_url": (tmp_path / "evidence").as_uri(), "social_public_url": PUBLIC, "social_listen_port": 1}
    return partial(make_settings, **kept)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The desk of each test, with videos taken."""
    return replace(desk, films=True)


@dataclass(kw_only=True)
class Citizen:
    """Somebody who writes on a channel, and the services that read it."""

    name: str
    vendor: str
    desk: Desk
    base: str
    fetcher: Fetcher
    look: Any
    writes: Any
    client: Any = None
    posts: list[str] = field(default_factory=list)

    @property
    def channel(self) -> str:
        return "facebook" if self.name == "messenger" else self.name

    async def write(self, text: str, *photos: bytes, answers: str = "", **more: str) -> None:
        """Write, and have the words taken; ``more`` are fields of the stand-in."""
        more |= {"photo": ",".join(send_photo(self.base, each) for each in photos)} if photos else {}
        known = len(self.desk.known)
        self.posts.append(self.writes(text, answers, **more))
        await self.look(known)

    async def film(self, text: str, content: bytes) -> None:
        """Write with a video."""
        if self.name in ("whatsapp", "messenger"):
            await self.write(text, content, type="video", mime_type="video/mp4")
        else:
            await self.write(text, video=send_photo(self.base, content))

    async def delete(self, id_: str) -> None:
        """Delete something written; ask the network for deletions that it does not tell."""
        named = posts_named(self.desk.settings.installation_namespace, self.channel, id_)
        post(f"{self.base}/{self.vendor}/delete", id=id_, **{"from": WHO})
        if self.name == "x":
            await forget_deleted(self.desk, self.client)
        async with asyncio.timeout(30):
            while await self.desk.pool.fetchval(_FILES_OF, named):
                await asyncio.sleep(0.02)

    def fault(self, kind: str, times: int = 1) -> None:
        answer = httpx.post(f"{self.base}/{self.vendor}/fault", json={"kind": kind, "times": str(times)})
        assert 201 == answer.status_code, answer.text

    async def fetch(self) -> None:
        """Fetch everything that is due, and show it."""
        while await self.fetcher.fetch_next():
            pass
        while await self.fetcher.show_next():
            pass


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files((tmp_path / "evidence").as_uri())


@pytest.fixture(params=CHANNELS)
async def citizen(
    request: pytest.FixtureRequest,
    base: str,
    client: Any,
    desk: Desk,
    pool: Pool,
    page: FacebookPage,
    files: Files,
    open_door: None,
) -> AsyncIterator[Citizen]:
    async with httpx.AsyncClient(trust_env=False) as http:
        whatsapp = WhatsApp(http, phone_number_id=NUMBER, token="standin-whatsapp-token", graph_url=f"{base}/whatsapp")
        places = Places(hosts=(), standin=base)
        networks: dict[str, fetching.Fetch] = dict.fromkeys(("x", "facebook"), partial(download, places=places))
        networks["whatsapp"] = partial(whatsapp_talk.fetch_media, whatsapp, places)
        fetcher = Fetcher(
            pool=pool,
            settings=desk.settings,
            files=files,
            decoder=Decoder(),
            films=find_films(),
            networks=networks,
            wake=lambda: None,
            lease=timedelta(0),
        )
        given: dict[str, Any] = {
            "name": request.param,
            "desk": desk,
            "base": base,
            "fetcher": fetcher,
            "client": client,
        }
        yield Citizen(**given, **speaking(request.param, base, desk, client, page))


def speaking(name: str, base: str, desk: Desk, client: Any, page: FacebookPage) -> dict[str, Any]:
    """Return how to write on the channel ``name``, and how to read it."""

    async def pushed(known: int) -> None:
        async with asyncio.timeout(10):
            while len(desk.known) == known:
                await asyncio.sleep(0.02)

    async def read_x(known: int) -> None:
        await read_mentions(replace(desk, known={}), client, await x.whoami(client))

    async def read_facebook(known: int) -> None:
        await pushed(known)
        await read_page(replace(desk, known={}), page)

    def on_x(text: str, answers: str, **more: str) -> str:
        return mention(base, f"@LaporSoppeng {text}", **({"in_reply_to": answers} if answers else {}), **more)

    def on_page(text: str, answers: str, **more: str) -> str:
        above = {"parent": answers} if answers else {}
        return str(post(f"{base}/graph/post", name="Andi", text=text, **above, **more)["id"])

    def by_messenger(text: str, answers: str, **more: str) -> str:
        return str(post(f"{base}/graph/message", name="Andi", text=text, **more)["id"])

    def by_whatsapp(text: str, answers: str, **more: str) -> str:
        return str(post(f"{base}/whatsapp/message", **{"from": WHO, "text": text, **more})["id"])

    ways: dict[str, tuple[str, Any, Any]] = {
        "x": ("x", on_x, read_x),
        "facebook": ("graph", on_page, read_facebook),
        "messenger": ("graph", by_messenger, read_facebook),
        "whatsapp": ("whatsapp", by_whatsapp, pushed),
    }
    vendor, writes, look = ways[name]
    return {"vendor": vendor, "writes": writes, "look": look}


def on(*channels: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("citizen", channels, indirect=True)


async def told(pool: Pool, kind: type[Any]) -> list[Any]:
    events = [codec.decode(row["value"]) for row in await pool.fetch(_SAID)]
    return [event.data for event in events if isinstance(event.data, kind)]


async def shown(pool: Pool) -> list[Evidence]:
    """Return all photos that were published to the router, in their order."""
    last = {data.ticket: data for data in await told(pool, ComplaintFollowedUp)}
    return [each for data in last.values() for item in data.items for each in item.evidence]


async def items(pool: Pool) -> list[FollowUp]:
    return [item for data in (await told(pool, ComplaintFollowedUp))[-1:] for item in data.items]


async def only(pool: Pool) -> Any:
    (row,) = await pool.fetch("SELECT ticket, complaint_id, text FROM complaints")
    return row


async def states(pool: Pool) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in await pool.fetch("SELECT state, failed FROM media ORDER BY kept_at, id")]


def stored(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "evidence").rglob("*") if path.is_file())


def count(channel: str, result: str) -> float:
    return float(metrics.MEDIA.labels(channel, result)._value.get())


# ── from the message to the unit ─────────────────────────────────────────────────────────────────────────────────────
async def test_the_photo_of_a_complaint_is_shown_as_an_addition_that_waits_for_nothing(
    citizen: Citizen, pool: Pool, tmp_path: Path
) -> None:
    before = count(citizen.channel, "fetched")
    await citizen.write(SAID, SMALL_PHOTO)
    (received,) = await told(pool, ComplaintReceived)
    assert ([], []) == (received.evidence, await shown(pool))
    await citizen.fetch()

    (item,) = await items(pool)
    (large,) = (tmp_path / "evidence").rglob("large.jpg")
    assert (True, "addition", 1) == (item.late, item.kind, len(item.evidence))
    assert item.evidence[0].url.startswith(f"{PUBLIC}/hooks/bukti/")
    assert (large.stat().st_size, "image/jpeg") == (item.evidence[0].bytes, item.evidence[0].media_type)
    assert (640, 480) == opened(large.read_bytes()).size
    assert not any(secret in large.read_bytes() for secret in SECRETS)
    assert [("done", None)] == await states(pool)
    assert 1 == count(citizen.channel, "fetched") - before


async def test_its_sender_is_answered_as_without_it(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    notices = await pool.fetch("SELECT kind FROM notices")
    await citizen.fetch()

    assert ["receipt"] == [row["kind"] for row in notices]
    assert 1 == await pool.fetchval("SELECT count(*) FROM notices")


async def test_the_photo_of_an_addition_comes_with_that_complaint(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID)
    number = (await only(pool))["ticket"]
    await citizen.write(f"{number} ini fotonya", SMALL_PHOTO)
    await citizen.fetch()

    first, second = await items(pool)
    assert ("ini fotonya", []) == (first.text, first.evidence)
    assert (True, 1) == (second.late, len(second.evidence))
    assert 1 == await pool.fetchval("SELECT count(*) FROM complaints")


async def test_the_photo_of_an_addition_that_accuses_comes_with_what_that_becomes(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID)
    number = (await only(pool))["ticket"]
    await citizen.write(f"{number} petugasnya minta uang 200 ribu", SMALL_PHOTO)
    await citizen.fetch()

    _, own = await told(pool, ComplaintReceived)
    (followed_up,) = await told(pool, ComplaintFollowedUp)
    assert (number, own.ticket) == (own.part_of, followed_up.ticket)
    assert [(True, 1)] == [(item.late, len(item.evidence)) for item in followed_up.items]


@on("x", "facebook", "messenger")
async def test_several_photos_of_one_message_are_all_shown_and_no_more_than_five(citizen: Citizen, pool: Pool) -> None:
    before = count(citizen.channel, "too_many")
    await citizen.write(SAID, *(photo(width=100 + n, height=80) for n in range(6)))
    await citizen.fetch()

    assert 5 == len({each.sha256 for each in await shown(pool)})
    assert 1 == count(citizen.channel, "too_many") - before


async def test_the_same_again_shows_nothing_twice(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    await citizen.fetch()
    if citizen.name == "whatsapp":
        post(f"{citizen.base}/whatsapp/message", **{"from": WHO, "text": SAID, "photo": "lain", "id": citizen.posts[0]})
        await asyncio.sleep(0)
        await citizen.write("terima kasih")
    else:
        await citizen.look(0) if citizen.name == "x" else await citizen.look(-1)
    await citizen.fetch()

    assert 1 == len(await shown(pool))


async def test_the_same_photo_in_two_messages_is_shown_once(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    number = (await only(pool))["ticket"]
    await citizen.write(f"{number} sekali lagi", SMALL_PHOTO)
    await citizen.fetch()

    assert 1 == len(await shown(pool))
    assert {("done", None), ("done", "repeated")} == set(await states(pool))


async def test_an_anonymous_one_has_its_photo_and_nothing_leads_to_who_sent_it(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(f"ANONIM {SAID}", SMALL_PHOTO)
    await citizen.fetch()

    (row,) = await pool.fetch("SELECT * FROM media")
    assert 1 == len(await shown(pool))
    assert (None, "") == (row["address"], row["reference"])
    assert citizen.posts[0] not in str([dict(row), await shown(pool)])


@on("messenger", "whatsapp")
async def test_photos_behind_an_anonymous_one_are_its_own_and_no_later_complaints(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(f"ANONIM {SAID}", SMALL_PHOTO)
    await citizen.write("", photo(width=200, height=100))
    await citizen.write("lampu jalan padam di Jampu")
    await citizen.fetch()

    whose = await pool.fetch("SELECT DISTINCT complaint_id, address FROM media")
    first = await pool.fetchval("SELECT complaint_id FROM complaints ORDER BY received_at LIMIT 1")
    assert [(first, None)] == [tuple(row) for row in whose]
    assert 2 == len(await shown(pool))


async def test_a_photo_with_a_number_alone_belongs_to_that_complaint(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID)
    number = (await only(pool))["ticket"]
    await citizen.write(number, SMALL_PHOTO)
    await citizen.fetch()

    assert 1 == len(await shown(pool))


# ── without a word ───────────────────────────────────────────────────────────────────────────────────────────────────
@on("x", "messenger", "whatsapp")
async def test_a_photo_without_a_word_is_asked_about_and_belongs_to_what_is_said_next(
    citizen: Citizen, pool: Pool
) -> None:
    await citizen.write("", SMALL_PHOTO)
    await citizen.fetch()
    (asked,) = await pool.fetch("SELECT text FROM notices")
    assert citizen.desk.texts.social["empty"] == asked["text"]
    assert 0 == await pool.fetchval("SELECT count(*) FROM complaints")
    await citizen.write(SAID)
    await citizen.fetch()

    (evidence,) = await shown(pool)
    assert SAID == (await only(pool))["text"]
    assert evidence.bytes > 0


@on("messenger", "whatsapp")
async def test_several_without_a_word_are_asked_about_once(citizen: Citizen, pool: Pool) -> None:
    await citizen.write("", SMALL_PHOTO)
    await citizen.write("", photo(width=200, height=100))
    await citizen.write(SAID)
    await citizen.fetch()

    assert 2 == len(await shown(pool))
    assert 1 == await pool.fetchval("SELECT count(*) FROM notices WHERE kind = 'answer'")


@on("messenger", "whatsapp")
async def test_the_rest_of_an_album_belongs_to_the_photo_that_has_its_words(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    await citizen.write("", photo(width=200, height=100))
    await citizen.fetch()

    assert 2 == len(await shown(pool))
    assert 0 == await pool.fetchval("SELECT count(*) FROM notices WHERE kind = 'answer'")


@on("x", "facebook")
async def test_a_photo_without_a_word_under_ones_own_post_belongs_to_that(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID)
    await citizen.write("", SMALL_PHOTO, answers=citizen.posts[0])
    await citizen.fetch()

    assert 1 == len(await shown(pool))
    assert 0 == await pool.fetchval("SELECT count(*) FROM notices WHERE kind = 'answer'")


@on("facebook")
async def test_photo_without_words_on_the_page_gets_no_question(citizen: Citizen, pool: Pool) -> None:
    citizen.writes("", "", photo=send_photo(citizen.base, SMALL_PHOTO))
    await citizen.write(SAID)

    assert 0 == await pool.fetchval("SELECT count(*) FROM media")
    assert ["receipt"] == [row["kind"] for row in await pool.fetch("SELECT kind FROM notices")]


@on("whatsapp")
async def test_photo_without_a_complaint_is_deleted_after_a_day(
    citizen: Citizen, pool: Pool, files: Files, tmp_path: Path
) -> None:
    await citizen.write("", SMALL_PHOTO)
    await citizen.fetch()
    assert ["large.jpg", "small.jpg"] == stored(tmp_path)
    await pool.execute("UPDATE media SET kept_at = kept_at - interval '26 h'")
    await pool.execute("UPDATE uploads SET expires_at = expires_at - interval '27 h'")
    await citizen.write(SAID)
    await sweep_once(pool, "intake-social", b"k" * 16, {}, forget_photos)
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    assert ([], []) == (await shown(pool), stored(tmp_path))
    assert 0 == await pool.fetchval("SELECT count(*) FROM media")


@on("whatsapp", "messenger")
async def test_photo_alone_does_not_answer_the_place_question(citizen: Citizen, pool: Pool) -> None:
    await citizen.write("lampu jalan padam", SMALL_PHOTO)
    address = await pool.fetchval("SELECT address FROM reporters")
    (before,) = await find_own(pool, citizen.channel, address, "")
    await citizen.fetch()
    (after,) = await find_own(pool, citizen.channel, address, "")
    await citizen.write("di Desa Jampu")

    assert (True, True) == (before.place_asked, after.place_asked)
    assert [None, "di Desa Jampu"] == [item.text or None for item in await items(pool)]


# ── what breaks ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", ["photo_away", "photo_throttle"])
async def test_while_the_network_is_away_the_complaint_goes_on_and_the_photo_comes_later(
    citizen: Citizen, pool: Pool, kind: str
) -> None:
    citizen.fault(kind)
    await citizen.write(SAID, SMALL_PHOTO)
    await citizen.fetch()
    assert (1, []) == (len(await told(pool, ComplaintReceived)), await shown(pool))
    assert 1 == await pool.fetchval("SELECT count(*) FROM media WHERE next_try_at > now() + interval '20 s'")
    await pool.execute("UPDATE media SET next_try_at = now()")
    await citizen.fetch()

    assert 1 == len(await shown(pool))


async def test_after_a_day_it_is_given_up(citizen: Citizen, pool: Pool) -> None:
    before = count(citizen.channel, "too_late")
    await citizen.write(SAID, SMALL_PHOTO)
    await pool.execute("UPDATE media SET kept_at = kept_at - interval '24 h'")
    citizen.fault("photo_away")
    await citizen.fetch()

    assert [("failed", "too_late")] == await states(pool)
    assert ([], 1) == (await shown(pool), count(citizen.channel, "too_late") - before)


@pytest.mark.parametrize(("kind", "why"), [("photo_gone", "gone"), ("photo_redirect", "not_allowed")])
async def test_photo_that_is_gone_or_redirected_is_given_up_at_once(
    citizen: Citizen, pool: Pool, kind: str, why: str
) -> None:
    citizen.fault(kind)
    await citizen.write(SAID, SMALL_PHOTO)
    await citizen.fetch()

    assert [("failed", why)] == await states(pool)
    assert ("", 1) == (
        await pool.fetchval("SELECT reference FROM media"),
        await pool.fetchval("SELECT count(*) FROM complaints"),
    )


@pytest.mark.parametrize(
    "content",
    [POLYGLOT, b"GIF89a" + bytes(100), SMALL_PHOTO[:2_000], b""],
    ids=["a page", "a kind that we take not", "half", "nothing"],
)
async def test_file_that_is_no_photo_is_given_up_and_not_stored(
    citizen: Citizen, pool: Pool, content: bytes, tmp_path: Path
) -> None:
    await citizen.write(SAID, content)
    await citizen.fetch()

    (state,) = await states(pool)
    assert state in [("failed", "unreadable"), ("failed", "gone")]
    assert ([], []) == (await shown(pool), stored(tmp_path))


@on("whatsapp")
async def test_a_media_that_whatsapp_no_longer_knows_is_given_up(citizen: Citizen, pool: Pool) -> None:
    citizen.writes(SAID, "", photo="1234567890")
    await citizen.look(0)
    await citizen.fetch()

    assert [("failed", "gone")] == await states(pool)


@on("whatsapp")
async def test_without_our_token_nothing_is_given_and_it_is_tried_again(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    citizen.fault("expired")
    await citizen.fetch()

    assert [("waiting", None)] == await states(pool)


@on("whatsapp")
async def test_without_room_it_waits(
    citizen: Citizen, pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    monkeypatch.setattr("intake.files.RESERVE", 2**60)
    await citizen.fetch()

    assert ([("waiting", None)], []) == (await states(pool), stored(tmp_path))


@on("x")
async def test_photo_is_fetched_again_after_a_crash_and_shown_once(
    citizen: Citizen, pool: Pool, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await citizen.write(SAID, SMALL_PHOTO)

    class Killed(BaseException):
        pass

    def kill(pid: int, number: int) -> None:
        assert (os.getpid(), signal.SIGKILL) == (pid, number)
        raise Killed

    with monkeypatch.context() as at:
        at.setenv("CRASH_AT", "media.after_store_before_mark")
        at.setattr(os, "kill", kill)
        with pytest.raises(Killed):
            await citizen.fetcher.fetch_next()
    assert (["large.jpg", "small.jpg"], [("waiting", None)]) == (stored(tmp_path), await states(pool))
    await pool.execute("UPDATE media SET next_try_at = now()")
    await citizen.fetch()
    await citizen.fetch()
    await pool.execute("UPDATE discarded_files SET at = at - interval '1 h'")
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    (file,) = await shown(pool)
    assert ["large.jpg", "small.jpg"] == stored(tmp_path)
    assert file.bytes == next((tmp_path / "evidence").rglob("large.jpg")).stat().st_size


@on("x")
async def test_shown_again_after_a_crash_it_is_shown_once(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    await citizen.fetch()
    await pool.execute("UPDATE media SET state = 'fetched', next_try_at = now()")  # as if the mark was not stored
    await citizen.fetch()

    assert (1, 1) == (len(await shown(pool)), len(await told(pool, ComplaintFollowedUp)))


@on("x")
async def test_a_photo_that_two_processes_fetch_is_shown_once(citizen: Citizen, pool: Pool) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    await within(asyncio.gather(*(citizen.fetcher.fetch_next() for _ in range(2))))
    await citizen.fetch()

    assert (1, 1) == (len(await shown(pool)), await pool.fetchval("SELECT count(*) FROM uploads"))


# ── opened, erased, handed out ───────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
async def unit(desk: Desk, pool: Pool, files: Files) -> AsyncIterator[httpx.AsyncClient]:
    handler = opening(pool, files, desk.settings.signing_key, desk.texts)
    app: Any = door({}, handler)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC) as client:
        yield client


def link(desk: Desk, file: Evidence, unit: str = "PUPR", now: datetime | None = None) -> str:
    signed = link_for(desk.settings.signing_key, file.url, unit, now or datetime.now(UTC))
    return urlsplit(signed).path + "?" + urlsplit(signed).query


async def given(pool: Pool, number: str, **facts: Any) -> None:
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=3, status="routed", **facts)})


async def routed(citizen: Citizen, pool: Pool, unit: str = "PUPR") -> tuple[str, Evidence]:
    """Return a complaint with a photo, which ``unit`` has."""
    await citizen.write(SAID, SMALL_PHOTO)
    await citizen.fetch()
    number = (await only(pool))["ticket"]
    await given(pool, number, unit=unit)
    return number, (await shown(pool))[0]


async def test_the_unit_opens_it_large_and_small_and_each_opening_is_noted(
    citizen: Citizen, pool: Pool, unit: httpx.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    number, file = await routed(citizen, pool)
    small = await unit.get(link(desk, file) + "&kecil")
    large = await unit.get(link(desk, file))

    assert (200, "image/jpeg") == (large.status_code, large.headers["content-type"])
    assert (file.bytes, (640, 480)) == (len(large.content), opened(large.content).size)
    assert (200, (320, 240)) == (small.status_code, opened(small.content).size)
    assert ("same-origin", "cross-origin") == tuple(
        each.headers["cross-origin-resource-policy"] for each in (large, small)
    )
    assert "no-store" == large.headers["cache-control"]
    noted = await pool.fetch("SELECT ticket, unit FROM evidence_openings")
    assert [(number, "PUPR")] * 2 == [tuple(row) for row in noted]


@on("whatsapp")
@pytest.mark.parametrize("spoilt", ["unsigned", "cut", "expired", "other unit", "unknown"])
async def test_to_all_others_it_is_not_there(
    citizen: Citizen, pool: Pool, unit: httpx.AsyncClient, desk: Desk, spoilt: str
) -> None:
    _, file = await routed(citizen, pool)
    good = link(desk, file)
    paths = {
        "unsigned": (good.partition("?")[0], 404, "not_found"),
        "cut": (good[:-1], 403, "link_damaged"),
        "expired": (link(desk, file, now=datetime.now(UTC) - timedelta(days=31)), 403, "link_expired"),
        "other unit": (link(desk, file, "PDAM"), 403, "link_not_yours"),
        "unknown": (link(desk, replace_name(file)), 404, "not_found"),
    }
    path, status, text = paths[spoilt]
    answer = await unit.get(path)

    beginning = desk.texts.web[text].partition("{")[0]
    assert (status, True) == (answer.status_code, answer.text.startswith(beginning))
    assert 0 == await pool.fetchval("SELECT count(*) FROM evidence_openings")


def replace_name(file: Evidence) -> Evidence:
    return Evidence(url=f"{PUBLIC}{PATHS['intake-social']}lain", media_type="", sha256="", bytes=0)


@on("whatsapp")
async def test_photo_link_opens_only_for_units_that_have_the_complaint_at_the_click(
    citizen: Citizen, pool: Pool, unit: httpx.AsyncClient, desk: Desk
) -> None:
    number, file = await routed(citizen, pool)
    before = await unit.get(link(desk, file))
    await given(pool, number, unit="PDAM", support=["DISHUB"])

    after, helper = await unit.get(link(desk, file)), await unit.get(link(desk, file, "DISHUB"))
    assert (200, 403, 200) == (before.status_code, after.status_code, helper.status_code)


@on("whatsapp", "x")
async def test_erased_is_erased_with_its_photos(
    citizen: Citizen, pool: Pool, unit: httpx.AsyncClient, desk: Desk, files: Files, tmp_path: Path
) -> None:
    number, file = await routed(citizen, pool)
    async with pool.acquire() as db, db.transaction():
        counts = await erase(db, "intake-social", b"k" * 16, (await only(pool))["complaint_id"], number, tell=False)
    gone = await unit.get(link(desk, file))
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    assert (1, 1) == (counts["intake-social.uploads"], counts["intake-social.media"])
    assert (404, []) == (gone.status_code, stored(tmp_path))
    assert 0 == await pool.fetchval("SELECT count(*) FROM media")


@on("whatsapp")
async def test_photo_erased_during_its_download_is_not_kept(
    citizen: Citizen, pool: Pool, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    row, put = await only(pool), files.put

    async def erased_meanwhile(name: str, content: bytes) -> None:
        await put(name, content)
        async with pool.acquire() as db, db.transaction():
            await erase(db, "intake-social", b"k" * 16, row["complaint_id"], row["ticket"], tell=False)

    monkeypatch.setattr(files, "put", erased_meanwhile)
    await citizen.fetch()
    await pool.execute("UPDATE discarded_files SET at = at - interval '1 h'")
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    assert ([], []) == (await shown(pool), stored(tmp_path))


@on("whatsapp")
async def test_photo_without_words_is_erased_with_the_complaint_of_its_sender(
    citizen: Citizen, pool: Pool, files: Files, tmp_path: Path
) -> None:
    await citizen.write(SAID)
    row = await only(pool)
    await citizen.write("", SMALL_PHOTO)
    await citizen.fetch()
    async with pool.acquire() as db, db.transaction():
        await erase(db, "intake-social", b"k" * 16, row["complaint_id"], row["ticket"], tell=False)
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    assert (0, []) == (await pool.fetchval("SELECT count(*) FROM media"), stored(tmp_path))


@on("whatsapp")
async def test_its_sender_is_handed_out_what_is_kept(citizen: Citizen, pool: Pool) -> None:
    number, file = await routed(citizen, pool)
    async with pool.acquire() as db:
        known = await export(db, number)

    (kept,) = known["complaints"][0]["evidence"]
    assert (file.sha256, file.bytes) == (kept["sha256"], kept["bytes"])


@on("whatsapp")
async def test_where_photos_are_not_kept_all_is_as_it_was(
    citizen: Citizen, pool: Pool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(desk.settings.__dict__, "evidence_url", None)
    await citizen.write("", SMALL_PHOTO)
    await citizen.write(SAID, SMALL_PHOTO)

    assert 0 == await pool.fetchval("SELECT count(*) FROM media")
    assert 1 == await pool.fetchval("SELECT count(*) FROM complaints")


# ── what is no photo ─────────────────────────────────────────────────────────────────────────────────────────────────
@on("whatsapp")
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "IMAGE/JPEG; name=a"], ids=["jpeg", "png", "loud"])
async def test_a_photo_that_is_sent_as_a_document_is_taken_like_a_photo(
    citizen: Citizen, pool: Pool, media_type: str
) -> None:
    await citizen.write(SAID, SMALL_PHOTO, type="document", mime_type=media_type)
    await citizen.fetch()

    assert (SAID, 1) == ((await only(pool))["text"], len(await shown(pool)))
    assert ["receipt"] == [row["kind"] for row in await pool.fetch("SELECT kind FROM notices")]


OTHERS = [
    ("whatsapp", "document", "application/pdf", "dokumen"),
    ("whatsapp", "audio", "audio/ogg; codecs=opus", "pesan suara"),
    ("whatsapp", "sticker", "image/webp", "stiker"),
    ("whatsapp", "contacts", "", "lampiran"),
    ("messenger", "file", "", "dokumen"),
    ("messenger", "audio", "", "pesan suara"),
]


#: On WhatsApp only documents have words beside them.
OTHERS_SAID = [each for each in OTHERS if each[0] == "messenger" or each[1] == "document"]


@pytest.mark.parametrize(
    ("citizen", "kind", "media_type", "called", "text"),
    [*((*each, "") for each in OTHERS), *((*each, SAID) for each in OTHERS_SAID)],
    indirect=["citizen"],
)
async def test_sender_is_told_once_that_other_files_are_not_taken(
    citizen: Citizen, pool: Pool, kind: str, media_type: str, called: str, text: str
) -> None:
    await citizen.write(text, b"%PDF", type=kind, mime_type=media_type)
    if citizen.name == "messenger":
        await citizen.look(-1)
    rows = await pool.fetch("SELECT text FROM notices WHERE kind = 'answer'")

    say = citizen.desk.texts.social
    assert [say["not_taken"].format(taken="tulisan, foto, dan video", what=called)] == [row["text"] for row in rows]
    assert (1 if text else 0, 0) == (
        await pool.fetchval("SELECT count(*) FROM complaints"),
        await pool.fetchval("SELECT count(*) FROM media"),
    )


# ── videos ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def video() -> bytes:
    program("ffmpeg", debian="ffmpeg")
    return clip(1, "mp4", 160, 90)


async def test_video_is_reencoded_and_shown_like_a_photo(
    citizen: Citizen, pool: Pool, tmp_path: Path, video: bytes
) -> None:
    assert all(told in video for told in TOLD[:2]), "there is something to remove"
    await citizen.film(SAID, video)
    assert (1, []) == (len(await told(pool, ComplaintReceived)), await shown(pool))
    await citizen.fetch()

    (item,) = await items(pool)
    (large,) = (tmp_path / "evidence").rglob("large.mp4")
    assert (True, "video/mp4", SAID) == (item.late, item.evidence[0].media_type, (await only(pool))["text"])
    assert ["large.mp4", "small.jpg"] == stored(tmp_path)
    assert not [told for told in TOLD if told in large.read_bytes()]
    assert ["receipt"] == [row["kind"] for row in await pool.fetch("SELECT kind FROM notices")]


@on("whatsapp")
async def test_a_video_that_is_sent_as_a_document_is_taken_like_a_video(
    citizen: Citizen, pool: Pool, video: bytes
) -> None:
    await citizen.write(SAID, video, type="document", mime_type="video/mp4")
    await citizen.fetch()

    assert ["video/mp4"] == [each.media_type for each in await shown(pool)]


@on("whatsapp", "messenger", "x")
async def test_video_is_declined_in_chats_and_its_words_taken_when_videos_are_off(
    citizen: Citizen, pool: Pool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    object.__setattr__(desk, "films", False)
    await citizen.film(SAID, b"....ftypmp42....")

    say = desk.texts.social
    told = [say["not_taken"].format(taken="tulisan dan foto", what="video")] if citizen.name != "x" else []
    rows = await pool.fetch("SELECT text FROM notices WHERE kind = 'answer'")
    assert (SAID, told) == ((await only(pool))["text"], [row["text"] for row in rows])
    assert 0 == await pool.fetchval("SELECT count(*) FROM media")


@on("whatsapp")
async def test_a_video_of_more_than_a_minute_is_given_up(citizen: Citizen, pool: Pool, tmp_path: Path) -> None:
    program("ffmpeg", debian="ffmpeg")
    await citizen.film(SAID, clip(63, "mp4", 64, 36))
    await citizen.fetch()

    assert ([("failed", "too_long")], [], []) == (await states(pool), await shown(pool), stored(tmp_path))


@on("facebook")
async def test_a_video_may_be_larger_than_a_photo_and_not_endless(
    citizen: Citizen, pool: Pool, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MAX_BYTES", 100)
    await citizen.film(SAID, video)
    await citizen.fetch()
    monkeypatch.setattr(downloads, "MAX_VIDEO_BYTES", len(video) - 1)
    await citizen.film("sampah menumpuk di Pasar Cabenge", video)
    await citizen.fetch()

    assert {("done", None), ("failed", "too_large")} == set(await states(pool))


@on("whatsapp")
async def test_where_too_many_videos_wait_it_is_made_later(
    citizen: Citizen, pool: Pool, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> Any:
        raise TooManyWait("videos")

    monkeypatch.setattr(films.Films, "make", full)
    await citizen.film(SAID, video)
    await citizen.fetch()

    assert [("waiting", None)] == await states(pool)


@on("whatsapp")
async def test_the_unit_plays_it_in_parts_and_sees_its_still(
    citizen: Citizen, pool: Pool, unit: httpx.AsyncClient, desk: Desk, video: bytes
) -> None:
    await citizen.film(SAID, video)
    await citizen.fetch()
    await given(pool, (await only(pool))["ticket"], unit="PUPR")
    (file,) = await shown(pool)
    part = await unit.get(link(desk, file), headers={"range": "bytes=0-99"})
    still = await unit.get(link(desk, file) + "&kecil")

    assert (206, "video/mp4", 100) == (part.status_code, part.headers["content-type"], len(part.content))
    assert (200, "image/jpeg") == (still.status_code, still.headers["content-type"])


# ── deleted by its sender ────────────────────────────────────────────────────────────────────────────────────────────
async def registered(pool: Pool, status: str = "routed") -> str:
    """Let the router register the only complaint. Return its ticket."""
    number: str = await pool.fetchval("UPDATE complaints SET registered_at = now() RETURNING ticket")
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=3, status=status, unit="PUPR")})
    return number


async def test_with_the_post_that_its_author_deletes_its_photo_goes_and_the_unit_is_told(
    citizen: Citizen, pool: Pool, unit: httpx.AsyncClient, desk: Desk, files: Files, tmp_path: Path
) -> None:
    before = count(citizen.channel, "deleted")
    await citizen.write(SAID, SMALL_PHOTO)
    await citizen.fetch()
    await registered(pool)
    (file,) = await shown(pool)
    await citizen.delete(citizen.posts[0])
    await forget(desk, citizen.channel, [citizen.posts[0]])  # told once more
    gone = await unit.get(link(desk, file))
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    last = await items(pool)
    assert [(True, [file.sha256], [])] == [(each.late, each.deleted, each.evidence) for each in last[1:]]
    assert ("", 404, []) == ((await only(pool))["text"], gone.status_code, stored(tmp_path))
    assert [0, 0] == [await pool.fetchval(f"SELECT count(*) FROM {each}") for each in ("media", "uploads")]
    assert 1 == count(citizen.channel, "deleted") - before


async def test_with_a_deleted_addition_its_photo_goes_and_the_complaint_stays(
    citizen: Citizen, pool: Pool, files: Files, tmp_path: Path
) -> None:
    await citizen.write(SAID, photo(width=200, height=100))
    number = await registered(pool)
    await citizen.write(f"{number} ini fotonya", SMALL_PHOTO)
    await citizen.fetch()
    await citizen.delete(citizen.posts[1])
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    last = await items(pool)
    (stays,) = [each for item in last for each in item.evidence if each.sha256 not in (last[-1].deleted or [])]
    assert (SAID, ["large.jpg", "small.jpg"]) == ((await only(pool))["text"], stored(tmp_path))
    assert "ini fotonya" in [item.text for item in last]
    assert stays.bytes == next((tmp_path / "evidence").rglob("large.jpg")).stat().st_size


@on("facebook", "messenger", "whatsapp")
async def test_unseen_photos_of_deleted_posts_vanish_without_notice(
    citizen: Citizen, pool: Pool, files: Files, tmp_path: Path
) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    await citizen.fetcher.fetch_next()  # and it is not shown yet
    await citizen.write(SAID, photo(width=200, height=100))  # nor is this one fetched
    for each in citizen.posts:
        await citizen.delete(each)
    await citizen.fetch()
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    assert ([], [], []) == (await shown(pool), await states(pool), stored(tmp_path))
    assert [] == await told(pool, ComplaintFollowedUp) or not (await items(pool))[-1].deleted


@on("messenger", "whatsapp")
async def test_a_photo_without_a_word_is_deleted_with_its_message(
    citizen: Citizen, pool: Pool, files: Files, tmp_path: Path
) -> None:
    await citizen.write("", SMALL_PHOTO)
    await citizen.fetch()
    await citizen.delete(citizen.posts[0])
    await citizen.write(SAID)
    await citizen.fetch()
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    assert ([], []) == (await shown(pool), stored(tmp_path))


@on("whatsapp")
async def test_a_photo_that_is_deleted_while_it_is_fetched_is_not_kept(
    citizen: Citizen, pool: Pool, desk: Desk, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await citizen.write(SAID, SMALL_PHOTO)
    put = files.put

    async def deleted_meanwhile(name: str, content: bytes) -> None:
        await put(name, content)
        await forget(desk, "whatsapp", citizen.posts)

    monkeypatch.setattr(files, "put", deleted_meanwhile)
    await citizen.fetch()
    await pool.execute("UPDATE discarded_files SET at = at - interval '1 h'")
    await evidence.delete_discarded(pool, files, NOT_BOUND)

    assert ([], []) == (await shown(pool), stored(tmp_path))


@on("x")
async def test_photos_of_an_anonymous_complaint_keep_no_link_to_the_post(citizen: Citizen, pool: Pool) -> None:
    await citizen.write("", SMALL_PHOTO)
    await citizen.fetch()
    await citizen.write(f"ANONIM {SAID}", photo(width=200, height=100))
    await citizen.fetch()

    rows = await pool.fetch("SELECT post FROM uploads UNION ALL SELECT post FROM media")
    assert 2 == len(await shown(pool))
    assert not [row["post"] for row in rows if row["post"] and row["post"].startswith("x:")]


@on("x")
async def test_photos_of_a_closed_complaint_are_not_checked_for_deletion(
    citizen: Citizen, pool: Pool, desk: Desk
) -> None:
    await citizen.write(SAID)
    number = await registered(pool, status="closed")
    await citizen.write(f"{number} fotonya", SMALL_PHOTO)
    await citizen.fetch()
    post(f"{citizen.base}/x/delete", id=citizen.posts[1])

    assert 0 == await forget_deleted(desk, citizen.client)
    assert 1 == await pool.fetchval("SELECT count(*) FROM uploads")
