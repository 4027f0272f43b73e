"""uvicorn as one task among others: it is stopped by cancelling it, and finishes the requests in hand."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM belongs to the service."""
        yield


class WebServer:
    """Serves ``app`` on ``host`` and ``port``. ``max_head_bytes``: the longest request line with its headers."""

    def __init__(
        self, app: Any, host: str, port: int, *, stop_within_s: float = 10, max_head_bytes: int | None = None
    ) -> None:
        self.app, self.host, self.port = app, host, port
        self.stop_within_s, self.max_head_bytes = stop_within_s, max_head_bytes
        self._server: _Server | None = None

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        """A probe asks for the head alone: it gets that of the page, and uvicorn leaves the body off."""
        await self.app({**scope, "method": "GET"} if scope["method"] == "HEAD" else scope, receive, send)

    @property
    def answers(self) -> bool:
        """Whether it takes requests now."""
        return self._server is not None and self._server.started and not self._server.should_exit

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            OSError: the port is taken, or the address is not this machine's.
        """
        config = uvicorn.Config(
            self._app,
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
        # uvicorn leaves the process when it can't bind; we say why and try again.
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.create_server((self.host, self.port), family=family, backlog=1024) as door:
            self._server = server = _Server(config)
            serving = asyncio.create_task(server.serve(sockets=[door]))
            try:
                await asyncio.shield(serving)
            except asyncio.CancelledError:
                server.should_exit = True
                await serving
                raise
