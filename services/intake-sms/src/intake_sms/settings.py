"""What intake-sms reads from the environment."""

from __future__ import annotations

from typing import Annotated

from pydantic import AnyHttpUrl, Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import NoDecode

from intake.kannel import KannelSettings

KEYWORDS = ("SOPPENG", "SPG", "LAPOR SOPPENG", "LAPOR 1708", "LAPOR")


class SmsSettings(KannelSettings):
    """Beside what every intake reads: the gateway, both ways, and the words citizens put first."""

    sms_listen_host: str = Field("127.0.0.1", description="address of the gateway's door; keep it private")
    sms_listen_port: int = Field(ge=1, le=65535, description="port of the gateway's door")
    sms_mo_token: SecretStr = Field(min_length=16, description="secret the gateway sends along with every SMS")
    sms_door_timeout_s: float = Field(8, gt=0, description="seconds until an SMS not stored is answered with 503")
    sms_takes_per_s: float = Field(
        50, ge=1, description="SMS a second from all together; the gateway brings more later"
    )
    sms_keywords: Annotated[tuple[str, ...], NoDecode] = Field(
        KEYWORDS, description="words before a complaint, with commas"
    )
    web_public_url: AnyHttpUrl | None = Field(None, description="address of the website, for what no SMS holds")
    kannel_send_url: HttpUrl = Field(description="Kannel's sendsms, without a query")
    kannel_username: str = Field(min_length=1, description="user of Kannel's sendsms-user group")
    kannel_password: SecretStr = Field(min_length=1, description="its password")

    @field_validator("sms_keywords", mode="before")
    @classmethod
    def _split(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        words = value.split(",") if isinstance(value, str) else value
        words = [" ".join(word.split()).upper() for word in words]
        return tuple(sorted(filter(None, words), key=lambda word: -len(word)))
