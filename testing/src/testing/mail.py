"""A mail server on this machine that keeps the mail it receives, and fails on demand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from testing.waiting import within


class Sink:
    """Keeps mail. ``answers`` lists, by command (``MAIL``, ``RCPT``, ``DATA``), the next replies instead of acceptance;
    ``cut`` ends the connection after the message, before it is kept (``lost``) or after (``kept``). ``tls`` is spoken
    from the first byte on, ``starttls`` is offered."""

    def __init__(self, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> None:
        self.tls, self.starttls = tls, starttls
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answers: dict[str, list[str]] = {}
        self.cut: list[str] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._spoken: list[SMTP] = []

    async def start(self) -> None:
        """Listen, at the same port as before."""
        loop = asyncio.get_running_loop()

        def smtp() -> SMTP:
            spoken = SMTP(self, loop=loop, tls_context=self.starttls, require_starttls=self.starttls is not None)
            self._spoken.append(spoken)
            return spoken

        self._server = await loop.create_server(smtp, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.close()
            for spoken in self._spoken:
                if spoken.transport:
                    spoken.transport.close()
            self._spoken.clear()
            await within(self._server.wait_closed())
            await asyncio.sleep(0)  # aborted connections are closed in the loop's next round

    async def handle_MAIL(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answer("MAIL"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answer("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        if answer := self._answer("DATA"):
            return answer
        cut = self.cut.pop(0) if self.cut else ""
        if cut != "lost":
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.mails.append(message_from_bytes(content, policy=default))
            self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
        if cut:
            server.transport.abort()
        return "250 OK"

    def _answer(self, command: str) -> str | None:
        left = self.answers.get(command)
        return left.pop(0) if left else None


@asynccontextmanager
async def mail_sink(**tls: ssl.SSLContext) -> AsyncIterator[Sink]:
    """Run a sink with the arguments of :class:`Sink`, and yield it once it listens."""
    sink = Sink(**tls)
    await sink.start()
    try:
        yield sink
    finally:
        await sink.stop()
