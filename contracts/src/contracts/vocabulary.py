"""The words that programs decide by, each written once. To change one, change it here, then `make schemas`.

On the wire they are plain strings, and a set may grow: a reader skips words that it does not know. The texts for people
stand beside them in sentences, which no program reads.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Status(StrEnum):
    """The state of a complaint. Only its intake knows the first and the last."""

    RECEIVED = "received"
    REGISTERED = "registered"
    ROUTED = "routed"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_REPORTER = "waiting_for_reporter"
    RESOLVED = "resolved"
    CLOSED = "closed"
    RETURNED = "returned"
    REOPENED = "reopened"
    HANDED_OVER = "handed_over"
    REJECTED = "rejected"
    MERGED = "merged"
    UNMERGED = "unmerged"
    CANCELLED = "cancelled"
    APPEALED = "appealed"  # its reporter objects to the resolution: the unit's supervisor decides
    ARCHIVED = "archived"


#: Nothing follows these.
FINAL = frozenset({Status.CLOSED, Status.HANDED_OVER, Status.REJECTED, Status.CANCELLED})
#: In these, nothing more is promised.
DONE = FINAL | {Status.RESOLVED, Status.ARCHIVED}
#: No promised date holds any longer: an appealed complaint was resolved before.
UNPROMISED = DONE | {Status.APPEALED}
#: A mark of at least this closes a resolved complaint.
CONTENT = 4
#: A mark up to this is bad: the unit's supervisor hears of it, and the reporter may appeal.
BAD = 2
#: It is the unit's turn.
ACTIVE = frozenset({Status.ROUTED, Status.ACKNOWLEDGED, Status.IN_PROGRESS})
#: A unit has it, though it may be the reporter's turn.
WITH_A_UNIT = ACTIVE | {Status.WAITING_FOR_REPORTER}
#: Somebody has to act: a unit, or the supervisor who decides about the appeal.
WITH_SOMEBODY = WITH_A_UNIT | {Status.APPEALED}


class UpdateKind(StrEnum):
    """A step of a complaint's story: the status that it sets, or news besides the status."""

    REGISTERED = Status.REGISTERED
    ROUTED = Status.ROUTED
    ACKNOWLEDGED = Status.ACKNOWLEDGED
    IN_PROGRESS = Status.IN_PROGRESS
    WAITING_FOR_REPORTER = Status.WAITING_FOR_REPORTER
    RESOLVED = Status.RESOLVED
    CLOSED = Status.CLOSED
    RETURNED = Status.RETURNED
    REOPENED = Status.REOPENED
    HANDED_OVER = Status.HANDED_OVER
    REJECTED = Status.REJECTED
    MERGED = Status.MERGED
    UNMERGED = Status.UNMERGED
    CANCELLED = Status.CANCELLED
    APPEALED = Status.APPEALED
    CORRECTED = "corrected"
    NOTED = "noted"
    DEADLINE_SET = "deadline_set"
    WARNED = "warned"
    BREACHED = "breached"
    ESCALATED = "escalated"
    PAUSED = "paused"
    RESUMED = "resumed"
    RESCHEDULED = "rescheduled"
    RETRACTED = "retracted"
    MET = "met"


#: The steps that set a status. A reader that follows the status can skip all others.
MOVES = frozenset(UpdateKind) & frozenset[str](Status)
#: The steps that tell what the clock did. The sla-monitor published that itself, so it skips them.
CLOCK_KINDS = frozenset(UpdateKind) - MOVES - {UpdateKind.CORRECTED, UpdateKind.NOTED}


class Note(StrEnum):
    """The subject of a ``noted`` step, or why another step was taken, where its kind does not say that."""

    ADDITION = "addition"
    RATING = "rating"
    REFUSED = "refused"
    CONFIDENTIAL = "confidential"  # its reporter wants only those who handle it to see it
    RIGHTS_REQUESTED = "rights_requested"
    RIGHTS_DONE = "rights_done"
    RIGHTS_DECLINED = "rights_declined"
    ERASED = "erased"
    DEADLINE = "deadline"  # the deadline of the complaint it was merged into
    SUPPORTED = "supported"  # it has more supporters; its reporter is told nothing
    APPEAL_ACKNOWLEDGED = "appeal_acknowledged"
    APPEAL_UPHELD = "appeal_upheld"  # on a `reopened`
    APPEAL_DISMISSED = "appeal_dismissed"  # on a `closed`
    INSTRUCTED = "instructed"  # a superior of the unit has told it what to do
    UNDONE = "undone"  # on the step that takes back the last act of a unit
    TYPE_CORRECTED = "type_corrected"  # on a `corrected`
    URGENCY_CHANGED = "urgency_changed"  # on a `corrected`
    PARTY_ANSWERED = "party_answered"  # the outside office that it was handed over to has answered
    TO_CONFIRM = "to_confirm"  # on a `resolved`: it closes once somebody else has confirmed it
    CONFIRMED = "confirmed"  # also on the `closed` that waited for it
    NOT_CONFIRMED = "not_confirmed"  # on a `reopened`: the work is not as it should be
    HELP_ASKED = "help_asked"  # another unit was asked for help; its reporter is told nothing


