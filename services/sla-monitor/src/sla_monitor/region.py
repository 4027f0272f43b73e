"""Reads a region's ``sla.yaml``, and says where and how to mend what is wrong in them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from chassis.region import RegionError, Source
from contracts.events import Lane, UpdateKind
from sla_monitor.calendarfile import load_calendar
from sla_monitor.domain import Pause, Policy, Rules, Rung, Stage, Term, Trigger, Unit, Variant
from sla_monitor.sla_checks import contradictions, read_names
from sla_monitor.yamlfile import KINDS, part, refusal

NEEDED_STAGES = ("completion", "closing")  # the router and the intakes know these by name
ASKED = "waiting_for_reporter"
NOTES = ("addition", "rating", "refused", "rights_requested", "rights_done", "rights_declined", "erased", "deadline")
TRIGGERS = {
    f"{kind}{about}"
    for kind in get_args(UpdateKind)
    for about in ("", *(f"/{name}" for name in (NOTES if kind == "noted" else get_args(Lane))))
}
Amount = Annotated[int, Meta(gt=0, le=100_000)]
WarnRatio = Annotated[float, Meta(gt=0, le=1)]
Names = Annotated[list[str], Meta(min_length=1)]
Addressee = Annotated[str, Meta(pattern=r"^(head|[A-Z0-9]+(-[A-Z0-9]+)*)$")]


class _Span(Struct, forbid_unknown_fields=True):
    amount: Amount
    unit: Unit


class _Rung(Struct, forbid_unknown_fields=True):
    after: _Span
    to: Annotated[list[Addressee], Meta(min_length=1)]


class _Pause(Struct, forbid_unknown_fields=True):
    during: Names
    amount: Amount
    unit: Unit


class _Variant(Struct, forbid_unknown_fields=True):
    type: list[str] = []
    urgency: list[str] = []
    category: list[str] = []
    amount: Amount | None = None
    unit: Unit | None = None
    warn_ratio: WarnRatio | None = None


class _Stage(Struct, forbid_unknown_fields=True):
    starts: Names
    amount: Amount
    unit: Unit
    ends: list[str] = []
    stops: list[str] = []
    warn_ratio: WarnRatio = 1
    at_deadline: Literal["breached", "lapsed"] = "breached"
    quiet: bool = False
    parallel: bool = False
    pause: Any = None
    escalation: list[Any] = []
    variants: list[Any] = []
    about: str = ""


class _Policy(Struct, forbid_unknown_fields=True):
    stages: dict[str, Any]
    about: str = ""
    valid_from: datetime.date = datetime.date.min
    valid_until: datetime.date = datetime.date.max
    confirmed: bool = True


class _SlaFile(Struct, forbid_unknown_fields=True):
    default: str | Names
    policies: dict[str, Any]
    extends: str = ""


def load_rules(directory: Path) -> Rules:
    """The policies and the calendar of a region folder.

    Raises:
        RegionError: a file is missing or wrong; the text names file, line and remedy.
    """
    source = Source.read(directory, "sla.yaml")
    file = part(source, _SlaFile, ())
    policies = {name: _policy(source, name, raw) for name, raw in file.policies.items()}
    default = (file.default,) if isinstance(file.default, str) else tuple(file.default)
    for name in default:
        if name not in policies:
            raise refusal(source, ("default",), f"there is no policy {name!r}", f"write one of: {', '.join(policies)}")
        for stage in NEEDED_STAGES:
            if stage not in policies[name].stages:
                raise refusal(
                    source,
                    ("policies", name, "stages"),
                    f"the default policy has no stage {stage}",
                    f"add {stage}, or make another policy the default",
                )
    if problems := list(contradictions(source, policies, read_names(directory))):
        raise RegionError.of(problems)
    for name in default:
        _ends_the_wait(source, policies[name])
    _no_gap(source, [policies[name] for name in default])
    calendar = load_calendar(directory)
    if not calendar.office_hours:
        _no_working_hours(source, policies)
    return Rules(policies=policies, default=default, calendar=calendar)


def _ends_the_wait(source: Source, policy: Policy) -> None:
    """Only the end of the pause gives a unit back what it asked about, when the reporter does not answer."""
    pause = policy.stages["completion"].pause
    if pause is None or ASKED not in pause.during:
        where = ("policies", policy.name, "stages", "completion", *(("pause",) if pause else ()))
        remedy = f"add pause: {{during: [{ASKED}], amount: 5, unit: working_days}}"
        raise refusal(source, where, "nothing ends the wait for a reporter who does not answer", remedy)


def _no_working_hours(source: Source, policies: dict[str, Policy]) -> None:
    for policy in policies.values():
        for stage in policy.stages.values():
            if any(term.unit == "working_hours" for term in stage.terms):
                where = ("policies", policy.name, "stages", stage.name, "unit")
                remedy = "add office_hours to calendar.yaml, or promise working_days"
                raise refusal(source, where, "the calendar has no office hours", remedy)


def _no_gap(source: Source, policies: list[Policy]) -> None:
    """Every day must have a policy: from the first ``valid_from`` on the next begins when one ends."""
    ordered = sorted(policies, key=lambda policy: policy.valid_from)
    for one, other in pairwise(ordered):
        if one.valid_until < other.valid_from - datetime.timedelta(days=1):
            raise refusal(
                source,
                ("default",),
                f"no policy is for complaints between {one.valid_until} and {other.valid_from}",
                f"let {other.name} begin the day after {one.name} ends",
            )
    if ordered[0].valid_from != datetime.date.min or all(p.valid_until != datetime.date.max for p in ordered):
        raise refusal(
            source,
            ("default",),
            "there are days for which no policy holds",
            "leave valid_from off the earliest and valid_until off the latest",
        )


def _policy(source: Source, name: str, raw: Any) -> Policy:
    given = part(source, _Policy, ("policies", name), raw)
    stages = {stage: _stage(source, ("policies", name, "stages", stage), body) for stage, body in given.stages.items()}
    return Policy(
        name=name,
        stages=stages,
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        confirmed=given.confirmed,
    )


def _stage(source: Source, where: tuple[str | int, ...], body: Any) -> Stage:
    given = part(source, _Stage, where, body)
    term = Term(amount=given.amount, unit=given.unit, warn_ratio=given.warn_ratio)
    variants = _variants(source, where, given, term)
    pause = _pause(source, (*where, "pause"), given.pause)
    rungs = [part(source, _Rung, (*where, "escalation", n), raw) for n, raw in enumerate(given.escalation)]
    escalation = tuple(Rung(after=Term(amount=r.after.amount, unit=r.after.unit), to=tuple(r.to)) for r in rungs)
    return Stage(
        name=str(where[-1]),
        term=term,
        starts=_triggers(source, (*where, "starts"), given.starts),
        ends=_triggers(source, (*where, "ends"), given.ends),
        stops=_triggers(source, (*where, "stops"), given.stops),
        at_deadline=given.at_deadline,
        variants=variants,
        pause=pause,
        escalation=escalation,
        quiet=given.quiet,
        parallel=given.parallel,
    )


def _variants(source: Source, where: tuple[str | int, ...], given: _Stage, term: Term) -> tuple[Variant, ...]:
    rows = [part(source, _Variant, (*where, "variants", n), raw) for n, raw in enumerate(given.variants)]
    return tuple(
        Variant(
            term=Term(
                amount=row.amount or term.amount,
                unit=row.unit or term.unit,
                warn_ratio=row.warn_ratio or term.warn_ratio,
            ),
            type=frozenset(row.type),
            urgency=frozenset(row.urgency),
            category=frozenset(row.category),
        )
        for row in rows
    )


def _pause(source: Source, where: tuple[str | int, ...], raw: Any) -> Pause | None:
    if raw is None:
        return None
    given = part(source, _Pause, where, raw)
    during = _triggers(source, (*where, "during"), given.during)
    return Pause(during=during, bound=Term(amount=given.amount, unit=given.unit))


def _triggers(source: Source, where: tuple[str | int, ...], names: Iterable[str]) -> frozenset[Trigger]:
    for name in names:
        if name not in TRIGGERS:
            raise refusal(source, where, f"there is no step {name!r}", KINDS)
    return frozenset(names)
