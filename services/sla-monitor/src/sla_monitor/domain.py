"""What a region promises, as data: policies, their stages, and what starts, ends, pauses and escalates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from sla_monitor.calendar import Calendar

Unit = Literal["working_days", "days", "working_hours", "hours", "seconds"]
#: A kind of step, or one with what it was about: ``routed``, ``routed/triage``, ``noted/rights_requested``.
Trigger = str


class Classified(Protocol):
    """What a variant of a stage can depend on."""

    @property
    def type(self) -> str | None: ...
    @property
    def urgency(self) -> str | None: ...
    @property
    def category(self) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class Term:
    """How long something may take, and after which share of the working time to warn."""

    amount: int
    unit: Unit
    warn_ratio: float = 1


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A step of the escalation ladder: so long after the breach these hear of it."""

    after: Term
    to: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Pause:
    """What stops the clock for a while, and for how long at most."""

    during: frozenset[Trigger]
    bound: Term


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Another term for complaints of some type, urgency or category; an empty set means any."""

    term: Term
    type: frozenset[str] = frozenset()
    urgency: frozenset[str] = frozenset()
    category: frozenset[str] = frozenset()

    def fits(self, complaint: Classified) -> bool:
        """Whether ``complaint`` is one of those."""
        wanted = ((self.type, complaint.type), (self.urgency, complaint.urgency), (self.category, complaint.category))
        return all(not allowed or value in allowed for allowed, value in wanted)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One promise of a policy; ``region/soppeng/sla.yaml`` says what each field means."""

    name: str
    term: Term
    starts: frozenset[Trigger]
    ends: frozenset[Trigger] = frozenset()
    stops: frozenset[Trigger] = frozenset()
    at_deadline: Literal["breached", "lapsed"] = "breached"
    variants: tuple[Variant, ...] = ()
    pause: Pause | None = None
    escalation: tuple[Rung, ...] = ()
    quiet: bool = False
    parallel: bool = False

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term in it."""
        bounds = (self.pause.bound,) if self.pause else ()
        return (self.term, *(v.term for v in self.variants), *bounds, *(rung.after for rung in self.escalation))

    def term_of(self, complaint: Classified) -> Term:
        """The term for ``complaint``: that of the first variant that fits, else the stage's own."""
        return next((variant.term for variant in self.variants if variant.fits(complaint)), self.term)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A named set of stages, and from which to which day's complaints it is for."""

    name: str
    stages: Mapping[str, Stage]
    valid_from: date = date.min
    valid_until: date = date.max
    confirmed: bool = True

    def holds(self, day: date) -> bool:
        """Whether it is for complaints received on ``day``."""
        return self.valid_from <= day <= self.valid_until


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All that a region decides about time. ``default`` names the policies of new complaints; the first that holds."""

    policies: Mapping[str, Policy]
    default: tuple[str, ...]
    calendar: Calendar

    def policy_at(self, received_at: datetime) -> Policy:
        """The policy of a complaint that was received then."""
        day = received_at.astimezone(self.calendar.timezone).date()
        chosen = (self.policies[name] for name in self.default)
        return next((policy for policy in chosen if policy.holds(day)), self.policies[self.default[-1]])

    def policy(self, name: str, received_at: datetime) -> Policy:
        """The policy ``name``; if it was taken out of the file meanwhile, the one for then."""
        return self.policies.get(name) or self.policy_at(received_at)
