"""Reads ``on_duty.yaml``: the people to reach in each unit, by day and hour, when something cannot wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Struct

from kabupaten.calendar import WEEKDAYS, Weekday, span_of
from kabupaten.problems import Problem, refuse
from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy

_HOURS = 'write hours, such as "08.00-16.00", or "16.00-08.00" over midnight'
_DAY = 24 * 60


class Shift(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to reach at ``number`` during ``hours`` of ``days``; a night belongs to the day on which it begins.

    Until somebody has ``confirmed`` the number, nobody is sent there.
    """

    name: Words
    number: Annotated[str, remedy('write digits in quotes, such as "0811..."', pattern=r"^[0-9+ -]*$")] = ""
    days: Annotated[tuple[Weekday, ...], remedy("write days, such as [senin, selasa]", min_length=1)] = WEEKDAYS
    hours: str = "00.00-24.00"
    confirmed: bool = True

    def covers(self, at: datetime) -> bool:
        """Whether ``at``, in the kabupaten's own time, is within the shift."""
        begin, end = span_of(self.hours) or (0, _DAY)
        return any(
            WEEKDAYS[day.weekday()] in self.days and begin <= minute < (end if end > begin else end + _DAY)
            for day, minute in ((at, _minute(at)), (at - timedelta(days=1), _minute(at) + _DAY))
        )


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    on_duty: dict[str, tuple[Shift, ...]]


def read_on_duty(source: Source) -> Mapping[str, tuple[Shift, ...]]:
    """Read the people on duty, by unit; empty if the region has no such file.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    if source.content is None:
        return {}
    file = parse(source, _File)
    refuse(_wrong(source, file))
    return file.on_duty


def _wrong(source: Source, file: _File) -> Iterator[Problem]:
    for unit, shifts in file.on_duty.items():
        for n, shift in enumerate(shifts):
            if span_of(shift.hours) is None:
                yield source.wrong(("on_duty", unit, n, "hours"), f"{shift.hours!r} are no hours", _HOURS)
            if shift.confirmed and not shift.number:
                remedy_ = "write number:, or confirmed: false until it is known"
                yield source.wrong(("on_duty", unit, n), "it has no number", remedy_)