class FollowUpKind(StrEnum):
    """A kind of addition by a citizen to a complaint."""

    ADDITION = "addition"
    RATING = "rating"
    REOPEN = "reopen"
    CANCEL = "cancel"
    APPEAL = "appeal"
    RIGHTS_REQUEST = "rights_request"
    CONFIDENTIAL = "confidential"  # from here on only those who handle it read it


class MarkReason(StrEnum):
    """A reason for the mark that somebody gave, as far as one press can say it."""

    NOT_DONE = "not_done"
    HALF_DONE = "half_done"
    TOOK_LONG = "took_too_long"
    UNCLEAR = "unclear_answer"
    UNFRIENDLY = "unfriendly_service"
    DONE_WELL = "done_well"
    QUICK = "quickly_done"
    CLEAR = "clear_answer"
    FRIENDLY = "friendly_service"


#: Reasons of a satisfied reporter; the others are of a dissatisfied one.
CONTENT_REASONS = frozenset({MarkReason.DONE_WELL, MarkReason.QUICK, MarkReason.CLEAR, MarkReason.FRIENDLY})


class Right(StrEnum):
    """The subject of a rights request (UU 27/2022 PDP, pasal 8 and 11)."""

    ERASURE = "erasure"
    RESTRICTION = "restriction"


class ComplaintType(StrEnum):
    """The kind of message."""

    PENGADUAN = "pengaduan"
    PERMINTAAN_INFORMASI = "permintaan_informasi"
    ASPIRASI = "aspirasi"


class Urgency(StrEnum):
    """How long it can wait, the longest first."""

    RENDAH = "rendah"
    SEDANG = "sedang"
    TINGGI = "tinggi"
    DARURAT = "darurat"


class DangerKind(StrEnum):
    """A danger to life that a message tells of, in the order in which the answer names whom to call."""

    FIRE = "fire"
    RESCUE = "rescue"  # drowning, swept away, buried, trapped
    ELECTRICITY = "electricity"
    MEDICAL = "medical"
    CRIME = "crime"
    ABUSE = "abuse"  # a woman or a child is abused
    DESPAIR = "despair"  # somebody wants to die
    UNSPECIFIED = "unspecified"  # a cry for help without details


#: These can't wait.
URGENT = frozenset({Urgency.TINGGI, Urgency.DARURAT})


class Lane(StrEnum):
    """Where a complaint waits: at a unit that works on it, or at somebody who decides which unit shall."""

    UNIT = "unit"
    TRIAGE = "triage"


class UnitRole(StrEnum):
    """A role of ``units.yaml``, each with one unit: to sort, to look at officials, to take what no other unit may."""

    TRIAGE = "triage"
    CONDUCT = "conduct"
    FALLBACK = "fallback"


#: In an escalation: the head of the unit that has the complaint.
HEAD = "head"


class Part(StrEnum):
    """A unit's part in a complaint."""

    LEAD = "lead"
    SUPPORT = "support"


class SupportStatus(StrEnum):
    """How far a supporting unit has come."""

    ASKED = "asked"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Action(StrEnum):
    """An action of a unit, spelled as the unit writes it."""

    ACKNOWLEDGE = "acknowledge"
    PROGRESS = "progress"
    ASK = "ask"
    ASK_HELP = "ask-help"  # the leading unit asks another one
    RESOLVE = "resolve"
    RETURN = "return"
    HAND_OVER = "hand-over"
    CONFIRM = "confirm"  # a person other than the one who resolved it has seen that it is done
    REDO = "redo"  # the work is not as it should be
    DISPOSE = "dispose"
    CORRECT = "correct"
    REJECT = "reject"
    MERGE = "merge"
    UNMERGE = "unmerge"
    UPHOLD = "uphold"
    DISMISS = "dismiss"
    REASSIGN = "reassign"
    INSTRUCT = "instruct"
    PRIORITIZE = "prioritize"
    UNDO = "undo"
    RELAY = "relay"  # pass on the answer of an outside office
    ERASE = "erase"
    RIGHTS_DONE = "rights-done"
    RIGHTS_DECLINE = "rights-decline"


