"""Finds the kecamatan and the desa in a text, despite names that are near-identical, nested, words, or of elsewhere."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.events import Place
from kabupaten.gazetteer import (
    CUES,
    DESA_CUES,
    ELSEWHERE,
    KECAMATAN_CUES,
    KELURAHAN_CUES,
    Entry,
    Gazetteer,
)
from kabupaten.spelling import WORD, fold

_TWICE = re.compile(r"\b([^\W\d_]{3,}) ?2\b")
_SHORT_CUES = {"kel", "ds"}
_KABUPATEN_CUES = {"kab", "kabupaten"}
#: Some other kabupaten are named like villages here.
_ELSEWHERE_CUES = _KABUPATEN_CUES | {"kota", "kodya"}
#: Words of an address: the word before them is a name.
_ADDRESS = KECAMATAN_CUES | _KABUPATEN_CUES | {"rt", "rw", "dusun", "lingkungan"}
_CHAIN = CUES | _ELSEWHERE_CUES | {"prov", "provinsi"}
_AT = {"di", "ri", "dari", "ke", "pasar", "kampung", "terminal", "daerah", "warga"}
#: Words before the name of a person or of a firm.
_NAMED_AFTER = {
    "pak",
    "bu",
    "ibu",
    "bapak",
    "haji",
    "hj",
    "andi",
    "daeng",
    "dg",
    "puang",
    "petta",
    "om",
    "cv",
    "pt",
    "ud",
}
#: A road has two ends, and only one of them need be here.
_ROUTE = {"poros", "jalan", "jln", "jalur", "rute", "trayek", "jurusan", "antara"}
_IN = {"di", "ri"}
#: If somebody is, goes, is treated, compares or buys there, the complaint is about something else; the same holds if an
#: office of the province is named.
_AWAY = _ROUTE - {"jalan", "jln"} | {
    *("arah", "menuju", "tujuan", "batas", "perbatasan", "berbatasan", "kuliah", "kerja", "bekerja", "rumah"),
    *("dirawat", "rawat", "berobat", "dirujuk", "rujuk", "rujukan", "merujuk", "dioperasi", "ditilang"),
    *(
        "seperti",
        "kayak",
        "kaya",
        "macam",
        "dibanding",
        "dibandingkan",
        "banding",
        "beda",
        "dipesan",
        "pesan",
        "dibeli",
    ),
    *("beli", "dikirim", "pengadilan", "hakim", "ombudsman", "pemprov", "polda", "kejati", "gubernur", "dpc", "dpd"),
    *(
        "meningal",
        "wafat",
        "melahirkan",
        "opname",
        "hanya",
        "cuma",
        "kalah",
        "pt",
        "cv",
        "ud",
        "kontraktor",
        "perusahan",
    ),
    *("kantornya", "pusat", "pusatnya", "alamat", "alamatnya", "beralamat", "berkantor"),
}
#: Offices elsewhere that citizens visit for a matter here; they name any other office to complain about it.
_OFFICES = {"pln", "pos", "bpjs", "bank", "pajak", "imigrasi", "telkom", "samsat", "balai", "pertanahan", "bpn"}
#: People who are there, and for how long: "suami saya di Makassar", "lagi di Makassar".
_PEOPLE = {"suami", "suamiku", "istri", "istriku", "anak", "anakku", "adik", "adikku", "kakak", "kakakku", "keluarga"}
_JUST_NOW = {"sekarang", "skrg", "lagi", "sedang", "sementara", "masih", "ada"}
#: Signs of a place here although another kabupaten is named: "ke sini", "di depan rumah kami".
_HERE = {"sini", "disini", "kesini"}
_OF_US = {"rumah", "desa", "dusun", "kampung", "jalan", "lorong", "sawah", "kebun", "lingkungan", "kelurahan", "daerah"}
#: Words of an address before the name of its kabupaten: "pasar Lakessi Parepare".
_SITES = {"jl", "jln", "jalan", "pasar", "rsud", "rs", "puskesmas", "terminal", "lapangan", "taman", "pelabuhan"}
#: Public sites that bear the name of their own kabupaten; a road anywhere may bear it.
_TOWN_SITES = {"pasar", "rsud", "puskesmas", "terminal", "pelabuhan"}
#: Words beside the name in an answer that is only a name.
_POLITE = {"pak", "bu", "bapak", "ibu", "min", "admin", "kak", "puang", "ya", "tabe"}
_AREAS = {"daerah", "wilayah", "kawasan"}
#: Most words of a name between a site and its kabupaten.
_NAME = 3
_SPEAKER = {"saya", "sy", "kami", "km", "aku", "kita"}
#: Folded, as all words here: "tinggal" is "tingal".
_FROM = {"warga", "orang", "dari", "asal", "asli", "aslinya", "berasal", "tingal", "penduduk", "domisili"}
#: If this share of a text's longer words begins with a capital letter, capitals say nothing.
_TITLED = 0.8


@dataclass(frozen=True)
class _Token:
    folded: str
    capital: bool
    ends: bool


@dataclass(frozen=True)
class _Hit:
    entry: Entry
    at: int
    length: int
    cued: bool


def find_place(gazetteer: Gazetteer, text: str) -> Place:
    """Find the place that ``text`` names; all fields are None without such a name."""
    tokens = _tokens(text)
    everywhere = list(_hits(gazetteer, tokens))
    hits = _at_the_scene(tokens, _here(tokens, everywhere))
    if not hits:
        return Place(elsewhere=_elsewhere(gazetteer, tokens, everywhere))
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
        rival = next((h.entry.kecamatan for h in kecamatan if h.cued and h.entry.kecamatan != said), None)
        return Place(kecamatan=said, stated=rival or said, conflict=rival is not None)
    weak = next((h.entry for h in hits if h.entry.weak), None)
    return Place(kecamatan=weak.kecamatan, desa=weak.desa) if weak else Place()


def find_answer(gazetteer: Gazetteer, text: str) -> Place:
    """Find the place in ``text``, the answer to the question where something is: there a name alone is enough."""
    place = find_place(gazetteer, text)
    if place != Place():
        return place
    tokens = _tokens(f"di {text}")
    hits = list(_hits(gazetteer, tokens))
    named = {at for hit in hits for at in range(hit.at, hit.at + hit.length)}
    rest = {tokens[at].folded for at in range(1, len(tokens)) if at not in named}
    return find_place(gazetteer, f"di {text}") if hits and rest <= _POLITE | _ELSEWHERE_CUES else place


def _tokens(text: str) -> list[_Token]:
    text = _TWICE.sub(r"\1-\1", text)
    found = list(WORD.finditer(text))
    longer = [word[0].isupper() for match in found if len(word := match.group()) > 3]
    styled = text.upper() == text or (len(longer) > 3 and sum(longer) >= _TITLED * len(longer))
    tokens = []
    for i, match in enumerate(found):
        gap = text[match.end() : found[i + 1].start()] if i + 1 < len(found) else "."
        word = match.group()
        tokens.append(_Token(fold(word), word[0].isupper() and not styled, any(c in ".,;:()!?\n" for c in gap)))
    return tokens


def _here(tokens: list[_Token], hits: list[_Hit]) -> list[_Hit]:
    """Drop places of other kabupaten, and places that only those kabupaten's names make look like ours."""
    kept = []
    for i, hit in enumerate(hits):
        before, after = hits[i - 1] if i else None, hits[i + 1] if i + 1 < len(hits) else None
        outside = (after is not None and _lies_in(tokens, hit, after)) or (
            before is not None and _cued_by(tokens, before, _ELSEWHERE_CUES) and _lies_in(tokens, hit, before)
        )
        if not (hit.entry.foreign or outside):
            kept.append(hit)
    return kept


