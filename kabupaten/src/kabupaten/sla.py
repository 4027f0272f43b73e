"""Reads ``sla.yaml``: policies, their stages, and what starts, ends, pauses and escalates them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct
from msgspec.structs import replace

from contracts.vocabulary import StageName, Status
from kabupaten.calendar import Calendar
from kabupaten.problems import Problem, Where, refuse
from kabupaten.source import Source
from kabupaten.validate import parse, remedy

NEEDED_STAGES = {StageName.COMPLETION, StageName.CLOSING}  # the router and the intakes know these by name
ASKED = Status.WAITING_FOR_REPORTER
KINDS = "write a list of kinds of complaint.updated, such as [resolved] or [routed/triage, noted/rights_done]"
#: Approximate, to check that a ladder rises.
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "working_hours": 3600, "days": 86_400, "working_days": 86_400}

TimeUnit = Literal["working_days", "days", "working_hours", "hours", "minutes", "seconds"]
#: Each unit in the words that people read.
UNIT_WORDS: dict[TimeUnit, str] = {
    "working_days": "hari kerja",
    "days": "hari",
    "working_hours": "jam kerja",
    "hours": "jam",
    "minutes": "menit",
    "seconds": "detik",
}
#: A kind of step, or one with its subject: ``routed``, ``routed/triage``, ``noted/rights_requested``.
Trigger = str
_Amount = Annotated[int, remedy("write a whole number above 0, such as amount: 3", gt=0, le=100_000)]
_Unit = Annotated[TimeUnit, remedy("write working_days, days, working_hours, hours, minutes or seconds")]
_WarnRatio = Annotated[float, remedy("write a number above 0 and up to 1, such as warn_ratio: 0.7", gt=0, le=1)]
_Triggers = Annotated[frozenset[Trigger], remedy(KINDS)]
_SomeTriggers = Annotated[frozenset[Trigger], remedy(KINDS, min_length=1)]


class Classified(Protocol):
    """The properties on which a variant of a stage can depend."""

    @property
    def type(self) -> str | None: ...
    @property
    def urgency(self) -> str | None: ...
    @property
    def category(self) -> str | None: ...


class Term(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long something may take, and the share of the working time until the warning; 1: no warning."""

    amount: _Amount
    unit: _Unit
    warn_ratio: _WarnRatio = 1

    def shorter(self, other: Term) -> bool:
        """Whether it surely gives less time than ``other``; a working day counts as any other."""
        return self.amount * _SECONDS[self.unit] < other.amount * _SECONDS[other.unit]

    @property
    def in_words(self) -> str:
        """``3 hari kerja``."""
        return f"{self.amount} {UNIT_WORDS[self.unit]}"


