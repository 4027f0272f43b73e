"""Finds the kecamatan and the desa in a text, minding names that are near-identical, nested or common words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from chassis.region import read_region
from classifier.domain import Place

_WORD = re.compile(r"[^\W\d_]+(?:['’‘`´ʔ][^\W\d_]*)?")
_TWICE = re.compile(r"\b([^\W\d_]{3,}) ?2\b")
_DOUBLE = re.compile(r"([^\W\d_])\1")
_KECAMATAN_CUES = {"kec", "kecamatan", "kecmatan", "camat"}
_KELURAHAN_CUES = {"kel", "kelurahan", "klurahan", "lurah"}
_DESA_CUES = {"desa", "ds", "kades", "kantor desa"}
_CUES = _KECAMATAN_CUES | _KELURAHAN_CUES | _DESA_CUES
_SHORT_CUES = {"kel", "ds"}
#: Words of an address: what stands before them is a name.
_ADDRESS = _KECAMATAN_CUES | {"kab", "kabupaten", "rt", "rw", "soppeng", "dusun", "lingkungan"}
#: Other kabupaten have names like villages here.
_ELSEWHERE = {"kab", "kabupaten", "kota", "kodya"}
_AT = {"di", "ri", "dari", "ke", "pasar", "kampung", "terminal", "daerah", "warga"}
#: Shorter names and stems are too close to each other, and to words, to guess a spelling.
_FUZZY_LENGTH = 6
_FUZZY_CUED, _FUZZY_FREE = 84, 92
#: Names of at least so many letters are known by all but one of them.
_ONE_SLIP = 7
_FUZZY_LEAD = 3
_REMEMBERED = 50_000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A name in the gazetteer. ``weak`` places (a capital, a hamlet) yield to everything else."""

    kecamatan: str
    desa: str | None = None
    kelurahan: bool = False
    ambiguous: bool = False
    adverb: bool = False
    weak: bool = False


class _Spellings(dict[tuple[str, str], Entry | None]):
    """What a misspelt word after a cue may mean; found once, for messages repeat their words."""

    def __init__(self, names: dict[tuple[str, ...], tuple[Entry, ...]]) -> None:
        super().__init__()
        self._names = {
            key[0]: found[0]
            for key, found in names.items()
            if len(key) == 1 and len(key[0]) >= _FUZZY_LENGTH and not found[0].ambiguous
        }

    def __missing__(self, asked: tuple[str, str]) -> Entry | None:
        found = self._find(*asked)
        if len(self) < _REMEMBERED:
            self[asked] = found
        return found

    def _find(self, word: str, cue: str) -> Entry | None:
        """After a cue a likely name of that kind, elsewhere only a long and near-certain one."""
        cued = cue in _CUES
        if len(word) < _FUZZY_LENGTH:
            return None
        wanted = {
            name: entry
            for name, entry in self._names.items()
            if not cued or (entry.desa is None) == (cue in _KECAMATAN_CUES)
        }
        found = process.extract(word, wanted.keys(), scorer=fuzz.ratio, limit=4, score_cutoff=75)
        if not found or not (found[0][1] >= _FUZZY_CUED if cued else _near(word, *found[0][:2])):
            return None
        best = wanted[found[0][0]]
        rivals = [score for name, score, _ in found[1:] if wanted[name] != best]
        return None if rivals and found[0][1] - rivals[0] < _FUZZY_LEAD else best


def _near(word: str, name: str, score: float) -> bool:
    """Without a cue: a long name, and near-certain or one slip away with its first letter kept."""
    long = len(word) >= _FUZZY_LENGTH + 2 and score >= _FUZZY_FREE
    return long or (len(name) >= _ONE_SLIP and word[0] == name[0] and Levenshtein.distance(word, name) == 1)


@dataclass(frozen=True, kw_only=True)
class Gazetteer:
    """Names by their words, folded; the longest match wins."""

    names: dict[tuple[str, ...], tuple[Entry, ...]]
    firsts: frozenset[str]
    longest: int
    spellings: _Spellings


