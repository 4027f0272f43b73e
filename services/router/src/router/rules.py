"""Who gets a complaint: pure rules over the region's units, categories and routing table."""

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

#: The lane of what goes to an office outside: no unit works on it, and it is never told on the wire.
OUTSIDE = "hand-over"
#: Danger to life: a person looks at once, whoever it will be for.
DANGER = f"mendesak ({Urgency.DARURAT})"
PERHAPS_ACCUSING, UNSURE = "mungkin menyangkut perilaku aparatur", "isi laporan belum dapat dikenali dengan yakin"
#: Who looks at officials has what accuses; with the other this begins, and then says whom.
OF_CONDUCT, ABOUT = "menyangkut perilaku aparatur", "laporan tentang "
_URGENCIES: tuple[str, ...] = tuple(Urgency)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """``unit_of_category`` has every category, with its lead unit if it has one; ``camat`` each kecamatan's unit.
    ``named`` is what people call a category, where it has a name.

    ``admin`` plays LAPOR admin, ``conduct`` looks at officials, ``last_resort`` gets what nobody else may have.
    ``heirs`` is filled by ``in_force``: who has the work of each unit on that day. ``boilerplate`` are phrases that say
    nothing of what was done; from ``similar_suggest`` on two complaints are shown as similar, from ``similar_merge`` on
    they are one, None: never without a person. Units come and go at midnight in ``zone``. ``contacts`` are numbers and
    addresses of offices: they are public and not masked. To ``evidence_hosts`` proofs and links may lead
    (``contracts.links.listed``), and what lies below ``desk_photos`` is the desk's own. ``on_duty`` are who can be
    reached in each unit. ``evidence_keys`` sign the links by which units open what citizens attached: the key of
    each intake, which keeps what it took. ``powers`` is who may put right what others do. Of the categories
    ``confirmed`` what is resolved is closed only when somebody else has confirmed it, and of those ``proved`` nothing
    is resolved without a proof.
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
    """What is known about a complaint when it is assigned.

    ``perhaps_about`` are units that it may accuse, though nobody for sure: none of them is who looks at it first.
    ``apart``: it was added to another, and may accuse who works on that; ``apart_from`` are those of them from whom it
    was taken, before they read it.
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
    """``lane`` is that of the wire, or ``OUTSIDE``, whose ``unit`` is a target; ``reason`` is for people."""

    lane: str
    unit: str
    reason: str
    support: list[str] = field(default_factory=list)