def _elsewhere(gazetteer: Gazetteer, tokens: list[_Token], hits: list[_Hit]) -> str | None:
    """Name the place of another kabupaten where it happened; None if that is only mentioned, or lies on our border."""
    for hit in hits:
        cue = _cue(tokens, hit.at)
        in_site = cue in _TOWN_SITES and _cue(tokens, hit.at - 1) in _IN
        at_it = _cued_by(tokens, hit, _ELSEWHERE_CUES) or cue in _IN | _AREAS or in_site
        address = _address(tokens, hit)
        mentioned = _is_there(tokens, hit, address or hit.at) or _near_home(gazetteer, tokens, hit)
        if hit.entry.foreign and hit.entry.name and (at_it or address is not None) and not mentioned:
            return hit.entry.name
    return None


def _address(tokens: list[_Token], hit: _Hit) -> int | None:
    """Find the start of the address of this kabupaten, if a site is named there; "Jalan Makassar" may be anywhere."""
    for start in range(hit.at - 2, max(-1, hit.at - 2 - _NAME), -1):
        name = tokens[start + 1 : hit.at]
        if not all(token.capital for token in name) and tokens[start].folded not in CUES:
            return None
        if tokens[start].folded in _SITES | CUES:
            return start if tokens[hit.at].capital or tokens[start].folded in CUES else None
    return None


