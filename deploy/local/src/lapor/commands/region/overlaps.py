"""What in a region folder stands in another's way: names and codes that stand twice, rules that nothing reaches."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chassis.region import Problem, Source

Where = tuple[str | int, ...]
Sources = Mapping[str, Source]
_KINDS = ("kelurahan", "desa")
_TYPES = ("pengaduan", "permintaan_informasi", "aspirasi")


def aliases(files: Sources) -> Iterator[Problem]:
    """By one name citizens mean one unit."""
    rows = [
        (("units", n, "aliases", at), unit["code"], alias)
        for n, unit in enumerate(files["units"].content["units"])
        for at, alias in enumerate(unit.get("aliases") or ())
    ]
    yield from _shared(files["units"], rows, "keep it where citizens mean it")


def lapor_names(files: Sources) -> Iterator[Problem]:
    """A LAPOR! category of an export becomes one of ours."""
    rows = [
        (("categories", name, "lapor", at), name, its)
        for name, category in files["categories"].content["categories"].items()
        for at, its in enumerate(category.get("lapor") or ())
    ]
    yield from _shared(files["categories"], rows, "keep it where most of its complaints belong")


def territory(files: Sources) -> Iterator[Problem]:
    """Codes are each once and begin with what they lie in; within a kecamatan a name is one village."""
    source, whole = files["territory"], files["territory"].content
    named: list[tuple[Where, str, str]] = []
    codes: list[tuple[Where, str, str]] = []
    for n, place in enumerate(whole["kecamatan"]):
        where: Where = ("kecamatan", n)
        named += [(where, place["name"], name) for name in (place["name"], *(place.get("aliases") or ()))]
        codes.append((where, place["name"], place["code"]))
        yield from _lies_in(source, where, place, whole["code"])
        villages: list[tuple[Where, str, str]] = []
        for at, village in enumerate(place["villages"]):
            here: Where = (*where, "villages", at)
            villages += [(here, str(at), name) for name in (village["name"], *(village.get("aliases") or ()))]
            codes.append((here, village["name"], village["code"]))
            yield from _lies_in(source, here, village, place["code"])
        yield from _shared(source, villages, f"within {place['name']} a name is one village")
    yield from _shared(source, named, "a name is one kecamatan")
    yield from _shared(source, codes, "write each code once, as Kemendagri has it")
    yield from _counted(source)


def _lies_in(source: Source, where: Where, place: Mapping[str, Any], outer: str) -> Iterator[Problem]:
    if not str(place["code"]).startswith(f"{outer}."):
        yield source.wrong((*where, "code"), f"{place['name']} has {place['code']}", f"it begins with {outer}.")


def _counted(source: Source) -> Iterator[Problem]:
    """Whether as many are listed as the decree has: which one is missing, only that can tell."""
    found = Counter(village["kind"] for place in source.content["kecamatan"] for village in place["villages"])
    for kind in _KINDS:
        wanted = (source.content.get("count") or {}).get(kind)
        if wanted is not None and wanted != found[kind]:
            remedy = "compare the list with the decree, or mend the count"
            yield source.wrong(("count", kind), f"there are {found[kind]} {kind}, and not {wanted}", remedy)


def unreached_rules(files: Sources) -> Iterator[Problem]:
    """A rule for which nothing is left, because an earlier one has all of it."""
    source, every = files["routing"], list(files["categories"].content["categories"])
    rules = source.content["rules"] or []
    for n, rule in enumerate(rules):
        cells = _cells(rule, every)
        if cells and all(any(_takes(earlier, cell) for earlier in rules[:n]) for cell in cells):
            remedy = "move it before the wider ones, or drop it"
            yield source.wrong(("rules", n), "no complaint reaches it, earlier rules take all of them", remedy)


def _cells(rule: Mapping[str, Any], every: list[str]) -> list[dict[str, str | None]]:
    """All that ``rule`` is for; None: another one, or none. A camat leads only where a place is known."""
    when = rule["when"]
    unnamed = ["(known)"] if rule.get("lead") == "kecamatan" else [None]
    axes: dict[str, Iterable[str | None]] = {
        "category": _many(when.get("category")) or every,
        "matter": _many(when.get("matter")) or [None],
        "type": _many(when.get("type")) or _TYPES,
        "place": _many(when.get("place")) or unnamed,
    }
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def _takes(rule: Mapping[str, Any], cell: Mapping[str, str | None]) -> bool:
    if rule.get("lead") == "kecamatan" and cell["place"] is None:
        return False
    return all(not (named := _many(rule["when"].get(key))) or cell[key] in named for key in cell)


def _shared(source: Source, rows: Iterable[tuple[Where, str, str]], remedy: str) -> Iterator[Problem]:
    """Each of the (where, owner, name) whose name another owner has too."""
    owners: dict[str, str] = {}
    for where, owner, name in rows:
        known = owners.setdefault(str(name).casefold(), owner)
        if known != owner:
            told = "stands twice" if known.isdigit() else f"is {known}'s and {owner}'s"
            yield source.wrong(where, f"{name} {told}", remedy)


def _many(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())
