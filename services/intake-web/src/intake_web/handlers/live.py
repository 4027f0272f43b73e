"""A complaint as it goes on: server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import Dependency
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from chassis.changes import Changes, is_set
from intake.files import StoreDown
from intake.texts import Texts
from intake_web.domain import FINISHED
from intake_web.handlers.api import Visiting, Words
from intake_web.handlers.problems import unknown_ticket
from intake_web.handlers.visit import Visit
from intake_web.store import Found
from intake_web.tracking import tracking, version

Waiting = Annotated[Changes, Dependency(skip_validation=True)]
#: Seconds of silence, after which a proxy might take the connection for dead.
PING_S = 20
#: Seconds after which a stream ends when it is silent, or half of them: the browser comes again, and who has gone does
#: not.
STREAM_S = 900


@get(["/v1/complaints/{number:str}/events", "/laporan/{number:str}/kabar"])
async def events(
    request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words, changes: Waiting
) -> Response[Any]:
    """Tell how a complaint stands, and each change of it, as ``GET /v1/complaints/{ticket}`` gives it.

    The id of an event is the number of the story's last step, except to strangers of a confidential one. Who names it
    in ``Last-Event-ID`` is told of what came since; whoever knows the end is told by 204 not to ask again. The second
    address is for the page, whose pass is sent nowhere else.
    """
    request.state.held.enter_context(visit.guard.following(visit.client))
    found = await visit.find(number)
    if found is None:
        raise unknown_ticket()
    secret = request.headers.get("access-secret")
    owner = visit.has_pass(found.story.ticket) or await visit.is_owner(found.story.ticket, secret)
    state = State(found, texts, to_reporter=owner)
    known = request.headers.get("last-event-id")
    if state.ended and known == state.version:
        return Response(b"", status_code=204)
    return ServerSentEvent(_told(visit, changes, state, known))


@dataclass(frozen=True)
class State:
    """How a complaint stands, for its reporter or for anybody."""

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
        return version(self.found.story, self.told, hidden=self.found.story.rahasia and not self.to_reporter)

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self.found.story.status in FINISHED


async def _told(
    visit: Visit, changes: Changes, state: State, known: str | None
) -> AsyncIterator[ServerSentEventMessage]:
    number, last = state.found.story.ticket, b""
    over = monotonic() + random.uniform(0.5, 1) * STREAM_S  # noqa: S311 - no secret
    with changes.of(number) as changed:
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
            while not await is_set(changed, PING_S):
                if monotonic() > over:
                    return
                yield ServerSentEventMessage(data=None, comment="ping")
            changed.clear()