def _is_there(tokens: list[_Token], hit: _Hit, start: int) -> bool:
    """Whether somebody is or goes there, or compares with it: the subject of the complaint need not be there.

    ``start``: where the name begins, with the address before it.
    """
    nearest = range(start - 1, max(-1, start - 5), -1)
    words = {tokens[at].folded for at in itertools.takewhile(lambda at: not tokens[at].ends, nearest)}
    pairs = set(itertools.pairwise(token.folded for token in tokens))
    if not words.isdisjoint(_FROM | _AWAY) or any(("kantor", office) in pairs for office in _OFFICES):
        return True
    if any(token.folded in _HERE for token in tokens) or any((place, "kami") in pairs for place in _OF_US):
        return True
    if any(token.folded == "lebih" for token in tokens[hit.at + hit.length : hit.at + hit.length + 2]):
        return True
    last, first = (tokens[at].folded if at >= 0 else "" for at in (hit.at - 2, hit.at - 3))
    people = _SPEAKER | _PEOPLE
    school = last == "sekolah" and first in people
    return last in people or school or (last in _JUST_NOW and (first in people or hit.at == 2))


def _near_home(gazetteer: Gazetteer, tokens: list[_Token], hit: _Hit) -> bool:
    """Whether our own kabupaten is named beside it: a border, or a road from one to the other.

    "Saya orang Soppeng, …" only says who writes.
    """
    for at in range(max(0, hit.at - 5), min(len(tokens), hit.at + hit.length + 2)):
        of_writer = at < hit.at and tokens[at].ends and _cue(tokens, at) in _FROM
        if tokens[at].folded in gazetteer.home and not of_writer:
            return True
    return False


def _cued_by(tokens: list[_Token], hit: _Hit, cues: set[str]) -> bool:
    return tokens[hit.at].folded in cues or _cue(tokens, hit.at) in cues


def _lies_in(tokens: list[_Token], hit: _Hit, other: _Hit) -> bool:
    """Whether ``hit`` and another kabupaten make one address: "desa Watu kec. Cenrana kab. Bone"."""
    if not other.entry.foreign:
        return False
    first, second = sorted((hit, other), key=lambda h: h.at)
    gap = [token.folded for token in tokens[first.at + first.length : second.at]]
    loose = [i for i, word in enumerate(gap) if word not in _CHAIN and (i == 0 or gap[i - 1] not in _CHAIN)]
    if loose and not (loose == [0] and hit.entry.weak and first is hit):
        return False
    if _cued_by(tokens, other, _ELSEWHERE_CUES):
        return True
    route = any(token.folded in _ROUTE for token in tokens[max(0, hit.at - 3) : hit.at])
    return hit.cued or (not route and (hit.entry.weak or hit.entry.ambiguous or bool(gap)))


def _at_the_scene(tokens: list[_Token], hits: list[_Hit]) -> list[_Hit]:
    """Put the scene before the writer's home: "saya warga Lalabata tapi kejadian di Ganra"."""

    def of_speaker(hit: _Hit) -> bool:
        near = {token.folded for token in tokens[max(0, hit.at - 4) : hit.at]}
        return not near.isdisjoint(_SPEAKER) and not near.isdisjoint(_FROM)

    strong = [hit for hit in hits if not hit.entry.weak]
    home = {hit.entry.kecamatan for hit in strong if of_speaker(hit)}
    scene = [hit for hit in strong if hit.entry.kecamatan not in home]
    return [*scene, *(hit for hit in hits if hit not in scene)] if home and scene else hits


def _hits(gazetteer: Gazetteer, tokens: list[_Token]) -> Iterator[_Hit]:
    at = 0
    while at < len(tokens):
        length, hit = _match(gazetteer, tokens, at)
        if hit is not None:
            yield hit
        at += length


def _match(gazetteer: Gazetteer, tokens: list[_Token], at: int) -> tuple[int, _Hit | None]:
    if tokens[at].folded not in gazetteer.firsts:
        return 1, _unlisted(gazetteer, tokens, at) or _guess(gazetteer, tokens, at)
    for length in range(min(gazetteer.longest, len(tokens) - at), 0, -1):
        entries = gazetteer.names.get(tuple(t.folded for t in tokens[at : at + length]))
        if entries:
            return length, _accept(gazetteer, tokens, at, length, entries)
    return 1, _guess(gazetteer, tokens, at)


