"""Every event of the pipeline, as msgspec Structs: the only source of truth of the wire.

JSON Schemas under ``topics/*/schema.json`` are generated from here (``python -m contracts.generate``), with the
docstrings of the Structs. A field that is optional on the wire has the type ``T | UnsetType`` and is left off when
unset. Times are aware. Words are plain strings on the wire: those of ``contracts.vocabulary``, and also the channel,
the category and the unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from contracts import vocabulary as words


def _listed(listed: Iterable[str], about: str = "") -> str:
    return f"{about}{': ' if about else ''}{', '.join(listed)}; more may come."


def _one_of(known: type[StrEnum], about: str = "") -> Meta:
    """Describe a field that has a word of the vocabulary; ``contracts.codec.unknown_words`` finds other words in it."""
    return Meta(description=_listed(known, about), extra={"words": known})


Time = Annotated[datetime, Meta(tz=True)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
#: Written by a citizen, identifiers already masked. The only place to encrypt, should that become necessary.
CitizenText = Annotated[str, Meta(max_length=20_000, description="Written by a citizen; identifiers are masked.")]
UnitCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", description="Code of a unit, as in units.yaml.")]
Ticket = Annotated[
    str,
    Meta(pattern=r"^SPG-[0-9A-Z]{4}-[0-9A-Z]{5}$", description="Identifies a complaint, never authorizes."),
]
ComplaintType = Annotated[str, _one_of(words.ComplaintType)]
Urgency = Annotated[str, _one_of(words.Urgency)]
Lane = Annotated[str, _one_of(words.Lane)]


class Evidence(Struct, frozen=True, kw_only=True):
    """A file: a citizen's attachment, or a unit's proof.

    An attachment stays with the intake, which checks ``url`` at the click and opens only links that the router signed
    for a unit.
    """

    url: str
    media_type: str
    sha256: str
    bytes: Annotated[int, Meta(ge=0)]


class Position(Struct, frozen=True, kw_only=True):
    """A point that the citizen's device gave, if they wanted that: degrees (WGS 84), to within ``metres``."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    metres: Annotated[int, Meta(ge=0)] | UnsetType = UNSET


class ComplaintReceived(Struct, frozen=True, kw_only=True):
    """A complaint as the citizen gave it, normalized. One full snapshot per complaint."""

    complaint_id: str
    ticket: Ticket
    channel: str
    origin: str
    text: CitizenText
    received_at: Time
    reporter_ref: str
    anonim: bool = False
    rahasia: bool = False
    place: CitizenText | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    occurred: CitizenText | UnsetType = UNSET
    evidence: list[Evidence] = []
    danger: Annotated[
        list[Annotated[str, _one_of(words.DangerKind)]],
        Meta(description="Danger to life that its words tell of; its sender was told at once whom to call."),
    ] = []
    faint: Annotated[bool, Meta(description="They tell of that danger too faintly to alarm anybody.")] = False
    place_asked: Annotated[bool, Meta(description="It says not where; its sender was asked.")] = False
    suggested_type: Annotated[
        str | UnsetType, _one_of(words.ComplaintType, "What kind of message its sender takes it for")
    ] = UNSET
    suggested_category: Annotated[
        str | UnsetType, Meta(description="What its sender chose it to be about, of categories.yaml: a hint.")
    ] = UNSET
    part_of: Annotated[
        Ticket | UnsetType,
        Meta(description="It was added to this complaint, may accuse who works on it, and is kept from them."),
    ] = UNSET


class Candidate(Struct, frozen=True, kw_only=True):
    """A category that was weighed, and the words that spoke for it."""

    category: str
    confidence: Ratio
    evidence: list[CitizenText] = []


class Place(Struct, frozen=True, kw_only=True):
    """Where it is, read from the text. ``stated`` is what the citizen wrote as kecamatan."""

    kecamatan: str | None = None
    desa: str | None = None
    stated: str | None = None
    conflict: bool = False
    elsewhere: Annotated[str | None, Meta(description="The place of another kabupaten that it names instead.")] = None


