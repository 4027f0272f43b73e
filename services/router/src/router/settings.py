"""The router's settings."""

from __future__ import annotations

from pydantic import AnyHttpUrl, Field

from chassis.authentic import EventKeySettings
from chassis.settings import DatabaseSettings


class Settings(EventKeySettings, DatabaseSettings):
    """The settings that the router reads from the environment."""

    desk_public_url: AnyHttpUrl | None = Field(
        None, description="address of the desk: photos that it keeps are proofs, whatever evidence_hosts says"
    )
    triage_after_s: float = Field(60, gt=0, description="seconds unclassified until the triage lane gets it")