def _cue(tokens: list[_Token], at: int) -> str:
    return tokens[at - 1].folded if at else ""


def _unlisted(gazetteer: Gazetteer, tokens: list[_Token], at: int) -> _Hit | None:
    """Recognize a kabupaten that is neither on the list of others nor this one."""
    cue = _cue(tokens, at)
    cued = cue == "kab" or (cue == "kabupaten" and not tokens[at - 1].ends)
    named = cued and tokens[at].capital and tokens[at].folded not in gazetteer.home
    return _Hit(ELSEWHERE, at, 1, True) if named else None


def _accept(
    gazetteer: Gazetteer, tokens: list[_Token], at: int, length: int, entries: tuple[Entry, ...]
) -> _Hit | None:
    """Choose the place that a name means; None if it is only a word here."""
    cue = _cue(tokens, at)
    if cue in _NAMED_AFTER:
        return None
    abroad = next((e for e in entries if e.foreign), None)
    ours = tuple(e for e in entries if not e.foreign)
    # "taman kota Watansoppeng" is here; a hamlet is not a kecamatan, but one elsewhere may have its name.
    weak = all(e.weak for e in ours)
    if cue in (KECAMATAN_CUES | _KABUPATEN_CUES if weak else _ELSEWHERE_CUES):
        return _Hit(abroad, at, length, True) if abroad else None
    hit = _ours(gazetteer, tokens, at, length, ours) if ours else None
    if abroad and not (hit and (hit.cued or _beside(gazetteer, tokens, at + length, hit.entry.kecamatan))):
        return _Hit(abroad, at, length, False)
    return hit


def _ours(gazetteer: Gazetteer, tokens: list[_Token], at: int, length: int, entries: Sequence[Entry]) -> _Hit | None:
    cue = _cue(tokens, at)
    desa = next((e for e in entries if e.desa and not e.weak), None)
    kecamatan = next((e for e in entries if not e.desa), None)
    if desa and cue in DESA_CUES | KELURAHAN_CUES and _fits(gazetteer, desa, tokens, at, length):
        return _Hit(desa, at, length, True)
    if kecamatan:
        return _Hit(kecamatan, at, length, cue in KECAMATAN_CUES)
    if desa is None:
        return _Hit(entries[0], at, length, False)
    if not desa.ambiguous:
        return _Hit(desa, at, length, False)
    after = at + length
    named = at > 0 and tokens[at].capital and not tokens[at - 1].ends
    alone = tokens[at].ends or after == len(tokens) or not tokens[after].capital
    located = (length > 1 and (cue in _AT or named)) or (named and cue in _AT and alone and not desa.adverb)
    beside = _beside(gazetteer, tokens, after, desa.kecamatan) and (not desa.adverb or tokens[at].capital)
    if located or beside or (cue in KECAMATAN_CUES and tokens[at].capital):
        return _Hit(desa, at, length, False)
    return None


def _fits(gazetteer: Gazetteer, desa: Entry, tokens: list[_Token], at: int, length: int) -> bool:
    """Whether a cue makes an ambiguous name a place: "kel. sering dapat" and "di desa sering banjir" do not."""
    if not desa.ambiguous:
        return True
    after, last, cue = at + length, tokens[at + length - 1], _cue(tokens, at)
    following = tokens[after] if after < len(tokens) else None
    if following and following.folded == last.folded and following.capital == last.capital:
        return False
    if cue in _SHORT_CUES and desa.kelurahan != (cue == "kel"):
        return False
    address = following is not None and following.folded in _ADDRESS | gazetteer.home
    return not desa.adverb or last.capital or last.ends or address


def _beside(gazetteer: Gazetteer, tokens: list[_Token], after: int, kecamatan: str) -> bool:
    if after < len(tokens) and tokens[after].folded in KECAMATAN_CUES:
        after += 1
    for length in (2, 1):
        entries = gazetteer.names.get(tuple(t.folded for t in tokens[after : after + length]), ())
        if any(e.desa is None and not e.weak and e.kecamatan == kecamatan for e in entries):
            return True
    return False


def _guess(gazetteer: Gazetteer, tokens: list[_Token], at: int) -> _Hit | None:
    cue = _cue(tokens, at)
    cued = cue in CUES
    entry = gazetteer.spellings[tokens[at].folded, cue if cued else ""]
    return _Hit(entry, at, 1, cued) if entry else None
