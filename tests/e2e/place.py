"""The whole running system and its screens: what somebody does there, whatever their role."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from harness import NETWORK_S, System
from playwright.sync_api import Browser, ViewportSize
from seat import PATIENCE_MS, Seat

from lapor.demo.player import somebody
from testing.waiting import until

#: Codes of telephones that somebody logged in with.
_USED = set[str]()


@dataclass
class Citizen:
    """Somebody who complained on the website with ``text``: ``secret`` opens the complaint."""

    ticket: str
    secret: str
    text: str


def complain(system: System, text: str) -> Citizen:
    """Complain on the website of ``system``."""
    secret, key = f"rahasia-{uuid.uuid4().hex}", str(uuid.uuid4())

    def ask() -> str | None:
        try:
            answer = system.post_web(key, {"text": text}, secret)
        except httpx.TransportError:
            return None
        return str(answer.json()["ticket"]) if answer.status_code == 202 else None

    return Citizen(ticket=until(ask, 60, "an answer of the website"), secret=secret, text=text)


@dataclass
class Place:
    """The whole system, and the screens of one story."""

    system: System
    browser: Browser
    story: str
    numbers: count[int] = field(default_factory=lambda: count(1))

    def seat(self, size: ViewportSize, *, by_keys: bool = False) -> Seat:
        """Sit down before an empty screen of ``size``, with a keyboard and no mouse or with a finger."""
        context = self.browser.new_context(viewport=size, locale="id-ID")
        context.set_default_timeout(PATIENCE_MS)
        return Seat(page=context.new_page(), story=self.story, by_keys=by_keys, pictures=self.numbers.__next__)

    @property
    def url(self) -> str:
        """Where the desk is."""
        return str(self.system.env["desk_url"])

    def complain(self, text: str) -> Citizen:
        """Complain on the website."""
        return complain(self.system, text)

    def follow(self, citizen: Citizen, body: dict[str, object]) -> None:
        """Add to a citizen's complaint on the website."""
        httpx.post(
            f"{self.system.env['web_url']}/v1/complaints/{citizen.ticket}/follow-ups",
            json=body,
            headers={"Idempotency-Key": str(uuid.uuid4()), "Access-Secret": citizen.secret, **somebody()},
            timeout=NETWORK_S,
        ).raise_for_status()

    def reads(self, citizen: Citizen) -> Any:
        """Return a complaint's story as its reporter reads it on the website."""
        answer = httpx.get(
            f"{self.system.env['web_url']}/v1/complaints/{citizen.ticket}",
            headers={"Access-Secret": citizen.secret, **somebody()},
            timeout=NETWORK_S,
        )
        return answer.raise_for_status().json()

    def account(self, unit: str, role: str) -> dict[str, str]:
        """Return one of the demo accounts, with its present code."""
        people = self.system.lapor("desk")["people"]
        return next(each for each in people if (each["unit"], each["role"]) == (unit, role))


def log_in(seat: Seat, place: Place, unit: str, role: str) -> None:
    """Log in with a password, and with a code if one is asked for."""
    seat.opens(place.url)
    account = place.account(unit, role)
    seat.writes("Surel", account["email"])
    seat.writes("Kata sandi", account["password"])
    if account["code"]:
        # Asked for last: a code is good for half a minute and once, and the machine may be slow.
        code = until(lambda: new if (new := place.account(unit, role)["code"]) not in _USED else None, 90, "a new code")
        _USED.add(code)
        seat.writes("Kode 6 angka", code)
    seat.presses("Masuk")


@contextmanager
def logged_in(system: System, unit: str, role: str) -> Iterator[httpx.Client]:
    """Log in as one of the demo's people. A code can be used once, so another login waits for the next half minute."""
    url = system.lapor("desk")["url"]
    with httpx.Client(base_url=url, headers={"Origin": url}, trust_env=False, timeout=20) as client:

        def comes_in() -> bool:
            people = system.lapor("desk")["people"]
            account = next(each for each in people if (each["unit"], each["role"]) == (unit, role))
            fields = {name: account[name] for name in ("email", "password", "code")}
            return client.post("/masuk", data=fields).status_code == 303

        until(comes_in, 90, f"{role} of {unit} comes in")
        yield client


def until_listed(seat: Seat, words: str) -> None:
    """Reload the page until ``words`` stand on it, as somebody does who waits for an answer."""
    found = seat.page.get_by_text(words)
    for _ in range(200):
        if found.count():
            return
        seat.page.wait_for_timeout(300)
        seat.page.reload()
    raise AssertionError(f"{words} are not on {seat.page.url}")
