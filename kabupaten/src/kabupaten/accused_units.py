"""Finds the units that a text accuses: those whose own conduct it is about, not those that it calls upon or thanks."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from contracts.vocabulary import UnitRole
from kabupaten.categories import Category
from kabupaten.phrases import Found, Matches, Phrases, tokenise
from kabupaten.routing import KECAMATAN, Routing
from kabupaten.sentences import sentences
from kabupaten.spelling import plain
from kabupaten.territory import same_place
from kabupaten.units import Unit, Units

#: Longer sentences, in characters, are split.
LONGEST = 1000
#: Most words between somebody and a deed that things and other people do too; farther apart, somebody else did it.
REACH = 8
#: Most words between outsiders and the deed; farther apart, it is not theirs.
CLOSE = 3
#: Most words between a deed in the passive and "oleh" with its doer.
SUFFERED = 8


class Kind(StrEnum):
    """How a text names somebody; if two kinds fit the same words, the first one here counts."""

    NAME = "name"
    PEOPLE = "people"
    SITE = "sites"
    OTHER = "others"
    OFFICIAL = "officials"
    COUNTER = "counters"


#: Kinds that never act themselves.
PLACES = (Kind.SITE, Kind.COUNTER)


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """Somebody named from word ``start`` to before word ``end``; ``units`` are theirs, empty if the text names none."""

    start: int
    end: int
    kind: Kind
    units: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UnitNames:
    """How citizens name units and their people. ``keeps_order``: the units that handle complaints themselves."""

    names: Phrases
    people: Phrases
    sites: Phrases
    rows: Mapping[str, Unit]
    keeps_order: frozenset[str]


def unit_names(units: Units) -> UnitNames:
    """Collect the words of citizens for ``units``: names and aliases, their people, their sites."""
    names, people, sites = Phrases(), Phrases(), Phrases()
    for unit in units.rows:
        names.add(unit.code, filter(None, map(_named, (unit.name, *unit.aliases))), {})
        people.add(unit.code, unit.people, {})
        sites.add(unit.code, unit.sites, {})
    keeps_order = frozenset(unit.code for unit in units.rows if unit.has_role)
    return UnitNames(names=names, people=people, sites=sites, rows=units.by_code, keeps_order=keeps_order)


#: The head of "Dinas Pendidikan" is "kadis pendidikan", and the head of "dishub" is "kadishub".
_HEADED = {"dinas": "dinas/kadis/kadin/kadisnya", "badan": "badan/kaban"}


def _named(name: str) -> str:
    first, *rest = tokenise(plain(name)).words or [""]
    if rest:
        return " ".join([_HEADED.get(first, first), *rest])
    return f"{first}/ka{first}" if first.startswith(("dis", "din")) else first


def owners_of(units: Units, categories: Mapping[str, Category]) -> dict[str, str]:
    """Map each category to its unit, if it has one, but never to the unit that looks at conduct: it judges others."""
    judge = units.holder(UnitRole.CONDUCT)
    return {name: its.unit for name, its in categories.items() if its.unit and its.unit != judge}


def leads_of(routing: Routing) -> dict[tuple[str, str], str | None]:
    """Map a category's matter to the unit that leads by a rule, or to None if the rule hands it over."""
    leads: dict[tuple[str, str], str | None] = {}
    for rule in routing.rules:
        if rule.lead != KECAMATAN and (rule.lead or rule.hand_over):
            for about in product(rule.categories, rule.matters):
                leads.setdefault(about, rule.lead)
    return leads


