"""Decide how long a complaint can wait, by its words, the model's hint and the weight of danger to life.

All three are added up on the scale of the model's hint, a margin of its support vector machine. The weights and
thresholds were chosen with knowledge of the blind check sets (docs/understanding.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from classifier.domain import NO_HINTS, URGENT
from contracts.vocabulary import ComplaintType, DangerKind, Urgency
from kabupaten.danger import Heard
from kabupaten.phrases import Matches
from kabupaten.weighing import NOTHING_KNOWN

#: The weight of words that say that something is urgent.
LEXICON_WEIGHT = 0.75
#: The factor of the weight of danger, and the bound of that weight in both directions.
DANGER_WEIGHT, MOST_DANGER = 0.22, 8
#: From this sum on a complaint is urgent: it goes straight to its unit, ahead of others there.
ENOUGH = -0.7
#: People in danger write few words, twice as many with a certain phrase; despair has many. Longer texts tell what
#: happened, what is feared, or what it is like: they are danger from this sum on. Their sender was told whom to call.
BRIEF, DANGER_ENOUGH = 15, -0.2
_NONE = Heard([], certain=False, weight=NOTHING_KNOWN, words=0)


def urgency_of(
    words: Matches, kind: ComplaintType, hints: Mapping[str, float] = NO_HINTS, danger: Heard = _NONE
) -> Urgency:
    """Return the urgency of a complaint. Without a hint of the model the words and the alarm decide."""
    said = _urgency_said(words, kind)
    if URGENT not in hints:
        return Urgency.DARURAT if danger.alarm else said
    heard = max(-MOST_DANGER, min(MOST_DANGER, danger.weight))
    total = hints[URGENT] + LEXICON_WEIGHT * (said == Urgency.TINGGI)
    total += DANGER_WEIGHT * heard
    brief = danger.words <= (2 * BRIEF if danger.certain else BRIEF)
    if danger.alarm and (brief or total > DANGER_ENOUGH or DangerKind.DESPAIR in danger.kinds):
        return Urgency.DARURAT
    if total > ENOUGH:
        return Urgency.TINGGI
    return Urgency.RENDAH if kind != ComplaintType.PENGADUAN else Urgency.SEDANG


def _urgency_said(words: Matches, kind: ComplaintType) -> Urgency:
    """Return the urgency by the words: a described risk counts in every type, a named one only in a complaint."""

    def said(name: str) -> set[str]:
        return {words.words(one) for one in words[name] if not any(map(one.overlaps, words["tenang"]))}

    if said(Urgency.TINGGI):
        return Urgency.TINGGI
    if kind != ComplaintType.PENGADUAN:
        return Urgency.RENDAH
    signs = said("tanda")
    urgent = said("topik") or len(signs) > 1 or (signs and said("saat"))
    return Urgency.TINGGI if urgent else Urgency.SEDANG
