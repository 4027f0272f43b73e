"""Reads ``categories.yaml``: the subjects of complaints, and the unit that leads each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Struct

from kabupaten.lexicon import unreadable
from kabupaten.problems import refuse
from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy

#: The category that is never learned: it is the answer "I don't know".
UNKNOWN = "lainnya"
_Names = Annotated[tuple[Words, ...], remedy("write a list, such as [jalan rusak, jembatan]")]


class Category(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One subject of complaints.

    ``lapor`` are the LAPOR! category names that mean it. ``share`` is its frequency relative to the others. ``matters``
    are narrower subjects, each with the phrases that reveal it. Citizens find it below the heading ``group``. With
    ``proof`` a complaint is resolved only with a photo or an address as proof, unless it is confidential. With
    ``confirm`` a resolved complaint closes only when its reporter, or a person other than the one who resolved it,
    confirms it.
    """

    name: str = ""
    group: str = ""
    definition: str = ""
    borders: str = ""
    unit: str | None = None
    lapor: _Names = ()
    share: Annotated[float, remedy("write a number above 0, such as share: 5", gt=0)] = 1.0
    proof: bool = False
    confirm: bool = False
    matters: Annotated[dict[str, _Names], remedy("write {jalan_nasional: [jalan nasional, bbpjn]}")] = {}


class _Categories(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    categories: Annotated[dict[str, Category], remedy("write two or more, each with name: and unit:", min_length=2)]


def read_categories(source: Source) -> dict[str, Category]:
    """Read ``categories.yaml``: each category by its id, in the order of the file.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    categories = parse(source, _Categories).categories
    matters = [(name, matter, each) for name, its in categories.items() for matter, each in its.matters.items()]
    refuse(
        problem
        for name, matter, phrases in matters
        for problem in unreadable(source, ("categories", name, "matters", matter), phrases, {})
    )
    return categories


def grouped(categories: Mapping[str, Category]) -> dict[str, dict[str, str]]:
    """List the categories that citizens may choose, by group: each name by its id. The unknown one is left out."""
    groups: dict[str, dict[str, str]] = {}
    for code, category in categories.items():
        if code != UNKNOWN:
            groups.setdefault(category.group, {})[code] = category.name or code
    return groups