def units_accused(
    lexicon: Phrases,
    units: UnitNames,
    text: str,
    owner: str | None = None,
    kecamatan: str | None = None,
    *,
    of_conduct: bool = False,
) -> tuple[str, ...]:
    """Name the units whose own conduct the text is about. ``text`` is lower case.

    Slowness accuses only units that handle complaints themselves: slowness of the others is an everyday complaint. An
    official without a stated unit counts for the unit spoken of last, or else for ``owner``, the unit of the text's
    category. Officials that every kecamatan has count for that of ``kecamatan``, if the text names it. If the complaint
    as a whole is ``of_conduct``, the first one who acts in it counts, even if no word of the lexicon says what was
    done.
    """
    accused: list[str] = []
    acting: list[str] = []
    spoken_of: list[str] = []
    for line in lines(text):
        said = lexicon.search(tokenise(line))
        named = [one for one in _all_named(units, said) if not _is_called(lexicon, said, one)]
        if "neglect" in said:
            slow = (code for one in named if one.kind in (Kind.NAME, Kind.PEOPLE) for code in one.units)
            accused += (code for code in slow if code in units.keeps_order)
        offices = [one for one in named if one.units]
        deeds = _deeds(lexicon, said)
        for deed, plainly in deeds:
            for doer in _doers(said, named, deed, plainly=plainly):
                before = [one for one in offices if one.end <= doer.start]
                here = [code for one in before for code in _whose(units, one, (), None, kecamatan)]
                accused += _whose(units, doer, [*spoken_of, *here], owner, kecamatan)
        if of_conduct and not deeds and not acting and (one := _acting(said, named)):
            acting += _whose(units, one, spoken_of, owner, kecamatan)
        spoken_of += (code for one in offices for code in _whose(units, one, (), None, kecamatan))
    return tuple(dict.fromkeys(accused or acting))


def units_meant(
    lexicon: Phrases, units: UnitNames, text: str, owner: str | None, kecamatan: str | None
) -> tuple[str, ...]:
    """Name the units that ``text``, in lower case, most likely means: those that it names first, or else ``owner``.

    Used when it may accuse. Empty if it names outsiders too: it may mean them.
    """
    named = [one for line in lines(text) for one in _all_named(units, lexicon.search(tokenise(line)))]
    if any(one.kind == Kind.OTHER for one in named):
        return ()
    return next((tuple(codes) for one in named if (codes := _whose(units, one, (), owner, kecamatan))), ()) or (
        (owner,) if owner else ()
    )


def units_perhaps_meant(
    lexicon: Phrases, units: UnitNames, text: str, owner: str | None, kecamatan: str | None
) -> tuple[str, ...]:
    """Name all units that ``text``, in lower case, may accuse: those that it names without calling upon them."""
    found: list[str] = []
    for line in lines(text):
        said = lexicon.search(tokenise(line))
        for one in _all_named(units, said):
            if not _is_called(lexicon, said, one):
                found += _whose(units, one, found, owner, kecamatan)
    return tuple(dict.fromkeys(found))


def tells_of_misconduct(lexicon: Phrases, text: str) -> bool:
    """Whether ``text``, in lower case, plainly tells of misconduct by anybody, neither denied nor only asked about."""
    return any(plainly for line in lines(text) for _, plainly in _deeds(lexicon, lexicon.search(tokenise(line))))


def names_people(lexicon: Phrases, units: UnitNames, text: str) -> bool:
    """Whether ``text``, in lower case, names people who work, or may work, for the government."""
    said = [lexicon.search(tokenise(line)) for line in lines(text)]
    return any(
        "roles" in each or any(one.kind in (Kind.PEOPLE, Kind.OFFICIAL) for one in _all_named(units, each))
        for each in said
    )


def names_government(lexicon: Phrases, units: UnitNames, text: str) -> bool:
    """Whether ``text``, in lower case, names an office, its place, or people who work for the government."""
    said = [lexicon.search(tokenise(line)) for line in lines(text)]
    return any("roles" in each or any(one.kind != Kind.OTHER for one in _all_named(units, each)) for each in said)


def units_named(lexicon: Phrases, units: UnitNames, text: str) -> frozenset[str]:
    """Name the units that ``text``, in lower case, mentions by name or through their people, whatever the reason."""
    return frozenset(
        code
        for line in lines(text)
        for one in _all_named(units, lexicon.search(tokenise(line)))
        if one.kind in (Kind.NAME, Kind.PEOPLE)
        for code in one.units
    )


def lines(text: str) -> Iterator[str]:
    """Split ``text`` into sentences, and overlong ones into pieces: every word is compared with all words before it."""
    for sentence in sentences(text):
        line = plain(sentence)
        yield from (line,) if len(line) <= LONGEST else textwrap.wrap(line, LONGEST)


def _all_named(units: UnitNames, said: Matches) -> list[Somebody]:
    """List everybody whom a sentence names, in order; where names overlap, the longest counts."""
    found = [
        Somebody(start=start, end=end, kind=kind, units=tuple(codes))
        for kind, phrases in ((Kind.NAME, units.names), (Kind.PEOPLE, units.people), (Kind.SITE, units.sites))
        for (start, end), codes in _spans(phrases.search(said.tokens)).items()
    ]
    for kind in (Kind.OTHER, Kind.OFFICIAL, Kind.COUNTER):
        found += (Somebody(start=one.start, end=one.end, kind=kind) for one in said[kind])
    ranks = list(Kind)
    kept: list[Somebody] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, ranks.index(one.kind), one.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return _of_their_offices(units, said, sorted(kept, key=lambda one: one.start))


