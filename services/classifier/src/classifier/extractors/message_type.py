"""Read whether a message complains, asks or wishes: by its words, and by what the model hints at."""

from __future__ import annotations

import re
from collections.abc import Mapping

from classifier import lexicon
from classifier.domain import KINDS, NO_HINTS, Kind

#: What it counts beside the model's hints that the words ask or wish, and that most messages are complaints.
LEXICON_WEIGHT, COMPLAINT_PRIOR = 0.4, 0.2
_SENTENCES = re.compile(r"[^.!?;]+[.!?;]*")
#: At the start of a sentence it asks, even without a question mark.
_QUESTION_WORD = re.compile(r"(?:kapan|berapa|apakah|apa|bagaimana|di ?mana|siapa|adakah|bisakah|bolehkah)\b")


def kind_of(text: str, hints: Mapping[str, float] = NO_HINTS) -> Kind:
    """What the model's hints and the words speak for most; without hints the words decide. ``text`` is ``plain``."""
    said = _kind_said(text)
    if said not in hints:
        return said
    words = dict.fromkeys(KINDS, 0.0) | {said: LEXICON_WEIGHT, "pengaduan": COMPLAINT_PRIOR}
    return max(KINDS, key=lambda kind: hints[kind] + words[kind])


def _kind_said(text: str) -> Kind:
    """A complaint, unless the asking or the wishing outweighs the complaining."""
    complains = len(set(lexicon.COMPLAINS.findall(text))) + 4 * bool(lexicon.REPROACHES.search(text))
    asks = _asks(text)
    if asks >= 2 and asks > complains:
        return "permintaan_informasi"
    if lexicon.WISHES.search(text) and complains < 2:
        return "aspirasi"
    return "pengaduan"


def _asks(text: str) -> int:
    """How much it asks: for information in so many words, from its beginning, and in most of its sentences.

    A single question behind a long story is a complaint's: "… Kapan diperbaiki?"
    """
    sentences = [one for one in _SENTENCES.findall(text) if one.strip()]
    asked = [one.endswith("?") or bool(_QUESTION_WORD.match(one.strip())) for one in sentences]
    words = bool(lexicon.QUESTIONS.search(text))
    asks = 2 * bool(lexicon.ASKS.search(text)) + words
    return asks + bool(asked and asked[0]) + (sum(asked) * 2 > len(asked)) if asked else asks
