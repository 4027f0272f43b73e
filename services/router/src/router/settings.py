"""The router's settings."""

from __future__ import annotations

from pydantic import Field

from chassis.authentic import EventKeySettings
from chassis.settings import DatabaseSettings


class Settings(EventKeySettings, DatabaseSettings):
    """What the router reads from the environment."""

    triage_after_s: float = Field(60, gt=0, description="seconds unclassified until the triage lane gets it")
