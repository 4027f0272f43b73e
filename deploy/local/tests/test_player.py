"""`lapor demo` ends, whatever fails: without a broker, and with doors of this test."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts import codec
from contracts.events import ReplyAnswer, UnitRouted
from contracts.topics import TOPICS_DIR
from lapor.demo import player
from lapor.demo.hops import hop_name
from lapor.demo.player import Channel, Journey, Travel
from lapor.demo.scenarios import SCENARIOS
from lapor.errors import Refused
from lapor.kafka.reader import Found
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from testing.events import NOW, a_received, a_snapshot, an_updated

Door = Callable[[httpx.Request], Any]
Client = httpx.AsyncClient
URLS = {"web_url": "http://web", "standins_url": "http://s", "sent_url": "http://s/sent", "x_mention_url": "http://s/x"}


class FakePrincipal:
    """A principal who may read, and finds no topics."""

    name = "PUPR"

    def topics(self) -> list[str]:
        return []


def listen(*_: object, stop: threading.Event, listening: Callable[[], None], **__: object) -> Iterator[Any]:
    """Wait until told to stop, without any record."""
    listening()
    stop.wait()
    yield from ()


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Callable[[Channel, Door], list[Journey]]:
    """Sends one complaint through a door."""
    monkeypatch.setattr(player, "principal", lambda *_: FakePrincipal())
    monkeypatch.setattr(player, "follow", listen)
    monkeypatch.setattr(addresses, "env", lambda _: URLS)

    def run(channel: Channel, door: Door) -> list[Journey]:
        monkeypatch.setattr(httpx, "AsyncClient", lambda **_: Client(transport=httpx.MockTransport(door)))
        return asyncio.run(Travel(DataDir(Path("data")), SCENARIOS["journey"], lambda *_: None).run(1, [channel], 20))

    return run


async def away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


async def silent(request: httpx.Request) -> httpx.Response:
    return await asyncio.Future()


async def without_json(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="<html>")


@pytest.mark.parametrize("channel", ["sms", "web", "x"])
def test_a_door_that_is_away_ends_it_with_a_sentence(
    demo: Any, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "DOOR_AWAY_S", 0)
    with pytest.raises(Refused, match=f"The {channel} door does not answer at http.*lapor status"):
        demo(channel, away)


def test_a_door_that_refuses_ends_it_with_its_words(demo: Any) -> None:
    with pytest.raises(Refused, match="The web door answered 400: no text"):
        demo("web", lambda _: httpx.Response(400, text="no text"))


def test_complaint_the_door_failed_to_take_is_retried_with_the_same_key(
    demo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "GIVE_UP_S", 0.1)
    keys: list[str] = []

    async def door(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/uploads":
            return httpx.Response(507)
        if request.method == "POST":
            keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ConnectError("refused")
        return httpx.Response(503 if len(keys) == 2 else 202)

    demo("web", door)

    assert ([keys[0]] * 3) == keys


def test_a_photo_goes_before_the_complaint_in_two_pieces(demo: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "GIVE_UP_S", 0.1)
    came, named = bytearray(), list[Any]()

    async def door(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/uploads":
            return httpx.Response(201, headers={"Location": "http://web/v1/uploads/abc"})
        if request.method == "PATCH":
            assert len(came) == int(request.headers["Upload-Offset"])
            came.extend(request.content)
            return httpx.Response(204)
        if request.method == "POST":
            named.append(json.loads(request.content)["uploads"])
        return httpx.Response(202)

    demo("web", door)

    assert (b"\xff\xd8\xff", [["abc"]]) == (bytes(came[:3]), named)


@pytest.mark.parametrize("page", [away, silent, without_json])
def test_time_is_up_also_when_nobody_knows_what_citizens_were_sent(
    demo: Any, page: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "GIVE_UP_S", 0.3)

    async def door(request: httpx.Request) -> httpx.Response:
        return httpx.Response(202) if request.method == "POST" else await page(request)

    (journey,) = demo("sms", door)

    assert not journey.done


def test_every_hop_is_told_in_words() -> None:
    paths = [path for path in sorted(TOPICS_DIR.glob("complaint.*/examples/*.json")) if ".sla-" not in str(path)]
    examples = [codec.decode(path.read_bytes()).data for path in paths]
    hops = {hop_name(data): type(data).__name__ for data in examples}
    assert hops
    assert not set(hops) & set(hops.values())
    assert "follow-up: addition" in hops


def test_on_x_what_follows_a_complaint_is_a_post_too(monkeypatch: pytest.MonkeyPatch) -> None:
    posts: list[tuple[str, object]] = []

    async def write(http: object, journey: Journey, url: str, **what: object) -> httpx.Response:
        posts.append((url, what["json"]))
        return httpx.Response(201, json={"id": "7"})

    monkeypatch.setattr(player, "_write", write)
    monkeypatch.setattr(addresses, "env", lambda _: URLS)
    trip = Travel(DataDir(Path("data")), SCENARIOS["reopened"], lambda *_: None)
    journey = Journey(channel="x", tag="abc", sent_at=NOW, sender="", scenario=SCENARIOS["reopened"], turns=[])
    journey.ticket = "SPG-M000-0000C"
    asyncio.run(trip.follow_up(Client(), journey, "reopen"))
    assert [("http://s/x", {"handle": "warga_abc", "text": "BUKA SPG-M000-0000C belum selesai (uji)"})] == posts
    assert ["7"] == journey.posts


@pytest.mark.parametrize(
    ("channel", "to", "thread", "expected"),
    [
        *[("x", "warga_abc", "p1", True), ("x", "warga_abc", "", False), ("facebook", "Warga abc", "p2", False)],
        *[("facebook", "Warga abc", "p1", True), ("sms", "+628123", "", True), ("sms", "+628124", "", False)],
        *[
            ("whatsapp", "628123", "", True),
            ("web", "warga.abc@contoh.id", "", True),
            ("web", "x@contoh.id", "", False),
        ],
    ],
)
def test_a_citizen_is_informed_only_where_they_wrote(channel: Channel, to: str, thread: str, expected: bool) -> None:
    scenario = SCENARIOS["journey"]
    journey = Journey(
        channel=channel, tag="abc", sent_at=NOW, sender="+628123", scenario=scenario, turns=[], posts=["p1"]
    )

    assert expected == player.reaches(journey, {"to": to, "thread": thread})


def test_hops_are_shown_in_order_and_answers_with_their_action(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Topics are read concurrently: a later hop may come first, and an answer does not name the action."""
    shown: list[str] = []
    written: list[Any] = []

    class Unit(FakePrincipal):
        def send(self, topic: str, key: bytes, value: bytes) -> None:
            written.append(codec.decode(value))

    monkeypatch.setattr(player, "principal", lambda *_: Unit())
    monkeypatch.setattr(addresses, "env", lambda _: URLS)
    trip = Travel(DataDir(Path("data")), SCENARIOS["journey"], lambda journey, hop, at: shown.append(hop))
    turns = list(SCENARIOS["journey"].turns)
    trip.journeys = [Journey(channel="sms", tag="abc", sent_at=NOW, sender="", scenario=trip.scenario, turns=turns)]

    def comes(ms: int, data: Any) -> None:
        event = codec.envelope(data, event_id=f"e{ms}-{type(data).__name__}", source="/t", subject="c1", time=NOW)
        at = NOW + timedelta(milliseconds=ms)
        trip.saw(Found(topic="t", partition=0, offset=0, key=None, value=codec.encode(event), headers={}, at=at))

    snapshot = UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot())
    comes(300, snapshot)
    comes(200, an_updated(1))
    comes(0, a_received(text="rusak (uji abc)"))
    comes(100, an_updated(0, "registered"))
    for n, each in enumerate(written):
        answer = ReplyAnswer(event_id=each.id, accepted=True)
        comes(500 + n, UnitRouted(why="replied", unit="PUPR", complaint=a_snapshot(), reply=answer))
    trip.show_until(NOW + timedelta(seconds=1))

    answers = ["PUPR's answer accepted (acknowledge)", "PUPR's answer accepted (resolve)"]
    assert ["received", "registered", "routed to PUPR", "PUPR has it", *answers] == shown
