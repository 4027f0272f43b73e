"""The classifier's settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from chassis.authentic import EventKeySettings


class Settings(EventKeySettings):
    """The classifier's settings, read from the environment."""

    model_file: Path = Field(description="the model that `classifier build` made")
