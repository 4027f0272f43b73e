"""Read which unit a text accuses: whose own conduct it is about, and not whom it calls upon or thanks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from classifier.text import plain
from contracts.vocabulary import UnitRole
from kabupaten.categories import Category
from kabupaten.phrases import Found, Matches, Phrases, Tokens, tokenise
from kabupaten.routing import KECAMATAN, Routing
from kabupaten.units import Units

_SENTENCE = re.compile(r"(?<!yth)[.!?;\n]+")
#: Characters between an official and the misconduct: farther apart they belong to different people.
REACH = 25
#: Characters of the longest sentence that is read whole.
LONGEST = 1000
#: Words between somebody and the deed: farther apart it is another's.
CLOSE = 3


@dataclass(frozen=True, kw_only=True)
class UnitNames:
    """How citizens name units. ``keeps_order``: those that play a role in the handling of complaints themselves."""

    names: Phrases
    codes: tuple[str, ...]
    keeps_order: frozenset[str]


def unit_names(units: Units) -> UnitNames:
    """Give the names and aliases by which citizens name each of ``units``."""
    names = Phrases()
    for unit in units.rows:
        names.add(unit.code, filter(None, map(_named, (unit.name, *unit.aliases))), {})
    keeps_order = frozenset(unit.code for unit in units.rows if unit.has_role)
    return UnitNames(names=names, codes=tuple(unit.code for unit in units.rows), keeps_order=keeps_order)


def _named(name: str) -> str:
    """Who heads "Dinas Pendidikan" is "kadis pendidikan"."""
    return re.sub(r"^dinas ", "dinas/kadis/kadin ", " ".join(tokenise(plain(name)).words))


def owners_of(units: Units, categories: Mapping[str, Category]) -> dict[str, str]:
    """Give each category's unit, where it has one; not who looks into conduct: that one judges, it is not meant."""
    judge = units.holder(UnitRole.CONDUCT)
    return {name: its.unit for name, its in categories.items() if its.unit and its.unit != judge}


def leads_of(routing: Routing) -> dict[tuple[str, str], str | None]:
    """Give who leads in a category's matter where a rule says so; None where it is handed over."""
    leads: dict[tuple[str, str], str | None] = {}
    for rule in routing.rules:
        if rule.lead != KECAMATAN and (rule.lead or rule.hand_over):
            for about in product(rule.categories, rule.matters):
                leads.setdefault(about, rule.lead)
    return leads


def units_accused(lexicon: Phrases, units: UnitNames, text: str, owner: str | None = None) -> tuple[str, ...]:
    """Name the units whose own conduct the text is about. ``text`` is lower case.

    Being slow is an accusation only against units that handle complaints themselves: of others it is their daily work.
    An official whose unit the text does not say is taken for one of ``owner``, the unit of the text's category.
    """
    accused: list[str] = []
    unnamed = False
    for line in lines(text):
        said = lexicon.search(tokenise(line))
        if "misconduct" not in said and "neglect" not in said:
            continue
        named = units.names.search(said.tokens)
        deeds = [d for d in said.apart("misconduct") if not _is_denied_or_of_others(lexicon, said, named, d)]
        for code in units.codes if deeds or "neglect" in said else ():
            if code not in accused and (deeds or code in units.keeps_order) and _is_named(lexicon, said, named[code]):
                accused.append(code)
        unnamed = unnamed or _by_an_official(lexicon, said, deeds)
    return tuple(accused) or ((owner,) if owner and unnamed else ())


def lines(text: str) -> Iterator[str]:
    """Give the sentences; one without an end in pieces: every word is held against all that stand before it."""
    for sentence in _SENTENCE.split(text):
        line = plain(sentence)
        yield from (line,) if len(line) <= LONGEST else textwrap.wrap(line, LONGEST)


def _is_denied_or_of_others(lexicon: Phrases, said: Matches, named: Matches, deed: Found) -> bool:
    """ "Tidak ada pungli", "preman yang memukul": nobody of the kabupaten did it."""
    tokens = said.tokens
    if "denied" in lexicon.search(tokens.cut(0, deed.start)):
        return True
    if _doer_follows(tokens, deed):
        return any(one.start >= deed.end and _is_by(said, deed.end, one.start) for one in said["others"])
    other = max((one for one in said.apart("others") if one.end <= deed.start), default=None)
    if other is None or deed.start - other.end > CLOSE:
        return False
    between = range(other.end, deed.start)
    found = [*said["officials"], *(one for names in named.found.values() for one in names)]
    return not any(one.start in between and one.end <= deed.start for one in found) and not any(
        one.start in between for one in said["suffering"]
    )


def _by_an_official(lexicon: Phrases, said: Matches, deeds: Sequence[Found]) -> bool:
    """An official stands close before the misconduct, or right behind it where it is told as suffered."""
    tokens = said.tokens
    deeds = [deed for deed in deeds if not tokens.words[deed.start].startswith("oknum")]
    for official in said.apart("officials") if deeds else ():
        before = lexicon.search(tokens.cut(0, official.start))
        after = lexicon.search(tokens.cut(official.end, len(tokens.words)))
        if "called_before" in before or "wanted" in before or "asked_to_act" in after:
            continue
        end = tokens.spans[official.end - 1][1]
        for deed in deeds:
            told_after = official.start <= deed.start and tokens.spans[deed.start][0] <= end + REACH
            suffered = tokens.words[deed.start].startswith("di") and deed.start < official.start
            if told_after or (suffered and _is_by(said, deed.end, official.start)):
                return True
    return False


def _doer_follows(tokens: Tokens, deed: Found) -> bool:
    return tokens.words[deed.start].startswith(("di", "oknum"))


def _is_by(said: Matches, end: int, start: int) -> bool:
    """Whether between a deed and somebody stand but "oleh seorang" and the like, and perhaps one word before them."""
    by = {one.start for one in said["by"]}
    return all(at in by for at in range(end + 1, start))


def _is_named(lexicon: Phrases, said: Matches, names: Sequence[Found]) -> bool:
    """Named other than to call upon it or to thank it."""
    for one in names:
        before = lexicon.search(said.tokens.cut(0, one.start))
        if not (
            "called_before" in before or "wanted" in before or "hired" in before or _is_called_after(lexicon, said, one)
        ):
            return True
    return False


def _is_called_after(lexicon: Phrases, said: Matches, name: Found) -> bool:
    """Called upon behind its name, and not that its own people are; "Inspektorat disuap supaya …" calls upon nobody."""
    after = lexicon.search(said.tokens.cut(name.end, len(said.tokens.words)))
    if "called_after" not in after or "not_called_after" in after:
        return False
    call = after["called_after"][0]
    if any(people.start >= call.end for people in after["own_people"]):
        return False
    return not any(deed.end <= call.end for deed in after["misconduct"])
