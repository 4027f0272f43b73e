"""Understands one text: the category from the model, the rest by rule. Pure: no file, no clock, no network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from classifier import model as models
from classifier.domain import Classification
from classifier.gazetteer import Gazetteer, find_place, load_gazetteer
from classifier.model import Model, rank
from classifier.signals import (
    UnitName,
    is_spam,
    kind_of,
    language_of,
    load_unit_names,
    plain,
    units_accused,
)
from classifier.signals import urgency_of as urgency
from contracts.masking import mask

#: Of the words at least this share must be known: a text in another tongue is no complaint the model can judge.
KNOWN_SHARE = 0.35
_UNWELCOME = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What ``classify`` needs: a model and the names of a region."""

    model: Model
    gazetteer: Gazetteer
    units: tuple[UnitName, ...]


def load_knowledge(model: Path, region: Path) -> Knowledge:
    """Read a built model and the region files.

    Raises:
        ModelError: the model is missing or unreadable.
        RegionError: a region file is.
    """
    return Knowledge(model=models.load(model), gazetteer=load_gazetteer(region), units=load_unit_names(region))


def classify(knowledge: Knowledge, text: str) -> Classification:
    """Everything understood from ``text``; identifiers of citizens are masked before anything else sees it."""
    masked = mask(text)
    top, known = rank(knowledge.model, masked)
    read = plain(_UNWELCOME.sub(" ", masked))
    kind = kind_of(read)
    return Classification(
        category=top[0].category,
        confidence=top[0].confidence,
        abstained=top[0].confidence < knowledge.model.threshold or known < KNOWN_SHARE,
        top=tuple(top),
        type=kind,
        urgency=urgency(read, kind),
        spam=is_spam(read),
        language=language_of(read),
        place=find_place(knowledge.gazetteer, masked),
        about_units=units_accused(knowledge.units, masked.lower()),
        masked_text=masked,
    )
