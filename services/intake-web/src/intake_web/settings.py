"""Every environment variable of intake-web."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from chassis.limits import Network
from intake.contacts import Medium
from intake.kannel import KannelSettings
from intake_web.domain import is_email

#: A server under one of these names is on this machine, and is reached without TLS.
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})

T = TypeVar("T")
#: A variable that may be empty.
Optional = Annotated[T | None, BeforeValidator(lambda value: value or None)]


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail is handed in. ``tls`` from the first byte on; else it is begun first (STARTTLS), unless ``here``."""

    host: str
    port: int
    tls: bool
    here: bool
    username: str | None
    password: str | None


class WebSettings(KannelSettings):
    """What intake-web reads besides what every intake reads. Without a mail server and a gateway nobody is asked for a
    contact."""

    web_host: str = Field("127.0.0.1", description="address of the website and its API")
    web_port: int = Field(ge=1, le=65535, description="port of the website and its API")
    web_public_url: AnyHttpUrl | None = Field(
        None, description="address by which citizens reach it; without it http://WEB_HOST:WEB_PORT"
    )
    web_trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="networks of our own proxies, with commas: they say in X-Forwarded-For who asks"
    )
    web_takes_per_s: float = Field(
        20, ge=1, description="complaints and additions a second from all together; more hear 429"
    )
    web_answer_within_s: float = Field(5, gt=0, description="seconds for the database, then the answer is 503")
    evidence_url: str = Field(
        pattern=r"^(file:///|s3://)\S+$", description="where photos are kept: file:///FOLDER or s3://BUCKET/PREFIX"
    )
    evidence_s3_endpoint: Optional[AnyHttpUrl] = Field(None, description="where the bucket is; without it at Amazon")
    evidence_s3_region: Optional[str] = Field(None, description="its region")
    evidence_s3_access_key: Optional[SecretStr] = Field(None, description="who intake-web is there")
    evidence_s3_secret_key: Optional[SecretStr] = Field(None, description="and the secret of that account")
    web_stop_within_s: float = Field(10, gt=0, description="seconds that requests in hand may take at a stop")
    smtp_url: SecretStr | None = Field(
        None, description="where mail is handed in, smtps://USER:PASSWORD@HOST:465 or smtp://…:587; without it no mail"
    )
    smtp_timeout_s: float = Field(30, gt=0, description="seconds for each answer of the mail server")
    mail_from: str = Field("", description="who mail is from, NAME <ADDRESS>; its domain must allow the server to send")
    mail_reply_to: str = Field("", description="address that answers to mail go to; without it that of MAIL_FROM")

    @field_validator("web_trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [network.strip() for network in value.split(",") if network.strip()] if isinstance(value, str) else value

    @field_validator("smtp_url", mode="before")
    @classmethod
    def _unset_mail(cls, value: Any) -> Any:
        return value or None

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
    def _two_doors(self) -> Self:
        if self.web_port == self.http_port and self.web_host == self.http_host:
            raise ValueError("WEB_PORT and HTTP_PORT must differ")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.smtp_url and not self.mail_from:
            raise ValueError("SMTP_URL needs MAIL_FROM")
        if self.kannel_send_url and not (self.kannel_username and self.kannel_password.get_secret_value()):
            raise ValueError("KANNEL_SEND_URL needs KANNEL_USERNAME and KANNEL_PASSWORD")
        return self

    @property
    def evidence_s3(self) -> dict[str, str]:
        """What a bucket is opened with."""
        given = {
            "endpoint": self.evidence_s3_endpoint and str(self.evidence_s3_endpoint).rstrip("/"),
            "region": self.evidence_s3_region,
            "access_key_id": self.evidence_s3_access_key and self.evidence_s3_access_key.get_secret_value(),
            "secret_access_key": self.evidence_s3_secret_key and self.evidence_s3_secret_key.get_secret_value(),
        }
        return {name: value for name, value in given.items() if value}

    @property
    def public_url(self) -> str:
        """Where links point, without a slash at the end."""
        return str(self.web_public_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")

    @property
    def media(self) -> tuple[Medium, ...]:
        """How citizens can be told: they are asked for no other contact."""
        given = {Medium.EMAIL: self.smtp_url, Medium.SMS: self.kannel_send_url}
        return tuple(medium for medium, there in given.items() if there)

    @property
    def mail_server(self) -> MailServer:
        """Where mail is handed in; only where there is such a server."""
        return _server(self.smtp_url.get_secret_value() if self.smtp_url else "")


def mailbox(text: str) -> Address:
    """Read ``NAME <ADDRESS>``, or an address alone.

    Raises:
        ValueError: it is none, or more.
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
