"""Reads ``notices.yaml``: when people of the desk are notified, when they are left alone, and how often."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from kabupaten.source import Source
from kabupaten.validate import parse, remedy

_TIME = 'write a time in quotes, such as "07.30"'
Minutes = Annotated[int, Meta(ge=1, le=24 * 60), remedy("write minutes, 1 to 1440")]


class Climbing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Minutes until an unopened notice goes on to the next person: for danger, and for a long delay."""

    danger: Minutes = 10
    escalation: Minutes = 120


class Notices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When people of the desk are notified.

    In the quiet hours of calendar.yaml they are only told about danger; notices that can wait are gathered for
    ``gather_minutes``; a list of open complaints comes at ``morning`` of a working day; ``most_a_day`` limits what one
    person is sent by one way, danger excepted.
    """

    gather_minutes: Minutes = 60
    morning: Annotated[str, remedy(_TIME, pattern=r"^([01]\d|2[0-3])[.:][0-5]\d$")] = "07.30"
    climb_minutes: Climbing = Climbing()
    most_a_day: Annotated[int, Meta(ge=1, le=200), remedy("write a number, 1 to 200")] = 12

    @property
    def gathered(self) -> timedelta:
        """How long notices that can wait are gathered."""
        return timedelta(minutes=self.gather_minutes)

    @property
    def morning_at(self) -> time:
        """When the list of the morning is sent."""
        return time(int(self.morning[:2]), int(self.morning[3:]))


def read_notices(source: Source) -> Notices:
    """Read when people of the desk are notified; return the defaults if the region has no such file.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    if source.content is None:
        return Notices()
    return parse(source, Notices)
