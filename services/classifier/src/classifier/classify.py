"""Classify one text: the category by the model, type and urgency by model and rules, the rest by rules.

:func:`classify` is pure: no file, no clock, no network.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.category import linear_model
from classifier.category.linear_model import Model, Reading, abstains, rank
from classifier.domain import Candidate, Classification
from classifier.extractors.language import language_of
from classifier.extractors.matter import Matters, matter_of, matters_of
from classifier.extractors.message_type import kind_of
from classifier.extractors.protection import is_protected
from classifier.extractors.spam import is_spam
from classifier.extractors.urgency import urgency_of
from contracts.masking import mask
from contracts.vocabulary import ComplaintType, DangerKind, UnitRole
from kabupaten import Part, Region, load
from kabupaten.accused_units import (
    UnitNames,
    leads_of,
    names_government,
    names_people,
    owners_of,
    unit_names,
    units_accused,
    units_meant,
    units_named,
    units_perhaps_meant,
)
from kabupaten.categories import UNKNOWN
from kabupaten.conduct_weight import (
    DOUBTFUL,
    DOUBTFUL_OF_PEOPLE,
    NOT_BORNE_OUT,
    SURE,
    UNLIKELY,
    ConductWords,
    quotes,
)
from kabupaten.danger import DangerWords
from kabupaten.gazetteer import Gazetteer, gazetteer_of
from kabupaten.lexicon import phrases_of
from kabupaten.phrases import Phrases, tokenise
from kabupaten.place import find_place
from kabupaten.routing import guardians
from kabupaten.sentences import Abbreviations, abbreviations_of, joined
from kabupaten.spelling import plain

#: The parts of a region that :func:`rules_of` reads.
PARTS: tuple[Part, ...] = (
    "units", "categories", "routing", "territory", "message_type", "danger", "urgency", "spam", "conduct",
    "abbreviations", "protection",
)  # fmt: skip

#: If a category of conduct has at least this confidence, a text that names a unit's people is about their conduct. The
#: confidence is low in a text with words of another subject too, and far lower in texts that only name an office.
LIKELY = 0.02

_UNWELCOME = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A region's rules about words, places and units."""

    gazetteer: Gazetteer
    units: UnitNames
    abbreviations: Abbreviations
    #: Phrases to find in a whole text, and in each of its sentences.
    message: Phrases
    sentence: Phrases
    danger: DangerWords
    accusing: ConductWords
    protection: Phrases
    matters: Matters
    owners: dict[str, str]
    #: The leading unit by category and matter, where it differs from the category's; None: no unit here.
    leads: dict[tuple[str, str], str | None]
    #: The unit that looks into conduct, and reads all accusations.
    judge: str | None
    #: Units that get complaints that name a victim, by ``routing.yaml``.
    guardians: frozenset[str]
    #: Matters of conduct that are handed over, because they are about officials who are not the kabupaten's.
    outsiders: frozenset[str]
    #: Categories of conduct. Their unit looks into the conduct, and is not accused by the category.
    conduct: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """A model and the rules of a region, as ``classify`` needs them."""

    model: Model
    rules: Rules


