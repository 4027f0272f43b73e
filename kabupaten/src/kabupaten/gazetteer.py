"""The names of kecamatan, desa and other places around, and what a misspelt name may mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from kabupaten.spelling import WORD, fold
from kabupaten.territory import Territory

KECAMATAN_CUES = frozenset({"kec", "kecamatan", "kecmatan", "camat"})
KELURAHAN_CUES = frozenset({"kel", "kelurahan", "klurahan", "lurah"})
DESA_CUES = frozenset({"desa", "ds", "kades", "kantor desa"})
CUES = KECAMATAN_CUES | KELURAHAN_CUES | DESA_CUES
#: Shorter names and stems are too similar to each other, and to words, to guess a spelling.
_FUZZY_LENGTH = 6
_FUZZY_CUED, _FUZZY_FREE = 84, 92
#: Names of at least this many letters are recognized with one slip.
_ONE_SLIP = 7
_FUZZY_LEAD = 3
_REMEMBERED = 50_000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A name in the gazetteer. ``weak`` places (a capital, a hamlet) yield to others.

    ``foreign`` places are in another kabupaten, and have a ``name`` if they are on the list.
    """

    kecamatan: str
    desa: str | None = None
    kelurahan: bool = False
    ambiguous: bool = False
    adverb: bool = False
    weak: bool = False
    foreign: bool = False
    name: str = ""


#: A kabupaten that is not on the list.
ELSEWHERE = Entry(kecamatan="", foreign=True)


class _Spellings(dict[tuple[str, str], Entry | None]):
    """The places that a misspelt word after a cue may mean; each is found once, since messages repeat their words."""

    def __init__(self, names: dict[tuple[str, ...], tuple[Entry, ...]]) -> None:
        super().__init__()
        self._names = {
            key[0]: found[0]
            for key, found in names.items()
            if len(key) == 1 and len(key[0]) >= _FUZZY_LENGTH and not (found[0].ambiguous or found[0].foreign)
        }

    def __missing__(self, asked: tuple[str, str]) -> Entry | None:
        found = self._find(*asked)
        if len(self) < _REMEMBERED:
            self[asked] = found
        return found

    def _find(self, word: str, cue: str) -> Entry | None:
        """Find a likely name of the cue's kind; without a cue, only a long and nearly certain one."""
        cued = cue in CUES
        if len(word) < _FUZZY_LENGTH:
            return None
        wanted = {
            name: entry
            for name, entry in self._names.items()
            if not cued or (entry.desa is None) == (cue in KECAMATAN_CUES)
        }
        found = process.extract(word, wanted.keys(), scorer=fuzz.ratio, limit=4, score_cutoff=75)
        if not found or not (found[0][1] >= _FUZZY_CUED if cued else _near(word, *found[0][:2])):
            return None
        best = wanted[found[0][0]]
        rivals = [score for name, score, _ in found[1:] if wanted[name] != best]
        return None if rivals and found[0][1] - rivals[0] < _FUZZY_LEAD else best


def _near(word: str, name: str, score: float) -> bool:
    """Whether ``name`` fits without a cue: long and nearly certain, or one slip away with the first letter kept."""
    long = len(word) >= _FUZZY_LENGTH + 2 and score >= _FUZZY_FREE
    return long or (len(name) >= _ONE_SLIP and word[0] == name[0] and Levenshtein.distance(word, name) == 1)


@dataclass(frozen=True, kw_only=True)
class Gazetteer:
    """Names by their words, folded; the longest match wins. ``home``: the name of the kabupaten itself."""

    home: frozenset[str]
    names: dict[tuple[str, ...], tuple[Entry, ...]]
    firsts: frozenset[str]
    longest: int
    spellings: _Spellings


def gazetteer_of(territory: Territory) -> Gazetteer:
    """Build the gazetteer of ``territory``."""
    names: dict[tuple[str, ...], tuple[Entry, ...]] = {}
    for name, entry in _entries(territory):
        key = tuple(fold(word) for word in WORD.findall(name))
        if entry not in names.get(key, ()):
            names[key] = (*names.get(key, ()), entry)
    return Gazetteer(
        home=frozenset(map(fold, WORD.findall(territory.name))),
        names=names,
        firsts=frozenset(key[0] for key in names),
        longest=max(map(len, names)),
        spellings=_Spellings(names),
    )


def _entries(territory: Territory) -> Iterator[tuple[str, Entry]]:
    for kecamatan in territory.kecamatan:
        for name in (kecamatan.name, *kecamatan.aliases):
            yield name, Entry(kecamatan=kecamatan.name)
        for village in kecamatan.villages:
            entry = Entry(
                kecamatan=kecamatan.name,
                desa=village.name,
                kelurahan=village.kind == "kelurahan",
                ambiguous=bool(village.ambiguous),
                adverb=village.ambiguous == "adverb",
            )
            for name in (village.name, *village.aliases):
                yield name, entry
    for other in territory.others:
        yield other.name, Entry(kecamatan=other.kecamatan, desa=other.desa, weak=True)
    for name in territory.elsewhere:
        yield name, Entry(kecamatan="", foreign=True, name=name)


def place_names(gazetteer: Gazetteer) -> list[str]:
    """List every name of a kecamatan or desa once, in a fixed order: places to put into practice texts."""
    entries = {entry for found in gazetteer.names.values() for entry in found if not (entry.weak or entry.foreign)}
    return sorted({entry.desa or entry.kecamatan for entry in entries})
