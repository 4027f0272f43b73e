"""Events in, events out: a complaint that came in becomes what was understood of it."""

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
#: Reads a text, of which its sender may have said what type and what category it is, and the door what danger.
Understand = Callable[[str, str | None, str | None, Collection[str]], Classification]
#: What is understood for a canary: that there is a model, and that it answers.
_SAID = "Air PDAM tidak mengalir sejak pagi di Kelurahan Botto, Kecamatan Lalabata."


def on_message(understand: Understand, version: str, message: Message) -> list[Emit]:
    """What the model with ``version`` understood of a complaint, or a tombstone for one that is erased."""
    data = message.data
    if isinstance(data, ComplaintErased):
        return [Emit(topic=CLASSIFIED, subject=data.complaint_id, data=Tombstone(ticket=data.ticket))]
    if isinstance(data, CanaryPassed):
        return _passed(understand, data)
    if not isinstance(data, ComplaintReceived):
        return []
    # A stated place helps to find the place, and says nothing false about the category.
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
    """How urgent it is, where the door heard danger that alarms: never an everyday matter.

    The door may have heard it in words that are masked here. What both heard beside much else goes to its unit. Whom
    the door only told whom to call may have written of every day: a clock is not begun for that.
    """
    if not alarm or found.urgency == Urgency.DARURAT:
        return found.urgency
    return Urgency.TINGGI if found.danger else Urgency.DARURAT


def _passed(understand: Understand, canary: CanaryPassed) -> list[Emit]:
    """Pass on a canary that comes from an intake; what others passed on is the prober's to read."""
    if canary.by not in INTAKES.values():
        return []
    understand(_SAID, None, None, ())
    return [Emit(topic=CANARY, subject=canary.canary, data=replace(canary, by=SERVICE))]
