"""Offices outside the kabupaten that are written to: their links, and what is missing in an answer. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from kabupaten.calendar import Calendar
from unit_desk.acts import GAP

#: The answer, and what is added to it.
MOST_ANSWERS = 5
MOST_LETTERS, LEAST_WORDS = 2_000, 3
WAITS, SENT, REFUSED = "waits", "sent", "refused"
_PROOF = 32


@dataclass(frozen=True, kw_only=True)
class Handover:
    """A complaint that was handed over to the office ``party``; ``link`` says which of its links holds.

    One that is sent without ``sent_at`` may have been: it was read long after it was told, as after a loss.
    ``reminder`` says the how many-th reminder the letter is; 0: it is the first letter.
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
    """What an office said; ``accepted`` is None until the router has answered."""

    id: UUID
    at: datetime
    text: str
    accepted: bool | None
    reason: str | None


def token(key: bytes, handover: Handover) -> str:
    """Make the end of the link's address: which hand-over it is, and the proof that the desk made it.

    The proof is of the complaint, the office, the link's number and its end: with another of them it is another.
    """
    return handover.id.hex + _proof(key, handover)


def named(text: str) -> UUID | None:
    """Say which hand-over a token is of; whether it is a good one, ``is_good`` tells."""
    try:
        return UUID(hex=text[:32]) if len(text) == 32 + _PROOF and text.isascii() else None
    except ValueError:
        return None


def is_good(key: bytes, handover: Handover, text: str) -> bool:
    """Whether ``text`` is the token of the link of ``handover`` that holds."""
    return hmac.compare_digest(token(key, handover).encode(), text.encode())


def _proof(key: bytes, it: Handover) -> str:
    about = (it.id.hex, it.complaint_id, it.party, str(it.link), str(round(it.expires_at.timestamp())))
    own = hmac.digest(key, b"answers of offices outside", hashlib.sha256)  # the key has another use
    return hmac.digest(own, "\n".join(about).encode(), hashlib.sha256).hex()[:_PROOF]


def answer_id(handover: UUID) -> UUID:
    """Make the id of an answer: half of it is chance, the other says to which hand-over it belongs.

    So an answer is known on the topic also by a desk that has lost it.
    """
    chance = secrets.token_bytes(8)
    return UUID(bytes=chance + _mark(handover, chance))


def is_answer_to(handover: UUID, answer: UUID) -> bool:
    """Whether ``answer`` is the id of an answer to ``handover``."""
    return answer.bytes[8:] == _mark(handover, answer.bytes[:8])


def _mark(handover: UUID, chance: bytes) -> bytes:
    return hashlib.sha256(handover.bytes + chance).digest()[:8]


def wrong(text: str) -> str | None:
    """Say what is missing in an answer before a citizen can read it."""
    if not text:
        return "Tulis dulu jawabannya."
    if GAP in text:
        return f"Masih ada {GAP} yang belum diisi."
    if len(text) > MOST_LETTERS:
        return f"Terlalu panjang: {len(text)} huruf, paling banyak {MOST_LETTERS}."
    return "Terlalu singkat. Tulis apa yang sudah atau akan dilakukan." if len(text.split()) < LEAST_WORDS else None


def last_working(calendar: Calendar, now: datetime) -> datetime:
    """Give ``now`` on a working day, and else when the last one ended: on no other is anybody reminded."""
    day = midnight = now.astimezone(calendar.timezone).date()
    while not calendar.is_working(day):
        midnight, day = day, day - timedelta(days=1)
    return now if day == midnight else datetime.combine(midnight, time(), calendar.timezone)
