"""The rules that decide who gets a complaint, by the region's units, categories and routing table. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo

import msgspec

from contracts.events import OnDuty
from contracts.vocabulary import ComplaintType, Lane, Urgency
from kabupaten.desks import CONDUCT_CATEGORY, conduct_unit, first_not, triage_unit
from kabupaten.on_duty import Shift
from kabupaten.routing import KABUPATEN, KECAMATAN, Powers, RoutingRule, Target, government_of
from kabupaten.territory import same_place
from kabupaten.units import Unit

#: The lane of complaints for an office outside: no unit works on them, and no event carries this lane.
OUTSIDE = "hand-over"
#: Danger to life: a person looks immediately, whichever unit will get it.
DANGER = f"mendesak ({Urgency.DARURAT})"
PERHAPS_ACCUSING, UNSURE = "mungkin menyangkut perilaku aparatur", "isi laporan belum dapat dikenali dengan yakin"
#: Why the conduct unit gets a complaint: it is about officials' conduct, or about the units named after ``ABOUT``.
OF_CONDUCT, ABOUT = "menyangkut perilaku aparatur", "laporan tentang "
_URGENCIES: tuple[str, ...] = tuple(Urgency)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The region's data, as the rules need it.

    ``unit_of_category`` has every category, with its lead unit or None; ``named`` has the categories' names for people.
    ``camat`` has the unit of each kecamatan. Units begin and end at midnight in ``zone``.
    ``admin`` is the LAPOR admin, ``conduct`` the conduct unit, which judges officials; ``last_resort`` gets complaints
    that no other unit may have. ``heirs``, filled by ``in_force``, has the unit that does each unit's work that day.
    ``boilerplate`` are phrases that don't say what was done. Two complaints are shown as similar from the score
    ``similar_suggest``, and may be merged without a person from ``similar_merge`` (None: never).
    ``contacts`` are public numbers and addresses of offices: they are not masked. Proofs and links may lead to
    ``evidence_hosts`` (``contracts.links.listed``); files below ``desk_photos`` are the desk's own.
    ``on_duty`` has the shifts of each unit. ``evidence_keys`` has each intake's key, which signs the links to the
    attachments that this intake keeps. ``powers`` says who may correct what others do.
    A complaint of a category in ``confirmed`` is closed only after somebody else has confirmed its resolution; one of
    a category in ``proved`` can't be resolved without a proof.
    """

    units: Mapping[str, Unit]
    unit_of_category: Mapping[str, str | None]
    admin: str
    conduct: str
    last_resort: str
    zone: tzinfo
    named: Mapping[str, str] = field(default_factory=dict)
    camat: Mapping[str, str] = field(default_factory=dict)
    on_duty: Mapping[str, Sequence[Shift]] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    routing: tuple[RoutingRule, ...] = ()
    heirs: Mapping[str, str] = field(default_factory=dict)
    boilerplate: Sequence[str] = ()
    contacts: Collection[str] = ()
    evidence_hosts: Collection[str] = ()
    desk_photos: str = ""
    evidence_keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    similar_suggest: float = 0.75
    similar_merge: float | None = None
    powers: Powers = field(default_factory=Powers)
    confirmed: Collection[str] = ()
    proved: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Understood:
    """The facts about a complaint that decide its assignment.

    ``perhaps_about`` are units that it may accuse, though not surely: another unit looks at it first.
    ``apart``: it was added to another complaint and split off, because it may accuse the units that work on that one;
    ``apart_from`` are those units.
    """

    category: str | None
    matter: str | None = None
    type: str = ComplaintType.PENGADUAN
    kecamatan: str | None = None
    elsewhere: str | None = None
    abstained: bool = False
    urgency: str = Urgency.SEDANG
    about_units: Collection[str] = ()
    protected: bool = False
    perhaps_accusing: bool = False
    perhaps_about: Collection[str] = ()
    apart: bool = False
    apart_from: Collection[str] = ()
    place_conflict: bool = False
    spam: bool = False


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """``lane`` is one of the contract, or ``OUTSIDE``, where ``unit`` is a target's code; ``reason`` is for people."""

    lane: str
    unit: str
    reason: str
    support: list[str] = field(default_factory=list)


def in_force(rules: Rules, at: datetime) -> Rules:
    """Return ``rules`` as of ``at``: only units valid that day, each other one replaced by its successor.

    A unit without a valid successor is still named, so that a caller sees that it is no longer in ``units``.
    """
    day = at.astimezone(rules.zone).date()
    valid = {code: unit for code, unit in rules.units.items() if unit.valid(day)}
    if len(valid) == len(rules.units):
        return rules
    heirs = {code: heir(rules.units, code, day) or code for code in rules.units}

    def now(code: str) -> str:
        return heirs.get(code, code)

    return replace(
        rules,
        units=valid,
        unit_of_category={key: unit and now(unit) for key, unit in rules.unit_of_category.items()},
        admin=now(rules.admin),
        conduct=now(rules.conduct),
        last_resort=now(rules.last_resort),
        camat={name: now(unit) for name, unit in rules.camat.items()},
        routing=tuple(
            replace(
                rule,
                lead=rule.lead and now(rule.lead),
                support=tuple(map(now, rule.support)),
                accused=frozenset(map(now, rule.accused)),
            )
            for rule in rules.routing
        ),
        heirs=heirs,
        powers=msgspec.structs.replace(
            rules.powers,
            superiors=tuple(map(now, rules.powers.superiors)),
            lower_darurat=tuple(map(now, rules.powers.lower_darurat)),
        ),
    )


