"""From the start of a stage to its deadline, and the days that lead there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from sla_monitor.calendar import Calendar, day_off

Unit = Literal["working_days", "hours", "seconds"]
_DAY_S = 24 * 60 * 60


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One promise of a policy; ``region/soppeng/sla.yaml`` says what each field means."""

    name: str
    starts: frozenset[str]
    ends: frozenset[str] = frozenset()
    stops: frozenset[str] = frozenset()
    amount: int
    unit: Unit
    warn_ratio: float = 1
    at_deadline: Literal["breached", "lapsed"] = "breached"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A named set of stages."""

    name: str
    stages: Mapping[str, Stage]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All that a region decides about time."""

    policies: Mapping[str, Policy]
    default: str
    calendar: Calendar

    def policy(self, name: str) -> Policy:
        """The policy ``name``, or the default one if it was taken out of the file meanwhile."""
        return self.policies.get(name) or self.policies[self.default]


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day between a start and a deadline; ``reason`` is Indonesian."""

    date: date
    counted: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """When the time is up. Both times are aware, in the region's time zone."""

    at: datetime
    warn_at: datetime
    derivation: tuple[Day, ...]


def deadline(start: datetime, stage: Stage, calendar: Calendar) -> Deadline:
    """The deadline of ``stage`` when it starts at ``start`` (aware).

    Working days: the local day of ``start`` is day 0, whatever day it is; the deadline is the local midnight that ends
    the last counted day. The working time is what the counted days have, 24 h each, from the midnight that begins
    day 1; ``warn_at`` is where ``warn_ratio`` of it has passed, to the second. Where that falls between two counted
    days it is the beginning of the later one.

    Raises:
        OverflowError: the deadline is past the year 9999.
    """
    local = start.astimezone(calendar.timezone)
    if stage.unit == "working_days":
        return _working_days(local.date(), stage, calendar)
    span = timedelta(seconds=stage.amount) if stage.unit == "seconds" else timedelta(hours=stage.amount)
    word = "detik" if stage.unit == "seconds" else "jam"
    day = Day(date=local.date(), counted=True, reason=f"{stage.amount} {word} sejak mulai")
    return Deadline(at=local + span, warn_at=local + span * stage.warn_ratio, derivation=(day,))


def _working_days(day_0: date, stage: Stage, calendar: Calendar) -> Deadline:
    days = [Day(date=day_0, counted=False, reason=f"hari 0 ({day_off(calendar, day_0) or 'hari mulai'})")]
    counted: list[date] = []
    day = day_0
    while len(counted) < stage.amount:
        day += timedelta(days=1)
        off = day_off(calendar, day)
        if off is None:
            counted.append(day)
        days.append(Day(date=day, counted=off is None, reason=off or _nth(len(counted), day, calendar)))
    end = _midnight(day + timedelta(days=1), calendar)
    # Whole seconds: 0.7 * 3 days must not become a microsecond less than 2.1 days.
    full, rest = divmod(round(stage.warn_ratio * stage.amount * _DAY_S), _DAY_S)
    warn_at = end if full >= stage.amount else _midnight(counted[full], calendar) + timedelta(seconds=rest)
    return Deadline(at=end, warn_at=warn_at, derivation=tuple(days))


def _nth(n: int, day: date, calendar: Calendar) -> str:
    local = calendar.local.get(day)
    return f"hari kerja {n} ({local.reason})" if local else f"hari kerja {n}"


def _midnight(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day, time(), calendar.timezone)
