"""What in ``sla.yaml`` contradicts itself, or names what the region's other files don't have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import get_args

from chassis.region import Problem, RegionError, Source, read_region
from contracts.events import Urgency
from sla_monitor.domain import Policy, Stage, Term
from sla_monitor.yamlfile import REMEDIES, Where

TYPES = ("pengaduan", "permintaan_informasi", "aspirasi")
#: In ``escalation``: the head of the unit that has the complaint.
HEAD = "head"
#: Roughly, to see whether a ladder rises.
_SECONDS = {"seconds": 1, "hours": 3600, "working_hours": 3600, "days": 86_400, "working_days": 86_400}
#: What a name may be, by the field it stands in; a field that is not here may say anything.
Names = Mapping[str, tuple[str, ...]]


def read_names(directory: Path) -> Names:
    """What the region folder knows: types, urgencies, and, where it has their files, categories and units."""
    names: dict[str, tuple[str, ...]] = {"type": TYPES, "urgency": get_args(Urgency)}
    for field, file, of in (("category", "categories", dict), ("to", "units", list)):
        try:
            content = (read_region(directory, f"{file}.yaml") or {}).get(file)
        except RegionError:  # another service needs the file and says what is wrong in it
            continue
        if isinstance(content, of):
            names[field] = tuple(content) if field == "category" else (HEAD, *(unit["code"] for unit in content))
    return names


def contradictions(source: Source, policies: Mapping[str, Policy], names: Names) -> Iterator[Problem]:
    """All of them, each with its line and remedy."""
    for policy in policies.values():
        where = ("policies", policy.name)
        if policy.valid_from > policy.valid_until:
            yield source.wrong((*where, "valid_from"), "it is after valid_until", REMEDIES["valid_from"])
        for stage in policy.stages.values():
            yield from _in_stage(source, (*where, "stages", stage.name), stage, names)


def _in_stage(source: Source, where: Where, stage: Stage, names: Names) -> Iterator[Problem]:
    for name in sorted(stage.starts & stage.stops):
        yield source.wrong((*where, "stops"), f"{name} both starts and stops it", f"take {name} out of one of the two")
    for name in sorted(stage.pause.during & stage.ends) if stage.pause else ():
        remedy = f"take {name} out of during, or out of ends"
        yield source.wrong((*where, "pause", "during"), f"{name} both pauses and ends it", remedy)
    if stage.name == "closing" and stage.at_deadline != "lapsed":
        yield source.wrong((*where, "at_deadline"), "the time for closing lapses", "write at_deadline: lapsed")
    for n, (lower, higher) in enumerate(pairwise(rung.after for rung in stage.escalation), 1):
        if _roughly_s(higher) <= _roughly_s(lower):
            remedy = "let each step come later after the breach than the one before"
            yield source.wrong((*where, "escalation", n, "after"), "the ladder does not rise", remedy)
    for n, rung in enumerate(stage.escalation):
        yield from _unknown(source, (*where, "escalation", n, "to"), "units", rung.to, names)
    for n, variant in enumerate(stage.variants):
        conditions = {"type": variant.type, "urgency": variant.urgency, "category": variant.category}
        if not any(conditions.values()):
            remedy = "say for which type, urgency or category, or change the stage itself"
            yield source.wrong((*where, "variants", n), "it is for all complaints", remedy)
        for field, given in conditions.items():
            file = "categories" if field == "category" else ""
            yield from _unknown(source, (*where, "variants", n, field), file, sorted(given), names)


def _unknown(source: Source, where: Where, file: str, given: Iterable[str], names: Names) -> Iterator[Problem]:
    known = names.get(str(where[-1]))
    for name in given if known else ():
        if known and name not in known:
            problem = f"{file}.yaml does not have {name}" if file else f"there is no {where[-1]} {name}"
            yield source.wrong(where, problem, f"write one of: {', '.join(known)}")


def _roughly_s(term: Term) -> int:
    return term.amount * _SECONDS[term.unit]