class ComplaintClassified(Struct, frozen=True, kw_only=True):
    """The classifier's result. ``category`` is the best guess even when ``abstained``."""

    complaint_id: str
    ticket: Ticket
    category: str
    confidence: Ratio
    abstained: bool
    top: list[Candidate]
    type: ComplaintType
    urgency: Urgency
    spam: bool
    language: str
    place: Place
    about_units: list[UnitCode]
    model_version: str
    matter: Annotated[
        str | UnsetType, Meta(description="A narrower subject that has its own rule in routing.yaml.")
    ] = UNSET
    protected: Annotated[
        bool | UnsetType, Meta(description="It names a victim of violence, or a child: confidential from here on.")
    ] = UNSET
    perhaps_accusing: Annotated[
        bool | UnsetType, Meta(description="Its words may accuse officials, though none is named for sure.")
    ] = UNSET
    perhaps_about: Annotated[
        list[UnitCode] | UnsetType,
        Meta(description="With perhaps_accusing: whom it may mean, so nobody of these is to read it first."),
    ] = UNSET


class FollowUp(Struct, frozen=True, kw_only=True):
    """One addition of the citizen after the complaint."""

    id: str
    kind: Annotated[str, _one_of(words.FollowUpKind)]
    at: Time
    text: CitizenText | UnsetType = UNSET
    rating: Annotated[int, Meta(ge=1, le=5)] | UnsetType = UNSET
    reasons: Annotated[
        list[Annotated[str, _one_of(words.MarkReason)]] | UnsetType,
        Meta(description="Why that rating, if it was said."),
    ] = UNSET
    right: Annotated[str | UnsetType, _one_of(words.Right, "Of a rights_request, UU 27/2022 (PDP)")] = UNSET
    place: Annotated[Place | UnsetType, Meta(description="Where it is, if the text names a place.")] = UNSET
    told: Annotated[
        bool | UnsetType, Meta(description="Its sender was told already to which complaint it was added.")
    ] = UNSET
    rahasia: Annotated[
        bool | UnsetType, Meta(description="Added to a confidential complaint that was merged into this one.")
    ] = UNSET
    danger: Annotated[
        list[Annotated[str, _one_of(words.DangerKind)]] | UnsetType,
        Meta(description="The danger to life that its words tell of; its sender was told whom to call."),
    ] = UNSET
    evidence: Annotated[list[Evidence], Meta(description="What was attached to it.")] = []
    late: Annotated[
        bool | UnsetType,
        Meta(
            description="Only files, of what was said before: it answers nothing, and nobody is told of it but units."
        ),
    ] = UNSET
    deleted: Annotated[
        list[str] | UnsetType,
        Meta(description="SHA-256 of files of earlier ones that their sender deleted; late, and they are gone."),
    ] = UNSET


class ComplaintFollowedUp(Struct, frozen=True, kw_only=True):
    """All additions of the citizen so far, oldest first: a later event contains the earlier one."""

    complaint_id: str
    ticket: Ticket
    items: Annotated[list[FollowUp], Meta(min_length=1)]


class DerivationDay(Struct, frozen=True, kw_only=True):
    """One day of a deadline's derivation; ``reason`` says in Indonesian what ``kind`` says to programs.

    The fields from ``code`` on are for readers that say it in other words.
    """

    date: date
    counted: bool
    reason: str
    kind: Annotated[str | UnsetType, _one_of(words.DayKind)] = UNSET
    share: Annotated[
        Ratio | UnsetType, Meta(description="How much of a day with work counts: 0.5 is a half day; unset: all.")
    ] = UNSET
    code: Annotated[
        str | UnsetType, Meta(description="Which sentence of texts.yaml, section days, says it to citizens.")
    ] = UNSET
    amount: Annotated[
        float | UnsetType,
        Meta(description="How far the count of days is; of a span the term; of a time its seconds."),
    ] = UNSET
    called: Annotated[
        str | UnsetType, Meta(description="What the day is called: a holiday, or why the kabupaten works or does not.")
    ] = UNSET


