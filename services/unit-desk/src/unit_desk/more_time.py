"""A unit's request for more time: its reporter reads the reason and the expected day; the deadline stays. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from contracts.events import ComplaintSnapshot

#: Nobody plans for a day further off.
LONGEST = timedelta(days=180)


def day_of(text: str) -> date | None:
    """Parse a day as a form writes it, 2026-12-01; None if it is not a day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def wrong(text: str, complaint: ComplaintSnapshot, now: datetime, zone: tzinfo) -> str:
    """Say why ``text`` is not a day to ask for; empty if it is."""
    day, today = day_of(text), now.astimezone(zone).date()
    if day is None:
        return "Pilih tanggal perkiraan selesainya."
    if day <= today:
        return "Pilih hari sesudah hari ini."
    if day > today + LONGEST:
        return f"Paling lama {LONGEST.days} hari lagi."
    # A deadline is the midnight that ends its day.
    due = (complaint.deadline_at - timedelta(seconds=1)).astimezone(zone).date() if complaint.deadline_at else None
    return "Hari itu masih di dalam batas waktunya: tidak perlu tambahan." if due and day <= due else ""
