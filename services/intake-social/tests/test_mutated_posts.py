"""Two thousand mutated posts of each network, by its own client, are taken or put aside, and none stops the next."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from chassis.database import Pool
from intake_social.adapters import facebook, x
from intake_social.mentions import read_mentions
from intake_social.page import read_page
from intake_social.post import Desk
from lapor.processes.ports import HOST
from testing.lengths import length
from testing.mutation import DEEP, Mutator

pytestmark = [pytest.mark.slow, pytest.mark.soak]

US, PAGES, OF_A_PAGE = "1708", length(10, 50), 200
#: No network's post has more letters; longer ones would test the networks' clients and not us.
LONGEST = 20_000


class Network:
    """Answers any request for posts with the next of ``pages``, which lead to the page after them.

    It has no comments, messages and the like.
    """

    def __init__(self) -> None:
        self.pages: list[dict[str, Any]] = []
        network = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                posts = "/feed" in self.path or "/mentions" in self.path
                found: dict[str, Any] = network.pages.pop(0) if posts and network.pages else {"data": []}
                if self.path.startswith("/2/users/me"):
                    found = {"data": {"id": US, "username": "LaporSoppeng"}}
                body = json.dumps(found).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer((HOST, 0), Answer)
        self.url = f"http://{HOST}:{self.server.server_address[1]}"


@pytest.fixture
def network() -> Iterator[Network]:
    opened = Network()
    thread = threading.Thread(target=opened.server.serve_forever, args=[0.01])
    thread.start()
    yield opened
    opened.server.shutdown()
    thread.join()
    opened.server.server_close()


def mutated(mutate: Mutator, item: dict[str, Any]) -> Any:
    """Return the item or a mutation of it, not nested deeper than JSON's own reader goes."""
    if mutate.maybe(0.1):
        return item
    if mutate.maybe(0.03):
        return mutate.random.choice((None, [], "x", 3, {}))
    text = "x" * (LONGEST + 1)
    while len(text) > LONGEST:
        text = json.dumps(mutate.fields(item))
    return json.loads(text.replace(f'"{DEEP}"', "[" * 50 + "]" * 50))


async def outcome(pool: Pool) -> tuple[int, int, int]:
    """Return how many posts were taken as complaints, put aside, and answered."""
    tables = ("complaints", "set_aside", "notices")
    taken, aside, answered = [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    return taken, aside, answered


async def test_reading_x_survives_mutated_posts(desk: Desk, pool: Pool, network: Network) -> None:
    mutate = Mutator("x")
    commands = (
        "@LaporSoppeng {}",
        "@LaporSoppeng STATUS {}",
        "@LaporSoppeng #rahasia {}",
        "@LaporSoppeng BATAL SPG-M000-0000C {}",
    )

    def post(number: int) -> dict[str, Any]:
        author = mutate.random.randrange(300)
        return {
            "id": str(2_000_000_000_000_000_000 + number), "author_id": str(author),
            "text": mutate.random.choice(commands).format(f"Jalan rusak di Cabenge {number}"),
            "created_at": "2026-11-26T08:00:00.000Z", "conversation_id": str(2_000_000_000_000_000_000 + number),
            "edit_history_tweet_ids": [str(2_000_000_000_000_000_000 + number)],
            "referenced_tweets": [{"type": "replied_to", "id": "1"}], "note_tweet": {"text": "panjang " * 50},
        }  # fmt: skip

    for n in range(PAGES):
        data = [mutated(mutate, post(n * OF_A_PAGE + m)) for m in range(OF_A_PAGE)]
        users = [mutated(mutate, {"id": str(author), "username": f"warga{author}"}) for author in range(300)]
        following = {"next_token": f"t{n}"} if n < PAGES - 1 else {}
        network.pages.append({"data": data, "includes": {"users": users}, "meta": following})
    secrets = {name: name for name in ("consumer_key", "consumer_secret", "access_token", "access_secret")}
    async with x.connect(**secrets, api_url=network.url, timeout_s=10) as client:
        await read_mentions(desk, client, US)
        before = await outcome(pool)
        network.pages.append({"data": [{**post(99_999), "text": "@LaporSoppeng Lampu padam", "note_tweet": None}]})
        await read_mentions(desk, client, US)
    after = await outcome(pool)
    assert min(before) > PAGES * OF_A_PAGE / 50, before  # each outcome occurs
    assert after == (before[0] + 1, before[1], before[2] + 1)


async def test_reading_facebook_survives_mutated_posts(
    desk: Desk, pool: Pool, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate = Mutator("facebook")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

    def post(number: int) -> dict[str, Any]:
        return {
            "id": f"{US}_{number}", "message": f"Jalan rusak di Cabenge {number}",
            "from": {"id": str(mutate.random.randrange(300)), "name": "Warga"}, "created_time": now,
            "updated_time": "2020-01-01T00:00:00+0000",
        }  # fmt: skip

    for n in range(PAGES):
        data = [mutated(mutate, post(n * OF_A_PAGE + m)) for m in range(OF_A_PAGE)]
        following = {"next": f"{network.url}/feed?until={n}"} if n < PAGES - 1 else {}
        network.pages.append({"data": data, "paging": following})
    monkeypatch.setattr("facebook.FACEBOOK_GRAPH_URL", "")
    page = facebook.FacebookPage(page_id=US, token="t", app_id="app", app_secret="s", graph_url=network.url)
    await read_page(desk, page)
    before = await outcome(pool)
    network.pages.append({"data": [post(99_999)]})
    await read_page(desk, page)
    await page.close()
    assert min(before) > PAGES * OF_A_PAGE / 50, before
    assert before[0] + 1 == (await outcome(pool))[0]
