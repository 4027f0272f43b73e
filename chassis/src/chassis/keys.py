"""Keys of other systems: their form, the hash that is stored, and why a key is refused."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

#: How a key begins, so that people recognize one where it should not be, such as in a repository.
_BEGINS = "lapor_"
_SYSTEM = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@dataclass(frozen=True, kw_only=True)
class Key:
    """An existing or former key. ``system`` is its owner, which may have several, as when one replaces another."""

    id: str
    system: str
    rights: Collection[str]
    expires_at: datetime
    revoked: bool = False


class KeyRefused(Exception):
    """A key that opens nothing here, or does not allow the request. ``why`` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def new_key(bits: bytes = b"") -> str:
    """Make a key: 256 random bits, opaque; or the given ``bits``, which nobody can guess."""
    return _BEGINS + urlsafe_b64encode(bits or secrets.token_bytes(32)).decode().rstrip("=")


def hash_of(key: str) -> bytes:
    """Compute the hash that is stored of ``key``."""
    return hashlib.sha256(key.encode(errors="replace")).digest()


def is_system(name: str) -> bool:
    """Whether a system can be called ``name``: it stands in metrics and in the database, and not on pages."""
    return _SYSTEM.fullmatch(name) is not None


def check(key: Key | None, right: str, now: datetime) -> Key:
    """Return ``key`` if it allows ``right``.

    Raises:
        KeyRefused: it does not, or is no longer valid.
    """
    if key is None:
        raise KeyRefused("key_unknown")
    if key.revoked:
        raise KeyRefused("key_revoked")
    if key.expires_at <= now:
        raise KeyRefused("key_expired")
    if right not in key.rights:
        raise KeyRefused("key_not_allowed")
    return key
