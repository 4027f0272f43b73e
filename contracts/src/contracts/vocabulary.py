"""The words that programs decide by, each written once. To change one, change it here, then `make schemas`.

On the wire they are plain strings, and a set may grow: a reader passes over a word that it does not know. What people
read stands beside them in sentences, which no program reads.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Status(StrEnum):
    """How a complaint stands. The first and the last are known to its intake alone."""

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
    APPEALED = "appealed"  # its reporter objects to how it was resolved: the unit's supervisor decides
    ARCHIVED = "archived"


#: Nothing follows these.
FINAL = frozenset({Status.CLOSED, Status.HANDED_OVER, Status.REJECTED, Status.CANCELLED})
#: In these nothing more is promised.
DONE = FINAL | {Status.RESOLVED, Status.ARCHIVED}
#: Whatever date was promised, nothing is done by it any more: what is appealed was resolved before.
UNPROMISED = DONE | {Status.APPEALED}
#: A mark from here on closes what was resolved.
CONTENT = 4
#: A mark up to this is bad: the unit's supervisor hears of it, and its reporter may appeal.
BAD = 2
#: It is a unit's turn.
ACTIVE = frozenset({Status.ROUTED, Status.ACKNOWLEDGED, Status.IN_PROGRESS})
#: A unit has it, though it may be the reporter's turn.
WITH_A_UNIT = ACTIVE | {Status.WAITING_FOR_REPORTER}
#: Somebody has to do something about it: a unit, or the supervisor who was appealed to.
WITH_SOMEBODY = WITH_A_UNIT | {Status.APPEALED}


class UpdateKind(StrEnum):
    """A step of a complaint's story: the status that it sets, or what is told beside that."""

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


#: The steps that set a status. A reader that follows the status can pass over all others.
MOVES = frozenset(UpdateKind) & frozenset[str](Status)
#: The steps by which a story says what its clock did. The sla-monitor, whose words they are, passes over them.
CLOCK_KINDS = frozenset(UpdateKind) - MOVES - {UpdateKind.CORRECTED, UpdateKind.NOTED}


class Note(StrEnum):
    """What a ``noted`` step is about, or why another step was taken, where its kind does not say that."""

    ADDITION = "addition"
    RATING = "rating"
    REFUSED = "refused"
    CONFIDENTIAL = "confidential"  # its reporter wants it kept from all who do not handle it
    RIGHTS_REQUESTED = "rights_requested"
    RIGHTS_DONE = "rights_done"
    RIGHTS_DECLINED = "rights_declined"
    ERASED = "erased"
    DEADLINE = "deadline"  # of the complaint it was merged into
    SUPPORTED = "supported"  # more support it; its reporter is told nothing
    APPEAL_ACKNOWLEDGED = "appeal_acknowledged"
    APPEAL_UPHELD = "appeal_upheld"  # of a `reopened`
    APPEAL_DISMISSED = "appeal_dismissed"  # of a `closed`
    INSTRUCTED = "instructed"  # who is above the unit has told it what to do
    UNDONE = "undone"  # of the step by which a complaint is again as it was before the last act of a unit
    TYPE_CORRECTED = "type_corrected"  # of a `corrected`
    URGENCY_CHANGED = "urgency_changed"  # of a `corrected`
    PARTY_ANSWERED = "party_answered"  # the office outside to which it was handed over
    TO_CONFIRM = "to_confirm"  # of a `resolved`: it is closed once somebody else has confirmed it
    CONFIRMED = "confirmed"  # also of the `closed` that waited for it
    NOT_CONFIRMED = "not_confirmed"  # of a `reopened`: it is not as it should be
    HELP_ASKED = "help_asked"  # of another unit; its reporter is told nothing


class FollowUpKind(StrEnum):
    """What a citizen adds to a complaint."""

    ADDITION = "addition"
    RATING = "rating"
    REOPEN = "reopen"
    CANCEL = "cancel"
    APPEAL = "appeal"
    RIGHTS_REQUEST = "rights_request"
    CONFIDENTIAL = "confidential"  # from here on only who handles it reads it


class MarkReason(StrEnum):
    """Why somebody gave the mark they gave, as far as they say it in one press."""

    NOT_DONE = "not_done"
    HALF_DONE = "half_done"
    TOOK_LONG = "took_too_long"
    UNCLEAR = "unclear_answer"
    UNFRIENDLY = "unfriendly_service"
    DONE_WELL = "done_well"
    QUICK = "quickly_done"
    CLEAR = "clear_answer"
    FRIENDLY = "friendly_service"


#: Reasons of who is content; the others are of who is not.
CONTENT_REASONS = frozenset({MarkReason.DONE_WELL, MarkReason.QUICK, MarkReason.CLEAR, MarkReason.FRIENDLY})


class Right(StrEnum):
    """What a rights request asks for (UU 27/2022 PDP, pasal 8 and 11)."""

    ERASURE = "erasure"
    RESTRICTION = "restriction"


