"""The settings that intake-sms reads from the environment."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, Field, HttpUrl, SecretStr, create_model, field_validator
from pydantic_settings import NoDecode

from intake.gateway import IntakeGatewaySettings

KEYWORDS = ("SOPPENG", "SPG", "LAPOR SOPPENG", "LAPOR 1708", "LAPOR")


class SmsSettings(IntakeGatewaySettings):
    """The settings beside those of every intake: the gateway, both ways, and the words that citizens put first."""

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
    sms_report_url: HttpUrl | None = Field(None, description="where the gateway reaches the door's /sms/DIALECT/dlr")
    sms_public_url: HttpUrl | None = Field(
        None, description="the door's address as the gateway calls it, without a path"
    )
    sms_signing_secret: SecretStr = Field(SecretStr(""), description="secret by which the gateway signs its requests")
    sms_signing_method: Literal["md5hash", "md5", "sha1", "sha256", "sha512"] = Field(
        "md5hash", description="how it signs them"
    )

    @field_validator("sms_signing_method", mode="before")
    @classmethod
    def _usual_method(cls, value: object) -> object:
        return value or "md5hash"

    @field_validator("sms_keywords", mode="before")
    @classmethod
    def _split(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        words = value.split(",") if isinstance(value, str) else value
        words = [" ".join(word.split()).upper() for word in words]
        return tuple(sorted(filter(None, words), key=lambda word: -len(word)))


_NOT_EMPTY = (str, Field(min_length=1))
_SECRET = (SecretStr, Field(min_length=1))
_URL = (HttpUrl, Field())
#: The settings that each dialect requires: if several are missing, all are named together. Kannel's URL may be empty
#: until there is a contract with an operator, but it must be set explicitly.
NEEDED: dict[str, dict[str, Any]] = {
    "kannel": {"kannel_send_url": (HttpUrl | None, Field()), "kannel_username": _NOT_EMPTY, "kannel_password": _SECRET},
    "jasmin": {"sms_send_url": _URL, "sms_send_username": _NOT_EMPTY, "sms_send_password": _SECRET},
    "twilio": {"sms_public_url": _URL, "sms_send_username": _NOT_EMPTY, "sms_send_password": _SECRET},
    "vonage": {"sms_signing_secret": _SECRET, "sms_send_username": _NOT_EMPTY, "sms_send_password": _SECRET},
    "infobip": {"sms_send_url": _URL, "sms_send_password": _SECRET},
    "generic": {"sms_send_url": _URL},
}


def settings_of(dialect: str | None = None) -> type[SmsSettings]:
    """Return the settings class of ``dialect``, by default SMS_DIALECT; for an unknown dialect the general one."""
    needed = NEEDED.get(dialect or os.environ.get("SMS_DIALECT") or "kannel")
    if needed is None:
        return SmsSettings
    return create_model("SmsSettings", __base__=SmsSettings, __module__=SmsSettings.__module__, **needed)
