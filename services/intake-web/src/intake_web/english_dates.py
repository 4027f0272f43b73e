"""Writes dates and times in English, with the same function names as :mod:`contracts.dates`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo

from babel.dates import format_date, format_datetime, get_day_names, get_month_names

from contracts import dates
from kabupaten.sla import UNIT_WORDS, TimeUnit

_LOCALE = "en"
#: Monday first, as :meth:`datetime.date.weekday` counts.
WEEKDAYS = tuple(get_day_names(locale=_LOCALE)[n] for n in range(7))
MONTHS = tuple(get_month_names(locale=_LOCALE)[n] for n in range(1, 13))
#: Up to this age, a date also says how many days ago it was.
_LATELY_DAYS = 14
#: Matches the output of :func:`contracts.dates.due_in_words`.
_SHORT = [month[:3] for month in dates.MONTHS]
_DUE = re.compile(rf"({'|'.join(dates.WEEKDAYS)}) (\d{{1,2}}) ({'|'.join(_SHORT)})(?: pukul (\d\d)\.(\d\d))?")
#: The units of terms in sla.yaml, singular and plural.
_UNITS: Mapping[TimeUnit, tuple[str, str]] = {
    "working_days": ("working day", "working days"),
    "days": ("day", "days"),
    "working_hours": ("working hour", "working hours"),
    "hours": ("hour", "hours"),
    "minutes": ("minute", "minutes"),
    "seconds": ("second", "seconds"),
}
_BY_WORDS = {UNIT_WORDS[unit]: words for unit, words in _UNITS.items()}
#: Longest unit first, so that `hari kerja` matches before `hari`.
_TERM = re.compile(rf"(\d+) ({'|'.join(sorted(_BY_WORDS, key=len, reverse=True))})\b")

_ONE = re.compile(r"\b1 (day|year|minute|photo|report|other resident)s\b")


def due_in_words(deadline_at: datetime, zone: tzinfo | None = None) -> str:
    """Write a deadline, where midnight belongs to the day that it ends: "Thursday 3 Dec", "Thursday 3 Dec, 10:00"."""
    local = deadline_at.astimezone(zone) if zone else deadline_at
    midnight = (local.hour, local.minute, local.second) == (0, 0, 0)
    words = _date(local.date() - timedelta(days=midnight), "EEEE d MMM")
    return words if midnight else f"{words}, {local:%H:%M}"


def day_in_words(day: date) -> str:
    """Write ``Thursday 3 December``."""
    return _date(day, "EEEE d MMMM")


def lately_in_words(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Write ``today, 17:52``, ``yesterday, 17:52``, ``Tuesday 24 Nov, 17:52 (3 days ago)``; other years: the date."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (today - local.date()).days
    if days in (0, 1):
        return f"{('today', 'yesterday')[days]}, {local:%H:%M}"
    if local.year != today.year:
        return _date(local.date(), "EEEE d MMM y")
    day = f"{_date(local.date(), 'EEEE d MMM')}, {local:%H:%M}"
    return f"{day} ({days} days ago)" if 1 < days <= _LATELY_DAYS else day


def date_in_words(day: date) -> str:
    """Write ``24 November 2026``."""
    return _date(day, "d MMMM y")


def time_in_words(at: datetime, zone: tzinfo) -> str:
    """Write ``24 November 2026, 17:52 WITA``."""
    local = at.astimezone(zone)
    return f"{format_datetime(local.replace(tzinfo=None), 'd MMMM y, HH:mm', locale=_LOCALE)} {local.tzname()}"


def due_said(indonesian: str) -> str:
    """Translate the deadline in an Indonesian sentence; empty if it has no deadline."""
    found = _DUE.search(indonesian)
    if not found:
        return ""
    weekday, day, month, hour, minute = found.groups()
    words = f"{WEEKDAYS[dates.WEEKDAYS.index(weekday)]} {day} {MONTHS[_SHORT.index(month)][:3]}"
    return f"{words}, {hour}:{minute}" if hour else words


def term(indonesian: str) -> str:
    """Write ``3 working days`` for ``3 hari kerja``, ``3 x 24 hours`` for ``3 x 24 jam``."""
    return _TERM.sub(lambda found: f"{found[1]} {_BY_WORDS[found[2]][found[1] != '1']}", indonesian)


def of_one(text: str) -> str:
    """Write ``1 year`` for ``1 years``: like the Indonesian texts, the English ones have one form for all numbers."""
    return _ONE.sub(r"1 \1", text)


def _date(day: date, pattern: str) -> str:
    return format_date(day, pattern, locale=_LOCALE)
