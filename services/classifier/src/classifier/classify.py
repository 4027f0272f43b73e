"""Understands one text: the category by the model, kind and urgency by it and by rule, the rest by rule.

Pure: no file, no clock, no network.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.category import linear_model
from classifier.category.linear_model import Model, abstains, rank
from classifier.domain import Candidate, Classification
from classifier.extractors.accused_units import (
    UnitNames,
    leads_of,
    names_people,
    owners_of,
    unit_names,
    units_accused,
    units_meant,
    units_named,
)
from classifier.extractors.conduct_weight import DOUBTFUL, DOUBTFUL_OF_PEOPLE, SURE, UNLIKELY, ConductWords
from classifier.extractors.language import language_of
from classifier.extractors.matter import Matters, matter_of, matters_of
from classifier.extractors.message_type import kind_of
from classifier.extractors.protection import is_protected
from classifier.extractors.spam import is_spam
from classifier.extractors.urgency import urgency_of
from classifier.text import plain
from contracts.masking import mask
from contracts.vocabulary import ComplaintType
from kabupaten import Part, Region, load
from kabupaten.danger import DangerWords
from kabupaten.gazetteer import Gazetteer, gazetteer_of
from kabupaten.lexicon import phrases_of
from kabupaten.phrases import Phrases, tokenise
from kabupaten.place import find_place
from kabupaten.sentences import Abbreviations, abbreviations_of, joined

#: The parts of a region that the rules are made of.
PARTS: tuple[Part, ...] = (
    "units", "categories", "routing", "territory", "message_type", "danger", "urgency", "spam", "conduct",
    "abbreviations", "protection",
)  # fmt: skip

#: Confidence of a category of conduct from which a text that names somebody's people tells of their conduct. Beside
#: the words of another subject it is low, and of texts that only name an office it is far lower still.
LIKELY = 0.02

_UNWELCOME = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a region's files say about words, places and units."""

    gazetteer: Gazetteer
    units: UnitNames
    abbreviations: Abbreviations
    #: What is looked for in a whole text, and in each sentence of it.
    message: Phrases
    sentence: Phrases
    danger: DangerWords
    accusing: ConductWords
    protection: Phrases
    matters: Matters
    owners: dict[str, str]
    #: By category and matter, where that is not the category's: None, nobody here.
    leads: dict[tuple[str, str], str | None]
    #: Units that get what names a victim, by ``routing.yaml``.
    guardians: frozenset[str]
    #: Matters of conduct that are handed over: officials who are not the kabupaten's.
    outsiders: frozenset[str]
    #: Categories about conduct: their unit looks into it and is not meant by it.
    conduct: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What ``classify`` needs: a model and the rules of a region."""

    model: Model
    rules: Rules


def rules_of(region: Region) -> Rules:
    """Make the rules of ``region``, which has all ``PARTS``."""
    owners = owners_of(region.units, region.categories)
    conduct = frozenset(name for name, its in region.categories.items() if its.unit and name not in owners)
    short = region.abbreviations
    return Rules(
        gazetteer=gazetteer_of(region.territory),
        units=unit_names(region.units),
        abbreviations=abbreviations_of(short.before, short.behind, short.openers),
        message=phrases_of(region.message_type, region.urgency, region.spam),
        sentence=phrases_of(region.conduct),
        danger=DangerWords(region.danger),
        accusing=ConductWords(region.conduct),
        protection=phrases_of(region.protection),
        matters=matters_of(region.categories),
        owners=owners,
        leads=leads_of(region.routing),
        guardians=frozenset(rule.lead for rule in region.routing.rules if rule.protected and rule.lead),
        outsiders=frozenset(
            matter
            for rule in region.routing.rules
            if rule.hand_over and not rule.categories.isdisjoint(conduct)
            for matter in rule.matters
        ),
        conduct=conduct,
    )


def load_knowledge(model: Path, region: Path) -> Knowledge:
    """Read a built model and the region files.

    Raises:
        ModelError: the model is missing or unreadable.
        RegionError: a region file is.
    """
    rules = rules_of(load(region, *PARTS))
    # Not with the first text: a batch of complaints would wait for it, on a busy machine until it is given up.
    rules.danger.learn()
    return Knowledge(model=linear_model.load(model), rules=rules)


def classify(knowledge: Knowledge, text: str, suggested_type: str | None = None) -> Classification:
    """Everything understood from ``text``; identifiers of citizens are masked before anything else sees it.

    ``suggested_type`` is what its sender takes it for.
    """
    masked = mask(text)
    found = rank(knowledge.model, masked)
    top = found.top
    rules = knowledge.rules
    written = joined(rules.abbreviations, _UNWELCOME.sub(" ", masked))
    read = plain(written)
    place = find_place(rules.gazetteer, masked)
    said = rules.message.search(tokenise(read))
    kind = kind_of(said, found.hints, suggested_type)
    danger = rules.danger.hear(masked)
    accusing, owner = rules.accusing.weigh(masked), _owner(rules, top, masked)
    accused: Collection[str] = units_accused(
        rules.sentence,
        rules.units,
        written.lower(),
        owner,
        place.kecamatan,
        of_conduct=kind == ComplaintType.PENGADUAN
        and any(one.category in rules.conduct and one.confidence >= LIKELY for one in top),
    )
    said_so = bool(accused)
    if accusing is not None and accusing <= UNLIKELY:  # a phrase that was meant otherwise
        accused = ()
    elif accusing is not None and accusing > SURE and not accused and kind == ComplaintType.PENGADUAN:
        accused = units_meant(rules.sentence, rules.units, written.lower(), owner, place.kecamatan)
    named = units_named(rules.sentence, rules.units, written.lower())
    theirs = not accused and not named and _of_outsiders(rules, masked)
    protected = is_protected(rules.protection.search(tokenise(read)))
    perhaps = not accused and not theirs and (said_so or _perhaps_accusing(rules, written.lower(), accusing))
    if protected and perhaps and kind == ComplaintType.PENGADUAN:
        # Whose words they are is not known; who would read them all is not to be who is meant.
        accused = named & rules.guardians
    return Classification(
        category=top[0].category,
        confidence=top[0].confidence,
        # A guess at conduct that the words don't bear out accuses nobody.
        abstained=abstains(knowledge.model, found)
        or (top[0].category in rules.conduct and accusing is not None and accusing <= UNLIKELY and not theirs),
        top=tuple(top),
        matter=matter_of(rules.matters, top[0].category, masked),
        type=kind,
        urgency=urgency_of(said, kind, found.hints, danger),
        danger=bool(danger.kinds),
        spam=is_spam(said),
        language=language_of(read),
        place=place,
        about_units=tuple(accused),
        perhaps_accusing=perhaps and not accused,
        protected=protected,
        masked_text=masked,
    )


def _of_outsiders(rules: Rules, text: str) -> bool:
    """Whether it is told of officials who are not the kabupaten's."""
    return any(matter_of(rules.matters, category, text) in rules.outsiders for category in rules.conduct)


def _perhaps_accusing(rules: Rules, text: str, weight: float | None) -> bool:
    """Whether ``text``, in lower case, weighs enough that a person should look; less where it names somebody."""
    if weight is None or weight <= DOUBTFUL_OF_PEOPLE:
        return False
    return weight > DOUBTFUL or names_people(rules.sentence, rules.units, text)


def _owner(rules: Rules, top: Sequence[Candidate], text: str) -> str | None:
    """The unit of the category and its matter; where that is conduct itself, of what is likeliest beside it."""
    subject = next(found.category for found in top if found.category not in rules.conduct or found is top[-1])
    matter = matter_of(rules.matters, subject, text) or ""
    return rules.leads.get((subject, matter), rules.owners.get(subject))