class ComplaintUpdated(Struct, frozen=True, kw_only=True):
    """One step of a complaint's story. ``seq`` counts 0,1,2… without holes; ``status`` holds after the step.

    A step of the clock is a step like any other; the fields from ``stage`` on belong to such steps. ``deadline_at`` and
    ``derivation`` are those of the stage's clock at that step; a `merged` gives the deadline of its parent.
    """

    complaint_id: str
    ticket: Ticket
    seq: Annotated[int, Meta(ge=0)]
    kind: Annotated[str, _one_of(words.UpdateKind)]
    status: Annotated[str, _one_of(words.Status)]
    channel: str
    origin: str
    received_at: Time
    unit: UnitCode | None
    lane: Annotated[str | None, _one_of(words.Lane)]
    category: str | None
    type: Annotated[str | None, _one_of(words.ComplaintType)]
    urgency: Annotated[str | None, _one_of(words.Urgency)]
    message: Annotated[str | UnsetType, Meta(description="For the public, in Indonesian; no personal data.")] = UNSET
    code: Annotated[
        str | UnsetType,
        Meta(description="Which sentence of texts.yaml belongs to it, where no unit wrote one."),
    ] = UNSET
    reason: str | UnsetType = UNSET
    target: Annotated[str | UnsetType, Meta(description="To whom it was handed over.")] = UNSET
    contact: Annotated[str | UnsetType, Meta(description="How to reach the target; public.")] = UNSET
    parent: Annotated[Ticket | UnsetType, Meta(description="The complaint it was merged into.")] = UNSET
    support: Annotated[list[UnitCode], Meta(description="Units that help the one that leads.")] = []
    by: Annotated[
        UnitCode | UnsetType, Meta(description="The unit whose reply caused it; unset: a rule, a timer, the reporter.")
    ] = UNSET
    evidence: Annotated[list[Evidence], Meta(description="What shows that it is done, given by the unit.")] = []
    note: Annotated[str | UnsetType, _one_of(words.Note, "What a `noted` is about, or why another step was taken")] = (
        UNSET
    )
    rahasia: Annotated[
        bool, Meta(description="Confidential: strangers are told status and due date, and nothing else of it.")
    ] = False
    stage: Annotated[str | UnsetType, Meta(description="The promise that the clock measures, as in sla.yaml.")] = UNSET
    round: Annotated[int, Meta(ge=1, description="1, and one more each time it is taken up again.")] | UnsetType = UNSET
    deadline_at: Time | UnsetType = UNSET
    derivation: list[DerivationDay] = []
    promise: Annotated[
        str | UnsetType, Meta(description="The length of the promise in words, Indonesian: 3 hari kerja, 72 jam.")
    ] = UNSET
    paused_until: Annotated[
        Time | UnsetType, Meta(description="Of a `paused`: until when it waits for the reporter at the latest.")
    ] = UNSET
    level: (
        Annotated[
            int,
            Meta(ge=0, description="Of an `escalated` which step of the ladder; a `retracted` takes back from it on."),
        ]
        | UnsetType
    ) = UNSET
    escalate_to: Annotated[list[str], Meta(description="Of an `escalated`: units, or `head`.")] = []
    listed: Annotated[
        bool,
        Meta(description="It may stand in a public list: nothing of it is confidential, doubtful, or about somebody."),
    ] = False
    kecamatan: Annotated[str | UnsetType, Meta(description="Where it is, of what is `listed`.")] = UNSET
    desa: Annotated[str | UnsetType, Meta(description="Where it is, of what is `listed`.")] = UNSET
    rating: (
        Annotated[int, Meta(ge=1, le=5, description="The mark that its reporter gave, of the step that notes it.")]
        | UnsetType
    ) = UNSET
    supporters: (
        Annotated[int, Meta(ge=1, description="How many others said at the website to have the same; unset: nobody.")]
        | UnsetType
    ) = UNSET


