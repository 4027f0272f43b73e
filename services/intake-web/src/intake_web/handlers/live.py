"""Live updates of a complaint: server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html."""

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
#: Seconds of silence before a ping, as proxies may close silent connections.
PING_S = 20
#: Silent streams end after half to all of these seconds: browsers reconnect, vanished clients don't.
STREAM_S = 900


@get(["/v1/complaints/{number:str}/events", "/laporan/{number:str}/kabar"])
async def events(
    request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words, changes: Waiting
) -> Response[Any]:
    """Stream the state of a complaint and each change, in the form of ``GET /v1/complaints/{ticket}``.

    An event's id is the number of the story's last step, except for strangers to a confidential complaint. A client
    that sends it as ``Last-Event-ID`` gets only later changes; one that knows the end gets 204, which stops its
    retries. The second address is for the page, whose pass cookie is sent nowhere else.
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
    """The state of a complaint, for its reporter or for anybody."""

    found: Found
    texts: Texts
    to_reporter: bool

    @property
    def told(self) -> dict[str, Any]:
        """The body of the event."""
        return tracking(self.found, self.texts, to_reporter=self.to_reporter)

    @property
    def version(self) -> str:
        """The id of the event."""
        return version(self.found.story, self.told, hidden=self.found.story.rahasia and not self.to_reporter)

    @property
    def ended(self) -> bool:
        """Whether no change can follow."""
        return self.found.story.status in FINISHED


async def _told(
    visit: Visit, changes: Changes, state: State, known: str | None
) -> AsyncIterator[ServerSentEventMessage]:
    number, last = state.found.story.ticket, b""
    over = monotonic() + random.uniform(0.5, 1) * STREAM_S  # noqa: S311 - no secret
    with changes.of(number) as changed:
        while not changes.stopped:
            with contextlib.suppress(StoreDown):  # its return wakes all streams
                found = await visit.store.find(number)  # also first: changes after the handler's query woke nobody
                # Strangers get no updates once a complaint has become confidential.
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
