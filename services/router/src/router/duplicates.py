"""Finds complaints about the same thing by keys and a score, and says when a machine may merge them. Pure.

A complaint has a few dozen keys: bands of a MinHash of its text, and its category with its place. Complaints that share
one are compared; all others are never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

import msgspec
from rapidfuzz import fuzz
from rensa import RMinHash

from contracts.events import Place, Similar, UnitRouted
from contracts.vocabulary import ACTIVE, Why
from router.case import Case, Out, is_apart, is_rahasia, known, supporters
from router.merging import merge, why_not
from router.rules import Rules
from router.snapshot import snapshot, tell_unit
from router.transfers import Changes, kept_from, triage_unit_of

_replace = msgspec.structs.replace

#: Older complaints are about another trouble, or the same one that came back.
WINDOW = timedelta(days=14)
#: The most suggestions that a person is shown.
SHOWN = 3
#: 16 bands of 2: texts that share half of their pieces meet in 99 of 100 cases, those that share a tenth in 15.
_BANDS, _ROWS, _SEED, _PIECE = 16, 2, 1708, 4
_COMPARED_LETTERS = 2_000
#: A machine merges only nearly equal texts, and only soon after.
_SAME_TEXT, _SOON = 0.95, timedelta(days=3)
#: Words of two letters are particles such as "di"; a mistyped word still has this percentage of its letters in place.
_JOINT, _TYPO = 2, 80


def plain(text: str) -> str:
    """``text`` as it is compared: the words of its beginning in lower case, one space between them."""
    return " ".join(re.findall(r"\w+", text[:_COMPARED_LETTERS].casefold()))


def keys(case: Case) -> list[str]:
    """Return the keys that let ``case`` find others and be found; a confidential or restricted case has no keys."""
    return [] if _kept_apart(case) else [*_bands(plain(known(case).text)), *_places(case)]


def _kept_apart(case: Case) -> bool:
    return is_rahasia(case) or case.restricted


def _bands(text: str) -> list[str]:
    pieces = sorted({text[i : i + _PIECE] for i in range(max(1, len(text) - _PIECE + 1))})
    sketch = RMinHash(num_perm=_BANDS * _ROWS, seed=_SEED)
    sketch.update(pieces)
    digest = sketch.digest()
    bands = (digest[band * _ROWS : (band + 1) * _ROWS] for band in range(_BANDS))
    return [f"t{n}:{'-'.join(map(str, values))}" for n, values in enumerate(bands)]


def _place(case: Case) -> Place:
    return case.classified.place if case.classified else Place()


def _where(case: Case) -> tuple[str | None, str | None]:
    """(kecamatan, desa), read from the text or, failing that, as stated."""
    place = _place(case)
    return place.kecamatan or place.stated, place.desa


def _places(case: Case) -> list[str]:
    kecamatan, desa = _where(case)
    return [
        f"{kind}:{case.category}:{name}" for kind, name in (("k", kecamatan), ("d", desa)) if name and case.category
    ]


def score(case: Case, other: Case) -> Similar | None:
    """Return how likely ``other`` is about the same thing, 0 to 1, and why; None if place or time speak against it.

    The text counts seven tenths, the place two, the time one; another category takes 15 hundredths off.
    """
    near, where = _nearness(case, other)
    apart = abs(known(case).received_at - known(other).received_at)
    if near is None or apart > WINDOW:
        return None
    text = _likeness(case, other)
    total = 0.7 * text + 0.2 * near + 0.1 * (1 - apart / WINDOW)
    same_category = case.category is not None and case.category == other.category
    if not same_category:
        total -= 0.15
    kind = "kategori sama" if same_category else "kategori lain"
    reason = f"teks {text:.0%} sama, {kind}, {where}, {_span(apart)}"
    return Similar(ticket=other.parent or other.ticket, score=round(min(1.0, max(0.0, total)), 3), reason=reason)


def _likeness(case: Case, other: Case) -> float:
    one, two = plain(known(case).text), plain(known(other).text)
    # The order of words matters little; the longer text's surplus counts a little less than its share.
    return (fuzz.token_sort_ratio(one, two) + fuzz.token_set_ratio(one, two)) / 200


def _nearness(case: Case, other: Case) -> tuple[float | None, str]:
    (kecamatan, desa), (its_kecamatan, its_desa) = _where(case), _where(other)
    if (kecamatan and its_kecamatan and kecamatan != its_kecamatan) or (desa and its_desa and desa != its_desa):
        return None, "tempat lain"
    if desa and its_desa:
        return 1.0, f"tempat sama ({desa})"
    if kecamatan and its_kecamatan:
        return 0.75, f"kecamatan sama ({kecamatan})"
    return 0.4, "tempat tidak jelas"


def _span(apart: timedelta) -> str:
    return f"selisih {apart.days} hari" if apart.days else f"selisih {apart.seconds // 3600} jam"


def rank(rules: Rules, case: Case, others: Iterable[Case]) -> list[Similar]:
    """Return the best of ``others`` at or above the bar, best first; one for each work item."""
    best: dict[str, Similar] = {}
    for other in others:
        apart = other.ticket == case.ticket or other.received is None or _kept_apart(other) or _kept_apart(case)
        apart = apart or is_apart(case) or is_apart(other)  # a complaint that was split off stays apart
        found = None if apart else score(case, other)
        if found and found.score >= rules.similar_suggest and found.ticket != case.ticket:
            best[found.ticket] = max(found, best.get(found.ticket, found), key=lambda each: each.score)
    return sorted(best.values(), key=lambda each: (-each.score, each.ticket))[:SHOWN]


def compared(rules: Rules, cases: Mapping[str, Case], case: Case, others: Iterable[Case]) -> tuple[Changes, list[Out]]:
    """Look at ``others``: merge ``case`` into the one that is surely the same, or suggest the likely ones to triage."""
    if case.status not in ACTIVE or case.merged:
        return {}, []
    ranked = [each for each in rank(rules, case, others) if not _kept_apart(cases[each.ticket])]
    found = [each for each in ranked if not why_not(rules, case, cases[each.ticket])]
    for each in found:
        parent = cases[each.ticket]
        sure = rules.similar_merge is not None and each.score >= rules.similar_merge and _surely(case, parent)
        if sure and {parent.unit, *supporters(parent)}.isdisjoint(kept_from(rules, case)):
            changes, outs = merge(rules, case, parent, reason=f"laporan yang sama: {each.reason}")
            told = tell_unit(
                changes[case.ticket], Why.WITHDRAWN, unit=case.unit, reason=f"digabung dengan {parent.ticket}"
            )
            return changes, [*outs, *told]
    return _suggest(rules, case, found) if found else ({}, [])


def _surely(case: Case, parent: Case) -> bool:
    """Whether no person need look: nobody acted on it, and another channel brought the same just before."""
    one, two = known(case), known(parent)
    first, second = plain(one.text), plain(two.text)
    (kecamatan, desa), (its_kecamatan, its_desa) = _where(case), _where(parent)
    return (
        not case.triage_acted
        and one.channel != two.channel
        and case.category is not None
        and case.category == parent.category
        and ((desa or "-") == its_desa or (kecamatan or "-") == its_kecamatan)
        and sorted(re.findall(r"\d+", first)) == sorted(re.findall(r"\d+", second))
        and fuzz.token_sort_ratio(first, second) / 100 >= _SAME_TEXT
        and _says_no_more(first, second)
        and _says_no_more(second, first)
        and timedelta(0) <= one.received_at - two.received_at <= _SOON
    )


def _says_no_more(text: str, other: str) -> bool:
    """Whether each word of ``text`` is in ``other``, misspelt or not: in a long text, one street is few letters."""
    words = [word for word in text.split() if len(word) != _JOINT]
    return all(any(fuzz.ratio(word, its) >= _TYPO for its in other.split()) for word in words)


def _suggest(rules: Rules, case: Case, found: list[Similar]) -> tuple[Changes, list[Out]]:
    case = _replace(case, similar=found)
    to = triage_unit_of(rules, case)
    reason = "mungkin sama dengan " + ", ".join(each.ticket for each in found)
    return {case.ticket: case}, [UnitRouted(why=Why.SIMILAR, unit=to, complaint=snapshot(case, to), reason=reason)]
