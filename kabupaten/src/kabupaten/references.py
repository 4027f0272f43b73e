"""Checks that names refer to something, in the same file or another: units, categories, targets, kinds of steps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from contracts.vocabulary import CLOCK_KINDS, HEAD, ComplaintType, Lane, Note, UpdateKind, Urgency
from kabupaten.problems import Problem, Where
from kabupaten.routing import KABUPATEN, KECAMATAN
from kabupaten.sla import KINDS
from kabupaten.source import Source
from kabupaten.territory import same_place
from kabupaten.units import A_UNIT

TYPES = tuple(ComplaintType)
TRIGGERS = {
    f"{kind}{about}"
    for kind in set(UpdateKind) - CLOCK_KINDS
    for about in ("", *(f"/{name}" for name in (Note if kind == UpdateKind.NOTED else (*Lane, *Note))))
}
Sources = Mapping[str, Source]


_STAGE, _VARIANT = "policies.*.stages.*", "policies.*.stages.*.variants.*"
#: File, place ("*": each key and each position), and the entry of ``_known`` with the names allowed there.
_REFERENCES = (
    ("units", "units.*.successor", "unit"),
    ("units", "units.*.supervisor", "unit"),
    ("categories", "categories.*.unit", "unit"),
    ("routing", "rules.*.lead", "unit or kecamatan"),
    ("routing", "rules.*.support.*", "unit or kecamatan"),
    ("routing", "rules.*.hand_over", "target or kabupaten"),
    ("routing", "targets.*.places.*", "elsewhere"),
    ("routing", "rules.*.when.category.*", "category"),
    ("routing", "rules.*.when.type.*", "type"),
    ("routing", "rules.*.when.place.*", "place"),
    ("routing", "rules.*.when.accused.*", "unit"),
    ("replies", "sentences.*.categories.*", "category"),
    ("routing", "powers.superiors.*", "unit"),
    ("routing", "powers.lower_darurat.*", "unit"),
    ("sla", "default.*", "policy"),
    ("sla", f"{_STAGE}.escalation.*.to.*", "unit or head"),
    ("sla", f"{_VARIANT}.escalation.*.to.*", "unit or head"),
    ("sla", f"{_VARIANT}.type.*", "type"),
    ("sla", f"{_VARIANT}.urgency.*", "urgency"),
    ("sla", f"{_VARIANT}.category.*", "category"),
    ("sla", f"{_STAGE}.starts.*", "step"),
    ("sla", f"{_STAGE}.ends.*", "step"),
    ("sla", f"{_STAGE}.stops.*", "step"),
    ("sla", f"{_STAGE}.pause.during.*", "step"),
)


class _Known(NamedTuple):
    names: Collection[str]
    problem: str
    remedy: str


def unknown_names(sources: Sources) -> Iterator[Problem]:
    """Report every name in ``sources`` that refers to nothing; references to files that are not among them are skipped.

    It reads the files as they are, so that a mistake in a row hides no wrong name.
    """
    known = _known(sources)
    for file, at, to in _REFERENCES:
        if file not in sources or to not in known:
            continue
        names, problem, remedy = known[to]
        for where, name in texts_at(sources[file].content, at.split(".")):
            if (same_place(name) if to == "place" else name) not in names:
                yield sources[file].wrong(where, problem.format(name), remedy)


def _known(sources: Sources) -> dict[str, _Known]:
    known = {
        "type": _Known(TYPES, "there is no type {}", _one_of(TYPES)),
        "urgency": _Known(tuple(Urgency), "there is no urgency {}", _one_of(tuple(Urgency))),
        "step": _Known(TRIGGERS, "there is no step {}", KINDS),
    }
    if "units" in sources:
        content = sources["units"].content
        units = [name for _, name in texts_at(content, ("units", "*", "code"))]
        places = {same_place(name) for _, name in texts_at(content, ("units", "*", "kecamatan"))}
        missing = "units.yaml does not have {}"
        known["unit"] = _Known(units, missing, A_UNIT)
        known["unit or kecamatan"] = _Known([*units, KECAMATAN], missing, A_UNIT)
        known["unit or head"] = _Known([*units, HEAD], missing, _one_of([HEAD, *units]))
        known["place"] = _Known(places, "no unit has kecamatan: {}", "write a kecamatan's name")
    for to, file, key, problem in (
        ("category", "categories", "categories", "categories.yaml does not have {}"),
        ("target", "routing", "targets", "there is no target {}"),
        ("policy", "sla", "policies", "there is no policy {}"),
    ):
        if file in sources:
            rows = sources[file].content.get(key) if isinstance(sources[file].content, dict) else None
            names = [str(name) for name in rows] if isinstance(rows, dict) else []
            known[to] = _Known(names, problem, _one_of(names))
    if "target" in known:
        target = known["target"]
        known["target or kabupaten"] = _Known([*target.names, KABUPATEN], target.problem, target.remedy)
    if "territory" in sources:
        names = [name for _, name in texts_at(sources["territory"].content, ("elsewhere", "*"))]
        missing = "territory.yaml does not have {} elsewhere"
        known["elsewhere"] = _Known(names, missing, "write it there too")
    return known


def _one_of(names: Iterable[str]) -> str:
    return f"write one of: {', '.join(names)}"


def texts_at(content: Any, at: Iterable[str], where: Where = ()) -> Iterator[tuple[Where, str]]:
    """Yield each text that ``at`` leads to; for "*" a single text stands for a list of one."""
    first, *rest = at
    if first == "*" and isinstance(content, str) and not rest:
        yield where, content
        return
    if isinstance(content, dict):
        keys: Iterable[Any] = content if first == "*" else [first] if first in content else ()
    else:
        keys = range(len(content)) if isinstance(content, list) and first == "*" else ()
    for key in keys:
        if rest:
            yield from texts_at(content[key], rest, (*where, key))
        elif isinstance(content[key], str):
            yield (*where, key), content[key]
