"""How much a test tries: little in `make test`, much in `make soak`, by the same code with another number."""

from __future__ import annotations

import os

#: Whether this is `make soak`.
LONG = bool(os.environ.get("LAPOR_SOAK"))


def length(short: int, long: int) -> int:
    """Return ``short`` in `make test` and ``long`` in `make soak`, which runs the tests marked ``soak``."""
    return long if LONG else short
