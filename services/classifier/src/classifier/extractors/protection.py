"""Detect texts that name a victim of violence, or a child that was harmed: only few may read them."""

from __future__ import annotations

from kabupaten.phrases import Matches


def is_protected(said: Matches) -> bool:
    """Whether a phrase names a victim, outside phrases that only talk about violence or sound like it."""
    return any(not any(one.overlaps(other) for other in said["unharmed"]) for one in said["protected"])