def heir(units: Mapping[str, Unit], code: str, day: date) -> str | None:
    """Return the unit that does the work of ``code`` on ``day``: itself, or the first valid one of its successors."""
    seen: set[str] = set()
    follow: str | None = code
    while follow is not None and follow in units and follow not in seen:
        if units[follow].valid(day):
            return follow
        seen.add(follow)
        follow = units[follow].successor
    return None


def accused(rules: Rules, about: Iterable[str]) -> list[str]:
    """Return the units that a complaint is about, and the heirs of their work: citizens use old names for years.

    Units that are accused together (``RoutingRule.accused``) are all included: they may not read about each other.
    """
    about = list(about)
    today = dict.fromkeys([*about, *(rules.heirs.get(unit, unit) for unit in about)])
    rule = _above(rules, today)
    return list(dict.fromkeys([*today, *(sorted(rule.accused) if rule else ())]))


def _above(rules: Rules, about: Iterable[str]) -> RoutingRule | None:
    """Return the rule for complaints about these units: it names the office above them."""
    return next((rule for rule in rules.routing if not rule.accused.isdisjoint(about)), None)


def supervisor(rules: Rules, unit: str) -> str:
    """Return the unit that reviews the work of ``unit``: its supervisor, or else the last resort."""
    named = rules.units[unit].supervisor if unit in rules.units else None
    return rules.heirs.get(named, named) if named else rules.last_resort


def judge(rules: Rules, about: Collection[str], judged: Collection[str], first: str) -> str:
    """Return the unit that decides about the work of ``judged``: ``first``, or the next neither judged nor ``about``.

    If no such unit exists, a judged one decides rather than an accused one: somebody must.
    """
    desks = (first, rules.last_resort, rules.conduct, rules.admin, *rules.powers.superiors)
    found = first_not(rules, [*about, *judged], *desks)
    return first_not(rules, about, *desks) if found in judged or found in about else found


def lane_of(rules: Rules, unit: str) -> str:
    """Return the lane of complaints that a person gives to ``unit``: units with a role decide, others work."""
    return Lane.TRIAGE if unit in (rules.admin, rules.conduct, rules.last_resort) else Lane.UNIT


def triage(rules: Rules, about: Collection[str], reason: str) -> Assignment:
    """Assign it to the triage unit, where a person decides."""
    return Assignment(lane=Lane.TRIAGE, unit=triage_unit(rules, about), reason=reason)


def conduct_desk(rules: Rules, about: Collection[str], reason: str) -> Assignment:
    """Assign it to the conduct unit or, if that is accused, to the last resort."""
    return Assignment(lane=Lane.TRIAGE, unit=conduct_unit(rules, about), reason=reason)


def assign(rules: Rules, found: Understood) -> Assignment:
    """Assign a complaint to the unit or office responsible, or to the triage lane if a person should look first."""
    about = accused(rules, found.about_units)
    first = next((rule for rule in rules.routing if _applies(rules, rule, found)), None)
    above = _above(rules, about)
    kept_from = _kept_from(rules, found, about)
    if first and first.protected and not above and first.lead not in (*about, *found.apart_from):
        return _for_victim(rules, found, first, kept_from)
    if judges := [unit for unit in (rules.admin, rules.conduct) if unit in about]:
        return triage(rules, about, f"{ABOUT}{', '.join(dict.fromkeys(judges))}, yang menilai laporan lain")
    if above:
        target = rules.targets[above.hand_over or ""].name
        return conduct_desk(rules, about, f"{above.reason}: limpahkan ke {target}")
    # An unsure guess that names no unit is treated like any other: it is no work for the inspectorate yet.
    conduct = found.category == CONDUCT_CATEGORY and bool(about or not found.abstained)
    # In danger the triage unit is faster, and is not accused; but a complaint that names a victim gets few readers.
    if about and not conduct and (found.protected or found.urgency != Urgency.DARURAT):
        named = ", ".join(found.about_units)
        return conduct_desk(rules, about, f"{ABOUT}{named} tidak diteruskan ke {named}")
    doubt = _doubt(rules, found, elsewhere=first is not None and first.hand_over == KABUPATEN)
    rule = None if doubt else first
    # A rule with a matter may be about officials of other governments: no unit here may judge them.
    if rule and rule.hand_over and (not conduct or (rule.matters and not about)):
        to = government_of(rules.targets, found.elsewhere) if rule.hand_over == KABUPATEN else rule.hand_over
        return Assignment(lane=OUTSIDE, unit=to or "", reason=rule.reason)
    if conduct:
        return conduct_desk(rules, kept_from, OF_CONDUCT)
    return triage(rules, kept_from, doubt) if doubt else _to_unit(rules, found, rule)


