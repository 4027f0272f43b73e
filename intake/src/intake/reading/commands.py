"""Reads from a message of any channel what a citizen wants done with an existing complaint. Pure.

People forget words, mistype them and change their order. Anything that could as well be an addition is one: a wish is
carried out only if it is clear, and one that can't be undone only if the message says nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import UNSET

from contracts import ticket
from contracts.events import FollowUp
from contracts.vocabulary import FollowUpKind
from kabupaten.spelling import nearly

Kind = Literal[
    "addition", "status", "cancel", "rating", "reopen", "appeal", "erasure", "restriction", "confidential",
    "bad_ticket", "bad_rating",
]  # fmt: skip

#: With more words than this between a command and its ticket, or in place of the ticket, the text is a sentence that
#: happens to begin with that word.
NEAR = 3
#: Letters; in a shorter word a typo too easily makes another word.
_LONG = 5

_BLANK = r"[\s#:,.*!/_+-]*"
_END = r"(?![^\W_])"
_COMMANDS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"{words}{_END}{_BLANK}(.*)", re.IGNORECASE | re.DOTALL))  # type: ignore[misc]
    for kind, words in (
        ("status", r"(?:STATUS|CEK|LACAK)()"),
        ("cancel", r"BATAL(?:KAN)?()"),
        ("rating", r"(?:BERI\s+)?(?:NILAI|RATING|BINTANG)()"),
        ("reopen", r"BUKA((?:\s+(?:KEMBALI|LAGI|ULANG))?)"),
        ("appeal", r"(?:AJUKAN\s+)?KEBERATAN()"),
        ("erasure", r"HAPUS(?:KAN)?((?:\s+DATA)?)(?:\s+(?:PRIBADI|DIRI|SAYA))*"),
        ("confidential", r"RAHASIA(?:KAN)?()"),
        ("restriction", r"BATASI((?:\s+(?:PEMAKAIAN\s+)?DATA)?)(?:\s+(?:PRIBADI|DIRI|SAYA))*"),
    )
)
#: Words that say which complaint is meant, in place of a number.
_MEANT = """laporan laporanku lapor aduan pengaduan keluhan tiket nomor no nomornya saya sy kami ku aku yang yg ini itu
tadi kemarin dong min pak bu ya kah tolong mohon"""
_MINE = frozenset(_MEANT.split())
#: Words that may stand beside a wish without changing it.
_FILLS = """saja aja sudah sdh udah beres selesai diperbaiki ditangani baik terima kasih makasih trims tks tidak tdk ga
gak jadi"""
_BESIDE = _MINE | frozenset(_FILLS.split())
#: Words that may stand beside the question how a complaint is going.
_ASKS = """bagaimana gimana gmn bgmn sampai mana dimana kapan belum blm apa apakah sekarang skrg progres progresnya
proses prosesnya perkembangan perkembangannya kabar kabarnya hasil hasilnya tindak lanjut lanjutnya status statusnya
cek lacak dicek"""
_ASKING = _BESIDE | frozenset(_ASKS.split())
#: Understood with a typo as well. BATAL and HAPUS are not: "batas" and "harus" are one letter away, as "ranting" is
#: from RATING.
_TYPED = ("STATUS", "LACAK", "NILAI")
#: Units of measure; a number before one is no rating.
_COUNTED = r"(?:juta|jt|ribu|rb|ratus|puluh|meter|m|km|cm|ekor|orang|org|buah|hari|minggu|bulan|tahun|kali|jam|persen)"
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_TICKET = re.compile(r"\bSPG[\s-]*([0-9A-Z]{4})([\s-]*)([0-9A-Z]{5})\b", re.IGNORECASE)
#: A ticket with a letter missing or one too many.
_NEARLY_TICKET = re.compile(r"SPG\s*-\s*([SWM][0-9A-Z]{3})(?![0-9A-Z])(-[0-9A-Z])?", re.IGNORECASE)
_MIXED = re.compile(r"(?=.*[0-9])(?=.*[a-z])", re.IGNORECASE)
_THANKS = """terima kasih terimakasih makasih makasi trims trimakasih tks thx thanks ok oke okay baik siap sip mantap
ya iya banyak atas bantuannya infonya pak bu bapak ibu min admin sama"""
_THANKS_WORDS = frozenset(_THANKS.split())
_NUMBERS = {"satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5}
_RATING = re.compile(
    rf"(?:BINTANG\s+)?(\d{{1,6}}|{'|'.join(_NUMBERS)}){_END}(?!\s*{_COUNTED}{_END})"
    rf"(?:\s*(?:/|dari)\s*5{_END})?(?:\s*bintang{_END})?{_BLANK}(.*)",
    re.IGNORECASE | re.DOTALL,
)
_RATING_LAST = re.compile(r"[,:]\s*(\d{1,6})\W*\Z")


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: its ``text``, its ``rating`` (1 to 5), and its canonical ``ticket``, empty for a bad one.

    ``asks``: the message also asks how the complaint is going.
    """

    kind: Kind
    text: str = ""
    ticket: str = ""
    rating: int | None = None
    asks: bool = False

    def follow_up(self, item_id: str, at: datetime) -> FollowUp | None:
        """Return the command as an item to add to the complaint; None if it changes nothing."""
        match self.kind:
            case "erasure" | "restriction" as right:
                return FollowUp(
                    id=item_id, kind=FollowUpKind.RIGHTS_REQUEST, at=at, right=right, text=self.text or UNSET
                )
            case "addition" | "cancel" | "reopen" | "rating" | "appeal" | "confidential" as kind:
                return FollowUp(id=item_id, kind=kind, at=at, rating=self.rating or UNSET, text=self.text or UNSET)
        return None


