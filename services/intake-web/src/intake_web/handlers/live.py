"""A complaint as it goes on: server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import Dependency
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from intake.texts import Texts
from intake_web.changes import Changes
from intake_web.domain import FINISHED
from intake_web.handlers.api import Visiting, Words
from intake_web.handlers.problems import unknown_ticket
from intake_web.handlers.visit import Visit
from intake_web.store import Found, StoreDown
from intake_web.tracking import tracking, version

Waiting = Annotated[Changes, Dependency(skip_validation=True)]
#: Seconds of silence, after which a proxy might take the connection for dead.
PING_S = 20


@get(["/v1/complaints/{number:str}/events", "/laporan/{number:str}/kabar"])
async def events(
    request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words, changes: Waiting
) -> Response[Any]:
    """Tell how a complaint stands, and each change of it, as ``GET /v1/complaints/{ticket}`` gives it.

    The id of an event is the number of the story's last step, except to strangers of a confidential one. Who names it
    in ``Last-Event-ID`` is told of what came since; whoever knows the end is told by 204 not to ask again. The second
    address is for the page, whose pass is sent nowhere else.
    """
    visit.guard.may_follow(visit.client)
    found = await visit.find(number)
    if found is None:
        raise unknown_ticket()
    secret, hidden = request.headers.get("access-secret"), found.story.rahasia
    owner = visit.has_pass(found.story.ticket) or (hidden and await visit.is_owner(found.story.ticket, secret))
    state = State(found, texts, owner or not hidden)
    known = request.headers.get("last-event-id")
    if state.ended and known == state.version:
        return Response(b"", status_code=204)
    return ServerSentEvent(_told(visit, changes, state, known))


@dataclass(frozen=True)
class State:
    """How a complaint stands, for who may read so much."""

    found: Found
    texts: Texts
    to_reporter: bool

    @property
    def told(self) -> dict[str, Any]:
        """What is told of it."""
        return tracking(self.found, self.texts, to_reporter=self.to_reporter)

    @property
    def version(self) -> str:
        """The id of the event."""
        return version(self.found.story, self.told, to_reporter=self.to_reporter)

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self.found.story.status in FINISHED


async def _told(
    visit: Visit, changes: Changes, state: State, known: str | None
) -> AsyncIterator[ServerSentEventMessage]:
    number, last = state.found.story.ticket, b""
    with visit.guard.following(visit.client), changes.of(number) as changed:
        while not changes.stopped:
            with contextlib.suppress(StoreDown):  # when it is back all are woken
                found = await visit.store.find(number)  # also at first: what changed since it was asked woke nobody
                # What became confidential meanwhile is told to no stranger any more.
                if found is None or (found.story.rahasia and not state.found.story.rahasia):
                    return
                state = replace(state, found=found)
            body = msgspec.json.encode(state.told)
            if body != last and (last or known != state.version):
                yield ServerSentEventMessage(data=body, event="complaint", id=state.version)
            last = body
            if state.ended:
                return
            while not await _is_set(changed):
                yield ServerSentEventMessage(data=None, comment="ping")
            changed.clear()


async def _is_set(changed: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(PING_S):
            return await changed.wait()
    except TimeoutError:
        return False
