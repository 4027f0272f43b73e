"""Reads ``retention.yaml``: how long a complaint's content is kept after its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, get_args

from msgspec import Struct

from kabupaten.source import Source
from kabupaten.validate import parse, remedy

#: The states in which a complaint ends.
End = Literal["closed", "handed_over", "rejected", "cancelled"]
ENDS: tuple[End, ...] = get_args(End)
#: How long each is kept if the region does not say.
USUAL = timedelta(days=730)
#: Topics keep records this long; nothing is deleted before they are gone there.
LEAST_DAYS = 90
_REMEDY = f"write whole days, from {LEAST_DAYS} on: so long the topics keep it all the same"
_Days = Annotated[int, remedy(_REMEDY, ge=LEAST_DAYS, le=36_500)]


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    days: Annotated[dict[End, _Days], remedy(f"write days for {', '.join(ENDS)}, such as {{closed: 730}}")]


def read_retention(source: Source) -> dict[str, timedelta]:
    """Read how long a complaint is kept after its end, by its final state.

    Raises:
        RegionError: a value can't be meant; every mistake is named.
    """
    days = parse(source, _File).days if source.content is not None else {}
    return {end: timedelta(days=days[end]) if end in days else USUAL for end in ENDS}