def _acting(said: Matches, named: Sequence[Somebody]) -> Somebody | None:
    """Find the first of a unit's people who is not the victim; None if an outsider comes before."""
    for one in named if "inquiries" not in said and "harmless" not in said else ():
        if one.kind == Kind.OTHER:
            return None
        if one.kind == Kind.PEOPLE and not _is_target(said, one):
            return one
    return None


def _spans(found: Matches) -> dict[tuple[int, int], list[str]]:
    spans: dict[tuple[int, int], list[str]] = {}
    for code in found.found:
        for start, end in dict.fromkeys((one.start, one.end) for one in found[code]):
            spans.setdefault((start, end), []).append(code)
    return spans


def _of_their_offices(units: UnitNames, said: Matches, named: Sequence[Somebody]) -> list[Somebody]:
    """Join people and the office that follows them: "petugas puskesmas", "pegawai di capil".

    If the people have units already, the office only selects one of these, or names one below them; "kades di Kecamatan
    Ganra" stays a kades.
    """
    at = {each.start for each in said["at"]}
    joined: list[Somebody] = []
    for one in named:
        last = joined[-1] if joined else None
        if (
            last
            and last.kind in (Kind.OFFICIAL, Kind.PEOPLE)
            and one.kind in (Kind.NAME, Kind.SITE)
            and (one.start == last.end or (one.start == last.end + 1 and last.end in at))
            and (whose := _whose_together(units, last, one))
        ):
            joined[-1] = replace(last, end=one.end, kind=Kind.PEOPLE, units=whose)
        else:
            joined.append(one)
    return joined


def _whose_together(units: UnitNames, people: Somebody, office: Somebody) -> tuple[str, ...]:
    """Return the units of ``people`` at ``office``; empty if they belong to another one and only stand beside it."""
    rows = [units.rows[code] for code in office.units]
    if not people.units or any(row.code in people.units or row.supervisor in people.units for row in rows):
        return office.units
    return people.units if any(row.kecamatan for row in rows) else ()


def _deeds(lexicon: Phrases, said: Matches) -> list[tuple[Found, bool]]:
    """List the deeds that are neither denied nor only asked about, and whether the words plainly say misconduct."""
    if "inquiries" in said:
        return []
    found = sorted(
        [(deed, True) for deed in said["misconduct"]] + [(deed, False) for deed in said["manners"]],
        key=lambda each: (each[0].start, not each[1], -each[0].end),
    )
    return [each for each in found if "denied" not in lexicon.search(said.tokens.cut(0, each[0].start))]


def _doers(said: Matches, named: Sequence[Somebody], deed: Found, *, plainly: bool) -> Sequence[Somebody]:
    """Find the doers of ``deed``: neither its victims nor people who are only mentioned beside it."""
    first = said.tokens.words[deed.start]
    if first.startswith("oknum"):
        it = [one for one in named if one.start in (deed.start, deed.end) and one.end > deed.end]
        return [one for one in it if one.kind != Kind.OTHER]
    suffered = first.startswith("di") and first != "di"
    after = [one for one in named if one.start >= deed.end]
    if suffered and (by := next((one for one in after if _is_by(said, deed.end, one.start)), None)):
        return [] if by.kind == Kind.OTHER else [by]
    if any(one.kind == Kind.OTHER and one.start <= deed.start < one.end for one in named):
        return []
    before = [one for one in named if one.end <= deed.start]
    if suffered:
        before = [one for one in before if one.kind != Kind.OTHER and (plainly or not _suffers(said, one, deed))]
    if before and before[-1].kind == Kind.OTHER and deed.start - before[-1].end <= CLOSE:
        return []
    near = before if plainly else _near(before, deed, 2 * REACH if suffered else REACH)
    if doers := [one for one in near if one.kind != Kind.OTHER]:
        return _and_who_stands_with(said, doers)
    within = [one for one in named if deed.start < one.start and one.end <= deed.end and one.kind != Kind.OTHER]
    return within[:1] or _told_after(said, after, deed, plainly=plainly)