class Why(StrEnum):
    """Why a unit is told about a complaint."""

    ROUTED = "routed"
    WITHDRAWN = "withdrawn"
    UPDATED = "updated"
    FOLLOWED_UP = "followed-up"
    RIGHTS_REQUESTED = "rights-requested"
    DEADLINE_SET = "deadline-set"
    WARNED = "warned"
    BREACHED = "breached"
    ESCALATED = "escalated"
    RETRACTED = "retracted"  # there was no breach
    REPLIED = "replied"
    RATED = "rated"
    SIMILAR = "similar"  # perhaps the same as another complaint
    URGENT = "urgent"  # it can't wait, and went straight to its unit
    HANDED_OVER = "handed-over"  # forward it to its target
    ERASED = "erased"  # delete your copies
    APPEALED = "appealed"  # decide: a reporter objects to the unit's resolution
    INSTRUCTED = "instructed"  # by a superior of the unit
    UNDONE = "undone"  # it is as it was before the last act


class StageName(StrEnum):
    """A promise of ``sla.yaml`` that code knows by its name; a region may have others."""

    COMPLETION = "completion"
    CLOSING = "closing"
    DISPOSITION = "disposition"
    ACKNOWLEDGEMENT = "acknowledgement"
    FOLLOW_UP = "follow-up"
    RIGHTS = "rights"
    APPEAL = "appeal"
    APPEAL_ACKNOWLEDGEMENT = "appeal-acknowledgement"
    CONFIRMATION = "confirmation"


class ClockKind(StrEnum):
    """An event of a stage's clock."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    WARNED = "warned"
    BREACHED = "breached"
    ESCALATED = "escalated"
    MET = "met"
    STOPPED = "stopped"
    LAPSED = "lapsed"
    RESCHEDULED = "rescheduled"
    RETRACTED = "retracted"
    UPHELD = "upheld"


class DayKind(StrEnum):
    """How a day counts towards a deadline. Only the first two do."""

    COUNTED = "counted"
    HALF = "half"
    START = "start"  # day 0
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    ESTIMATED = "estimated"  # a holiday that a decree has yet to confirm
    CLOSED = "closed"  # outside office hours
    PAUSED = "paused"


class MessageKind(StrEnum):
    """The subject of a message to the reporter of a complaint."""

    RECEIPT = "receipt"
    DANGER = "danger"  # a number to call, and that the complaint was taken
    STEP = "step"  # a step of the story
    DEADLINE = "deadline"  # it moved without a step of the story
    APOLOGY = "apology"
    CORRECTION = "correction"
    ADDED = "added"  # a message without a ticket was added to a complaint


class Arrival(StrEnum):
    """The fate of a message to the reporter of a complaint, as far as it is known."""

    WAITING = "waits"
    SENT = "taken"  # the carrier has taken it
    DELIVERED = "delivered"  # the carrier says that it has arrived
    FAILED = "not_delivered"  # it will not arrive
    PERHAPS = "perhaps_sent"  # it may have gone out, so it is not sent again
    NOT_SENT = "never_sent"  # it was not sent, and never will be


class NoArrival(StrEnum):
    """Why a message waits, has failed or was not sent."""

    QUIET = "quiet"  # it waits for the morning
    NO_CONTACT = "no_contact"  # its reporter left none
    STOPPED = "stopped"  # its reporter wants no messages
    LIMITED = "limited"  # they were sent enough already
    SAME_DAY = "same_day"  # they heard of the same work that day
    UNASKED = "unasked"  # the network lets us write only to people who addressed us
    UNREACHABLE = "unreachable"  # nothing arrives at that number or address
    AWAITS_YES = "awaits_yes"  # the inbox was asked whether it wants news, and has not said yes
    UNDONE = "undone"  # it was taken back before they heard of it
    REFUSED = "refused"  # the carrier did not take it


#: Closed for the router that writes them, open on the wire: more reasons to refuse may come.
RefusalCode = Literal[
    "not_yours",
    "unknown_action",
    "not_triage",
    "not_lead",
    "wrong_status",
    "already_done",
    "missing_field",
    "no_deed",
    "unknown_target",
    "own_unit",
    "short_reason",
    "unknown_unit",
    "unknown_category",
    "unknown_ticket",
    "accused",
    "not_mergeable",
    "last_desk",
    "no_request",
    "not_desk",
    "bad_evidence",
    "erased",
    "not_allowed",
    "unknown_type",
    "unknown_urgency",
    "nothing_to_undo",
    "too_late",
    "same_person",
]
