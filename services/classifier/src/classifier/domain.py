"""What the classifier says about a text: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.events import Place
from contracts.vocabulary import ComplaintType, Urgency

#: What a model may be taught beside categories: which kind of message it is, and that it can't wait.
KINDS = tuple(ComplaintType)
URGENT = "mendesak"
#: Of a model that was taught none.
NO_HINTS: Mapping[str, float] = {}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A category that was weighed, its confidence from 0 to 1, and the words that spoke for it."""

    category: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Everything understood from one text. ``category`` is the best guess even when ``abstained``.

    ``matter`` is a narrower subject of that category, where the text names one; ``protected``: it names a victim of
    violence or of a child's, and is confidential;
    ``danger``: its words sound of danger to life, be it urgent or not.
    """

    category: str
    confidence: float
    abstained: bool
    top: tuple[Candidate, ...]
    matter: str | None
    type: ComplaintType
    urgency: Urgency
    danger: bool
    spam: bool
    language: str
    place: Place
    about_units: tuple[str, ...]
    protected: bool
    perhaps_accusing: bool
    perhaps_about: tuple[str, ...]
    masked_text: str