def _near(before: Sequence[Somebody], deed: Found, reach: int) -> Sequence[Somebody]:
    """Return those of ``before`` who may have done a deed that others do too: people within ``reach``, not places."""
    acting = [one for one in before if one.kind not in PLACES]
    return acting if acting and acting[-1].kind != Kind.OTHER and deed.start - acting[-1].end <= reach else ()


def _told_after(said: Matches, named: Sequence[Somebody], deed: Found, *, plainly: bool) -> Sequence[Somebody]:
    """Find the doer named behind the deed: "pungli di capil", and right behind it "kasar sekali perawatnya"."""
    for one in named:
        if one.kind == Kind.OTHER:
            return []
        if not _is_target(said, one) and (plainly or (one.kind not in PLACES and one.start <= deed.end + 1)):
            return [one]
    return []


def _and_who_stands_with(said: Matches, before: Sequence[Somebody]) -> list[Somebody]:
    """Return the last of ``before``, and those before it that are joined to it by "dan"."""
    joined = {at for one in said["joined"] for at in range(one.start, one.end)}
    found = [before[-1]]
    for one in reversed(before[:-1]):
        between = range(one.end, found[-1].start)
        if one.kind == Kind.OTHER or not between or not all(at in joined for at in between):
            break
        found.append(one)
    return found


def _is_by(said: Matches, end: int, start: int) -> bool:
    """Whether somebody at ``start`` did what ended before ``end``: right behind it, or after "oleh" and the like."""
    by = {one.start for one in said["by"]}
    return start <= end + 1 or (start - end <= SUFFERED and start - 1 in by)


def _suffers(said: Matches, one: Somebody, deed: Found) -> bool:
    """Whether somebody stands right before a deed in the passive: "guru dipukul", but not "di puskesmas dipukul"."""
    at = {each.start for each in said["at"]}
    return one.kind in (Kind.PEOPLE, Kind.OFFICIAL) and deed.start - one.end <= 1 and one.start - 1 not in at


def _is_target(said: Matches, one: Somebody) -> bool:
    """Whether the deed was done to them: "minta uang dari guru", "ke tiap kepala desa"."""
    return one.kind in (Kind.PEOPLE, Kind.OFFICIAL) and one.start - 1 in {to.end - 1 for to in said["targets"]}


def _is_called(lexicon: Phrases, said: Matches, one: Somebody) -> bool:
    """Whether somebody is called upon, thanked, looked for, or only a place, so not accused; outsiders never are."""
    if one.kind == Kind.OTHER:
        return False
    tokens = said.tokens
    before = lexicon.search(tokens.cut(0, one.start))
    if any(name in before for name in ("called_before", "wanted", "hired", "beside")):
        return True
    after = lexicon.search(tokens.cut(one.end, len(tokens.words)))
    if "addressed" in lexicon.search(tokens.cut(0, one.end)):
        comma = tokens.text[tokens.spans[one.end - 1][1] :].lstrip().startswith(",")
        if comma or "addressed_after" in after:
            return True
    if "called_after" not in after or "not_called_after" in after:
        return False
    call = after["called_after"][0]
    if any(people.start >= call.end for people in after["own_people"]):
        return False
    return not any(deed.end <= call.end for name in ("misconduct", "manners") for deed in after[name])


def _whose(
    units: UnitNames, doer: Somebody, spoken_of: Sequence[str], owner: str | None, kecamatan: str | None
) -> Sequence[str]:
    """Return the units of ``doer``: its own, or else the one that the text spoke of last, or else the category's."""
    if doer.kind == Kind.NAME:
        return doer.units
    if not doer.units:
        return spoken_of[-1:] or ([owner] if owner else [])
    if len(doer.units) > 1:  # every kecamatan has such people: take that of the place, or the unit over all
        places = {code: same_place(place) for code in doer.units if (place := units.rows[code].kecamatan)}
        here = [
            code
            for code, place in places.items()
            if code in spoken_of or (kecamatan and place == same_place(kecamatan))
        ]
        return here or [code for code in doer.units if code not in places]
    # "Perawat" may work at the hospital, which another unit supervises.
    meant = (units.rows[code] for code in (*spoken_of[-1:], owner) if code and code in units.rows)
    return [unit.code for unit in meant if unit.supervisor in doer.units][:1] or doer.units
