"""A unit's own program learns of a complaint by webhook, reads and answers it by the API, and the citizen hears."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from harness import CLEAR, System
from place import logged_in
from standardwebhooks import Webhook

from testing.waiting import until

pytestmark = pytest.mark.connected

DONE = "Pipa di depan SD 3 sudah disambung kembali tadi pagi, air sudah mengalir dan jernih."


class Receiver(ThreadingHTTPServer):
    """Takes notices, and keeps those that ``secret`` has signed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secret, self.notices = "", list[dict[str, Any]]()

    @property
    def url(self) -> str:
        """The address to register."""
        return f"http://127.0.0.1:{self.server_port}/kabar"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.notices.append(Webhook(self.server.secret).verify(body, dict(self.headers)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests' output is for failures."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join(30)


def secret_in(page: str) -> str:
    """Return what the desk shows only once."""
    return str(re.findall(r'<code class="secret">([^<]+)</code>', page)[0])


@pytest.fixture
def key(system: System, receiver: Receiver) -> str:
    """Register the program of PDAM at the desk, as its operator does. Return its key."""
    with logged_in(system, "DISKOMINFO", "operator") as operator:
        pressed = re.findall(r'name="id" value="([^"]+)"', operator.get("/program").text)[0]
        wanted = {"unit": "PDAM", "system": "simpdam", "contact": "Bagian TI", "rights": "both", "days": "90"}
        made = operator.post("/program/kunci", data={**wanted, "id": pressed})
        added = operator.post("/program/webhook", data={"unit": "PDAM", "url": receiver.url})
    receiver.secret = secret_in(added.text)
    return secret_in(made.text)


def test_a_program_is_notified_reads_answers_and_the_citizen_hears(
    system: System, receiver: Receiver, key: str
) -> None:
    api = f"{system.env['desk_url']}/api/v1/units/PDAM"
    bearer = {"Authorization": f"Bearer {key}"}
    events, after = dict[str, dict[str, Any]](), "0"

    def read(about: str, why: str) -> dict[str, Any] | None:
        """Read on, and return the event about a complaint for this reason."""
        nonlocal after
        answer = httpx.get(f"{api}/events", params={"after": after, "limit": 200}, headers=bearer, timeout=30)
        if answer.status_code == 429:
            return None
        page = answer.raise_for_status().json()
        after = page["next"]
        events.update({each["event"]["id"]: each["event"]["data"] for each in page["events"] if each["event"]})
        found = (
            data for data in events.values() if (data.get("complaint", {}).get("ticket"), data["why"]) == (about, why)
        )
        return next(found, None)

    number, ticket = system.by_sms(f"{CLEAR} (program)")

    notice = until(lambda: next((n for n in receiver.notices if n["data"]["ticket"] == ticket), None), 60, "a notice")
    assert "unit.routed" == notice["type"]
    assert CLEAR not in str(notice)
    complaint = until(lambda: read(ticket, "routed"), 60, "the complaint by the API")["complaint"]
    assert CLEAR in complaint["text"]
    reply = {"ticket": ticket, "action": "resolve", "message": DONE}
    told = {**bearer, "Idempotency-Key": str(uuid.uuid4())}
    taken = [httpx.post(f"{api}/replies", json=reply, headers=told, timeout=30) for _ in range(2)]
    assert [202, 202] == [each.status_code for each in taken]
    replied = until(lambda: read(ticket, "replied"), 60, "the answer to the reply")["reply"]
    assert (taken[0].json()["event_id"], True) == (replied["event_id"], replied["accepted"])
    assert 1 == sum(DONE in text for text in system.until_told(number, DONE))
    refused = httpx.get(f"{system.env['desk_url']}/api/v1/units/DLH/events", headers=bearer, timeout=30)
    assert 403 == refused.status_code
