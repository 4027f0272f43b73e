"""A complaint's story as the API and the tracking page tell it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chassis.intake.story import Story, Texts, in_words
from intake_web.domain import OPEN, sentence
from intake_web.store import Found

WITA = ZoneInfo("Asia/Makassar")
_DAYS = ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"]
_MONTHS = ["Januari", "Februari", "Maret", "April", "Mei", "Juni"]
_MONTHS += ["Juli", "Agustus", "September", "Oktober", "November", "Desember"]


def time_in_words(at: datetime) -> str:
    """``24 November 2026 pukul 17.52 WITA``."""
    local = at.astimezone(WITA)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} pukul {local:%H.%M} WITA"


def deadline_in_words(story: Story) -> str | None:
    """``Kamis 3 Des, 3 hari kerja``; only the day where it was not counted in working days."""
    if story.deadline_at is None:
        return None
    counted = sum(day.counted for day in story.derivation)
    return in_words(story.deadline_at) + (f", {counted} hari kerja" if counted else "")


def tracking(found: Found, texts: Texts) -> dict[str, Any]:
    """What is public about a complaint: what ``GET /v1/complaints/{ticket}`` answers."""
    story = found.story
    return {
        "ticket": story.ticket,
        "status": story.status,
        "status_text": texts.statuses.get(story.status, story.status),
        "open": story.status in OPEN,
        "unit": story.unit,
        "unit_name": texts.unit(story.unit) if story.unit else None,
        "received_at": found.received_at,
        "deadline_at": story.deadline_at,
        "deadline_text": deadline_in_words(story),
        "breached": story.breached,
        "derivation": story.derivation,
        "history": [
            {
                "seq": step.seq,
                "kind": step.kind,
                "at": step.at,
                "unit": step.unit,
                "text": sentence(story.ticket, step.text),
            }
            for step in story.steps
        ],
    }


def day_in_words(day: date) -> str:
    """``Kamis 3 Desember``."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
