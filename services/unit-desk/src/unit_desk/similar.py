"""Complaints of a unit that may be about the same thing: by place, category and words. Pure.

The router suggests and merges, knowing the complaints of all units. This module only shows clerks what else lies on
their own desk, also below the router's threshold, and what is done already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from contracts.events import ComplaintSnapshot, Place

#: Older complaints are another problem, or the same one again; nobody reads more than these.
WINDOW, SHOWN = timedelta(days=60), 3
#: Shorter words are function words, which don't tell the subject.
_LEAST_LETTERS = 4
#: The least share of common words: without other evidence, and with the same category and village.
_BY_WORDS, _BY_PLACE = 0.5, 0.15
#: A single common word is in every second complaint of a category.
_LEAST_WORDS = 2


@dataclass(frozen=True, kw_only=True)
class Like:
    """Another complaint, how likely it is the same (0 to 1), and why."""

    complaint: ComplaintSnapshot
    score: float
    reason: str


def ranked(complaint: ComplaintSnapshot, others: Iterable[ComplaintSnapshot]) -> list[Like]:
    """Return the likeliest of ``others``, which are in the same kecamatan, the likeliest first."""
    if complaint.rahasia or complaint.restricted or complaint.erased:
        return []
    found = [like for other in others if (like := _like(complaint, other))]
    return sorted(found, key=lambda each: (-each.score, each.complaint.ticket))[:SHOWN]


def _like(complaint: ComplaintSnapshot, other: ComplaintSnapshot) -> Like | None:
    if other.rahasia or other.restricted or other.erased or other.ticket in complaint.merged:
        return None
    desa, its_desa = (place.desa if (place := each.place or Place()) else None for each in (complaint, other))
    if desa and its_desa and desa != its_desa:
        return None
    words, its_words = _words(complaint.text), _words(other.text)
    common = words & its_words
    share = len(common) / max(1, min(len(words), len(its_words)))
    same = bool(complaint.category) and complaint.category == other.category
    alike = len(common) >= _LEAST_WORDS and share >= _BY_WORDS
    if not alike and not (same and desa and desa == its_desa and share >= _BY_PLACE):
        return None
    # The longer text's surplus counts half: of two texts that contain this one, the shorter is likelier.
    both = (share + 2 * len(common) / max(1, len(words) + len(its_words))) / 2
    score = 0.6 * both + 0.2 * same + 0.2 * bool(desa and desa == its_desa)
    reasons = [
        *(["kategori sama"] if same else []),
        *([f"tempat sama ({desa})"] if desa and desa == its_desa else []),
        *([f"kata sama: {', '.join(sorted(common, key=lambda each: (-len(each), each))[:4])}"] if common else []),
    ]
    return Like(complaint=other, score=round(score, 3), reason=", ".join(reasons))


def _words(text: str) -> set[str]:
    return {each for each in re.findall(r"[^\W\d_]+", text[:2_000].casefold()) if len(each) >= _LEAST_LETTERS}
