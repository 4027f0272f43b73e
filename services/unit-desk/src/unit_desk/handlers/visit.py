"""The person who asks, and the parts of each page of the desk."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4, uuid5

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from chassis.changes import Changes
from chassis.database import Pool
from chassis.limits import client_of
from unit_desk.adapters import accounts, complaints
from unit_desk.adapters.following import CHANGED
from unit_desk.adapters.guesses import Delays
from unit_desk.adapters.intake import Intake
from unit_desk.adapters.proofs import Photos
from unit_desk.allowance import Allowance
from unit_desk.courier import Courier
from unit_desk.people import Person, Role
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

#: The address where a page hears of changes.
FOLLOW = "/perubahan"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything that pages need. ``wake`` tells the relay to publish, ``changes`` wakes lists; ``intake``, if known,
    takes the complaints of the counter; ``stopping`` says that the process stops."""

    pool: Pool
    settings: DeskSettings
    rules: Rules
    wake: Callable[[], None]
    courier: Courier
    photos: Photos
    changes: Changes = field(default_factory=lambda: Changes(CHANGED))
    #: How many pages of each session follow changes.
    following: Counter[bytes] = field(default_factory=Counter)
    intake: Intake | None = None
    allowance: Allowance = field(default_factory=Allowance)
    stopping: Callable[[], bool] = lambda: False

    @property
    def delays(self) -> Delays:
        """The waits after wrong guesses."""
        return Delays(pool=self.pool, secret=self.settings.key)

    @property
    def secure(self) -> bool:
        """Whether people reach the desk by https."""
        return self.settings.public_url.startswith("https:")

    @property
    def cookie_name(self) -> str:
        """The cookie of a session; with this prefix no neighbour can set it (RFC 6265bis, 4.1.3.2)."""
        return "__Host-meja" if self.secure else "meja"

    def cookie(self, token: str | None) -> Cookie:
        """Make the cookie that logs in, or out."""
        return Cookie(
            key=self.cookie_name,
            value=token or "",
            max_age=int(accounts.DAY.total_seconds()) if token else 0,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )


class NotIn(Exception):
    """Nobody is logged in."""


class NotYours(Exception):
    """It does not exist, or is not for this person: the answer does not tell which."""


class Expired(Exception):
    """An invitation that was not used in time."""


class NotAllowed(Exception):
    """This person's role does not do that."""


def came_from_here(request: Request[Any, Any, Any], desk: Desk) -> bool:
    """Whether a form was sent from a page of the desk: browsers say so in one header or the other."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    mine = urlsplit(desk.settings.public_url)
    return hmac.compare_digest(request.headers.get("origin", "").encode(), f"{mine.scheme}://{mine.netloc}".encode())


def place_of(request: Request[Any, Any, Any], desk: Desk) -> str:
    """Return the network of the client."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.getall("x-forwarded-for", [])
    return client_of(peer, forwarded, desk.settings.desk_trusted_proxies)


def is_pressed(request: Request[Any, Any, Any]) -> bool:
    """Whether a person asked; what a page requests by itself does not prolong the session, and is not a look."""
    return "meja-latar" not in request.headers and request.url.path != FOLLOW


async def person_of(request: Request[Any, Any, Any], desk: Desk) -> Person:
    """Return the person who is logged in.

    Raises:
        NotIn: nobody is logged in.
    """
    token = request.cookies.get(desk.cookie_name)
    found = await accounts.who(desk.pool, token, pressed=is_pressed(request)) if token else None
    # A person whose unit has no desk any longer has nothing to do here.
    if found is None or found.unit not in desk.rules.desks:
        raise NotIn
    return found


async def page(desk: Desk, person: Person, name: str, here: str, *, status: int = 200, **context: Any) -> Template:
    """Make a page for a person who is logged in."""
    counts = await complaints.counted(desk.pool, person.unit, person)
    given = {
        **context,
        "me": person,
        "here": here,
        "counts": counts,
        "unit_name": desk.rules.units[person.unit],
        "has_triage": person.answers and (person.role == Role.OPERATOR or counts["triage"] > 0),
        "takes": person.answers,
        "confirms": counts["unconfirmed"] > 0 or any(each.confirm for each in desk.rules.categories.values()),
        "judges": counts["appeals"] > 0 or person.unit in desk.rules.watching,
        "invites": person.role in (Role.PIMPINAN, Role.OPERATOR),
        "approves": person.role == Role.PIMPINAN and (person.unit in desk.rules.approving or counts["approval"] > 0),
        "waiting": await complaints.waiting(desk.pool, person.unit),
    }
    return Template(name, context=given, status_code=status)


def pressed(person: Person, form: Mapping[str, str]) -> UUID:
    """Return the id of a request of ``person`` by a form that has an id: pressed twice, it is the same."""
    return uuid5(person.id, json.dumps(sorted(form.items()))) if form.get("id") else uuid4()


def see(path: str) -> Redirect:
    """Redirect to a page, with GET."""
    return Redirect(path, status_code=303)
