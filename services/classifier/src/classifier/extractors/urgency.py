"""Read how long a complaint can wait: by words of danger, and by what the model hints at."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from classifier.domain import NO_HINTS, URGENT, Kind, Urgency
from classifier.phrase_matcher import PhraseMatcher
from kabupaten.urgency import UrgencyPhrases

#: What it counts beside the model's hint that the words tell of danger.
LEXICON_WEIGHT = 1.0
#: What is in doubt is urgent: a person looks at it first, and one overlooked costs more than several looked at in vain.
DOUBT_MARGIN = 0.2


def phrases_of(lists: UrgencyPhrases) -> PhraseMatcher:
    """Give what finds the phrases of ``lists``, each by the name of its list."""
    by_name = msgspec.structs.asdict(lists)
    return PhraseMatcher(by_name, by_name.pop("groups"))


def urgency_of(lists: PhraseMatcher, text: str, kind: Kind, hints: Mapping[str, float] = NO_HINTS) -> Urgency:
    """How long it can wait. ``text`` is ``plain``. Words of danger to life decide alone; below that the model's hint is
    added to what the words say, and without a hint the words decide.
    """
    said = _urgency_said(lists, text, kind)
    if said == "darurat" or URGENT not in hints:
        return said
    if hints[URGENT] + LEXICON_WEIGHT * (said == "tinggi") + DOUBT_MARGIN > 0:
        return "tinggi"
    return "rendah" if kind != "pengaduan" else "sedang"


def _urgency_said(lists: PhraseMatcher, text: str, kind: Kind) -> Urgency:
    """Told danger is danger in a question too; named danger is not."""
    found = list(lists.find(text))
    calm = [(one.start, one.end) for one in found if one.name == "tenang"]
    said: dict[str, set[str]] = {}
    for one in found:
        if not any(one.start < end and start < one.end for start, end in calm):
            said.setdefault(one.name, set()).add(one.words)
    if "darurat" in said:
        return "darurat"
    if "tinggi" in said:
        return "tinggi"
    if kind != "pengaduan":
        return "rendah"
    signs = said.get("tanda", ())
    return "tinggi" if "topik" in said or len(signs) > 1 or (signs and "saat" in said) else "sedang"
