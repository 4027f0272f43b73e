"""Every environment variable of intake-web."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AnyHttpUrl, Field, field_validator, model_validator
from pydantic_settings import NoDecode

from chassis.limits import Network
from chassis.settings import NEVER_EMPTY
from intake.contacts import Medium
from intake.file_settings import FileSettings
from intake.gateway import IntakeGatewaySettings
from intake.mail import MailSettings


class WebSettings(FileSettings, IntakeGatewaySettings, MailSettings):
    """The settings of intake-web beside those of every intake.

    Without a mail server and a gateway, citizens are not asked for a contact.
    """

    web_host: str = Field("127.0.0.1", description="address of the website and its API")
    web_port: int = Field(ge=1, le=65535, description="port of the website and its API")
    web_public_url: Annotated[AnyHttpUrl | None, NEVER_EMPTY] = Field(
        None, description="address by which citizens reach it; without it http://WEB_HOST:WEB_PORT"
    )
    web_trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="networks of our own proxies, with commas: they say in X-Forwarded-For who asks"
    )
    desk_public_url: AnyHttpUrl | None = Field(
        None, description="address of the desk: photos of repairs that it keeps are shown on a complaint's page"
    )
    web_takes_per_s: float = Field(
        20, ge=1, description="complaints and additions a second from all together; more hear 429"
    )
    web_sms_a_day: int = Field(
        1_000, ge=1, description="SMS a day to numbers that were left here, but for whom to call in danger; others wait"
    )
    web_answer_within_s: float = Field(5, gt=0, description="seconds for the database, then the answer is 503")
    web_stop_within_s: float = Field(10, gt=0, description="seconds that requests in hand may take at a stop")

    @field_validator("web_trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [network.strip() for network in value.split(",") if network.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _two_doors(self) -> Self:
        if self.web_port == self.http_port and self.web_host == self.http_host:
            raise ValueError("WEB_PORT and HTTP_PORT must differ")
        return self

    @property
    def public_url(self) -> str:
        """The website's base address, without a trailing slash."""
        return str(self.web_public_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")

    @property
    def desk_url(self) -> str:
        """The desk's base address, without a trailing slash; empty without a desk."""
        return str(self.desk_public_url or "").rstrip("/")

    @property
    def media(self) -> tuple[Medium, ...]:
        """The media that can send; citizens are asked for no other contact."""
        given = {Medium.EMAIL: self.smtp_url, Medium.SMS: self.sends_sms}
        return tuple(medium for medium, there in given.items() if there)