def read_command(text: str, known: str = "") -> Command | None:
    """Return what ``text`` wants done with an existing complaint; None if it is something new.

    ``known`` is the ticket to use where the text names none, because the text answers in a complaint's conversation.
    """
    if found := find_ticket(text):
        return _about(text, *found)
    if starts_with_ticket(text):
        return Command(kind="bad_ticket")
    return _without_ticket(text, known)


def read_marked(text: str, known: str = "") -> Command | None:
    """Read ``text``, which followed the mark RAHASIA. Before a lone ticket the mark is a wish for that complaint."""
    wish = read_command(f"RAHASIA {text}", known)
    return wish if wish and wish.kind == "confidential" else read_command(text, known)


def command_word(text: str) -> Kind | None:
    """Return the command that ``text`` begins with, whatever follows."""
    command = _leading(text, typos=False)
    return command and command[0]


def is_lonely(text: str) -> bool:
    """Whether ``text`` is a command that lacks only its ticket."""
    command = _leading(text, typos=False)
    return command is not None and _lonely(*command)


def _about(text: str, number: str, start: int, rest: str) -> Command:
    if command := _leading(text[:start]):
        kind, explicit, between = command
        near = NEAR if explicit or kind in ("status", "cancel", "rating", "appeal", "confidential") else 0
        after = _leading(rest)
        words = after[2] if after else ""
        if len(between.split()) <= near and (made := _made(kind, explicit or kind, number, words)):
            return made
    elif command := _leading(rest):
        kind, explicit, words = command
        if made := _made(kind, explicit or ("appeal" if kind == "appeal" else ""), number, words):
            return made
    if _only(rest, _ASKING):
        return Command(kind="status", ticket=number)
    return Command(kind="addition", text=rest, ticket=number)


def _without_ticket(text: str, known: str) -> Command | None:
    if not (command := _leading(text, typos=False)):
        return None
    kind, explicit, rest = command
    if re.search(r"\bSPG", rest, re.IGNORECASE):
        return Command(kind="bad_ticket")
    if known and (made := _made(kind, explicit, known, rest)) and made.kind != "addition":
        return made
    return Command(kind="bad_ticket") if not known and _lonely(kind, explicit, rest) else None


def _lonely(kind: Kind, explicit: str, rest: str) -> bool:
    """Whether only a ticket is missing or miswritten; otherwise a complaint may begin with these words."""
    if kind in ("status", "cancel"):
        words = [word.strip(",.?!").casefold() for word in rest.split()]
        return len(words) <= NEAR and all(word in _MINE or any(map(str.isdigit, word)) for word in words)
    if kind == "rating":
        return not re.search(r"[^\W\d_]", rest)
    return not rest and (kind in ("reopen", "appeal") or bool(explicit))


