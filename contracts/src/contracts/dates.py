"""Writes dates and times as people in Indonesia say them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

#: From Monday, as :meth:`datetime.date.weekday` counts.
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS: tuple[str, ...] = ("Januari", "Februari", "Maret", "April", "Mei", "Juni")
MONTHS += ("Juli", "Agustus", "September", "Oktober", "November", "Desember")


def due_in_words(deadline_at: datetime, zone: tzinfo | None = None) -> str:
    """Write a deadline, midnight belonging to the day it ends: "Kamis 3 Des", "Kamis 3 Des pukul 10.00".

    Without ``zone`` in the one it is given in: the sla-monitor gives that of the region's calendar.
    """
    local = deadline_at.astimezone(zone) if zone else deadline_at
    midnight = (local.hour, local.minute, local.second) == (0, 0, 0)
    day = local.date() - timedelta(days=midnight)
    words = f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1][:3]}"
    return words if midnight else f"{words} pukul {local:%H.%M}"


def day_in_words(day: date) -> str:
    """Write ``Kamis 3 Desember``."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def date_in_words(at: datetime, zone: tzinfo) -> str:
    """Say the day of ``at``, with its year: "23 Nov 2026"."""
    local = at.astimezone(zone)
    return f"{local.day} {MONTHS[local.month - 1][:3]} {local.year}"


def time_in_words(at: datetime, zone: tzinfo) -> str:
    """Write ``24 November 2026 pukul 17.52 WITA``."""
    local = at.astimezone(zone)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year} pukul {local:%H.%M} {local.tzname()}"
