"""The categories of a region, with the phrases that teach them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from kabupaten import load
from kabupaten.training import Message, Training, load_training


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
    messages: tuple[Message, ...] = ()
    share: float = 1.0
    unit: str | None = None


def load_taxonomy(region: Path) -> tuple[Category, ...]:
    """Load the categories of ``categories.yaml``, in its order, with all that teaches them.

    Raises:
        RegionError: a file is missing or broken, or a category lacks what learning needs; all that is wrong is named.
    """
    categories = load(region, "categories").categories
    training = load_training(region, categories)
    edges = _edges(training)
    return tuple(
        Category(
            id=key,
            name=category.name or key,
            seeds=training.phrases[key].seeds,
            terms=training.phrases[key].terms,
            lapor=tuple(name.lower() for name in category.lapor),
            edges=tuple(edges[key]),
            messages=training.messages[key],
            share=category.share,
            unit=category.unit,
        )
        for key, category in categories.items()
    )


def _edges(training: Training) -> dict[str, list[str]]:
    """What looks like one category and belongs to another, by that other one."""
    found: dict[str, list[str]] = defaultdict(list)
    for phrases in training.phrases.values():
        for owner, its in phrases.negatives.items():
            found[owner] += its
    return found