class ComplaintErased(Struct, frozen=True, kw_only=True):
    """All that a complaint says about anybody is to be deleted everywhere, or was (UU 27/2022, pasal 43).

    The order and the ledger in one. Its last record is kept forever and names nobody, so that data that a restored
    backup brings back is deleted again.
    """

    complaint_id: str
    ticket: Ticket
    origin: str
    by: Annotated[UnitCode, Meta(description="The unit that ordered it.")]
    reason: Annotated[str, Meta(description="Why, in that unit's words; identifiers are masked.")]
    asked_at: Time
    done_at: Annotated[Time | UnsetType, Meta(description="When the last service had deleted it; unset: not yet.")] = (
        UNSET
    )
    erased: Annotated[dict[str, int], Meta(description="How many rows of which table, as `intake-sms.notices`.")] = {}


class SlaUpdated(Struct, frozen=True, kw_only=True):
    """A clock of a complaint moved. Carries nobody's text.

    ``upheld`` says that every missed promise that was announced, and not retracted, stands in view of all that had
    happened by ``based_on_seq``; the event may name any of them.
    """

    complaint_id: str
    ticket: Ticket
    kind: Annotated[str, _one_of(words.ClockKind)]
    policy: str
    stage: str
    round: Annotated[int, Meta(ge=1)]
    deadline_at: Time
    warn_at: Time
    based_on_seq: Annotated[int, Meta(ge=0)]
    derivation: list[DerivationDay]
    unit: UnitCode | None = None
    reason: Annotated[
        str | UnsetType, Meta(description="Why it paused, resumed, moved or stopped; Indonesian, of the rules.")
    ] = UNSET
    promise: Annotated[
        str | UnsetType,
        Meta(
            description="The length of the promise in words, Indonesian: 3 hari kerja, 72 jam, 14 hari, 10 jam kerja."
        ),
    ] = UNSET
    paused_until: Annotated[
        Time | UnsetType, Meta(description="Of a `paused`: until when it waits for the reporter at the latest.")
    ] = UNSET
    level: Annotated[
        int, Meta(ge=0, description="Of a `retracted`: the lowest step of the ladder taken back; 0 is the breach.")
    ] = 0
    number: Annotated[
        int, Meta(ge=0, description="Counts what the clock says of a complaint: what has a higher one was said later.")
    ] = 0
    due_at: Annotated[
        Time | UnsetType, Meta(description="The moment at which time alone made it true; unset: a step did.")
    ] = UNSET


class SlaBreached(Struct, frozen=True, kw_only=True):
    """A promise was missed. Announced once per complaint, round, stage, deadline and level.

    ``level`` 0 is the breach; each step of the escalation ladder reached later is the next level, and ``escalate_to``
    names its recipients: a unit, or ``head`` for the head of the unit that has it.
    """

    complaint_id: str
    ticket: Ticket
    policy: str
    stage: str
    round: Annotated[int, Meta(ge=1)]
    deadline_at: Time
    based_on_seq: Annotated[int, Meta(ge=0)]
    derivation: list[DerivationDay]
    unit: UnitCode | None = None
    level: Annotated[int, Meta(ge=0)] = 0
    escalate_to: list[str] = []
    number: Annotated[
        int, Meta(ge=0, description="Counts what the clock says of a complaint: what has a higher one was said later.")
    ] = 0
    due_at: Annotated[
        Time | UnsetType, Meta(description="The moment at which time alone made it true; unset: a step did.")
    ] = UNSET


class ComplaintSupported(Struct, frozen=True, kw_only=True):
    """Somebody said on the website that they have the same problem, whatever channel the complaint came by.

    Nobody here knows who they are: the door counts each browser once. The highest number is the latest. The door does
    not know the complaint's id, so the ticket is ``subject`` and key.
    """

    ticket: Ticket
    supporters: Annotated[int, Meta(ge=1, description="How many support it by now.")]


