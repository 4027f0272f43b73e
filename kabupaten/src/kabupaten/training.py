"""Reads the training data of the classifier: ``training/CATEGORY.yaml`` and ``messages/CATEGORY.jsonl``.

No service needs them to start: ``classifier build`` and ``lapor region check`` read them, and a door that suggests a
category (:mod:`kabupaten.subjects`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Struct

from contracts.vocabulary import ComplaintType, Urgency
from kabupaten.categories import UNKNOWN
from kabupaten.load import load
from kabupaten.problems import Problem, RegionError
from kabupaten.source import Source, folders, region_file
from kabupaten.validate import Words, parse, remedy

_Phrases = Annotated[tuple[Words, ...], remedy("write a list of phrases")]


class Message(Struct, frozen=True, kw_only=True):
    """A whole practice complaint, and its type and urgency if they are known."""

    text: str
    category: str
    type: ComplaintType | None = None
    urgency: Urgency | None = None


class Phrases(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The phrases that teach a category. ``negatives`` look like it and belong to another one, by that one's id."""

    seeds: Annotated[tuple[Words, ...], remedy("write at least 5 complaints as citizens write them", min_length=5)]
    terms: _Phrases = ()
    negatives: dict[str, _Phrases] = {}


@dataclass(frozen=True, kw_only=True)
class TaughtCategory:
    """One subject of complaints, with all its training data.

    ``lapor`` are the LAPOR! category names that mean it, lower case. ``edges`` are phrases that other categories list
    as belonging to this one. ``share`` is its frequency relative to the others.
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


def load_training(region: Path) -> tuple[TaughtCategory, ...]:
    """Load the training data of each category of ``categories.yaml``, in its order.

    Raises:
        RegionError: a file is missing or broken, or a category has too little to learn from; every mistake is named.
    """
    categories = load(region, "categories").categories
    found, phrases = list(_strays(region, categories)), dict[str, Phrases]()
    for name in categories:
        try:
            phrases[name] = _phrases(region, name, categories, found)
        except RegionError as error:
            found += error.problems
    messages = {name: _messages(region, name, found) for name in categories}
    if found:
        raise RegionError(found)
    edges: dict[str, list[str]] = defaultdict(list)
    for owner, its in (pair for each in phrases.values() for pair in each.negatives.items()):
        edges[owner] += its
    return tuple(
        TaughtCategory(
            id=name,
            name=category.name or name,
            seeds=phrases[name].seeds,
            terms=phrases[name].terms,
            lapor=tuple(its.lower() for its in category.lapor),
            edges=tuple(edges[name]),
            messages=messages[name],
            share=category.share,
            unit=category.unit,
        )
        for name, category in categories.items()
    )


def _phrases(region: Path, category: str, categories: Collection[str], found: list[Problem]) -> Phrases:
    if category == UNKNOWN:
        return Phrases(seeds=())
    source = Source.read(region, f"training/{category}.yaml")
    phrases = parse(source, Phrases)
    for name in phrases.negatives.keys() - categories:
        advice = "write a category of categories.yaml"
        found.append(source.wrong(("negatives", name), f"{name} is no category", advice))
    return phrases


def _messages(region: Path, category: str, found: list[Problem]) -> tuple[Message, ...]:
    try:
        path = region_file(region, f"messages/{category}.jsonl")
    except RegionError:  # a region may have no messages: the seeds alone teach the category
        return ()
    messages: list[Message] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = msgspec.json.decode(line, type=Message)
        except msgspec.MsgspecError as error:
            found.append(Problem(str(path), number, str(error), "write one JSON object a line"))
            continue
        if row.category != category:
            found.append(Problem(str(path), number, f"category is {row.category}", "move it to that file"))
        messages.append(row)
    return tuple(messages)


def _strays(region: Path, categories: Collection[str]) -> Iterator[Problem]:
    """Report files that teach nothing because no category has their name."""
    for folder in folders(region):
        for path in sorted([*folder.glob("training/*.yaml"), *folder.glob("messages/*.jsonl")]):
            if path.stem not in categories:
                advice = "name it as the category is named in categories.yaml"
                yield Problem(str(path), None, f"there is no category {path.stem}", advice)
