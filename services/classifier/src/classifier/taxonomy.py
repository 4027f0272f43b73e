"""The categories of a region, with the phrases that teach them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.region import RegionError, read_region

#: The category that is never learnt: it is the answer "I don't know".
UNKNOWN = "lainnya"


@dataclass(frozen=True, kw_only=True)
class Category:
    """One thing that complaints are about.

    ``lapor`` are the LAPOR! category names that mean it, lower case. ``edges`` are phrases that other categories
    list as theirs no longer but this one's. ``share`` is how common it is beside the others.
    """

    id: str
    name: str
    seeds: tuple[str, ...]
    terms: tuple[str, ...]
    lapor: tuple[str, ...]
    edges: tuple[str, ...] = ()
    share: float = 1.0
    unit: str | None = None


def load_taxonomy(region: Path) -> tuple[Category, ...]:
    """The categories of ``categories.yaml``, in its order.

    Raises:
        RegionError: the file is missing, or a category lacks what learning needs.
    """
    entries = _entries(region)
    edges = _edges(entries)
    if unknown := sorted(set(edges) - set(entries)):
        raise RegionError(f"{region}/categories.yaml: negatives name {', '.join(unknown)}, which is no category")
    categories = tuple(
        Category(
            id=key,
            name=str(entry.get("name", key)),
            seeds=_texts(entry.get("seeds")),
            terms=_texts(entry.get("terms")),
            lapor=tuple(name.lower() for name in _texts(entry.get("lapor"))),
            edges=tuple(edges.get(key, ())),
            share=_share(region, key, entry),
            unit=entry.get("unit"),
        )
        for key, entry in entries.items()
    )
    bare = [c.id for c in categories if c.id != UNKNOWN and len(c.seeds) < 5]
    if len(categories) < 2 or bare:
        named = ", ".join(bare) or "every category"
        raise RegionError(f"{region}/categories.yaml: {named} needs at least 5 seeds")
    return categories


def load_matters(region: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """For each category its narrower subjects, with the words that give each away.

    Raises:
        RegionError: the file is missing or is not YAML.
    """
    return {
        key: {str(name): _texts(words) for name, words in (entry.get("matters") or {}).items()}
        for key, entry in _entries(region).items()
    }


def _entries(region: Path) -> dict[str, dict[str, Any]]:
    entries = read_region(region, "categories.yaml").get("categories") or {}
    return {str(key): entry or {} for key, entry in entries.items()}


def _edges(entries: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for entry in entries.values():
        for owner, phrases in (entry.get("negatives") or {}).items():
            found[owner] += _texts(phrases)
    return found


def _share(region: Path, key: str, entry: dict[str, Any]) -> float:
    share = entry.get("share", 1)
    if not isinstance(share, int | float) or share <= 0:
        raise RegionError(f"{region}/categories.yaml: share of {key} is {share!r}, it must be a number above 0")
    return float(share)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(map(str, values or ()))
