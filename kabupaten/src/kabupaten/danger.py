"""Tells from the words of a message whether life is in danger now, and how; nothing but the words decides.

Phrases of ``lexicon/danger.yaml`` are certain; besides, all words are weighed, as the examples in ``danger/`` teach. A
false alarm costs a sentence in the answer, a missed one may cost a life.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import NamedTuple

import msgspec

from contracts.vocabulary import DangerKind, Urgency
from kabupaten.cache import cached
from kabupaten.conduct import ACCUSES
from kabupaten.examples import NONE, read_everyday, read_examples, read_ordinary
from kabupaten.lexicon import Danger, phrases_of, read_lists
from kabupaten.phrases import Found, Matches, tokenise
from kabupaten.source import Source
from kabupaten.spelling import nearly, unified
from kabupaten.weighing import NOTHING_KNOWN, Share, Weights, learn_and_count, likeliest, shares, signs_of, weigh

#: Above this weight a message is danger, and the answer spends a line on a number to call. Like the other bounds it was
#: chosen by cross-validation (docs/understanding.md). A text without a word of any example weighs less.
WEIGHS_ENOUGH = -2.25
#: The same bound for a text with phrases that only sound like danger.
IN_DOUBT_ENOUGH = 2.0
#: Above this weight it alarms: it rings at units, day and night, and people woken for nothing turn that off.
ALARMS = 0.0
#: In a text of more than PLAIN words, as in a long complaint about a road, a certain phrase may not be meant: at a
#: weight up to OUTWEIGHED it does not count. For danger that lasts the bound is LASTING_OUTWEIGHED.
PLAIN, OUTWEIGHED, LASTING_OUTWEIGHED = 10, -5.0, -10.0
#: One kind must lead by this much, or it is not told: a sender told the wrong kind calls the wrong number. By
#: cross-validation over the examples without a certain phrase, the kind is right for 0.71 of all.
CLEAR = 4.0
#: Each message of ``danger/everyday.txt`` counts this often: few others in Bugis offset those of danger.
_EVERYDAY_COUNTS = 2
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]*)?")
_LAST_TWICE = re.compile(r"([^\W\d_])\1+$")
#: Danger that lasts and is reported later: it exists even if the text puts it in the past.
_LASTING = frozenset({DangerKind.ABUSE, DangerKind.DESPAIR})
#: Shorter words are too similar to others to guess which one was meant.
_LONG = 6
#: Only words of at least this many letters are searched for a word stuck to others.
_GLUED = 10
_REMEMBERED = 50_000
#: More messages are hardly processed at the same moment.
_MESSAGES_AT_ONCE = 128
#: Texts of at most this many words are danger only by a certain phrase, by an equal example, or from a higher weight
#: on: "masih mati" is said of many things. A single word is never weighed.
_FEW, FEW_ENOUGH = 3, 4.0


class Heard(NamedTuple):
    """The danger that a text tells of.

    ``certain``: phrases, or an example of as few words, tell of its ``kinds``. ``weight`` is that of all its words
    (from about -20 to 15), ``words`` their number.
    """

    kinds: list[DangerKind]
    certain: bool
    weight: float
    words: int

    @property
    def alarm(self) -> bool:
        """Whether it is sure enough to wake somebody, as despair always is; with less, only the sender is answered."""
        return DangerKind.DESPAIR in self.kinds or (bool(self.kinds) and (self.certain or self.weight > ALARMS))


class DangerWords:
    """The words of danger of a region."""

    def __init__(self, lists: Danger) -> None:
        self._lists, self._phrases = lists, phrases_of(lists)
        self._meant = {short: word for word, shorts in lists.spellings.items() for short in shorts}
        self._kept, self._seen = frozenset(lists.words), dict[str, str]()
        # Callers ask twice about a message: what is certain, and what is likely.
        self._matches = lru_cache(_MESSAGES_AT_ONCE)(self._find)

    def kinds(self, text: str) -> list[DangerKind]:
        """List the kinds of danger that ``text`` tells of, in the order of ``DangerKind``; the list is often empty."""
        return self.hear(text).kinds

    def hear(self, text: str) -> Heard:
        """Judge the danger in ``text``. Without ordinary messages to compare with, only phrases count."""
        found = self._matches(text)
        tokens = found.tokens
        if not self._lists.ordinary:
            certain = self.certain(text)
            return Heard(certain, bool(certain), NOTHING_KNOWN, len(tokens.words))
        signs = signs_of(tokens.words)
        weight = weigh(self._weights, signs)
        kinds = said = self._said(found, weight)
        few = len(tokens.words) == 1 or (len(tokens.words) <= _FEW and weight <= FEW_ENOUGH)
        if not said and few:
            kinds = said = [kind for kind in DangerKind if tuple(tokens.words) in self._shortest[kind]]
        elif said != [DangerKind.UNSPECIFIED] and (said or self._is_enough(found, weight)):
            kinds = self._which(said, signs)
        return Heard(kinds, bool(said), weight, len(tokens.words))

    def _which(self, said: list[DangerKind], signs: list[str]) -> list[DangerKind]:
        """Name the dangers that phrases tell of, and the one that all words clearly tell of; else "unspecified"."""
        kind, lead = likeliest(self._shares, signs)
        both = [each for each in DangerKind if each in said or (each == kind and lead > CLEAR)]
        return both or [DangerKind.UNSPECIFIED]

    def _said(self, found: Matches, weight: float | None = None) -> list[DangerKind]:
        """List the kinds that phrases tell of, unless all words together weigh against them."""
        said, words = _told(found), found.tokens.words
        if not said or not self._lists.ordinary or len(words) <= PLAIN:
            return said
        weight = weigh(self._weights, signs_of(words)) if weight is None else weight
        return [kind for kind in said if weight > (LASTING_OUTWEIGHED if kind in _LASTING else OUTWEIGHED)]

    def _is_enough(self, found: Matches, weight: float) -> bool:
        if "calm" not in found:
            return weight > WEIGHS_ENOUGH
        return "not_now" not in found and weight > IN_DOUBT_ENOUGH

    def certain(self, text: str) -> list[DangerKind]:
        """List the kinds that phrases, or an equal example of few words, tell of for sure.

        A message that continues an earlier one omits its subject, and such words weigh too much by themselves.
        """
        found = self._matches(text)
        return self._said(found) or [kind for kind in DangerKind if tuple(found.tokens.words) in self._shortest[kind]]

    def same_as(self, text: str) -> Callable[[str], bool]:
        """Return a check whether an earlier text tells for certain of the same danger as ``text``, or only cries."""
        kinds = set(self.certain(text))
        return lambda earlier: self.is_cry(earlier) or not kinds.isdisjoint(self.certain(earlier))

    def is_cry(self, text: str) -> bool:
        """Whether ``text`` calls for help, and tells of no certain danger: "tolong"."""
        return self.certain(text) == [DangerKind.UNSPECIFIED]

    def alarms(self, text: str) -> bool:
        """Whether ``text``, added to a complaint, makes that an emergency."""
        return bool(self.certain(text)) or self.hear(text).alarm

    def learn(self) -> None:
        """Learn from the examples now rather than with the first message: it takes a second where nothing is cached."""
        _ = self._weights, self._shares, self._shortest

    @cached_property
    def _weights(self) -> Weights:
        return cached(self._lists, __file__, self._learned)

    def _learned(self) -> Weights:
        told = [(text, kind != NONE) for kind, texts in self._lists.examples.items() for text in texts]
        told += [(text, False) for text in self._lists.ordinary]
        signs = ((self._signs(text), is_one) for text, is_one in told)
        return learn_and_count(signs)

    @cached_property
    def _shortest(self) -> dict[str, set[tuple[str, ...]]]:
        """The examples of few words, by kind."""
        spelt = {
            kind: [tokenise(self._spelt(text)).words for text in its] for kind, its in self._lists.examples.items()
        }
        return {kind: {tuple(words) for words in its if len(words) <= _FEW} for kind, its in spelt.items()}

    @cached_property
    def _shares(self) -> dict[str, Share]:
        examples = self._lists.examples.items()
        return shares(
            {kind: map(self._signs, texts) for kind, texts in examples if kind not in (NONE, DangerKind.UNSPECIFIED)}
        )

    def _find(self, text: str) -> Matches:
        return self._phrases.search(tokenise(self._spelt(text)))

    def _signs(self, text: str) -> list[str]:
        return signs_of(tokenise(self._spelt(text)).words)

    def _spelt(self, text: str) -> str:
        """Write ``text`` in lower case, with its words as they were meant."""
        return _WORD.sub(lambda word: self._word(word[0]), unified(text))

    def _word(self, word: str) -> str:
        if word not in self._seen and len(self._seen) < _REMEMBERED:
            self._seen[word] = self._read(word)
        return self._seen.get(word) or self._read(word)

    def _read(self, word: str) -> str:
        bare = _LAST_TWICE.sub(r"\1", word)
        if meant := self._meant.get(word) or self._meant.get(bare):
            return meant
        if word in self._kept or len(word) < _LONG:
            return word
        for slip in self._lists.slips:
            if word[0] == slip[0] and (nearly(word, slip) or nearly(bare, slip)):
                return slip
        glued = next((slip for slip in self._lists.slips if len(word) >= _GLUED and slip in word), None)
        return word.replace(glued, f" {glued} ") if glued else word


def _told(found: Matches) -> list[DangerKind]:
    """List the kinds that the certain phrases tell of."""
    sentences = found.tokens.sentences
    later = [] if "now" in found else [sentences[one.start] for one in found["not_now"]]

    def told(kind: DangerKind, one: Found) -> bool:
        lasts = kind in _LASTING or sentences[one.start] not in later
        return lasts and not any(map(one.overlaps, found["calm"]))

    return [kind for kind in DangerKind if any(told(kind, one) for one in found[kind])]


def read_danger(source: Source) -> Danger:
    """Read ``lexicon/danger.yaml``, the examples in ``danger/``, and harmless messages there and in ``messages/``.

    Raises:
        RegionError: something does not fit; every mistake is named.
    """
    lists, region = read_lists(Danger, source), source.path.parents[1]
    examples = read_examples(region / "danger", DangerKind)
    calm = [each.text for each in read_ordinary(region) if each.urgency in (Urgency.RENDAH, Urgency.SEDANG)]
    if calm:  # without everyday complaints the most common words would weigh as danger: only phrases decide
        others = [text for texts in read_examples(region / "conduct", [ACCUSES]).values() for text in texts]
        in_danger = sum(len(texts) for kind, texts in examples.items() if kind != NONE)
        calm += others[:: math.ceil(len(others) / in_danger)]  # more would outweigh the examples of danger
        calm += read_everyday(region) * _EVERYDAY_COUNTS
    return msgspec.structs.replace(lists, examples=examples, ordinary=tuple(calm))
