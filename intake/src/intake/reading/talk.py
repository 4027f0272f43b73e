"""Reads what a message without a ticket means from a sender with complaints, by ``lexicon/talk.yaml``. Pure.

An unclear message is a complaint of its own, as it is from a sender without complaints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache, partial
from typing import Literal

import msgspec

from contracts.events import Place
from contracts.vocabulary import DONE, Status
from intake.reading.commands import Command, command_word, find_ticket, is_lonely, read_command
from kabupaten.gazetteer import gazetteer_of
from kabupaten.lexicon import Talk as TalkWords
from kabupaten.lexicon import phrases_of
from kabupaten.phrases import Matches, tokenise
from kabupaten.place import find_place
from kabupaten.spelling import unified
from kabupaten.territory import Territory

Asked = Literal["stop", "lost", "cancel", "reopen", "confidential", "status", "help", "new"]

#: Words of a wish in a sentence, at most: a longer text tells of something.
SENTENCE = 14
#: A text this short continues a complaint even without a word that says so, if it names no matter and no place.
FEW = 8
#: A longer text has said where, in words that we may not know, or is about something without a place.
TELLS_ENOUGH = 20
#: How many words of a praise may be on no list.
UNKNOWN_WORDS = 7
#: The longest message that is a single letter, with a character beside it.
_A_LETTER = 2
#: How old the last complaint may be that STATUS means, and one of several that an addition means.
LATELY, THIS_WEEK = timedelta(days=30), timedelta(days=7)
#: The most complaints that SMS and posts list.
MOST_LISTED = 3

#: How many messages are hardly ever processed at the same moment.
_MESSAGES_AT_ONCE = 128

_SPG = re.compile(r"\bSPG", re.IGNORECASE)
_DOUBLED = re.compile(r"(?<=[a-z])2\b")
_LISTS: tuple[tuple[Asked, str], ...] = (
    ("stop", "stops"),
    ("lost", "lost"),
    ("cancel", "cancels"),
    ("reopen", "reopens"),
    ("confidential", "hides"),
    ("status", "statuses"),
    ("help", "asks_how"),
)
#: Wishes for a complaint in any state.
_PLAIN = ("status", "cancel", "confidential")
#: Wishes for a resolved complaint.
_JUDGEMENTS = ("rating", "reopen", "appeal")
#: Rights that the law on personal data grants.
_RIGHTS = ("erasure", "restriction")
#: Words that are no name where a place would stand.
_NAMELESS = ("vague", "beside", "fillers", "continues", "troubles", "greetings")
#: How senders choose a complaint from a list.
_NTH = {"1": 0, "satu": 0, "pertama": 0, "2": 1, "dua": 1, "kedua": 1, "3": 2, "tiga": 2, "ketiga": 2}
_POINTING = frozenset(("yang", "yg", "nomor", "no", "tiket", "laporan", "ke"))
#: A rating given in other words than those of the command.
_MARK = re.compile(
    r"\s*((?:(?:saya|sy|sa|ku|kami)\s+)?(?:(?:kasih|kasi|beri)\s+)?(?:nilai(?:nya|ku)?\s*:?|bintang|rating)?)"
    r"\s*([1-5])(?:\s+(?:bintang|saja|aja|pak|bu|min|kak|mas|mbak|puang|ndi)){0,2}[\s.!]*",
    re.IGNORECASE,
)
_YANG = frozenset(("yang", "yg"))
#: Matters that may also be directions.
_WAYS = frozenset(("matter jalan",))
#: Words that may stand before BARU.
_THIS = frozenset(("ini", "itu", "lapor", "aduan", "ya", "memang"))
_COURTESIES = ("greetings", "thanks", "praises", "insults", "tests", "wrong", "follows")
#: Required before the name of a place that is also a common word.
_TITLE = r"(?:desa|kel|kelurahan|kec|kecamatan|di|ri)\.?\s+"
_ROAD = re.compile(r"\b(?:jl|jln|jalan raya|dusun|lingk|lingkungan|perumahan|btn)\.?\s+([a-z]{4,})")


@dataclass(frozen=True, kw_only=True)
class Own:
    """A complaint of the sender. ``named``: this very message was added to it when it first came. ``place_asked``: the
    sender was asked where it is, and has said nothing else since. ``apart``: it was added to another complaint and
    taken apart because of its words; messages without a ticket continue that other one."""

    ticket: str
    text: str
    received_at: datetime
    status: str
    named: bool = False
    place_asked: bool = False
    apart: bool = False

    @property
    def open(self) -> bool:
        """Whether somebody works on it."""
        return self.status not in DONE

    @property
    def resolved(self) -> bool:
        """Whether it may be rated, and reopened."""
        return self.status == Status.RESOLVED


@dataclass(frozen=True, kw_only=True)
class Meant:
    """The meaning of a message: ``command`` for the complaint ``ticket``, one ``among`` several, or no complaint."""

    kind: Literal[
        "status", "cancel", "rating", "reopen", "appeal", "erasure", "restriction", "confidential", "bad_rating",
        "addition", "answer", "which", "sure", "lost", "stop", "courtesy", "help", "bad_ticket", "early", "over",
        "offered",
    ]  # fmt: skip
    ticket: str = ""
    command: Command | None = None
    among: Sequence[Own] = ()


class AskedBack(msgspec.Struct, frozen=True, kw_only=True):
    """A message ``item_id`` whose sender was asked which complaint ``among`` several it is about, and what answered
    that.

    With a single one in ``among`` they were asked whether it shall really be cancelled.
    """

    text: str
    among: list[str]
    item_id: str
    answered_by: str = ""


@dataclass(frozen=True)
class _Said:
    """The matters and places that a text names, with the phrases found in it."""

    found: Matches
    matters: frozenset[str]
    find_places: Callable[[], frozenset[str]]

    @cached_property
    def places(self) -> frozenset[str]:
        """The places, searched for on first use: there are some hundred names."""
        return self.find_places()


class Talk:
    """Interprets messages with the words of a region."""

    def __init__(self, words: TalkWords, territory: Territory) -> None:
        self._phrases = phrases_of(words)
        self._placed = frozenset(f"matter {name}" for name in words.placed)
        self.gazetteer = gazetteer_of(territory)
        self._names = [(name, re.compile(pattern)) for name, pattern in _names(territory)]
        # Each message is read several times: for its wish, whether it is a courtesy, whether it says where.
        self._said = lru_cache(_MESSAGES_AT_ONCE)(self._read)

    def _read(self, text: str) -> _Said:
        plain = _plain(text)
        found = self._phrases.search(tokenise(plain))
        matters = frozenset(name for name in found.found if name.startswith("matter "))
        return _Said(found, matters, partial(self._places, found, plain))

    def _places(self, found: Matches, plain: str) -> frozenset[str]:
        places = {name for name, pattern in self._names if pattern.search(plain)}
        nameless = {found.tokens.words[at] for at in _spans(found, _NAMELESS)}
        return frozenset(places | set(_ROAD.findall(plain)) - nameless)

    def asks(self, text: str) -> Asked | None:
        """Return the wish of a sentence; "new" says that the last addition is a complaint of its own."""
        said = self._said(text)
        words = [word for word, n in zip(said.found.tokens.words, range(SENTENCE + 1), strict=False)]
        if not words or len(words) > SENTENCE:
            return None
        if [word for word in self._more(text) if word not in _THIS] == ["baru"]:
            return "new"
        for asked, name in _LISTS:
            if name not in said.found or (asked == "cancel" and (_asks_back(said) or "not_cancels" in said.found)):
                continue
            if asked in ("help", "status") and (said.matters or said.places):
                continue
            return asked
        return None

    def is_courtesy(self, text: str, *, wholly: bool = False) -> bool:
        """Whether ``text`` is a greeting, thanks, praise, abuse or a test, and nothing else.

        ``wholly``: every single word must be known to be part of that.
        """
        said = self._said(text)
        words, found = said.found.tokens.words, said.found
        if not words or (len(text.strip()) <= _A_LETTER and words[0].isalpha() and len(words[0]) == 1):
            return "?" not in text
        heads = [name for name in _COURTESIES if name in found]
        known = _spans(found, (*heads, "fillers"))
        if heads and len(known) == len(words):
            return True
        if wholly:
            return False
        if "troubles" in found or "?" in text or any(map(str.isdigit, words)):
            return False
        few = len(words) - len(known) <= UNKNOWN_WORDS
        thanked = "mended" in found and ("thanks" in heads or "praises" in heads)
        return few and (thanked or ("praises" in found and not self._tells(said)))

    def _tells(self, said: _Said) -> bool:
        return bool(said.matters - {"matter kesehatan", "matter sekolah", "matter surat"})

    def place(self, text: str) -> Place:
        """Return the place of the region, or of another kabupaten, that ``text`` names."""
        return find_place(self.gazetteer, text)

    def lacks_place(self, text: str, *, in_danger: bool = False) -> bool:
        """Whether nobody could go and see what ``text`` tells of, because it does not say where."""
        if "?" in text or len(tokenise(_plain(text)).words) > TELLS_ENOUGH:  # most do, and the rest costs far more
            return False
        said = self._said(text)
        needed = in_danger or "visits" in said.found or not self._placed.isdisjoint(said.matters)
        return needed and not self._is_somewhere(said, text)

    def _is_somewhere(self, said: _Said, text: str) -> bool:
        if said.places or self.place(text) != Place():
            return True
        found, nameless = said.found, _spans(said.found, _NAMELESS)
        sentences = found.tokens.sentences
        return any(
            at < len(sentences) and at not in nameless and sentences[at] == sentences[at - 1]
            for at in {one.end for one in found["beside"]}
        )

    def says_when(self, text: str) -> bool:
        """Whether ``text`` says when it happened, or since when it is so."""
        return "when" in self._said(text).found

    def tells_of_a_matter(self, text: str) -> bool:
        """Whether ``text`` names something that a unit can see to."""
        return bool(self._said(text).matters)

    def tells_of_trouble(self, text: str) -> bool:
        """Whether ``text``, however short, says what is wrong: "lampu mati", but not "lampu"."""
        return self.tells_of_a_matter(text) and "troubles" in self._said(text).found

    def is_apart(self, text: str, other: str | None = None) -> bool:
        """Whether ``text`` stands alone: it names a place and a matter, and one that is not in the text ``other``."""
        said = self._said(text)
        return bool(said.matters and said.places) and (other is None or not said.matters & self._said(other).matters)

    def meant(self, text: str, own: Sequence[Own], now: datetime) -> Meant | None:
        """Return the wish of ``text`` from the sender of the complaints ``own``, newest first; None without a wish."""
        text = _as_rating(text, own)
        asked, word = self.asks(text), command_word(text)
        match asked:
            case "stop":
                return Meant(kind="stop")
            case "new":
                return Meant(kind="offered")
            case "lost":
                among = [each for each in own if each.open] or _lately(own, now)
                return Meant(kind="lost", among=among[:MOST_LISTED]) if among else Meant(kind="bad_ticket")
            case "help":
                return Meant(kind="help")
        kind = word or asked
        if kind is None or _is_no_wish(kind, text, own):
            return None
        among = _candidates(kind, own, now)
        if not among:
            return _meant_for_none(kind, own) if asked or is_lonely(text) else None
        command = self._command(kind, text, among, in_words=asked == kind)
        if command is None:
            return None
        if len(among) > 1:
            return Meant(kind="which", among=among[:MOST_LISTED])
        return Meant(kind=command.kind, ticket=among[0].ticket, command=command)

    def _command(self, kind: str, text: str, among: Sequence[Own], *, in_words: bool) -> Command | None:
        number = among[0].ticket
        made = read_command(text, known=number)
        if made and made.kind in (*_PLAIN, "reopen", *_RIGHTS):
            return made
        if made and made.kind == "appeal" and not made.text:
            return made
        if kind in (*_PLAIN, "reopen") and in_words:
            return Command(kind=kind, ticket=number, text=text if kind in ("cancel", "reopen") else "")  # type: ignore[arg-type]
        if kind not in _JUDGEMENTS or not any(self._fits(self._said(text), each) for each in among):
            return None
        if made and made.kind in ("rating", "bad_rating", "appeal"):
            return made
        rest = text.split(None, 1)[1:]
        if kind == "rating" or not rest:
            return None
        return Command(kind=kind, ticket=number, text=rest[0])  # type: ignore[arg-type]

    def chosen(self, text: str, asked: AskedBack, own: Sequence[Own], now: datetime) -> Meant | None:
        """Return what ``asked`` means, if ``text`` only says which of the complaints ``own`` it is about.

        ``text`` may be the ticket, its place in the list ("yang kedua"), or a few words that fit one complaint alone.
        """
        one, in_words = self._chosen(text, asked, own)
        if one is None:
            return self._agreed(text, asked, own)
        if meant := self.meant(asked.text, [one], now):
            if meant.kind == "cancel" and not in_words and not find_ticket(text):
                # "The first" may be the oldest or the first in the list, and a cancellation can't be undone.
                return Meant(kind="which", among=[each for each in own if each.ticket in asked.among])
            # A command drops the words that chose the complaint, so they must do nothing but choose.
            return meant if not in_words or self._points(text) else None
        return as_addition(f"{asked.text}\n{text}" if in_words else asked.text, one)

    def _agreed(self, text: str, asked: AskedBack, own: Sequence[Own]) -> Meant | None:
        """Return the cancellation if ``text`` agrees to it. A repeated message agrees again, even when it is done."""
        one = next((each for each in own if [each.ticket] == asked.among), None)
        # A unit's question may be answered by a yes, too.
        if one is None or one.status == Status.WAITING_FOR_REPORTER or "agrees" not in self._said(text).found:
            return None
        command = self._command("cancel", asked.text, [one], in_words=True)
        return Meant(kind="cancel", ticket=one.ticket, command=command)

    def _chosen(self, text: str, asked: AskedBack, own: Sequence[Own]) -> tuple[Own | None, bool]:
        """Return the chosen complaint, and whether it was chosen in words, which may tell more than that."""
        by_ticket = {each.ticket: each for each in own}
        among = [by_ticket.get(number) for number in asked.among]
        if found := find_ticket(text):
            number, _, rest = found
            return by_ticket.get(number) if number in asked.among and not self._more(rest) else None, False
        if (nth := _NTH.get(" ".join(self._more(text)))) is not None:
            return among[nth] if nth < len(among) else None, False
        said = self._said(text)
        if command_word(text) or len(said.found.tokens.words) > FEW:
            return None, False
        fit = [each for each in among if each and self._fits(said, each) and self._shares(said, each)]
        return fit[0] if len(fit) == 1 else None, True

    def _points(self, text: str) -> bool:
        """Whether ``text`` points at something ("yang lampu") and tells of no trouble."""
        found = self._said(text).found
        return "troubles" not in found and not _YANG.isdisjoint(found.tokens.words)

    def _more(self, text: str) -> list[str]:
        """List the words that say something beside "yang", "nomor" and "pak"."""
        found = self._said(text).found
        fillers = _spans(found, ("fillers",))
        return [word for at, word in enumerate(found.tokens.words) if at not in fillers and word not in _POINTING]

    def tells_place(self, text: str, own: Sequence[Own], now: datetime) -> Meant | None:
        """Return the addition to the last of ``own`` whose place was asked for, if ``text`` says where it is.

        A long text that names no place, and nothing of that complaint, tells of something else, whatever it is.
        """
        said = self._said(text)
        asked = [each for each in own if each.place_asked and each.open and now - each.received_at < THIS_WEEK]
        # "Jalan ke pelabuhan" says where a lamp is; "jalan rusak" tells of something else.
        about = said.matters if "troubles" in said.found else said.matters - _WAYS
        one = next((each for each in asked if not about - self._said(each.text).matters), None)
        if one is None:
            return None
        words = len(said.found.tokens.words)
        answers = words <= FEW or self._shares(said, one) or (words <= TELLS_ENOUGH and self._is_somewhere(said, text))
        return as_addition(text, one) if answers else None

    def calls_again(self, text: str, calls: Sequence[Own]) -> Meant | None:
        """Return the addition to the last of ``calls`` for help, if ``text`` is short and names no other place."""
        said = self._said(text)
        if not calls or len(said.found.tokens.words) > FEW or any(each.text.strip() == text.strip() for each in calls):
            return None
        elsewhere = self._is_somewhere(said, text) and not said.places & self._said(calls[0].text).places
        return None if elsewhere else as_addition(text, calls[0])

    def added_to(self, text: str, own: Sequence[Own], now: datetime) -> Meant | None:
        """Return the addition to the one of ``own`` that ``text`` continues, "which" if unsure, None for a new one."""
        if named := [each for each in own if each.named]:
            return as_addition(text, named[0])
        said = self._said(text)
        if any(each.text.strip() == text.strip() for each in own) or text.strip() == "?":
            return None
        short = "continues" in said.found or len(said.found.tokens.words) <= FEW
        whole = [each for each in own if not each.apart]
        for among in (
            [each for each in whole if each.open],
            [each for each in whole if each.resolved],
            [each for each in own if each.apart and each.open],
        ):
            fit = [each for each in among if self._fits(said, each)]
            sure = [each for each in fit if self._shares(said, each)]
            if said.matters or said.places:
                fit = sure
            if not fit or not (short or sure):
                continue
            if len(among) > 1:
                fit = [each for each in fit if now - each.received_at < THIS_WEEK] or fit
            if len(fit) == 1 or sure:
                return as_addition(text, fit[0])
            return Meant(kind="which", among=fit[:MOST_LISTED])
        return None

    def _fits(self, said: _Said, one: Own) -> bool:
        """Whether it names neither another matter nor another place than the complaint."""
        its = self._said(one.text)
        if "matter kelakuan" in said.matters - its.matters:
            return False
        another_matter = said.matters and not said.matters & its.matters
        another_place = said.places and not said.places & its.places
        return not another_matter and not another_place

    def _shares(self, said: _Said, one: Own) -> bool:
        its = self._said(one.text)
        return bool(said.matters & its.matters or said.places & its.places)


def _as_rating(text: str, own: Sequence[Own]) -> str:
    """Turn a rating without its command ("5", "nilainya 5 pak") into one; a lone number only if nothing is open."""
    mark = _MARK.fullmatch(text)
    if mark is None or not any(each.resolved for each in own):
        return text
    return f"NILAI {mark[2]}" if mark[1].strip() or not any(each.open for each in own) else text


def _plain(text: str) -> str:
    return _DOUBLED.sub("", unified(text))


def as_addition(text: str, one: Own) -> Meant:
    """Return the meaning of ``text`` as an addition to the complaint ``one``."""
    return Meant(kind="addition", ticket=one.ticket, command=Command(kind="addition", text=text), among=[one])


def _meant_for_none(kind: str, own: Sequence[Own]) -> Meant:
    """Refuse a command that fits none of ``own``: a judgement is too early for an open one, too late for others."""
    if kind not in _JUDGEMENTS or not own:
        return Meant(kind="bad_ticket")
    if number := next((each.ticket for each in own if each.open), ""):
        return Meant(kind="early", ticket=number)
    return Meant(kind="over", ticket=own[0].ticket)


def _asks_back(said: _Said) -> bool:
    return bool(said.found.tokens.asked)


def _spans(found: Matches, names: Sequence[str]) -> set[int]:
    """Return the positions of the words in the phrases of ``names``."""
    return {at for name in names for one in found[name] for at in range(one.start, one.end)}


def _lately(own: Sequence[Own], now: datetime) -> list[Own]:
    return [each for each in own if now - each.received_at < LATELY][:1]


def _is_no_wish(kind: str, text: str, own: Sequence[Own]) -> bool:
    """Whether ``text`` only begins like a wish of ``kind``, names another complaint, or may be an answer."""
    if kind not in (*_PLAIN, *_JUDGEMENTS, *_RIGHTS) or _SPG.search(text):
        return True
    if kind in (*_PLAIN, *_RIGHTS) and any(map(str.isdigit, text)):  # a number that is not one of our tickets
        return True
    # "Rahasia pak" may be the answer to "siapa namanya?".
    return kind == "confidential" and any(each.status == Status.WAITING_FOR_REPORTER for each in own)


def _candidates(kind: str, own: Sequence[Own], now: datetime) -> list[Own]:
    """List the complaints that a command without a ticket may mean."""
    if named := [each for each in own if each.named]:
        return named
    if kind in _JUDGEMENTS:
        return [each for each in own if each.resolved]
    if kind in _RIGHTS:  # the law makes no difference by status
        return list(own)
    return [each for each in own if each.open] or _lately(own, now)


def _names(territory: Territory) -> Iterator[tuple[str, str]]:
    """Yield each place: its name, and the pattern that finds it in a text."""
    for kecamatan in territory.kecamatan:
        yield kecamatan.name, _any_of((kecamatan.name, *kecamatan.aliases))
        for village in kecamatan.villages:
            names = _any_of((village.name, *village.aliases))
            yield village.name, _TITLE + names if village.ambiguous else names
    for other in territory.others:
        yield other.name, _any_of((other.name,))


def _any_of(names: Sequence[str]) -> str:
    spaced = (r"[\s-]*".join(map(re.escape, re.split(r"[\s-]+", name.lower()))) for name in names)
    return rf"\b(?:{'|'.join(spaced)})\b"
