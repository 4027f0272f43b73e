"""The settings of each service that sends mail: the server that takes it, and the sender."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from chassis.settings import DatabaseSettings

#: A server with one of these names is on this machine, and is reached without TLS.
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST = 254
#: As browsers check it (https://html.spec.whatwg.org/#valid-e-mail-address), but with a dot required after the @.
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """The server that takes our mail. ``tls``: from the first byte; otherwise STARTTLS comes first, unless ``here``."""

    host: str
    port: int
    tls: bool
    here: bool
    username: str | None
    password: str | None


class MailSettings(DatabaseSettings):
    """The settings of a service that sends mail; without ``smtp_url`` it sends none."""

    smtp_url: SecretStr | None = Field(
        None, description="where mail is handed in, smtps://USER:PASSWORD@HOST:465 or smtp://…:587; without it no mail"
    )
    smtp_timeout_s: float = Field(30, gt=0, description="seconds for each answer of the mail server")
    mail_from: str = Field("", description="who mail is from, NAME <ADDRESS>; its domain must allow the server to send")
    mail_reply_to: str = Field("", description="address that answers to mail go to; without it that of MAIL_FROM")

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _is_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            _server(value.get_secret_value())
        return value

    @field_validator("mail_from", "mail_reply_to", mode="after")
    @classmethod
    def _is_mailbox(cls, value: str) -> str:
        if value:
            mailbox(value)
        return value

    @model_validator(mode="after")
    def _has_sender(self) -> Self:
        if self.smtp_url and not self.mail_from:
            raise ValueError("SMTP_URL needs MAIL_FROM")
        return self

    @property
    def mail_server(self) -> MailServer:
        """The server that takes our mail; only if there is one."""
        return _server(self.smtp_url.get_secret_value() if self.smtp_url else "")


def is_email(text: str) -> bool:
    """Whether ``text`` has the form of an e-mail address."""
    return len(text) <= _LONGEST and _EMAIL.fullmatch(text) is not None


def mailbox(text: str) -> Address:
    """Read ``NAME <ADDRESS>``, or an address alone.

    Raises:
        ValueError: it is not exactly one address.
    """
    name, _, rest = text.rpartition("<")
    address = rest.removesuffix(">") if name or text.startswith("<") else text
    if not is_email(address.strip()) or "<" in name or any(ord(letter) < 32 for letter in text):
        raise ValueError("write it as NAME <ADDRESS>")
    return Address(name.strip().strip('"'), addr_spec=address.strip())


def _server(url: str) -> MailServer:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError("write it as smtps://USER:PASSWORD@HOST:465") from error
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("write it as smtps://USER:PASSWORD@HOST:465, or smtp://…:587")
    tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if tls else 587),
        tls=tls,
        here=parts.hostname in _HERE and not tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
