"""Writes dates and times as people in Indonesia say them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

#: Starts on Monday, as :meth:`datetime.date.weekday` counts.
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS: tuple[str, ...] = ("Januari", "Februari", "Maret", "April", "Mei", "Juni")
MONTHS += ("Juli", "Agustus", "September", "Oktober", "November", "Desember")

#: Up to this many days, the text says how many days ago something was.
_LATELY_DAYS = 14


def due_in_words(deadline_at: datetime, zone: tzinfo | None = None) -> str:
    """Write a deadline, midnight belonging to the day it ends: "Kamis 3 Des", "Kamis 3 Des pukul 10.00".

    Without ``zone``, use the deadline's own; the sla-monitor gives deadlines in the zone of the region's calendar.
    """
    local = deadline_at.astimezone(zone) if zone else deadline_at
    midnight = (local.hour, local.minute, local.second) == (0, 0, 0)
    day = local.date() - timedelta(days=midnight)
    words = f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1][:3]}"
    return words if midnight else f"{words} pukul {local:%H.%M}"


def day_in_words(day: date) -> str:
    """Write ``Kamis 3 Desember``."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def lately_in_words(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Write ``hari ini, 17.52``, ``kemarin, 17.52``, ``Selasa 24 Nov, 17.52 (3 hari lalu)``; no time in other years."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (today - local.date()).days
    if days in (0, 1):
        return f"{('hari ini', 'kemarin')[days]}, {local:%H.%M}"
    day = f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1][:3]}"
    if local.year != today.year:
        return f"{day} {local.year}"
    return f"{day}, {local:%H.%M} ({days} hari lalu)" if 1 < days <= _LATELY_DAYS else f"{day}, {local:%H.%M}"


def date_in_words(day: date) -> str:
    """Write ``24 November 2026``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def time_in_words(at: datetime, zone: tzinfo) -> str:
    """Write ``24 November 2026 pukul 17.52 WITA``."""
    local = at.astimezone(zone)
    return f"{date_in_words(local.date())} pukul {local:%H.%M} {local.tzname()}"
