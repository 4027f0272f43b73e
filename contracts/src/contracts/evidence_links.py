"""A unit's link to a file that a citizen attached: signed for that unit, and valid for thirty days.

The router writes it into its messages to the unit; the intake that keeps the file checks it at the click. Both know the
intake's ``EVENT_KEY``. The key that signs links derives from it, so that no link is ever taken for an event. The path
of the file tells which intake's key that is.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

#: How long a link is valid. Each event brings a new one.
VALID = timedelta(days=30)
#: The parameters of a link's query: its unit, its last moment (Unix time), and the signature.
UNIT, UNTIL, MARK = "unit", "sampai", "tanda"

#: The path below which each intake with files opens them to units; the proxy already forwards intake-social's.
PATHS = {"intake-web": "/bukti/", "intake-social": "/hooks/bukti/"}


def keeper_of(url: str) -> str:
    """Find the intake that keeps the file at ``url``."""
    folder = urlsplit(url).path.rpartition("/")[0] + "/"
    return max((each for each in PATHS if folder.endswith(PATHS[each])), key=lambda each: len(PATHS[each]), default="")


def link_for(event_key: bytes, url: str, unit: str, now: datetime) -> str:
    """Sign ``url``, whose last part names the file, for ``unit``; equal arguments give equal links."""
    until = int((now + VALID).timestamp())
    mark = _mark(event_key, url.rpartition("/")[2], unit, str(until))
    return f"{url}?{urlencode({UNIT: unit, UNTIL: until, MARK: mark})}"


def is_marked(event_key: bytes, name: str, unit: str, until: str, mark: str) -> bool:
    """Whether the link for the file ``name`` was made with the key; compared in constant time (RFC 2104)."""
    return hmac.compare_digest(_mark(event_key, name, unit, until).encode(), mark.encode())


def _mark(event_key: bytes, name: str, unit: str, until: str) -> str:
    key = hmac.digest(event_key, b"evidence links", "sha256")
    return hmac.digest(key, "\x1f".join((name, unit, until)).encode(), "sha256").hex()