class ComplaintType(StrEnum):
    """What kind of message it is."""

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
    """Danger to life that a message tells of, in the order in which whom to call is said."""

    FIRE = "fire"
    RESCUE = "rescue"  # drowning, swept away, buried, trapped
    ELECTRICITY = "electricity"
    MEDICAL = "medical"
    CRIME = "crime"
    ABUSE = "abuse"  # of a woman or a child
    DESPAIR = "despair"  # somebody wants to die
    UNSPECIFIED = "unspecified"  # a cry for help that says no more


#: These can't wait.
URGENT = frozenset({Urgency.TINGGI, Urgency.DARURAT})


class Lane(StrEnum):
    """Who has it: a unit that works on it, or somebody who decides which one shall."""

    UNIT = "unit"
    TRIAGE = "triage"


class UnitRole(StrEnum):
    """A role of ``units.yaml``, each held by one unit: who sorts, who looks at officials, who gets what nobody may."""

    TRIAGE = "triage"
    CONDUCT = "conduct"
    FALLBACK = "fallback"


#: In an escalation: whoever heads the unit that has the complaint.
HEAD = "head"


class Part(StrEnum):
    """A unit's part in a complaint."""

    LEAD = "lead"
    SUPPORT = "support"


class SupportStatus(StrEnum):
    """How far a unit that helps has come."""

    ASKED = "asked"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Action(StrEnum):
    """What a unit may do, written as it writes it."""

    ACKNOWLEDGE = "acknowledge"
    PROGRESS = "progress"
    ASK = "ask"
    ASK_HELP = "ask-help"  # of another unit, by the one that leads
    RESOLVE = "resolve"
    RETURN = "return"
    HAND_OVER = "hand-over"
    CONFIRM = "confirm"  # another person than the one who resolved it has seen that it is done
    REDO = "redo"  # it is not as it should be
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
    RELAY = "relay"  # what the office outside has answered
    ERASE = "erase"
    RIGHTS_DONE = "rights-done"
    RIGHTS_DECLINE = "rights-decline"


class Why(StrEnum):
    """Why a unit is told of a complaint."""

    ROUTED = "routed"
    WITHDRAWN = "withdrawn"
    UPDATED = "updated"
    FOLLOWED_UP = "followed-up"
    RIGHTS_REQUESTED = "rights-requested"
    DEADLINE_SET = "deadline-set"
    WARNED = "warned"
    BREACHED = "breached"
    ESCALATED = "escalated"
    RETRACTED = "retracted"  # the breach was none
    REPLIED = "replied"
    RATED = "rated"
    SIMILAR = "similar"  # perhaps the same as another
    URGENT = "urgent"  # it can't wait, and went straight to its unit
    HANDED_OVER = "handed-over"  # forward it to its target
    ERASED = "erased"  # delete your copies
    APPEALED = "appealed"  # decide, for the unit's reporter objects
    INSTRUCTED = "instructed"  # by who is above the unit
    UNDONE = "undone"  # it is as it was before the last act


class StageName(StrEnum):
    """A promise of ``sla.yaml`` that is known by its name; a region may have others."""

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
    """What the clock of a stage says."""

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
    """What a day is on the way to a deadline. The first two count."""

    COUNTED = "counted"
    HALF = "half"
    START = "start"  # day 0
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    ESTIMATED = "estimated"  # a holiday that only a decree makes sure
    CLOSED = "closed"  # outside office hours
    PAUSED = "paused"


class MessageKind(StrEnum):
    """What a message to the reporter of a complaint is about."""

    RECEIPT = "receipt"
    DANGER = "danger"  # whom to call, and that it was taken
    STEP = "step"  # of the story
    DEADLINE = "deadline"  # it moved, and no step of the story goes with that
    APOLOGY = "apology"
    CORRECTION = "correction"
    ADDED = "added"  # what had no ticket was added


class Arrival(StrEnum):
    """What became of a message to the reporter of a complaint, as far as is known."""

    WAITING = "waits"
    SENT = "taken"  # whoever carries it has taken it
    DELIVERED = "delivered"  # and says that it is there
    FAILED = "not_delivered"  # it will not arrive
    PERHAPS = "perhaps_sent"  # it may have gone out, and is not sent again
    NOT_SENT = "never_sent"  # and will not be


class NoArrival(StrEnum):
    """Why a message waits, has failed or was not sent."""

    QUIET = "quiet"  # it waits for the morning
    NO_CONTACT = "no_contact"  # its reporter left none
    STOPPED = "stopped"  # its reporter wants no messages
    LIMITED = "limited"  # they were sent enough
    SAME_DAY = "same_day"  # they heard of the same work that day
    UNASKED = "unasked"  # the network lets us say nothing to who did not address us
    UNREACHABLE = "unreachable"  # nothing arrives at that number or address
    AWAITS_YES = "awaits_yes"  # its inbox was asked whether it wants news, and nobody has said yes
    UNDONE = "undone"  # it was taken back before they heard of it
    REFUSED = "refused"  # whoever would carry it did not take it


#: Closed for the router that writes them, open on the wire: what is refused may grow.
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
