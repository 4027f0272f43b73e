"""The sla-monitor's settings."""

from __future__ import annotations

from pydantic import Field

from chassis.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """The settings that the sla-monitor reads from the environment."""

    announce_after_s: float = Field(
        2, ge=0, description="seconds that a step made in the last moment has to come through the router"
    )
