"""The categories of a region, with the phrases that teach them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from chassis.region import RegionError, read_region, region_file
from classifier.domain import Kind, Urgency

#: The category that is never learnt: it is the answer "I don't know".
UNKNOWN = "lainnya"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A whole practice complaint, and where known what kind it is and how urgent."""

    text: str
    category: str
    type: Kind | None = None
    urgency: Urgency | None = None


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
    """The categories of ``categories.yaml``, in its order, with what ``training/<category>.yaml`` and, if there is any,
    ``messages/<category>.jsonl`` teach of them.

    Raises:
        RegionError: a file is missing or broken, or a category lacks what learning needs.
    """
    entries = {key: {**entry, **_phrases(region, key)} for key, entry in _entries(region).items()}
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
            messages=_messages(region, key),
            share=_share(region, key, entry),
            unit=entry.get("unit"),
        )
        for key, entry in entries.items()
    )
    bare = [c.id for c in categories if c.id != UNKNOWN and len(c.seeds) < 5]
    if len(categories) < 2 or bare:
        name = bare[0] if bare else "CATEGORY"
        raise RegionError(f"{region}/training/{name}.yaml: {name} needs at least 5 seeds")
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


def _phrases(region: Path, key: str) -> dict[str, Any]:
    return {} if key == UNKNOWN else read_region(region, f"training/{key}.yaml") or {}


def _edges(entries: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for entry in entries.values():
        for owner, phrases in (entry.get("negatives") or {}).items():
            found[owner] += _texts(phrases)
    return found


def _messages(region: Path, key: str) -> tuple[Message, ...]:
    try:
        path = region_file(region, f"messages/{key}.jsonl")
    except RegionError:  # a region may have none: the seeds alone teach the category
        return ()
    messages: list[Message] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = msgspec.json.decode(line, type=Message)
        except msgspec.MsgspecError as error:
            raise RegionError(f"{path}, line {number}: {error}. Remedy: write one JSON object a line") from error
        if row.category != key:
            raise RegionError(f"{path}, line {number}: category is {row.category}. Remedy: move it to that file")
        messages.append(row)
    return tuple(messages)


def _share(region: Path, key: str, entry: dict[str, Any]) -> float:
    share = entry.get("share", 1)
    if not isinstance(share, int | float) or share <= 0:
        raise RegionError(f"{region}/categories.yaml: share of {key} is {share!r}, it must be a number above 0")
    return float(share)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(map(str, values or ()))
