"""Lists that follow: https://html.spec.whatwg.org/multipage/server-sent-events.html.

An event says only that something changed: the page asks for itself again, and what it may show is decided there.
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
#: Seconds of silence, after which a proxy might take the connection for dead. The page takes it for dead after 45.
PING_S = 20
#: What comes within so many seconds after a change is told once.
TOGETHER_S = 0.5
#: A browser lets go of what is not looked at; more than these is no browser.
MOST_OF_ONE, MOST = 6, 300
#: Nothing of it is kept back until there is more: https://nginx.org/en/docs/http/ngx_http_proxy_module.html.
_AT_ONCE = {"X-Accel-Buffering": "no"}


@get(FOLLOW)
async def follow(request: Request[Any, Any, Any], desk: A_DESK) -> Response[Any]:
    """Tell of each change of what this person's lists show, until the session ends.

    204, whose session is over, and 429, where too many follow, tell the browser not to ask again.
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
                heard = changed.is_set()  # also what came when the time was just over
                changed.clear()
                # With a change the page asks at once whose session it is; here it is asked so often as there are pings.
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
    """Tell whether the session goes on; without a database nobody can tell, and nothing is shown either."""
    with contextlib.suppress(*OUTAGES):
        try:
            await person_of(request, desk)
        except NotIn:
            return False
    return True
