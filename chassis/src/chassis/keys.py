"""Keys of other systems: what one looks like, what is kept of it, and why one is refused."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

#: How a key begins, so that one is known where it should not be, such as in a repository.
_BEGINS = "lapor_"
_SYSTEM = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key that there is or was. ``system`` is whose it is; it may have several, as when one takes over."""

    id: str
    system: str
    rights: Collection[str]
    expires_at: datetime
    revoked: bool = False


class KeyRefused(Exception):
    """A key that opens nothing here, or does not allow what is asked. ``why`` is what is said of it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def new_key(bits: bytes = b"") -> str:
    """Make a key: 256 random bits, opaque; or these ``bits``, which nobody can guess."""
    return _BEGINS + urlsafe_b64encode(bits or secrets.token_bytes(32)).decode().rstrip("=")


def hash_of(key: str) -> bytes:
    """Make what is stored of ``key``."""
    return hashlib.sha256(key.encode(errors="replace")).digest()


def is_system(name: str) -> bool:
    """Whether a system can be called ``name``: it stands in metrics and in the database, and not on pages."""
    return _SYSTEM.fullmatch(name) is not None


def check(key: Key | None, right: str, now: datetime) -> Key:
    """Return ``key`` if it allows ``right``.

    Raises:
        KeyRefused: it does not, or it holds no more.
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