def _kept_from(rules: Rules, found: Understood, about: Sequence[str]) -> Sequence[str]:
    """Return ``about`` and, in doubt, the units that it may accuse: another one has to look first."""
    if not found.perhaps_accusing:
        return about
    own = rules.unit_of_category.get(found.category or "")
    return accused(rules, [*about, *found.perhaps_about, *([own] if own == rules.admin else [])])


def _for_victim(rules: Rules, found: Understood, rule: RoutingRule, about: Collection[str]) -> Assignment:
    """Assign it to the unit for victims; the conduct unit helps if an official did it, or may have done it."""
    to = _to_unit(rules, found, rule)
    if not (about or found.perhaps_accusing or found.category == CONDUCT_CATEGORY):
        return to
    desk = conduct_desk(rules, about, to.reason).unit
    support = [*(unit for unit in to.support if unit not in about), *([desk] if desk != to.unit else [])]
    return replace(to, support=list(dict.fromkeys(support)))


def _doubt(rules: Rules, found: Understood, *, elsewhere: bool) -> str | None:
    """Say why a person should look before any rule is asked; a complaint from ``elsewhere`` is for no unit here."""
    if found.urgency == Urgency.DARURAT:
        return DANGER
    # Officials elsewhere don't work here; but a complaint split off from one here is not sent away unseen.
    if found.perhaps_accusing and (found.apart or not elsewhere):
        return PERHAPS_ACCUSING
    if found.category is None or (found.abstained and not elsewhere):
        return UNSURE
    if found.spam:
        return "tampaknya bukan laporan"
    if found.place_conflict:
        return "tempat yang disebut tidak cocok dengan kecamatannya"
    if found.category not in rules.unit_of_category:
        return f"{_kategori(rules, found)} tidak dikenal di kabupaten ini"
    return None


def _applies(rules: Rules, rule: RoutingRule, found: Understood) -> bool:
    return (
        not rule.accused
        and (found.protected or not rule.protected)
        and (not rule.categories or found.category in rule.categories)
        and (not rule.matters or found.matter in rule.matters)
        and (not rule.types or found.type in rule.types)
        and (not rule.places or same_place(found.kecamatan or "") in rule.places)
        and (rule.lead != KECAMATAN or _camat(rules, found) is not None)
        and (rule.hand_over != KABUPATEN or government_of(rules.targets, found.elsewhere) is not None)
    )


def _camat(rules: Rules, found: Understood) -> str | None:
    return rules.camat.get(same_place(found.kecamatan)) if found.kecamatan else None


def _kategori(rules: Rules, found: Understood) -> str:
    code = found.category or ""
    return f"kategori {rules.named.get(code, code)}"


def _to_unit(rules: Rules, found: Understood, rule: RoutingRule | None) -> Assignment:
    camat, reason = _camat(rules, found), rule.reason if rule else _kategori(rules, found)
    lead = rule.lead if rule and rule.lead else rules.unit_of_category[found.category or ""]
    if lead is None and camat:
        reason = f"{_kategori(rules, found)} tidak punya unit, jadi camat setempat"
    lead = camat if lead in (None, KECAMATAN) else lead
    if lead is None:
        return triage(rules, (), f"{_kategori(rules, found)} tidak punya unit di kabupaten ini")
    if lead not in rules.units:
        return triage(rules, (), f"{lead} tidak berlaku lagi dan belum punya pengganti")
    helpers = (camat if each == KECAMATAN else each for each in (rule.support if rule else ()))
    support = [each for each in dict.fromkeys(helpers) if each in rules.units and each != lead]
    return Assignment(lane=Lane.UNIT, unit=lead, reason=reason, support=[each for each in support if each])


def priority(urgency: str | None, confidence: float, reporters: int = 1) -> int:
    """Return the rank of a complaint in a worklist: the highest comes first, and among equals the oldest.

    Urgency counts most (10,000 for each level), then each further reporter (100, up to 98 of them), then how uncertain
    the classifier was (0 to 100). A complaint not classified yet counts as *sedang* and wholly uncertain.
    """
    rank = _URGENCIES.index(urgency) if urgency in _URGENCIES else _URGENCIES.index(Urgency.SEDANG)
    return 10_000 * rank + 100 * min(max(reporters - 1, 0), 98) + round(100 * (1 - min(max(confidence, 0.0), 1.0)))


def reached(rules: Rules, unit: str, at: datetime) -> list[OnDuty]:
    """List the people on duty who can be reached in ``unit`` at ``at``."""
    there = [shift for shift in rules.on_duty.get(unit, ()) if shift.confirmed]
    local = at.astimezone(rules.zone)
    return [OnDuty(unit=unit, name=each.name, number=each.number) for each in there if each.covers(local)]
