"""Reads ``lexicon/*.yaml``: the phrases used to understand a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Struct

from kabupaten.phrases import PhraseError, Phrases
from kabupaten.problems import Problem, Where, refuse
from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy

_List = Annotated[tuple[Words, ...], remedy("write phrases, such as [kebakaran di/rumah, RUMAH ~ terbakar]")]
_Needed = Annotated[tuple[Words, ...], remedy("write the phrases that every region needs", min_length=1)]


#: Other contents of lexicon files: single words, and messages.
_NO_PHRASES = {"groups", "spellings", "slips", "words", "examples", "ordinary"}


class Lists(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lists of phrases, by their meaning. In a phrase, the name of a group stands for each of its words."""

    groups: dict[str, _List] = {}

    def lists(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Return each list of phrases with its name."""
        return ((name, each) for name, each in msgspec.structs.asdict(self).items() if name not in _NO_PHRASES)


T = TypeVar("T", bound=Lists)


_Misspelt = Annotated[
    dict[str, tuple[Words, ...]], remedy("write a word and how else it is typed, such as {tolong: [tlg, tlong]}")
]
_Plain = Annotated[tuple[Words, ...], remedy("write single words, such as [kebakaran, tenggelam]")]


class Danger(Lists, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Danger to life now, by its kind (``contracts.vocabulary.DangerKind``), and phrases that only sound like it."""

    fire: _Needed
    rescue: _Needed
    electricity: _Needed
    medical: _Needed
    crime: _Needed
    abuse: _Needed
    despair: _Needed
    unspecified: _Needed
    calm: _List = ()
    not_now: _List = ()
    now: _List = ()
    spellings: _Misspelt = {}
    slips: _Plain = ()
    words: _Plain = ()
    examples: dict[str, tuple[str, ...]] = {}  # by kind, from files of their own
    ordinary: tuple[str, ...] = ()


class Urgency(Lists, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a complaint without danger to life can wait, in the order in which the lists are tried."""

    tinggi: _Needed
    tenang: _List = ()
    topik: _List = ()
    tanda: _List = ()
    saat: _List = ()


class MessageType(Lists, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a message asks, complains or wishes."""

    asks: _Needed
    complains: _Needed
    wishes: _Needed
    questions: _List = ()
    opens: _List = ()
    reproaches: _List = ()


class Spam(Lists, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Phrases of frauds and advertisements, and of people who report them."""

    offers: _Needed
    sales: _List = ()
    pretences: _List = ()
    certain: _List = ()
    calls: _List = ()
    reports: _List = ()
    tells: _List = ()
    civic: _List = ()
    voice: _List = ()


class Conduct(Lists, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Misconduct and neglect, the people they belong to, and phrases that call upon somebody rather than accuse."""

    misconduct: _Needed
    neglect: _List = ()
    manners: _List = ()
    officials: _List = ()
    roles: _List = ()
    counters: _List = ()
    others: _List = ()
    called_before: _List = ()
    called_after: _List = ()
    not_called_after: _List = ()
    addressed: _List = ()
    addressed_after: _List = ()
    own_people: _List = ()
    hired: _List = ()
    wanted: _List = ()
    beside: _List = ()
    denied: _List = ()
    inquiries: _List = ()
    harmless: _List = ()
    softens: _List = ()
    by: _List = ()
    at: _List = ()
    targets: _List = ()
    joined: _List = ()
    examples: dict[str, tuple[str, ...]] = {}  # by kind, from files of their own
    ordinary: tuple[str, ...] = ()
    additions: dict[str, tuple[str, ...]] = {}  # the same of additions, if a region has any


class Abbreviations(Lists, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words whose full stop ends no sentence, before a name or behind one; and words that open a sentence."""

    before: _Needed
    behind: _List = ()
    openers: _List = ()


class Protection(Lists, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Phrases about a victim of violence or a child, and phrases that only sound like it."""

    protected: _Needed
    unharmed: _List = ()


class Talk(Lists, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Questions and remarks of citizens besides complaints, and phrases that continue their earlier complaint."""

    stops: _Needed
    statuses: _Needed
    lost: _List = ()
    cancels: _List = ()
    not_cancels: _List = ()
    agrees: _List = ()
    hides: _List = ()
    reopens: _List = ()
    asks_how: _List = ()
    greetings: _List = ()
    thanks: _Needed
    praises: _List = ()
    insults: _List = ()
    mended: _List = ()
    tests: _List = ()
    wrong: _List = ()
    follows: _List = ()
    fillers: _List = ()
    troubles: _List = ()
    continues: _Needed
    placed: _List = ()
    visits: _List = ()
    beside: _List = ()
    vague: _List = ()
    when: _List = ()
    matters: dict[str, _Needed]

    def lists(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Return each list with its name, a matter as ``matter NAME``."""
        yield from ((name, each) for name, each in super().lists() if name not in ("matters", "placed"))
        yield from ((f"matter {name}", each) for name, each in self.matters.items())


def phrases_of(*files: Lists) -> Phrases:
    """Build one matcher from the lists of ``files``."""
    phrases = Phrases()
    for file in files:
        for name, written in file.lists():
            phrases.add(name, written, file.groups)
    return phrases


def read_lists(kind: type[T], source: Source) -> T:
    """Read a file of ``lexicon/``, whose lists are those of ``kind``.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    lists = parse(source, kind)
    refuse([each for name, phrases in lists.lists() for each in unreadable(source, (name,), phrases, lists.groups)])
    return lists


def unreadable(
    source: Source, where: Where, phrases: Iterable[str], groups: Mapping[str, Iterable[str]]
) -> Iterator[Problem]:
    """Report those of ``phrases`` at ``where`` in ``source`` that can never be found."""
    for n, phrase in enumerate(phrases):
        try:
            Phrases().add("", [phrase], groups)
        except PhraseError as error:
            advice = "lexicon/README.md says how a phrase is written"
            yield source.wrong((*where, n), f"{phrase!r} {error}", advice)
