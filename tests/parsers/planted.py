"""A parser with a bug that chance hardly finds, but a guided search does."""

from __future__ import annotations


def read_word(data: bytes) -> None:
    """Stumble over one word.

    Raises:
        KeyError: ``data`` begins with it.
    """
    if data[:6] == b"LAPOR!":
        raise KeyError(data)
