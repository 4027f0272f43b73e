"""Deadlines in Indonesian words, for people."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from contracts.dates import MONTHS, WEEKDAYS
from kabupaten.sla import Term
from sla_monitor.deadlines import Day, Deadline


def day_in_words(day: date) -> str:
    """Write it as ``Senin 2 Maret 2026``."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def time_in_words(time: datetime) -> str:
    """Write it as ``Senin 2 Maret 2026 pukul 10.02 WITA``; seconds only if there are any."""
    clock = time.strftime("%H.%M.%S" if time.second else "%H.%M")
    return f"{day_in_words(time)} pukul {clock} {time.tzname()}"


def end_in_words(time: datetime) -> str:
    """Write it as ``time_in_words``, but midnight as 24.00 of the day it ends: nobody reads 00.00 as that evening."""
    if (time.hour, time.minute, time.second) == (0, 0, 0):
        return f"{day_in_words(time - timedelta(days=1))} pukul 24.00 {time.tzname()}"
    return time_in_words(time)


def explained(policy: str, stage: str, term: Term, start: datetime, found: Deadline) -> str:
    """Return the table that ``sla-monitor explain`` prints."""
    rows = [(day_in_words(day.date), _counted(day), day.reason) for day in found.derivation]
    rows.insert(0, ("Tanggal", "Dihitung", "Keterangan"))
    width = max(len(row[0]) for row in rows)
    local = start.astimezone(found.at.tzinfo)
    warned = time_in_words(found.warn_at) if found.warn_at < found.at else "tidak ada"
    return "\n".join(
        [
            f"Kebijakan {policy}, tahap {stage}: {term.in_words}",
            f"Mulai       {time_in_words(local)}",
            f"Peringatan  {warned}",
            f"Batas waktu {end_in_words(found.at)}",
            "",
            *(f"{day:<{width}}  {counted:<8}  {reason}" for day, counted, reason in rows),
        ]
    )


def _counted(day: Day) -> str:
    return "-" if not day.counted else "ya" if day.share == 1 else "setengah"
