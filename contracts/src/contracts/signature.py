"""An intake's signature on its events about a complaint, sent as a header of the record.

All intakes write the same topics, so the broker tells only that it was one of them. OWASP ASVS 5.0, 4.1.5: sign each
message, besides protecting the transport, where messages pass through a number of systems.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from contracts.codec import InvalidEvent

HEADER = "lapor-signature"


class NotAuthentic(InvalidEvent):
    """An event that was not signed by the intake whose complaint it is about."""


def sign(secret: bytes, key: bytes | None, value: bytes | None) -> tuple[str, bytes]:
    """Make the header of a record with ``key`` and ``value`` (tombstone: None): HMAC-SHA256 (RFC 2104), in hex."""
    return HEADER, hmac.digest(secret, (key or b"") + b"\x00" + (value or b""), "sha256").hex().encode()


def is_signed(secret: bytes, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> bool:
    """Whether the record's writer knows ``secret``; compared in constant time."""
    return hmac.compare_digest(dict(headers).get(HEADER, b""), sign(secret, key, value)[1])
