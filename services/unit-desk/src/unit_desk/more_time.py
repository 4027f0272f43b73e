"""More time that a unit asks for: its reporter reads why, and when it is expected; what was promised stays. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from contracts.events import ComplaintSnapshot

#: A day further off is none that anybody plans for.
LONGEST = timedelta(days=180)


def day_of(text: str) -> date | None:
    """Read a day as a form writes it, 2026-12-01."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def wrong(text: str, complaint: ComplaintSnapshot, now: datetime, zone: tzinfo) -> str:
    """Say why the day ``text`` is no day to ask for; nothing where it is one."""
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
