"""uvicorn as one task among others: cancelling it stops it, and it finishes the requests in hand.

No client can hold it up: connections are counted, and each part of a request has a time limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from chassis.limits import Network, Seldom, is_among, network_of

log = logging.getLogger(__name__)
T = TypeVar("T")
#: Seconds that a client may take to read its answer; then it is cut off.
_TAKE_S = 10
#: Seconds for refused clients to read why, and how many of them may do so at the same time.
_REFUSED_S, _REFUSED = 1, 100
#: Bytes of an unwanted body that are read, so that its sender gets the answer; and for how many seconds.
_UNWANTED, _UNWANTED_S = 1024 * 1024, 3
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_PARTS = {h11.IDLE: "head", h11.SEND_BODY: "body"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits for clients; times in seconds, ``body_rate`` in bytes a second.

    The body has ``body_s``, and a second more for each ``body_rate`` bytes of it, but never more than
    ``longest_body_s``, as in https://httpd.apache.org/docs/2.4/mod/mod_reqtimeout.html. ``of_one`` is large, since
    phones share the addresses of their carrier; it does not hold for ``proxies``, which forward everybody. All together
    stay below the 1,024 files that a process may usually open.
    """

    connections: int = 512
    of_one: int = 64
    proxies: Sequence[Network] = ()
    head_s: float = 10
    body_s: float = 10
    body_rate: int = 500
    longest_body_s: float = 150


class ClientGone(Exception):
    """The client hung up, or was cut off, before its whole request had arrived: nobody is left to answer."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """Accept no further requests, and end when those in hand are answered."""
        self.should_exit = True
        self._leaving.set()

    async def main_loop(self) -> None:
        """Wait until told to leave. Dates of answers need one wake-up a second; uvicorn would make ten."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._leaving.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing: SIGTERM belongs to the service."""
        yield


