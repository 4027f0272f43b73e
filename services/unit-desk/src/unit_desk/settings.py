"""Every environment variable of unit-desk."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from chassis.limits import Network
from chassis.settings import NEVER_EMPTY
from intake.file_settings import FileSettings
from intake.gateway import GatewaySettings
from intake.mail import MailSettings
from unit_desk.notices import Medium


class DeskSettings(FileSettings, MailSettings, GatewaySettings):
    """The desk's settings, besides those of every service with a database.

    Without a mail server and a gateway nobody is told the news; without a mail server no office outside is written to.
    """

    desk_host: str = Field("127.0.0.1", description="address of the desk")
    desk_port: int = Field(ge=1, le=65535, description="port of the desk")
    desk_public_url: Annotated[AnyHttpUrl | None, NEVER_EMPTY] = Field(
        None, description="address by which people reach it; without it http://DESK_HOST:DESK_PORT"
    )
    web_public_url: AnyHttpUrl | None = Field(
        None,
        description="address of the website: citizens' photos are shown small on a complaint's page",
    )
    social_public_url: AnyHttpUrl | None = Field(
        None, description="address of photos from social media, where that is not the website's"
    )
    desk_trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="networks of our own proxies, with commas: they say in X-Forwarded-For who asks"
    )
    desk_webhook_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="networks that are not public and to which webhooks of units may lead, with commas"
    )
    desk_key: SecretStr = Field(
        min_length=16,
        description="secret from which second factors and the secrets of webhooks derive; never another",
    )
    desk_counter_url: AnyHttpUrl | None = Field(
        None, description="address of the website, whose API takes what is typed in at the counter"
    )
    desk_counter_key: SecretStr | None = Field(
        None, description="key of that API with the right counter; without it the counter says what is missing"
    )
    desk_stop_within_s: float = Field(10, gt=0, description="seconds for requests in hand at a stop")

    @field_validator("desk_trusted_proxies", "desk_webhook_networks", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def public_url(self) -> str:
        """The address of the desk, without a slash at its end."""
        return str(self.desk_public_url or f"http://{self.desk_host}:{self.desk_port}").rstrip("/")

    @property
    def media(self) -> tuple[Medium, ...]:
        """The media for telling people of the desk."""
        given = {Medium.EMAIL: self.smtp_url, Medium.SMS: self.sends_sms}
        return tuple(medium for medium, there in given.items() if there)

    @property
    def web_url(self) -> str:
        """The address of citizens' photos, without a slash at its end; empty if unknown."""
        return str(self.web_public_url or "").rstrip("/")

    @property
    def photo_sites(self) -> tuple[str, ...]:
        """The addresses of citizens' photos, without slashes at the end."""
        return tuple(dict.fromkeys(str(each).rstrip("/") for each in (self.web_url, self.social_public_url) if each))

    @property
    def key(self) -> bytes:
        """The secret, as bytes."""
        return self.desk_key.get_secret_value().encode()