class ComplaintTold(Struct, frozen=True, kw_only=True):
    """The fate of a message to the reporter of a complaint, published with each change: the last one holds.

    It contains neither the text nor the recipient. The times of one message's events only increase.
    """

    complaint_id: str
    ticket: Ticket
    message_id: Annotated[str, Meta(description="Which message: told by two ways, it is two.")]
    kind: Annotated[str, _one_of(words.MessageKind)]
    state: Annotated[str, _one_of(words.Arrival)]
    at: Annotated[Time, Meta(description="When it came to that: sent, delivered, or known not to arrive.")]
    step: Annotated[int, Meta(ge=0, description="The step of the story that it tells.")] | UnsetType = UNSET
    channel: Annotated[
        str | UnsetType,
        Meta(description="By which way it goes; unset: by none, or an anonymous or confidential contact's."),
    ] = UNSET
    because: Annotated[str | UnsetType, _one_of(words.NoArrival)] = UNSET
    until: Annotated[Time | UnsetType, Meta(description="Before then it is not sent.")] = UNSET


class ResendAsked(Struct, frozen=True, kw_only=True):
    """A person at the desk wants a message to the reporter of a complaint to be sent again.

    The intake that has it sends it again, unless it has arrived by then, still waits, or its address is gone.
    """

    complaint_id: str
    ticket: Ticket
    message_id: Annotated[str, Meta(description="Which message, as the intake has called it.")]


class CanaryPassed(Struct, frozen=True, kw_only=True):
    """A synthetic complaint came as far as ``by``; the prober waits for it. No unit, statistic or citizen sees it."""

    canary: Annotated[str, Meta(description="Which one: the channel and the second in which it was sent.")]
    channel: str
    by: Annotated[str, Meta(description="The service that it has passed.")]


class Support(Struct, frozen=True, kw_only=True):
    """A unit that helps the leading one, and its last message."""

    unit: UnitCode
    status: Annotated[str, _one_of(words.SupportStatus)] = words.SupportStatus.ASKED.value
    message: str | UnsetType = UNSET
    request: Annotated[
        str | UnsetType, Meta(description="What the lead asks of it (`ask-help`); unset: it was named with the lead.")
    ] = UNSET


class Similar(Struct, frozen=True, kw_only=True):
    """Another complaint that may be about the same thing, and why."""

    ticket: Ticket
    score: Ratio
    reason: str


class Appeal(Struct, frozen=True, kw_only=True):
    """The reporter objects to how ``unit`` has resolved it; ``text`` is why, in their words."""

    unit: UnitCode
    at: Time
    rating: Annotated[int, Meta(ge=1, le=5, description="The mark that its reporter gave.")]
    text: CitizenText | UnsetType = UNSET
    by: Annotated[UnitCode | UnsetType, Meta(description="Who has decided about it; unset: nobody yet.")] = UNSET
    upheld: Annotated[bool | UnsetType, Meta(description="What was decided; unset: nothing yet.")] = UNSET
    deadline_at: Annotated[Time | UnsetType, Meta(description="By when it is to be decided, as its clock says.")] = (
        UNSET
    )


class Confirmation(Struct, frozen=True, kw_only=True):
    """A resolved complaint is closed once its reporter, or a person other than the one who resolved it, confirms it."""

    since: Time
    deadline_at: Annotated[Time | UnsetType, Meta(description="By when, as its clock says.")] = UNSET
    closes: Annotated[
        bool, Meta(description="The time for objections is over: what is confirmed is closed at once.")
    ] = False


class Past(Struct, frozen=True, kw_only=True):
    """An earlier step, for the people who decide about the complaint: texts are cut after some hundred letters."""

    kind: Annotated[str, _one_of(words.UpdateKind)]
    at: Time
    unit: UnitCode | UnsetType = UNSET
    by: UnitCode | UnsetType = UNSET
    message: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    evidence: Annotated[list[Evidence], Meta(description="Of the last `resolved`: what shows that it is done.")] = []


