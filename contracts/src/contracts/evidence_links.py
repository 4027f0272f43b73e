"""A link by which a unit opens what a citizen attached: signed for that unit, and good for thirty days.

The router writes it into what it tells the unit, the intake that keeps the file checks it at the click. Both know the
intake's ``EVENT_KEY``; what signs links derives from it, so that no link is ever taken for an event. Whose key that is
the path of the file says.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

#: How long a link is good. Each event brings a new one.
VALID = timedelta(days=30)
#: What the query of a link is made of: for whom, until when (Unix time), and the signature.
UNIT, UNTIL, MARK = "unit", "sampai", "tanda"

#: The path below which each intake with files opens them to units; that of intake-social is behind the proxy already.
PATHS = {"intake-web": "/bukti/", "intake-social": "/hooks/bukti/"}


def keeper_of(url: str) -> str:
    """The intake that keeps the file at ``url``."""
    folder = urlsplit(url).path.rpartition("/")[0] + "/"
    return max((each for each in PATHS if folder.endswith(PATHS[each])), key=lambda each: len(PATHS[each]), default="")


def link_for(event_key: bytes, url: str, unit: str, now: datetime) -> str:
    """Make ``url``, whose last part names the file, the link of ``unit``; the same of all gives the same."""
    until = int((now + VALID).timestamp())
    mark = _mark(event_key, url.rpartition("/")[2], unit, str(until))
    return f"{url}?{urlencode({UNIT: unit, UNTIL: until, MARK: mark})}"


def is_marked(event_key: bytes, name: str, unit: str, until: str, mark: str) -> bool:
    """Whether who made the link for the file ``name`` knows the key; compared in constant time (RFC 2104)."""
    return hmac.compare_digest(_mark(event_key, name, unit, until).encode(), mark.encode())


def _mark(event_key: bytes, name: str, unit: str, until: str) -> str:
    key = hmac.digest(event_key, b"evidence links", "sha256")
    return hmac.digest(key, "\x1f".join((name, unit, until)).encode(), "sha256").hex()
