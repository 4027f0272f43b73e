"""Read how long a complaint can wait: by words of danger, and by what the model hints at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chassis.region import RegionError, read_region
from classifier.domain import NO_HINTS, URGENT, Kind, Urgency
from classifier.phrase_matcher import PhraseMatcher

#: What it counts beside the model's hint that the words tell of danger.
LEXICON_WEIGHT = 1.0
#: What is in doubt is urgent: a person looks at it first, and one overlooked costs more than several looked at in vain.
DOUBT_MARGIN = 0.2


def load_urgency(region: Path) -> PhraseMatcher:
    """The lists of ``cues.yaml``.

    Raises:
        RegionError: the file is missing, or lacks one of the two lists that every region needs.
    """
    given = dict((read_region(region, "cues.yaml") or {}).get("urgency") or {})
    if not (given.get("darurat") and given.get("tinggi")):
        raise RegionError(f"{region}/cues.yaml: urgency needs the lists darurat and tinggi")
    groups = given.pop("groups", None) or {}
    return PhraseMatcher(given, groups)


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
