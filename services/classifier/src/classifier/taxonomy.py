"""The categories of a region, with the phrases that teach them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chassis.region import RegionError, read_region

#: The category that is never learnt: it is the answer "I don't know".
UNKNOWN = "lainnya"


@dataclass(frozen=True, kw_only=True)
class Category:
    """One thing that complaints are about. ``lapor`` are the LAPOR! category names that mean it, lower case."""

    id: str
    name: str
    seeds: tuple[str, ...]
    terms: tuple[str, ...]
    lapor: tuple[str, ...]


def load_taxonomy(region: Path) -> tuple[Category, ...]:
    """The categories of ``categories.yaml``, in its order.

    Raises:
        RegionError: the file is missing, or a category lacks what learning needs.
    """
    entries = read_region(region, "categories.yaml").get("categories") or {}
    categories = tuple(
        Category(
            id=key,
            name=str(entry.get("name", key)),
            seeds=tuple(map(str, entry.get("seeds") or ())),
            terms=tuple(map(str, entry.get("terms") or ())),
            lapor=tuple(str(name).lower() for name in entry.get("lapor") or ()),
        )
        for key, entry in entries.items()
    )
    bare = [c.id for c in categories if c.id != UNKNOWN and len(c.seeds) < 5]
    if len(categories) < 2 or bare:
        named = ", ".join(bare) or "every category"
        raise RegionError(f"{region}/categories.yaml: {named} needs at least 5 seeds")
    return categories
