"""Events in, events out: a received complaint becomes its classification."""

from __future__ import annotations

from collections.abc import Callable, Collection

from msgspec import UNSET
from msgspec.structs import replace

from chassis.wire import Emit, Message, Tombstone
from classifier.domain import Classification
from contracts.events import CanaryPassed, Candidate, ComplaintClassified, ComplaintErased, ComplaintReceived
from contracts.ticket import INTAKES
from contracts.topics import CANARY, CLASSIFIED
from contracts.vocabulary import Urgency

SERVICE = "classifier"
#: Classifies a text, given the type and category that its sender chose and the danger that the intake detected.
Understand = Callable[[str, str | None, str | None, Collection[str]], Classification]
#: The text classified for each canary, to show that the model is loaded and answers.
_SAID = "Air PDAM tidak mengalir sejak pagi di Kelurahan Botto, Kecamatan Lalabata."


def on_message(understand: Understand, version: str, message: Message) -> list[Emit]:
    """Return a complaint's classification by the model with ``version``, or a tombstone for an erased complaint."""
    data = message.data
    if isinstance(data, ComplaintErased):
        return [Emit(topic=CLASSIFIED, subject=data.complaint_id, data=Tombstone(ticket=data.ticket))]
    if isinstance(data, CanaryPassed):
        return _passed(understand, data)
    if not isinstance(data, ComplaintReceived):
        return []
    # A stated place helps to find the place, and does not mislead about the category.
    text = f"{data.text}\n{data.place}" if data.place else data.text
    found = understand(text, data.suggested_type or None, data.suggested_category or None, data.danger)
    classified = ComplaintClassified(
        complaint_id=data.complaint_id,
        ticket=data.ticket,
        category=found.category,
        confidence=found.confidence,
        abstained=found.abstained,
        top=[Candidate(category=c.category, confidence=c.confidence, evidence=list(c.evidence)) for c in found.top],
        type=found.type,
        urgency=_urgency(found, alarm=bool(data.danger) and not data.faint),
        spam=found.spam,
        language=found.language,
        place=found.place,
        about_units=list(found.about_units),
        model_version=version,
        matter=found.matter or UNSET,
        protected=found.protected or UNSET,
        perhaps_accusing=found.perhaps_accusing or UNSET,
        perhaps_about=list(found.perhaps_about) or UNSET,
    )
    return [Emit(topic=CLASSIFIED, subject=data.complaint_id, data=classified)]


def _urgency(found: Classification, *, alarm: bool) -> Urgency:
    """Decide how urgent a complaint is; after an ``alarm`` of the intake it is at least *tinggi*.

    The intake may have detected danger in words that are masked here: then it stays *darurat*. If both detected danger
    but the classifier weighs it as less, it is *tinggi*. Danger that did not alarm at the intake starts no clock.
    """
    if not alarm or found.urgency == Urgency.DARURAT:
        return found.urgency
    return Urgency.TINGGI if found.danger else Urgency.DARURAT


def _passed(understand: Understand, canary: CanaryPassed) -> list[Emit]:
    """Pass on a canary that comes from an intake; those that other services passed on are for the prober."""
    if canary.by not in INTAKES.values():
        return []
    understand(_SAID, None, None, ())
    return [Emit(topic=CANARY, subject=canary.canary, data=replace(canary, by=SERVICE))]