def _leading(text: str, *, typos: bool = True) -> tuple[Kind, str, str] | None:
    """Return the command that ``text`` begins with, the words that make it explicit, and the text after it."""
    first = _FIRST_WORD.match(text)
    if first and typos and len(first[0]) >= _LONG:
        word = next((known for known in _TYPED if nearly(first[0], known)), first[0])
        text = word + text[first.end() :]
    for kind, pattern in _COMMANDS:
        if match := pattern.match(text):
            return kind, match[1], match[2].strip()
    return None


def _made(kind: Kind, explicit: str, number: str, words: str) -> Command | None:
    """Return the command if the ``words`` after it leave no doubt; None if they are an addition.

    ``explicit``: the command precedes its ticket, or a word like KEMBALI or DATA says what is meant.
    """
    match kind:
        case "status":
            if _only(words, _ASKING):
                return Command(kind="status", ticket=number)
            return Command(kind="addition", text=words, ticket=number, asks=True) if explicit else None
        case "cancel":
            return Command(kind=kind, text=words, ticket=number) if _plainly(words) else None
        case "confidential":
            return Command(kind=kind, ticket=number) if _plainly(words) else None
        case "rating":
            return _rated(number, words, leads=bool(explicit))
        case "reopen":
            return Command(kind=kind, text=words, ticket=number) if explicit or not words else None
        case "appeal":
            return _appealed(number, words, plain=bool(explicit) or not words)
    meant = explicit.strip().upper().endswith("DATA") and _plainly(words)
    return Command(kind=kind, text=words, ticket=number) if meant else None


def _rated(number: str, words: str, *, leads: bool) -> Command | None:
    if match := _RATING.match(words):
        said, text = match[1], match[2]
    elif match := _RATING_LAST.search(words):
        said, text = match[1], words[: match.start()]
    else:
        return Command(kind="bad_rating", ticket=number) if leads and len(words.split()) < NEAR else None
    # "lıma" matches when case is ignored, but is not a number.
    rating = _NUMBERS.get(said.casefold()) or (int(said) if said.isdecimal() else 0)
    if not 1 <= rating <= 5:
        return Command(kind="bad_rating", ticket=number)
    return Command(kind="rating", text=text.strip(" ,:;.-"), ticket=number, rating=rating)


def _appealed(number: str, words: str, *, plain: bool) -> Command | None:
    """Return an appeal with the rating that ``words`` begin with; without a rating only if it is ``plain``."""
    match = _RATING.match(words)
    said = match[1].casefold() if match else ""
    rating = _NUMBERS.get(said) or (int(said) if said.isdecimal() else 0)
    if match and 1 <= rating <= 5:
        return Command(kind="appeal", text=match[2].strip(" ,:;.-"), ticket=number, rating=rating)
    return Command(kind="appeal", text=words, ticket=number) if plain else None


def _plainly(words: str) -> bool:
    """Whether ``words`` say nothing else and ask nothing: "batal kah?" cancels nothing."""
    return "?" not in words and _only(words, _BESIDE)


def _only(text: str, known: frozenset[str]) -> bool:
    words = [word.strip(",.?!:;()").casefold() for word in text.split() if any(map(str.isalnum, word))]
    return all(word in known for word in words)


def is_thanks(text: str) -> bool:
    """Whether ``text`` only thanks or agrees: nothing to do, unless something was asked."""
    words = [word for word in text.split() if any(map(str.isalpha, word))]
    return bool(words) and all(word.strip(".,!").casefold() in _THANKS_WORDS for word in words)


def find_ticket(text: str) -> tuple[str, int, str] | None:
    """Return the first valid ticket in ``text``, its position, and the text without it."""
    for match in _TICKET.finditer(text):
        if _meant(match) and (number := ticket.parse(match[0])):
            rest = f"{text[: match.start()].rstrip()} {text[match.end() :].lstrip(' #:,.*!/_+-')}"
            return number, match.start(), rest.strip()
    return None


def starts_with_ticket(text: str) -> bool:
    """Whether ``text`` begins with something meant as a ticket, valid or not."""
    match, nearly_ = _TICKET.match(text), _NEARLY_TICKET.match(text)
    return (match is not None and _meant(match)) or bool(nearly_ and (nearly_[2] or _MIXED.match(nearly_[1])))


def _meant(match: re.Match[str]) -> bool:
    """Whether the match is meant as a ticket: "SPG pipa bocor" has the form of one, too."""
    return "-" in match[2] or bool(_MIXED.match(match[1]) or _MIXED.match(match[3]))
