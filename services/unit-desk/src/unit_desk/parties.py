"""Offices outside the kabupaten that we write to: their links, and the checks of their answers. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from kabupaten.calendar import Calendar
from unit_desk.acts import GAP

#: The first answer, and additions to it.
MOST_ANSWERS = 5
MOST_LETTERS, LEAST_WORDS = 2_000, 3
WAITS, SENT, REFUSED = "waits", "sent", "refused"
_PROOF = 32


@dataclass(frozen=True, kw_only=True)
class Handover:
    """A complaint that was handed over to the office ``party``; ``link`` is the number of the valid link.

    A letter that counts as sent without ``sent_at`` may have been sent: its word was read long after it came, as after
    a loss. ``reminder`` is the number of the reminder that the letter is; 0: it is the first letter.
    """

    id: UUID
    unit: str
    complaint_id: str
    ticket: str
    party: str
    at: datetime
    link: int
    expires_at: datetime
    revoked_at: datetime | None
    over_at: datetime | None
    letter: str
    tries: int
    sent_at: datetime | None
    problem: str | None
    reminder: int
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of an office; ``accepted`` is ``None`` until the router has answered."""

    id: UUID
    at: datetime
    text: str
    accepted: bool | None
    reason: str | None


def token(key: bytes, handover: Handover) -> str:
    """Make the end of the link's address: the id of the hand-over, and the proof that the desk made the link.

    The proof covers the complaint, the office, the link's number and its end: it changes with each of them.
    """
    return handover.id.hex + _proof(key, handover)


def named(text: str) -> UUID | None:
    """Return the id of the hand-over in a token; :func:`is_good` says whether the token is valid."""
    try:
        return UUID(hex=text[:32]) if len(text) == 32 + _PROOF and text.isascii() else None
    except ValueError:
        return None


def is_good(key: bytes, handover: Handover, text: str) -> bool:
    """Whether ``text`` is the token of the valid link of ``handover``."""
    return hmac.compare_digest(token(key, handover).encode(), text.encode())


def _proof(key: bytes, it: Handover) -> str:
    about = (it.id.hex, it.complaint_id, it.party, str(it.link), str(round(it.expires_at.timestamp())))
    own = hmac.digest(key, b"answers of offices outside", hashlib.sha256)  # the desk's key has other uses
    return hmac.digest(own, "\n".join(about).encode(), hashlib.sha256).hex()[:_PROOF]


def answer_id(handover: UUID) -> UUID:
    """Make the id of an answer: half of it is random, half says which hand-over it belongs to.

    So even a desk that has lost the answer recognizes it on the topic.
    """
    chance = secrets.token_bytes(8)
    return UUID(bytes=chance + _mark(handover, chance))


def is_answer_to(handover: UUID, answer: UUID) -> bool:
    """Whether ``answer`` is the id of an answer to ``handover``."""
    return answer.bytes[8:] == _mark(handover, answer.bytes[:8])


def _mark(handover: UUID, chance: bytes) -> bytes:
    return hashlib.sha256(handover.bytes + chance).digest()[:8]


def wrong(text: str) -> str | None:
    """Say what is wrong with an answer before a citizen can read it."""
    if not text:
        return "Tulis dulu jawabannya."
    if GAP in text:
        return f"Masih ada {GAP} yang belum diisi."
    if len(text) > MOST_LETTERS:
        return f"Terlalu panjang: {len(text)} huruf, paling banyak {MOST_LETTERS}."
    return "Terlalu singkat. Tulis apa yang sudah atau akan dilakukan." if len(text.split()) < LEAST_WORDS else None


def last_working(calendar: Calendar, now: datetime) -> datetime:
    """Return ``now`` on a working day, else the end of the last one: offices are reminded on working days only."""
    day = midnight = now.astimezone(calendar.timezone).date()
    while not calendar.is_working(day):
        midnight, day = day, day - timedelta(days=1)
    return now if day == midnight else datetime.combine(midnight, time(), calendar.timezone)