class Question(Struct, frozen=True, kw_only=True):
    """The last question of ``unit`` to the reporter."""

    unit: UnitCode
    text: str
    answered: Annotated[
        bool,
        Meta(description="The reporter has written since; until then they are waited for, or were in vain."),
    ] = False


class ComplaintSnapshot(Struct, frozen=True, kw_only=True):
    """All a unit needs to work on a complaint, as of now."""

    complaint_id: str
    ticket: Ticket
    seq: Annotated[int, Meta(ge=0)]
    status: Annotated[str, _one_of(words.Status)]
    unit: UnitCode
    lane: Lane
    channel: str
    text: CitizenText
    received_at: Time
    anonim: bool
    rahasia: bool
    category: str | None
    type: Annotated[str | None, _one_of(words.ComplaintType)]
    urgency: Annotated[str | None, _one_of(words.Urgency)]
    place: Place | UnsetType = UNSET
    place_stated: CitizenText | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    occurred: Annotated[
        CitizenText | UnsetType, Meta(description="When it happened or since when, as the citizen said it.")
    ] = UNSET
    candidates: list[Candidate] = []
    evidence: list[Evidence] = []
    follow_ups: list[FollowUp] = []
    deadline_at: Time | UnsetType = UNSET
    derivation: list[DerivationDay] = []
    acknowledge_by: Annotated[
        Time | UnsetType,
        Meta(description="By when it is to be acknowledged, where that is a matter of minutes or hours."),
    ] = UNSET
    role: Annotated[str, _one_of(words.Part, "What the unit that reads this is")] = words.Part.LEAD.value
    support: list[Support] = []
    reporters: Annotated[int, Meta(ge=1, description="How many reported it: this one and those merged into it.")] = 1
    supporters: Annotated[
        int, Meta(ge=0, description="How many others said to have the same, without a complaint of their own.")
    ] = 0
    merged: Annotated[list[Ticket], Meta(description="The complaints merged into this one.")] = []
    similar: Annotated[list[Similar], Meta(description="Suggestions; a person decides.")] = []
    priority: Annotated[int, Meta(ge=0, description="Work on the highest first, then on the oldest.")] = 0
    matter: str | UnsetType = UNSET
    suggested_category: Annotated[
        str | UnsetType, Meta(description="What its reporter chose it to be about, be it right or not.")
    ] = UNSET
    returns: Annotated[int, Meta(ge=0, description="How often a unit gave it back.")] = 0
    reopened: Annotated[int, Meta(ge=0, description="How often its reporter had it done again.")] = 0
    unheard: Annotated[bool, Meta(description="Its reporter has added something since a unit last replied.")] = False
    question: Annotated[Question | UnsetType, Meta(description="Unset: its reporter was asked nothing.")] = UNSET
    spam: bool = False
    erased: Annotated[bool, Meta(description="Its text is deleted; delete your copies too.")] = False
    restricted: Annotated[
        bool, Meta(description="Only kept, by UU 27/2022 pasal 41: used for nothing but this complaint.")
    ] = False
    paused_until: Annotated[
        Time | UnsetType,
        Meta(description="The clock waits for the reporter, until then at the latest; unset: it runs."),
    ] = UNSET
    appeal: Annotated[Appeal | UnsetType, Meta(description="Unset: its reporter has not appealed.")] = UNSET
    history: Annotated[
        list[Past],
        Meta(description="The last steps, of what was appealed or is to be confirmed: what was done, and by whom."),
    ] = []
    target: Annotated[
        str | UnsetType, Meta(description="The office outside to which it was handed over; unset: it is not.")
    ] = UNSET
    confirmation: Annotated[
        Confirmation | UnsetType, Meta(description="Unset: nothing waits to be confirmed, or redone.")
    ] = UNSET
    accuses: Annotated[
        list[UnitCode], Meta(description="Units whose people it accuses, or may: nobody of these is to read it.")
    ] = []
    about_units: Annotated[
        list[UnitCode], Meta(description="Those of them that it accuses for sure: it can be given to none of these.")
    ] = []
    part_of: Annotated[
        Ticket | UnsetType,
        Meta(
            description="It was added to this complaint, and is kept from those who work on that: it may accuse them."
        ),
    ] = UNSET


