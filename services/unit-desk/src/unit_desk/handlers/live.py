"""Lists that follow: https://html.spec.whatwg.org/multipage/server-sent-events.html.

An event says only that something changed: the page then requests itself again, which decides what it may show.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import Dependency
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage

from chassis.changes import is_set
from chassis.database import OUTAGES
from unit_desk.handlers.visit import FOLLOW, Desk, NotIn, person_of
from unit_desk.people import Person

A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
#: Seconds between pings: a proxy might take a silent connection for dead. The page takes it for dead after 45.
PING_S = 20
#: Changes within so many seconds are told once.
TOGETHER_S = 0.5
#: A browser closes pages that nobody looks at; a client with more streams than these is not a browser.
MOST_OF_ONE, MOST = 6, 300
#: Proxies must not buffer events: https://nginx.org/en/docs/http/ngx_http_proxy_module.html.
_AT_ONCE = {"X-Accel-Buffering": "no"}


@get(FOLLOW)
async def follow(request: Request[Any, Any, Any], desk: A_DESK) -> Response[Any]:
    """Stream an event for each change of the person's lists, until the session ends.

    204 (the session is over) and 429 (too many streams) tell the browser not to connect again.
    """
    try:
        person = await person_of(request, desk)
    except NotIn:
        return Response(b"", status_code=204)
    if desk.following[person.session] >= MOST_OF_ONE or desk.following.total() >= MOST:
        return Response(b"", status_code=429, headers={"Retry-After": "30"})
    return ServerSentEvent(_told(request, desk, person), headers=_AT_ONCE)


async def _told(request: Request[Any, Any, Any], desk: Desk, person: Person) -> AsyncIterator[ServerSentEventMessage]:
    desk.following[person.session] += 1
    try:
        with desk.changes.of(*(desk.rules.desks if person.sees_all else [person.unit])) as changed:
            yield ServerSentEventMessage(data=None, comment="here")
            clock = asyncio.get_running_loop().time
            asked = clock()
            while not desk.changes.stopped:
                await is_set(changed, PING_S)
                heard = changed.is_set()  # also a change that came just as the time was over
                changed.clear()
                # After a change the page's own request checks the session; here it is checked once per ``PING_S``.
                if clock() - asked >= PING_S:
                    if not await _is_in(request, desk):
                        yield ServerSentEventMessage(data="1", event="over")
                        return
                    asked = clock()
                if heard:
                    yield ServerSentEventMessage(data="1", event="changed")
                    await asyncio.sleep(TOGETHER_S)
                else:
                    yield ServerSentEventMessage(data="1", event="ping")
    finally:
        desk.following[person.session] -= 1
        if not desk.following[person.session]:
            del desk.following[person.session]


async def _is_in(request: Request[Any, Any, Any], desk: Desk) -> bool:
    """Whether the session is still valid; True without a database, as no page is shown then either."""
    with contextlib.suppress(*OUTAGES):
        try:
            await person_of(request, desk)
        except NotIn:
            return False
    return True