def in_force(rules: Rules, at: datetime) -> Rules:
    """``rules`` as of ``at``: only units that are valid that day, and in place of each other one its successor.

    A unit without a valid successor keeps its place, so that who meets it there sees that it is no unit any more.
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
    """Who has the work of ``code`` on ``day``: itself, or the first valid one in the chain of its successors."""
    seen: set[str] = set()
    follow: str | None = code
    while follow is not None and follow in units and follow not in seen:
        if units[follow].valid(day):
            return follow
        seen.add(follow)
        follow = units[follow].successor
    return None


def accused(rules: Rules, about: Iterable[str]) -> list[str]:
    """The units a complaint is about, and who has their work now: citizens use old names for long.

    Of those who are accused together (``RoutingRule.accused``) none may read what is about another.
    """
    about = list(about)
    today = dict.fromkeys([*about, *(rules.heirs.get(unit, unit) for unit in about)])
    rule = _above(rules, today)
    return list(dict.fromkeys([*today, *(sorted(rule.accused) if rule else ())]))


def _above(rules: Rules, about: Iterable[str]) -> RoutingRule | None:
    """The rule that says who is above those whom a complaint is about."""
    return next((rule for rule in rules.routing if not rule.accused.isdisjoint(about)), None)


def supervisor(rules: Rules, unit: str) -> str:
    """Who looks at what ``unit`` does not get right; the last resort if no other is named."""
    named = rules.units[unit].supervisor if unit in rules.units else None
    return rules.heirs.get(named, named) if named else rules.last_resort


def judge(rules: Rules, about: Collection[str], judged: Collection[str], first: str) -> str:
    """Who decides about what ``judged`` did: ``first``, or the next that is neither among them nor among ``about``.

    If only these are left, rather who did it than who is accused: nothing is nobody's.
    """
    desks = (first, rules.last_resort, rules.conduct, rules.admin, *rules.powers.superiors)
    found = first_not(rules, [*about, *judged], *desks)
    return first_not(rules, about, *desks) if found in judged or found in about else found


def lane_of(rules: Rules, unit: str) -> str:
    """In which lane ``unit`` gets what a person gives it: who plays a role decides, others work."""
    return Lane.TRIAGE if unit in (rules.admin, rules.conduct, rules.last_resort) else Lane.UNIT


def triage(rules: Rules, about: Collection[str], reason: str) -> Assignment:
    """To a person, with the reason."""
    return Assignment(lane=Lane.TRIAGE, unit=triage_unit(rules, about), reason=reason)


def conduct_desk(rules: Rules, about: Collection[str], reason: str) -> Assignment:
    """To who looks at officials, with the reason; that one accused, the last resort."""
    return Assignment(lane=Lane.TRIAGE, unit=conduct_unit(rules, about), reason=reason)


def assign(rules: Rules, found: Understood) -> Assignment:
    """Who is responsible for what was understood, or the triage lane when a person should look first."""
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
    # An unsure guess that accuses nobody is one like any other: no work for the inspectorate yet.
    conduct = found.category == CONDUCT_CATEGORY and bool(about or not found.abstained)
    # In danger who sorts is faster, and not accused; but what names a victim has few readers.
    if about and not conduct and (found.protected or found.urgency != Urgency.DARURAT):
        named = ", ".join(found.about_units)
        return conduct_desk(rules, about, f"{ABOUT}{named} tidak diteruskan ke {named}")
    doubt = _doubt(rules, found, elsewhere=first is not None and first.hand_over == KABUPATEN)
    rule = None if doubt else first
    # Officials who are not the kabupaten's are known by a matter; nobody here may look at them.
    if rule and rule.hand_over and (not conduct or (rule.matters and not about)):
        to = government_of(rules.targets, found.elsewhere) if rule.hand_over == KABUPATEN else rule.hand_over
        return Assignment(lane=OUTSIDE, unit=to or "", reason=rule.reason)
    if conduct:
        return conduct_desk(rules, kept_from, OF_CONDUCT)
    return triage(rules, kept_from, doubt) if doubt else _to_unit(rules, found, rule)


def _kept_from(rules: Rules, found: Understood, about: Sequence[str]) -> Sequence[str]:
    """``about``, and in doubt also those whom it may mean: a person looks first who is none of them."""
    if not found.perhaps_accusing:
        return about
    own = rules.unit_of_category.get(found.category or "")
    return accused(rules, [*about, *found.perhaps_about, *([own] if own == rules.admin else [])])


def _for_victim(rules: Rules, found: Understood, rule: RoutingRule, about: Collection[str]) -> Assignment:
    """To the unit for victims; who looks at officials helps where one of ours did it, or may have done it."""
    to = _to_unit(rules, found, rule)
    if not (about or found.perhaps_accusing or found.category == CONDUCT_CATEGORY):
        return to
    desk = conduct_desk(rules, about, to.reason).unit
    support = [*(unit for unit in to.support if unit not in about), *([desk] if desk != to.unit else [])]
    return replace(to, support=list(dict.fromkeys(support)))


def _doubt(rules: Rules, found: Understood, *, elsewhere: bool) -> str | None:
    """Why a person should look before any rule is asked. What is ``elsewhere`` is no unit's here, whatever it is."""
    if found.urgency == Urgency.DARURAT:
        return DANGER
    # Whom it may mean elsewhere does not work here. What was taken from a unit here is not sent away unseen.
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
    """In which order to work: the highest first, and among equals the oldest.

    Urgency counts before all else (each step 10,000), then each further reporter (100, up to 98 of them), then how
    uncertain the classifier was (0 to 100). What is not understood yet counts as *sedang* and wholly uncertain.
    """
    rank = _URGENCIES.index(urgency) if urgency in _URGENCIES else _URGENCIES.index(Urgency.SEDANG)
    return 10_000 * rank + 100 * min(max(reporters - 1, 0), 98) + round(100 * (1 - min(max(confidence, 0.0), 1.0)))


def reached(rules: Rules, unit: str, at: datetime) -> list[OnDuty]:
    """Who can be reached in ``unit`` at ``at``."""
    there = [shift for shift in rules.on_duty.get(unit, ()) if shift.confirmed]
    local = at.astimezone(rules.zone)
    return [OnDuty(unit=unit, name=each.name, number=each.number) for each in there if each.covers(local)]