def rules_of(region: Region) -> Rules:
    """Build the rules of ``region``, which has all ``PARTS``."""
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
        judge=region.units.holder(UnitRole.CONDUCT),
        guardians=guardians(region.routing.rules),
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
        RegionError: a region file is missing or invalid.
    """
    rules = rules_of(load(region, *PARTS))
    # Learn now, not with the first text: a batch of complaints would wait for it, on a busy machine until its timeout.
    rules.danger.learn()
    return Knowledge(model=linear_model.load(model), rules=rules)


def classify(
    knowledge: Knowledge,
    text: str,
    suggested_type: str | None = None,
    suggested_category: str | None = None,
    told: Collection[str] = (),
) -> Classification:
    """Classify ``text``; identifiers of citizens are masked before anything else reads it.

    ``suggested_type`` and ``suggested_category`` are the sender's own choices. The category affects only the category:
    danger, victims and accused units are read as if nobody had chosen. ``told`` has the kinds of danger that the intake
    detected, before anything was masked.
    """
    masked = mask(text)
    found = rank(knowledge.model, masked)
    top = found.top
    rules = knowledge.rules
    sure = _with_choice(knowledge, masked, found, suggested_category)
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
    softened = "softens" in rules.sentence.search(tokenise(read))
    if accusing is not None and (softened or accusing <= NOT_BORNE_OUT):  # the phrase means something else here
        accused = ()
    elif accusing is not None and accusing > SURE and not accused and kind == ComplaintType.PENGADUAN:
        accused = units_meant(rules.sentence, rules.units, written.lower(), owner, place.kecamatan)
    named = units_named(rules.sentence, rules.units, written.lower())
    theirs = not accused and not named and _of_outsiders(rules, masked)
    # If the sender was told whom to call for a woman or a child, the text names a victim, whatever its words.
    abused = DangerKind.ABUSE in danger.kinds or DangerKind.ABUSE in told
    protected = abused or is_protected(rules.protection.search(tokenise(read)))
    perhaps = not accused and not theirs and (said_so or _perhaps_accusing(rules, written.lower(), accusing))
    if protected and (accusing or 0) <= SURE and not names_government(rules.sentence, rules.units, written.lower()):
        # Deeds of a father or a neighbour sound like misconduct. Units accused for sure stay accused, except those that
        # look after victims: they were meant only because the category is theirs.
        accused, perhaps = [unit for unit in accused if unit not in rules.guardians], False
    meant: Collection[str] = ()
    if perhaps or accused:
        meant = units_perhaps_meant(rules.sentence, rules.units, written.lower(), owner, place.kecamatan)
    if accused and rules.judge and rules.judge in meant and rules.judge not in accused:
        accused = (*accused, rules.judge)  # the judge is meant too, so it must not look into this
    if protected and perhaps and kind == ComplaintType.PENGADUAN:
        # It is not known whom the text accuses; the unit that would read all of it must not be a unit that it may mean.
        accused = (named | (set(meant) if (accusing or 0) > UNLIKELY else set())) & rules.guardians
    return Classification(
        category=top[0].category,
        confidence=sure.top[0].confidence,
        # Abstain if the category is conduct and the weight of the words denies it.
        abstained=abstains(knowledge.model, sure)
        or sure.top[0].category != top[0].category
        or (top[0].category in rules.conduct and accusing is not None and accusing <= UNLIKELY and not theirs),
        top=tuple(sure.top),
        matter=matter_of(rules.matters, top[0].category, masked),
        type=kind,
        urgency=urgency_of(said, kind, found.hints, danger),
        danger=bool(danger.kinds),
        spam=is_spam(said),
        language=language_of(read),
        place=place,
        about_units=tuple(accused),
        perhaps_accusing=perhaps and not accused,
        perhaps_about=() if accused or not perhaps else _perhaps_about(rules, meant, owner, protected=protected),
        protected=protected,
        masked_text=masked,
    )


def _with_choice(knowledge: Knowledge, text: str, found: Reading, chosen: str | None) -> Reading:
    """Rank ``text`` again with the sender's choice, which makes ``found`` surer or less sure.

    The choice never changes the category: if it would, a person decides. A text that sounds like conduct stays as sure
    as it is, whatever was chosen.
    """
    if not chosen or chosen == UNKNOWN or found.top[0].category in knowledge.rules.conduct:
        return found
    return rank(knowledge.model, text, chosen=chosen)


def _perhaps_about(rules: Rules, meant: Collection[str], owner: str | None, *, protected: bool) -> tuple[str, ...]:
    """Return the units that the text may accuse: ``meant``, and the category's unit ``owner``.

    A unit that looks after victims still reads a ``protected`` text, so it is left out; if it is named, it is accused.
    """
    units = dict.fromkeys([*meant, *([owner] if owner else [])])
    return tuple(unit for unit in units if not (protected and unit in rules.guardians))


def _of_outsiders(rules: Rules, text: str) -> bool:
    """Whether ``text`` is about officials who are not the kabupaten's."""
    return any(matter_of(rules.matters, category, text) in rules.outsiders for category in rules.conduct)


def _perhaps_accusing(rules: Rules, text: str, weight: float | None) -> bool:
    """Whether ``text``, in lower case, weighs enough for a look; less is enough if it names people or quotes."""
    if weight is None or weight <= DOUBTFUL_OF_PEOPLE:
        return False
    return weight > DOUBTFUL or quotes(text) or names_people(rules.sentence, rules.units, text)


def _owner(rules: Rules, top: Sequence[Candidate], text: str) -> str | None:
    """Return the unit of the likeliest category that is not conduct, and of its matter."""
    subject = next(found.category for found in top if found.category not in rules.conduct or found is top[-1])
    matter = matter_of(rules.matters, subject, text) or ""
    return rules.leads.get((subject, matter), rules.owners.get(subject))
