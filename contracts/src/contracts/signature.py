"""Which intake says something of a complaint: its signature, which travels as a header of the record.

All intakes write the same topics, so the broker tells only that it was one of them. OWASP ASVS 5.0, 4.1.5: a signature
of each message, besides the protection of the transport, where messages pass through a number of systems.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from contracts.codec import InvalidEvent

HEADER = "lapor-signature"


class NotAuthentic(InvalidEvent):
    """An event that was not signed by the intake whose complaint it is about."""


def sign(secret: bytes, key: bytes | None, value: bytes | None) -> tuple[str, bytes]:
    """The header of a record with ``key`` and ``value`` (a tombstone has none): HMAC-SHA256 (RFC 2104), in hex."""
    return HEADER, hmac.digest(secret, (key or b"") + b"\x00" + (value or b""), "sha256").hex().encode()


def is_signed(secret: bytes, key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> bool:
    """Whether who wrote the record knows ``secret``; compared in constant time."""
    return hmac.compare_digest(dict(headers).get(HEADER, b""), sign(secret, key, value)[1])