@dataclass(frozen=True)
class _Token:
    folded: str
    capital: bool
    ends: bool


@dataclass(frozen=True)
class _Hit:
    entry: Entry
    at: int
    cued: bool


def fold(word: str) -> str:
    """Lower case without apostrophes, doubled letters of longer words written once."""
    bare = re.sub(r"['’‘`´ʔ]", "", word).lower()
    return _DOUBLE.sub(r"\1", bare) if len(bare) >= _FUZZY_LENGTH else bare


def load_gazetteer(region: Path) -> Gazetteer:
    """The gazetteer of ``territory.yaml``.

    Raises:
        RegionError: the file is missing or is not YAML.
    """
    territory = read_region(region, "territory.yaml")
    names: dict[tuple[str, ...], tuple[Entry, ...]] = {}
    for name, entry in _entries(territory):
        key = tuple(fold(word) for word in _WORD.findall(name))
        if entry not in names.get(key, ()):
            names[key] = (*names.get(key, ()), entry)
    return Gazetteer(
        names=names,
        firsts=frozenset(key[0] for key in names),
        longest=max(map(len, names)),
        spellings=_Spellings(names),
    )


def _entries(territory: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    for kecamatan in territory["kecamatan"]:
        for name in (kecamatan["name"], *kecamatan.get("aliases", ())):
            yield name, Entry(kecamatan=kecamatan["name"])
        for village in kecamatan["villages"]:
            entry = Entry(
                kecamatan=kecamatan["name"],
                desa=village["name"],
                kelurahan=village["kind"] == "kelurahan",
                ambiguous=bool(village.get("ambiguous")),
                adverb=village.get("ambiguous") == "adverb",
            )
            for name in (village["name"], *village.get("aliases", ())):
                yield name, entry
    for other in territory.get("others", ()):
        yield other["name"], Entry(kecamatan=other["kecamatan"], desa=other.get("desa"), weak=True)


def place_names(gazetteer: Gazetteer) -> list[str]:
    """Every name of a kecamatan or desa once, in a fixed order: places to put into practice texts."""
    entries = {entry for found in gazetteer.names.values() for entry in found if not entry.weak}
    return sorted({entry.desa or entry.kecamatan for entry in entries})


def find_place(gazetteer: Gazetteer, text: str) -> Place:
    """The place that ``text`` names; all fields are None where it names none."""
    hits = list(_hits(gazetteer, _tokens(text)))
    kecamatan = [h for h in hits if h.entry.desa is None and not h.entry.weak]
    villages = [h for h in hits if h.entry.desa is not None and not h.entry.weak]
    said = next((h.entry.kecamatan for h in sorted(kecamatan, key=lambda h: not h.cued)), None)
    mentioned = {h.entry.kecamatan for h in kecamatan}
    village = min(villages, key=lambda h: (h.entry.kecamatan not in mentioned, not h.cued, h.at), default=None)
    if village is not None:
        home = village.entry.kecamatan
        stated = home if home in mentioned else said
        return Place(kecamatan=home, desa=village.entry.desa, stated=stated, conflict=stated not in (None, home))
    if said is not None:
        return Place(kecamatan=said, stated=said)
    weak = next((h.entry for h in hits if h.entry.weak), None)
    return Place(kecamatan=weak.kecamatan, desa=weak.desa) if weak else Place()


def _tokens(text: str) -> list[_Token]:
    text = _TWICE.sub(r"\1-\1", text)
    shouted = text.upper() == text
    found = list(_WORD.finditer(text))
    tokens = []
    for i, match in enumerate(found):
        gap = text[match.end() : found[i + 1].start()] if i + 1 < len(found) else "."
        word = match.group()
        tokens.append(_Token(fold(word), word[0].isupper() and not shouted, any(c in ".,;:()!?\n" for c in gap)))
    return tokens


def _hits(gazetteer: Gazetteer, tokens: list[_Token]) -> Iterator[_Hit]:
    at = 0
    while at < len(tokens):
        length, hit = _match(gazetteer, tokens, at)
        if hit is not None:
            yield hit
        at += length


def _match(gazetteer: Gazetteer, tokens: list[_Token], at: int) -> tuple[int, _Hit | None]:
    if tokens[at].folded not in gazetteer.firsts:
        return 1, _guess(gazetteer, tokens, at)
    for length in range(min(gazetteer.longest, len(tokens) - at), 0, -1):
        entries = gazetteer.names.get(tuple(t.folded for t in tokens[at : at + length]))
        if entries:
            return length, _accept(gazetteer, tokens, at, length, entries)
    return 1, _guess(gazetteer, tokens, at)


def _cue(tokens: list[_Token], at: int) -> str:
    return tokens[at - 1].folded if at else ""


def _accept(
    gazetteer: Gazetteer, tokens: list[_Token], at: int, length: int, entries: tuple[Entry, ...]
) -> _Hit | None:
    """Which of the places of one name is meant, or None when the word is only a word here."""
    cue = _cue(tokens, at)
    # "taman kota Watansoppeng" is here; a hamlet is no kecamatan, but elsewhere one may have its name.
    weak = all(e.weak for e in entries)
    if cue in (_KECAMATAN_CUES | {"kab", "kabupaten"} if weak else _ELSEWHERE):
        return None
    desa = next((e for e in entries if e.desa and not e.weak), None)
    kecamatan = next((e for e in entries if not e.desa), None)
    if desa and cue in _DESA_CUES | _KELURAHAN_CUES and _fits(desa, cue, tokens, at + length):
        return _Hit(desa, at, True)
    if kecamatan and (cue in _KECAMATAN_CUES or desa is None):
        return _Hit(kecamatan, at, cue in _KECAMATAN_CUES)
    if kecamatan:
        return _Hit(kecamatan, at, False)
    if desa is None:
        return _Hit(entries[0], at, False)
    if not desa.ambiguous:
        return _Hit(desa, at, False)
    named = at > 0 and tokens[at].capital and not tokens[at - 1].ends
    alone = tokens[at].ends or at + length == len(tokens) or not tokens[at + length].capital
    located = (length > 1 and (cue in _AT or named)) or (named and cue in _AT and alone and not desa.adverb)
    beside = _beside(gazetteer, tokens, at + length, desa.kecamatan) and (not desa.adverb or tokens[at].capital)
    if located or beside or (cue in _KECAMATAN_CUES and tokens[at].capital):
        return _Hit(desa, at, False)
    return None


def _fits(desa: Entry, cue: str, tokens: list[_Token], after: int) -> bool:
    """Whether a cue makes an ambiguous name a place: "kel. sering dapat" and "di desa sering banjir" do not."""
    if not desa.ambiguous:
        return True
    if cue in _SHORT_CUES and desa.kelurahan != (cue == "kel"):
        return False
    last = tokens[after - 1]
    follows = tokens[after].folded if after < len(tokens) else ""
    return not desa.adverb or last.capital or last.ends or follows in _ADDRESS


def _beside(gazetteer: Gazetteer, tokens: list[_Token], after: int, kecamatan: str) -> bool:
    if after < len(tokens) and tokens[after].folded in _KECAMATAN_CUES:
        after += 1
    for length in (2, 1):
        entries = gazetteer.names.get(tuple(t.folded for t in tokens[after : after + length]), ())
        if any(e.desa is None and not e.weak and e.kecamatan == kecamatan for e in entries):
            return True
    return False


def _guess(gazetteer: Gazetteer, tokens: list[_Token], at: int) -> _Hit | None:
    cue = _cue(tokens, at)
    cued = cue in _CUES
    entry = gazetteer.spellings[tokens[at].folded, cue if cued else ""]
    return _Hit(entry, at, cued) if entry else None
