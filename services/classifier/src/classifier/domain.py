"""The classifier's result for a text: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.events import Place
from contracts.vocabulary import ComplaintType, Urgency

#: Hints that a model may learn beside categories: the type of message, and that it is urgent.
KINDS = tuple(ComplaintType)
URGENT = "mendesak"
#: The hints of a model that learnt only categories.
NO_HINTS: Mapping[str, float] = {}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A likely category, its confidence from 0 to 1, and the words that spoke for it."""

    category: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Everything understood from one text. ``category`` is the best guess even when ``abstained``.

    ``matter`` is a narrower subject of that category, if the text names one. ``protected``: the text names a victim of
    violence or a harmed child, and is confidential. ``danger``: its words sound like danger to life, urgent or not.
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