class _Refused(asyncio.Protocol):
    """A connection too many. It is closed in stages, so that its client can read the answer (RFC 9112, 9.6)."""

    open = 0

    def __init__(self, transport: asyncio.Transport) -> None:
        _Refused.open += 1
        transport.set_protocol(self)
        if _Refused.open > _REFUSED:
            transport.abort()
            return
        transport.write(_FULL)
        with contextlib.suppress(OSError):  # it has gone already
            transport.write_eof()
        asyncio.get_running_loop().call_later(_REFUSED_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        _Refused.open -= 1


class _Connection(H11Protocol):
    """A connection that is checked against the limits, and has a time limit for each part of a request."""

    def __init__(self, limits: Limits, refusals: Seldom, **given: Any) -> None:
        super().__init__(**given)
        self.limits, self.refusals = limits, refusals
        self.network = ""
        self._part, self._began, self._bytes, self._over = "", 0.0, 0, False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, or refuse it."""
        peer = (transport.get_extra_info("peername") or ("",))[0]
        self.network = "" if is_among(peer, self.limits.proxies) else network_of(peer)
        others: Any = self.connections
        of_one = sum(other.network == self.network for other in others) if self.network else 0
        if len(others) >= self.limits.connections or of_one >= self.limits.of_one:
            if count := self.refusals.due():
                log.warning("connections_refused", extra={"count": count, "open": len(others)})
            _Refused(transport)
            return
        super().connection_made(transport)
        self._expect("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop its timer."""
        self._expect("")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Time the part that ``data`` leaves unfinished."""
        if self._over:
            return
        super().data_received(data)
        part = _PARTS.get(self.conn.their_state, "")
        if part != self._part and self._part != "answer":
            self._expect(part)
        self._bytes += len(data)

    def pause_writing(self) -> None:
        """Wait for a client that does not read, but not indefinitely."""
        super().pause_writing()
        self._expect("answer")

    def resume_writing(self) -> None:
        """Go on with a client that reads again."""
        super().resume_writing()
        self._expect(_PARTS.get(self.conn.their_state, ""))

    def on_response_complete(self) -> None:
        """Go on, or close."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._close()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection without further requests."""
        super().timeout_keep_alive_handler()
        self._close()

    def _expect(self, part: str) -> None:
        if self._timer:
            self._timer.cancel()
        self._part, self._began, self._bytes, self._timer = part, self.loop.time(), 0, None
        seconds = {"head": self.limits.head_s, "body": self.limits.body_s, "answer": _TAKE_S}.get(part)
        if seconds is not None:
            self._timer = self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self._part == "body":
            given = min(self.limits.body_s + self._bytes / self.limits.body_rate, self.limits.longest_body_s)
            if (left := self._began + given - self.loop.time()) > 0:
                self._timer = self.loop.call_later(left, self._late)
                return
            if not self.cycle.response_started:
                self._answer_408()
                return
        self._close()

    def _answer_408(self) -> None:
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        self.transport.write(self.conn.send(h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")))
        self.transport.write(self.conn.send(h11.EndOfMessage()))
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        # Closed in stages, like refused connections: a client that is still sending would lose the answer to a reset.
        self._over = True
        self.transport.write_eof()
        self.loop.call_later(_REFUSED_S, self._close)

    def _close(self) -> None:
        self.transport.close()  # written data goes out first, which a client that does not read would delay
        self.loop.call_later(_TAKE_S, self.transport.abort)


class WebServer:
    """Serves ``app`` on ``host`` and ``port``. ``max_head_bytes``: the longest request line with its headers.

    If a request breaks off before its end, ``receive`` raises :class:`ClientGone` to ``app``.
    """

    def __init__(
        self,
        app: Any,
        host: str,
        port: int,
        *,
        stop_within_s: float = 10,
        max_head_bytes: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.app, self.host, self.port = app, host, port
        self.stop_within_s, self.max_head_bytes = stop_within_s, max_head_bytes
        self.limits = limits or Limits()
        self._server: _Server | None = None

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        more, expects = True, any(name == b"expect" for name, _ in scope["headers"])

        async def receive_all() -> Any:
            nonlocal more
            message = await receive()
            if message["type"] == "http.disconnect":
                if not more:  # the request was complete: a stream must hear that nobody reads on
                    return message
                raise ClientGone
            more = message.get("more_body", False)
            return message

        async def read_on() -> None:
            unwanted = 0
            with contextlib.suppress(ClientGone, TimeoutError):
                async with asyncio.timeout(_UNWANTED_S):
                    while more and unwanted < _UNWANTED:
                        unwanted += len((await receive_all())["body"])

        async def send_when_read(message: Any) -> None:
            # Closing with bytes unread resets the connection and loses an answer on its way (RFC 9112, 9.6). A client
            # that sent Expect has not sent its body yet.
            if message["type"] == "http.response.start" and not expects:
                await read_on()
            await send(message)

        try:
            await self.app(scope, receive_all, send_when_read)
        except* ClientGone:  # also from the group of tasks that streams an answer
            log.debug("client_gone")

    @property
    def answers(self) -> bool:
        """Whether it takes requests now."""
        return self._server is not None and self._server.started and not self._server.should_exit

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            OSError: the port is taken, or the address is not this machine's.
        """
        refusals = Seldom()
        http: Any = lambda **given: _Connection(self.limits, refusals, **given)  # noqa: E731
        config = uvicorn.Config(
            self._app,
            http=http,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            h11_max_incomplete_event_size=self.max_head_bytes,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=max(1, round(self.stop_within_s)),
        )
        # uvicorn ends the process when it can't bind; this raises instead, and the caller tries again.
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.create_server((self.host, self.port), family=family, backlog=1024) as door:
            # Connections inherit it from here: asyncio sets it only if a socket names its protocol. Without it the body
            # of an answer waits until its head is acknowledged, with many clients for 40 ms.
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._server = server = _Server(config)
            serving = asyncio.create_task(server.serve(sockets=[door]))
            try:
                await asyncio.shield(serving)
            except asyncio.CancelledError:
                server.leave()
                await serving
                raise


async def while_there(receive: Callable[[], Awaitable[Mapping[str, Any]]], answer: Coroutine[Any, Any, T]) -> T:
    """Await the ``answer`` to a request that arrived in full, while its client waits for it.

    Raises:
        ClientGone: the client hung up, and the answer was cancelled.
    """

    async def leave() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    answering, leaving = asyncio.ensure_future(answer), asyncio.ensure_future(leave())
    try:
        await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            answering.cancel()
            await asyncio.wait((answering,))
            raise ClientGone
        return answering.result()
    finally:
        for each in (answering, leaving):
            each.cancel()


def with_heads(app: Any) -> Any:
    """Pass HEAD requests to ``app`` as GET: uvicorn leaves the body of the answer off."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "method": "GET"} if scope["method"] == "HEAD" else scope, receive, send)

    return answer