class Rung(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of the escalation ladder: the time after the breach, and the recipients."""

    after: Term
    to: Annotated[tuple[str, ...], remedy("write head and codes of units.yaml: [head, SETDA]", min_length=1)]


class Pause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The steps that stop the clock for a while, and for how long at most."""

    during: _SomeTriggers
    amount: _Amount
    unit: _Unit

    @property
    def bound(self) -> Term:
        """The time until the clock runs again at the latest."""
        return Term(amount=self.amount, unit=self.unit)


class Variant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another term for complaints of some type, urgency or category; an empty set means any, None the stage's value."""

    type: frozenset[str] = frozenset()
    urgency: frozenset[str] = frozenset()
    category: frozenset[str] = frozenset()
    amount: _Amount | None = None
    unit: _Unit | None = None
    warn_ratio: _WarnRatio | None = None
    quiet: bool | None = None
    escalation: tuple[Rung, ...] = ()  # its own ladder; empty: the stage's

    def fits(self, complaint: Classified) -> bool:
        """Whether the variant is for ``complaint``."""
        wanted = ((self.type, complaint.type), (self.urgency, complaint.urgency), (self.category, complaint.category))
        return all(not allowed or value in allowed for allowed, value in wanted)


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One promise of a policy; ``region/soppeng/sla.yaml`` explains each field."""

    starts: _SomeTriggers
    amount: _Amount
    unit: _Unit
    ends: _Triggers = frozenset()
    stops: _Triggers = frozenset()
    warn_ratio: _WarnRatio = 1
    at_deadline: Annotated[Literal["breached", "lapsed"], remedy("write breached or lapsed")] = "breached"
    quiet: bool = False
    parallel: bool = False
    pause: Pause | None = None
    escalation: tuple[Rung, ...] = ()
    variants: tuple[Variant, ...] = ()
    about: str = ""
    name: str = ""

    @property
    def term(self) -> Term:
        """The term of complaints that no variant is for."""
        return Term(amount=self.amount, unit=self.unit, warn_ratio=self.warn_ratio)

    def term_of(self, complaint: Classified) -> Term:
        """Return the term for ``complaint``: that of the first variant that fits, or else the stage's own."""
        variant = self._variant_of(complaint)
        return self.varied(variant) if variant else self.term

    def quiet_for(self, complaint: Classified) -> bool:
        """Whether the clock of ``complaint`` only announces events that call for action."""
        variant = self._variant_of(complaint)
        return self.quiet if variant is None or variant.quiet is None else variant.quiet

    def _variant_of(self, complaint: Classified) -> Variant | None:
        return next((variant for variant in self.variants if variant.fits(complaint)), None)

    def ladder_of(self, term: Term) -> tuple[Rung, ...]:
        """Return the escalation ladder of a clock that runs for ``term``."""
        own = (variant.escalation for variant in self.variants if variant.escalation and self.varied(variant) == term)
        return next(own, self.escalation)

    @property
    def ladders(self) -> tuple[tuple[Rung, ...], ...]:
        """Every ladder of the stage."""
        return (self.escalation, *(variant.escalation for variant in self.variants))

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term of the stage."""
        bounds = (self.pause.bound,) if self.pause else ()
        return (
            self.term,
            *map(self.varied, self.variants),
            *bounds,
            *(rung.after for ladder in self.ladders for rung in ladder),
        )

    def varied(self, variant: Variant) -> Term:
        """Return the term of the complaints that ``variant`` is for."""
        return Term(
            amount=variant.amount or self.amount,
            unit=variant.unit or self.unit,
            warn_ratio=variant.warn_ratio or self.warn_ratio,
        )


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named set of stages, and the dates of the complaints that it is for."""

    stages: dict[str, Stage]
    valid_from: date = date.min
    valid_until: date = date.max
    confirmed: bool = True
    about: str = ""
    name: str = ""

    def holds(self, day: date) -> bool:
        """Whether the policy is for complaints received on ``day``."""
        return self.valid_from <= day <= self.valid_until


class Sla(Struct, frozen=True, kw_only=True):
    """All policies; ``default`` names those of new complaints: the first that holds counts."""

    policies: Mapping[str, Policy]
    default: tuple[str, ...]

    def on(self, day: date) -> Policy:
        """Return the policy of complaints received on ``day``."""
        chosen = (self.policies[name] for name in self.default)
        return next((policy for policy in chosen if policy.holds(day)), self.policies[self.default[-1]])


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    policies: Annotated[dict[str, Policy], Meta(min_length=1)]
    default: Annotated[
        str | Annotated[list[str], Meta(min_length=1)],
        remedy("write the name of a policy, or a list of them whose dates join"),
    ]
    extends: Annotated[str, remedy("write a path to another region folder, such as ../soppeng")] = ""


def read_sla(source: Source) -> Sla:
    """Read ``sla.yaml``.

    Raises:
        RegionError: it does not fit or contradicts itself; every mistake is named.
    """
    file = parse(source, _File)
    default = (file.default,) if isinstance(file.default, str) else tuple(file.default)
    sla = Sla(policies={name: _named(name, policy) for name, policy in file.policies.items()}, default=default)
    refuse([*_contradictions(source, sla), *_default(source, sla)])
    return sla


def _named(name: str, policy: Policy) -> Policy:
    return replace(policy, name=name, stages={key: replace(stage, name=key) for key, stage in policy.stages.items()})


def _default(source: Source, sla: Sla) -> Iterator[Problem]:
    known = [sla.policies[name] for name in sla.default if name in sla.policies]
    for policy in known:
        where = ("policies", policy.name, "stages")
        for stage in NEEDED_STAGES - policy.stages.keys():
            advice = f"add {stage}, or make another policy the default"
            yield source.wrong(where, f"the default policy has no stage {stage}", advice)
        completion = policy.stages.get(StageName.COMPLETION)
        pause = completion.pause if completion else None
        # If the reporter does not answer, only the end of the pause returns the complaint to the unit that asked.
        if completion and (pause is None or ASKED not in pause.during):
            advice = f"add pause: {{during: [{ASKED}], amount: 5, unit: working_days}}"
            problem = "nothing ends the wait for a reporter who does not answer"
            yield source.wrong((*where, StageName.COMPLETION, *(("pause",) if pause else ())), problem, advice)
    yield from _gaps(source, sorted(known, key=lambda policy: policy.valid_from))


def _gaps(source: Source, ordered: list[Policy]) -> Iterator[Problem]:
    """Report days without a policy: from the first ``valid_from`` on, each policy must begin when another ends."""
    for one, other in pairwise(ordered):
        if one.valid_until < other.valid_from - timedelta(days=1):
            problem = f"no policy is for complaints between {one.valid_until} and {other.valid_from}"
            yield source.wrong(("default",), problem, f"let {other.name} begin the day after {one.name} ends")
    if ordered and (ordered[0].valid_from != date.min or all(each.valid_until != date.max for each in ordered)):
        advice = "leave valid_from off the earliest and valid_until off the latest"
        yield source.wrong(("default",), "there are days for which no policy holds", advice)


def _contradictions(source: Source, sla: Sla) -> Iterator[Problem]:
    for policy in sla.policies.values():
        where = ("policies", policy.name)
        if policy.valid_from > policy.valid_until:
            yield source.wrong((*where, "valid_from"), "it is after valid_until", "write the date as 2026-03-23")
        for stage in policy.stages.values():
            yield from _in_stage(source, (*where, "stages", stage.name), stage)


def _in_stage(source: Source, where: Where, stage: Stage) -> Iterator[Problem]:
    for name in sorted(stage.starts & stage.stops):
        yield source.wrong((*where, "stops"), f"{name} both starts and stops it", f"take {name} out of one of the two")
    for name in sorted(stage.pause.during & stage.ends) if stage.pause else ():
        advice = f"take {name} out of during, or out of ends"
        yield source.wrong((*where, "pause", "during"), f"{name} both pauses and ends it", advice)
    if stage.name == StageName.CLOSING and stage.at_deadline != "lapsed":
        yield source.wrong((*where, "at_deadline"), "the time for closing lapses", "write at_deadline: lapsed")
    yield from _not_rising(source, (*where, "escalation"), stage.escalation)
    for n, variant in enumerate(stage.variants):
        if not (variant.type or variant.urgency or variant.category):
            advice = "say for which type, urgency or category, or change the stage itself"
            yield source.wrong((*where, "variants", n), "it is for all complaints", advice)
        yield from _not_rising(source, (*where, "variants", n, "escalation"), variant.escalation)
        # A running clock knows its term, and finds its ladder by it.
        if stage.ladder_of(stage.varied(variant)) != (variant.escalation or stage.escalation):
            advice = "give it another amount, or the same escalation"
            problem = "another variant has the same time and another ladder"
            yield source.wrong((*where, "variants", n), problem, advice)


def _not_rising(source: Source, where: Where, ladder: tuple[Rung, ...]) -> Iterator[Problem]:
    for n, (lower, higher) in enumerate(pairwise(rung.after for rung in ladder), 1):
        if not lower.shorter(higher):
            advice = "let each step come later after the breach than the one before"
            yield source.wrong((*where, n, "after"), "the ladder does not rise", advice)


def check_hours(source: Source, sla: Sla, calendar: Calendar) -> Iterator[Problem]:
    """Report each stage that promises working hours that ``calendar`` does not have."""
    for policy in sla.policies.values() if not calendar.office_hours else ():
        for stage in policy.stages.values():
            if any(term.unit == "working_hours" for term in stage.terms):
                where = ("policies", policy.name, "stages", stage.name, "unit")
                advice = "add office_hours to calendar.yaml, or promise working_days"
                yield source.wrong(where, "the calendar has no office hours", advice)
