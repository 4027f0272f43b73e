"""The mail server: accepts mail to every address, forwards none, and keeps it for the page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

from lapor.standins.state import World


class Box:
    """Records each message as sent to each of its recipients, the subject above the text."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Record the message and answer 250, the promise to deliver. aiosmtpd prescribes the name."""
        mail = message_from_bytes(envelope.original_content or b"", EmailMessage, policy=default)
        body = mail.get_body(("plain",))
        text = f"{mail['Subject'] or ''}".strip() + "\n\n" + (body.get_content() if body else "").replace("\r\n", "\n")
        self._world.record(*(self._world.tell("email", to, text) for to in envelope.rcpt_tos))
        return "250 OK"


@asynccontextmanager
async def mail_server(world: World, host: str, port: int) -> AsyncIterator[None]:
    """Listen for mail while in the context."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Box(world), loop=loop), host, port)
    try:
        yield
    finally:
        server.close()
