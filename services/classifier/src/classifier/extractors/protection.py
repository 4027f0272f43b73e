"""Tell whether a text names a victim of violence, or a child that was harmed: what it says is for few readers."""

from __future__ import annotations

from kabupaten.phrases import Matches


def is_protected(said: Matches) -> bool:
    """Whether something is told of a victim that is more than talk about violence, or sounds like it."""
    return any(not any(one.overlaps(other) for other in said["unharmed"]) for one in said["protected"])
