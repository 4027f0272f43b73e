"""A parser with a bug that nobody meets by chance: what is guided finds it."""

from __future__ import annotations


def read_word(data: bytes) -> None:
    """Stumble over one word.

    Raises:
        KeyError: ``data`` begins with it.
    """
    if data[:6] == b"LAPOR!":
        raise KeyError(data)
