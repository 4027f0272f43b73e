"""The settings that the prober reads from the environment."""

from __future__ import annotations

from pydantic import AnyHttpUrl, Field, SecretStr

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The prober's doors with their secrets, and how often canaries go through them."""

    canary_key: SecretStr = Field(min_length=16, description="secret by which the intakes know a canary")
    canary_every_s: float = Field(60, ge=2, description="seconds between two canaries of a channel")
    canary_lost_s: float = Field(60, gt=0, description="seconds after which a canary counts as lost")
    probe_web_url: AnyHttpUrl = Field(description="address of the website, as citizens reach it")
    probe_sms_url: AnyHttpUrl = Field(description="the gateway's door of intake-sms, without a query")
    probe_agencies_port: int | None = Field(
        None, ge=1, le=65535, description="port of each broker's listener for units, whose certificate is looked at"
    )
    sms_mo_token: SecretStr = Field(min_length=16, description="secret that the gateway sends along with every SMS")
