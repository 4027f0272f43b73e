"""Reads ``routing.yaml``: offices outside the kabupaten, and rules that say more than a complaint's category."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from msgspec import Struct

from kabupaten.problems import Problem, refuse
from kabupaten.source import Source
from kabupaten.territory import same_place
from kabupaten.validate import Words, parse, remedy

#: In ``lead`` and ``support``: the camat of the place, whichever it is.
KECAMATAN = "kecamatan"
#: In ``hand_over``: the target for the kabupaten of the place, whichever it is.
KABUPATEN = "kabupaten"
_Named = Annotated[str | list[str], remedy("write a name, or a list of names")]
_Email = Annotated[
    str, remedy("write an address, such as pengaduan@contoh.go.id", pattern=r"^[^\s@<>,]+@[^\s@<>,]+\.[^\s@<>,]+$")
]
_Days = Annotated[int, remedy("write the days, 1 to 180", ge=1, le=180)]
_Reminders = Annotated[
    tuple[_Days, ...], remedy("write up to five days, such as [10, 30], or [] for never", max_length=5)
]
_Share = Annotated[float, remedy("write a number above 0 and up to 1, such as 0.75", gt=0, le=1)]


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An office outside the kabupaten. ``contact`` is public, None while nobody has confirmed it.

    ``places``, from ``elsewhere`` in territory.yaml, are in the kabupaten that this office governs; the target with
    ``others`` has all places that no target names. ``email`` is the office's address for letters: the desk sends it
    what was handed over, with a link to answer for ``answer_days``, and a reminder ``remind_days`` after the letter. No
    page and no event shows the address.
    """

    name: Words
    contact: Words | None = None
    places: tuple[Words, ...] = ()
    others: bool = False
    email: _Email | None = None
    answer_days: _Days = 30
    remind_days: _Reminders | None = None

    @property
    def reminders(self) -> tuple[int, ...]:
        """How many days after the letter a silent office is reminded: by default after a third, and at the end."""
        given = (self.answer_days // 3, self.answer_days) if self.remind_days is None else self.remind_days
        return tuple(sorted({max(1, day) for day in given}))


@dataclass(frozen=True, kw_only=True)
class RoutingRule:
    """A row of the routing table; an empty condition always holds.

    ``hand_over`` names a target, or is ``KABUPATEN``; else ``lead`` is a unit, ``KECAMATAN``, or None for the unit of
    the category. ``accused``: none of these units may read a complaint about another of them, so the rule names the
    target; the unit that looks at officials hands it over there. ``protected``: the rule is for complaints that name a
    victim, and is tried before anything doubtful.
    """

    reason: str
    categories: frozenset[str] = frozenset()
    matters: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    accused: frozenset[str] = frozenset()
    protected: bool = False
    hand_over: str | None = None
    lead: str | None = None
    support: tuple[str, ...] = ()


class Similar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How similar two complaints are, from 0 to 1, to be shown to triage, and to be merged without a person."""

    suggest: _Share = 0.75
    merge: _Share | None = None


class Powers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units that may correct what others do.

    ``superiors`` may take a complaint from its unit and instruct it, once its delay was escalated to them;
    ``lower_darurat`` may say that something is not a danger. For ``undo_minutes`` a person may take back their own
    action, and for ``undo_days`` the triage unit may.
    """

    superiors: tuple[str, ...] = ()
    lower_darurat: tuple[str, ...] = ()
    undo_minutes: Annotated[int, remedy("write the minutes, 1 to 1440", ge=1, le=1440)] = 10
    undo_days: Annotated[int, remedy("write the days, 1 to 60", ge=1, le=60)] = 30


@dataclass(frozen=True, kw_only=True)
class Routing:
    """``rules`` in their order: the first match wins. ``boilerplate`` are phrases that do not say what was done."""

    targets: dict[str, Target]
    rules: tuple[RoutingRule, ...]
    boilerplate: tuple[str, ...]
    similar: Similar
    powers: Powers


class _When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    category: _Named = []
    matter: _Named = []
    type: _Named = []
    place: _Named = []
    accused: _Named = []
    protected: bool = False


class _Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    when: _When
    reason: Words
    hand_over: str | None = None
    lead: str | None = None
    support: tuple[str, ...] = ()


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    targets: dict[str, Target] = {}
    rules: tuple[_Rule, ...] = ()
    boilerplate: tuple[Words, ...] = ()
    similar: Similar = Similar()
    powers: Powers = Powers()


def guardians(rules: Iterable[RoutingRule]) -> frozenset[str]:
    """Return the units that get complaints naming a victim: the leads of rules with ``protected``."""
    return frozenset(rule.lead for rule in rules if rule.protected and rule.lead)


def government_of(targets: Mapping[str, Target], elsewhere: str | None) -> str | None:
    """Name the target for the place ``elsewhere`` of another kabupaten; None without such a target or place."""
    if elsewhere is None:
        return None
    its = (code for code, target in targets.items() if elsewhere in target.places)
    return next(its, None) or next((code for code, target in targets.items() if target.others), None)


def read_routing(source: Source) -> Routing:
    """Read ``routing.yaml``.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    file = parse(source, _File)
    refuse([*_check_rules(source, file.rules), *_check_similar(source, file.similar)])
    return Routing(
        targets=file.targets,
        rules=tuple(map(_rule, file.rules)),
        boilerplate=file.boilerplate,
        similar=file.similar,
        powers=file.powers,
    )


def _rule(row: _Rule) -> RoutingRule:
    return RoutingRule(
        reason=row.reason,
        categories=frozenset(_many(row.when.category)),
        matters=frozenset(_many(row.when.matter)),
        types=frozenset(_many(row.when.type)),
        places=frozenset(map(same_place, _many(row.when.place))),
        accused=frozenset(_many(row.when.accused)),
        protected=row.when.protected,
        hand_over=row.hand_over,
        lead=row.lead,
        support=row.support,
    )


def _many(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _check_rules(source: Source, rules: tuple[_Rule, ...]) -> Iterator[Problem]:
    for n, row in enumerate(rules):
        if row.when == _When():
            advice = "say for which category, matter, type or place it holds, whom it accuses or that it is protected"
            yield source.wrong(("rules", n, "when"), "a rule for everything", advice)
        if (row.hand_over is None) == (row.lead is None and not row.support):
            problem = "a rule hands over or names units, one of the two"
            yield source.wrong(("rules", n), problem, "write hand_over: TARGET, or lead: and support:")
        if row.when.accused and row.hand_over in (None, KABUPATEN):
            yield source.wrong(("rules", n), "who is accused has no one above", "write hand_over: TARGET")
        if row.when.protected and row.lead in (None, KECAMATAN):
            yield source.wrong(("rules", n), "what is protected has no unit", "write lead: with a code of units.yaml")


def _check_similar(source: Source, similar: Similar) -> Iterator[Problem]:
    if similar.merge is not None and similar.merge < similar.suggest:
        advice = "a person is asked before the router is sure: merge must not be below suggest"
        yield source.wrong(("similar", "merge"), f"{similar.merge} is below suggest, {similar.suggest}", advice)
