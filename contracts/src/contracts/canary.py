"""The text of a synthetic complaint: it proves that its writer knows the key and wrote it a moment ago."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta

#: Older canaries, or ones from further in the future, are refused: somebody replays what they saw, or a clock is wrong.
MAX_AGE = timedelta(minutes=10)
_FORM = re.compile(r"CANARY ([a-z]{1,20}-(\d{10,11})) ([0-9a-f]{64})")


def write(key: bytes, channel: str, at: datetime) -> str:
    """Make the text of the canary sent by ``channel`` at ``at``; a channel has one canary a second."""
    name = f"{channel}-{int(at.timestamp())}"
    return f"CANARY {name} {_proof(key, name)}"


def is_canary(text: str) -> bool:
    """Whether ``text`` has the form of a canary, whoever wrote it: no citizen's words look like that."""
    return _FORM.fullmatch(text.strip()) is not None


def read(key: bytes, text: str, now: datetime) -> str | None:
    """Return the canary's name, or None if the form, the key or the time is wrong."""
    found = _FORM.fullmatch(text.strip())
    if not found or not hmac.compare_digest(found[3], _proof(key, found[1])):
        return None
    return found[1] if abs(now.timestamp() - int(found[2])) <= MAX_AGE.total_seconds() else None


def _proof(key: bytes, name: str) -> str:
    """Compute the HMAC-SHA256 (RFC 2104) of ``name``, in hex."""
    return hmac.digest(key, b"canary " + name.encode(), "sha256").hex()
