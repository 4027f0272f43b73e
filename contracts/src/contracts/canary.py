"""The text of a synthetic complaint: who knows the key wrote it, a moment ago, and it is nobody's complaint."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta

#: A canary that is older, or from so far ahead, is none: somebody plays back what they saw, or a clock is wrong.
MAX_AGE = timedelta(minutes=10)
_FORM = re.compile(r"CANARY ([a-z]{1,20}-(\d{10,11})) ([0-9a-f]{64})")


def write(key: bytes, channel: str, at: datetime) -> str:
    """Make the text of the canary that is sent by ``channel`` at ``at``; one channel has one a second."""
    name = f"{channel}-{int(at.timestamp())}"
    return f"CANARY {name} {_proof(key, name)}"


def is_canary(text: str) -> bool:
    """Whether ``text`` has the form of a canary, whoever wrote it: no citizen's words look like that."""
    return _FORM.fullmatch(text.strip()) is not None


def read(key: bytes, text: str, now: datetime) -> str | None:
    """Give the canary's name; None for what has another form, was written with another key, or at another time."""
    found = _FORM.fullmatch(text.strip())
    if not found or not hmac.compare_digest(found[3], _proof(key, found[1])):
        return None
    return found[1] if abs(now.timestamp() - int(found[2])) <= MAX_AGE.total_seconds() else None


def _proof(key: bytes, name: str) -> str:
    """HMAC-SHA256 (RFC 2104), in hex."""
    return hmac.digest(key, b"canary " + name.encode(), "sha256").hex()