class ReplyAnswer(Struct, frozen=True, kw_only=True):
    """The router's answer to a unit's reply: every reply gets exactly one."""

    event_id: str
    accepted: bool
    reason: str | UnsetType = UNSET
    code: Annotated[
        str | UnsetType,
        Meta(description=_listed(get_args(words.RefusalCode), "Of a refusal, for programs")),
    ] = UNSET
    masked: Annotated[
        list[str],
        Meta(description="Of an accepted reply: what stands in its words instead: [NIK], [TELEPON], [TAUTAN], …"),
    ] = []


class OnDuty(Struct, frozen=True, kw_only=True):
    """A person who can be reached in a unit just now."""

    unit: UnitCode
    name: str
    number: str


class UnitRouted(Struct, frozen=True, kw_only=True):
    """A message to a unit: the full snapshot and why it came."""

    why: Annotated[str, _one_of(words.Why)]
    unit: UnitCode
    complaint: ComplaintSnapshot | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    reply: ReplyAnswer | UnsetType = UNSET
    stage: Annotated[str | UnsetType, Meta(description=_listed(words.StageName, "The promise it is about"))] = UNSET
    on_duty: Annotated[
        list[OnDuty],
        Meta(description="Of what can't wait: who is reached now, in the unit, or for the triage lane in all units."),
    ] = []


class UnitReplied(Struct, frozen=True, kw_only=True):
    """A unit's reply about a complaint that it has. The unit is known from the topic alone.

    ``action`` is an open string here, so that an unknown one gets a refusal in words and not a dead letter.
    """

    ticket: str
    action: Annotated[
        str,
        Meta(
            description=_listed(
                words.Action,
                "From dispose to unmerge for whoever has it in the triage lane, uphold and dismiss for whom its "
                "reporter has appealed to, reassign for the LAPOR admin and who is above the unit, instruct for the "
                "latter, from erase on for the LAPOR admin",
            )
        ),
    ]
    message: Annotated[str, Meta(max_length=4_000)] | UnsetType = UNSET
    reason: Annotated[str, Meta(max_length=4_000)] | UnsetType = UNSET
    to: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    unit: Annotated[
        str | UnsetType, Meta(description="dispose, reassign, uphold: who gets it. ask-help: who is asked.")
    ] = UNSET
    category: str | UnsetType = UNSET
    type: Annotated[str | UnsetType, Meta(description=_listed(words.ComplaintType, "correct"))] = UNSET
    urgency: Annotated[str | UnsetType, Meta(description=_listed(words.Urgency, "prioritize"))] = UNSET
    into: str | UnsetType = UNSET
    support: Annotated[
        list[str], Meta(description="dispose, reassign, uphold: units that help the one that leads.")
    ] = []
    evidence: Annotated[list[Evidence], Meta(description="resolve: what shows that it is done.")] = []
    actor: (
        Annotated[
            str,
            Meta(
                max_length=100,
                description="resolve, confirm: a code by which the unit tells its people apart, no name or number.",
            ),
        ]
        | UnsetType
    ) = UNSET


Data = (
    ComplaintReceived
    | ComplaintClassified
    | ComplaintFollowedUp
    | ComplaintUpdated
    | SlaUpdated
    | SlaBreached
    | ComplaintErased
    | ComplaintSupported
    | ComplaintTold
    | ResendAsked
    | CanaryPassed
    | UnitRouted
    | UnitReplied
)
