"""A receiver of webhooks on a real port, which checks requests with the library that its owners use."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

from testing.waiting import within

HOST = "127.0.0.1"
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Got:
    """A request: its headers by lower-case name, and its body."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """Its webhook-id."""
        return self.headers["webhook-id"]

    def signed_by(self, secret: str) -> dict[str, Any]:
        """Verify the signature, and return the body.

        Raises:
            standardwebhooks.WebhookVerificationError: it is not signed with ``secret``.
        """
        found: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return found


@dataclass(kw_only=True)
class Receiver:
    """Answers each request with the next of ``answers``, and when these are used up, with ``OK``."""

    answers: list[bytes] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    hold: asyncio.Event | None = None
    port: int = 0

    def url(self, scheme: str = "http", host: str = HOST) -> str:
        """The address to register."""
        return f"{scheme}://{host}:{self.port}/kabar?dari=lapor"

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        try:
            head = (await within(reader.readuntil(b"\r\n\r\n"))).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            self.got.append(Got(headers=headers, body=await within(reader.readexactly(int(headers["content-length"])))))
            if self.hold:
                await within(self.hold.wait())
            writer.write(self.answers.pop(0) if self.answers else OK)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def says(self) -> list[dict[str, Any]]:
        """The bodies received, in the order of arrival."""
        return [json.loads(each.body) for each in self.got]


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver."""
    it = Receiver()
    server = await asyncio.start_server(it, HOST, 0, ssl=tls)
    it.port = server.sockets[0].getsockname()[1]
    async with server:
        yield it


def status(code: int, *headers: str, body: bytes = b"") -> bytes:
    """Make an answer."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {code} x", f"content-length: {len(body)}", *headers))
    return f"{head}\r\n".encode() + body
