"""Which news people of a unit are told, which of them, and who is next when nobody looks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from contracts.events import ComplaintSnapshot, UnitRouted
from contracts.vocabulary import Lane, Status, Urgency, Why
from kabupaten.calendar import WEEKDAYS, span_of
from kabupaten.on_duty import Shift
from unit_desk.people import Role


class Kind(StrEnum):
    """The subject of a notice."""

    DANGER = "danger"
    BREACH = "breach"
    ESCALATION = "escalation"
    RETURN = "return"  # another unit gave it back
    INSTRUCTION = "instruction"
    APPEAL = "appeal"
    NEW = "new"
    ADDED = "added"
    DUE = "due"  # its deadline is near
    RIGHTS = "rights"
    OTHER = "other"
    DRAFT = "draft"  # a colleague's, for its reader to decide on as the head
    GIVEN_BACK = "given-back"  # its reader's own draft
    ASSIGNED = "assigned"  # by a colleague, to its reader
    SILENT = "silent"  # the office outside that has the complaint missed all its days to answer


class Medium(StrEnum):
    """How somebody is told."""

    EMAIL = "email"
    SMS = "sms"


#: Told immediately; the second set only to the unit that sorts.
AT_ONCE = frozenset({Kind.DANGER, Kind.BREACH, Kind.ESCALATION})
AT_ONCE_TO_OPERATORS = frozenset({Kind.RETURN, Kind.INSTRUCTION, Kind.APPEAL})
#: These climb when nobody opens them.
CLIMBING = frozenset({Kind.DANGER, Kind.ESCALATION})
#: The morning's list, which a person may opt out of.
MORNING = "morning"
#: The news that a person may opt out of: all but danger.
OPTIONAL = (*(kind for kind in Kind if kind != Kind.DANGER), MORNING)
#: The levels that a notice climbs: on duty now, on duty next, the head of the unit, the operators.
LEVELS = 4
#: A word that is read so long after it came is a replay, or was held up.
LATE = timedelta(hours=1)
#: How long people are still told of a danger that nobody touched.
DANGER_FRESH = timedelta(hours=24)
_BY_WHY: Mapping[str, Kind] = {
    Why.ROUTED: Kind.NEW,
    Why.UNDONE: Kind.NEW,  # the unit had finished, and it is work again
    Why.FOLLOWED_UP: Kind.ADDED,
    Why.WARNED: Kind.DUE,
    Why.BREACHED: Kind.BREACH,
    Why.ESCALATED: Kind.ESCALATION,
    Why.INSTRUCTED: Kind.INSTRUCTION,
    Why.APPEALED: Kind.APPEAL,
    Why.RIGHTS_REQUESTED: Kind.RIGHTS,
    Why.HANDED_OVER: Kind.OTHER,
    Why.URGENT: Kind.OTHER,
    Why.RATED: Kind.OTHER,
}
#: With these it is a unit's turn, perhaps again: each of them is an alarm if the complaint is a danger.
_GIVEN = frozenset({Why.ROUTED, Why.URGENT, Why.UNDONE})
#: Nobody has acted on the complaint yet.
UNTOUCHED = frozenset({Status.ROUTED, Status.REOPENED})


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Somebody who can be told. ``duty_days`` are weekdays; without any, the person is never on duty."""

    id: UUID
    email: str
    name: str
    unit: str
    role: str
    phone: str | None = None
    duty_days: tuple[str, ...] = ()
    duty_hours: str = "00.00-24.00"
    by_mail: bool = True
    by_sms: bool = True
    unwanted: frozenset[str] = frozenset()

    @property
    def shift(self) -> Shift:
        """Their hours on duty."""
        return Shift(name=self.name, days=self.duty_days, hours=self.duty_hours)  # type: ignore[arg-type]

    def is_on_duty(self, at: datetime) -> bool:
        """Whether they are on duty at ``at``, in the kabupaten's own time."""
        return bool(self.duty_days) and self.shift.covers(at)

    def begins(self, after: datetime) -> datetime | None:
        """Return when their duty begins next; None for a person who is never on duty."""
        begin, _ = span_of(self.duty_hours) or (0, 0)
        midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
        for day in (midnight + timedelta(days=n) for n in range(9)):
            at = day + timedelta(minutes=begin)
            if WEEKDAYS[day.weekday()] in self.duty_days and at > after:
                return at
        return None

    def media(self, kind: str, there: Sequence[str], weight: int = 0) -> list[str]:
        """List the media for telling them of ``kind``, among those that are ``there``; all of them for danger.

        ``weight`` is the urgency of a notice for them alone: 2, danger; 1, urgent.
        """
        danger = kind == Kind.DANGER or weight >= 2
        if not danger and kind in self.unwanted:
            return []
        wants = {Medium.EMAIL: self.by_mail, Medium.SMS: self.by_sms}
        given = {Medium.EMAIL: self.email, Medium.SMS: self.phone}
        # News that can wait is not worth an SMS.
        by_both = weight or kind in AT_ONCE | AT_ONCE_TO_OPERATORS
        ways = [Medium.EMAIL, Medium.SMS] if by_both else [Medium.EMAIL]
        return [each for each in ways if each in there and given[each] and (wants[each] or danger)]


def kind_of(known: UnitRouted | None, told: UnitRouted, *, rests: bool) -> Kind | None:
    """Return which kind of news a word is for the unit's people, if any; ``rests``: nothing is left to do or to see."""
    complaint = told.complaint
    if not complaint or complaint.erased or rests or told.reply:
        return None
    if told.why == Why.WITHDRAWN:  # another unit has it now, even if it is a danger
        return Kind.OTHER
    before = known.complaint if known else None
    if _is_danger(complaint) and (told.why in _GIVEN or not (before and _is_danger(before))):
        return Kind.DANGER
    if (
        told.why == Why.ROUTED
        and complaint.lane == Lane.TRIAGE
        and complaint.returns > (before.returns if before else 0)
    ):
        return Kind.RETURN
    return _BY_WHY.get(told.why)


def _is_danger(complaint: ComplaintSnapshot) -> bool:
    return complaint.urgency == Urgency.DARURAT


def is_at_once(kind: str, unit: str, sorting: str) -> bool:
    """Whether people of ``unit`` are told of ``kind`` immediately; ``sorting`` is the unit of the operators."""
    return kind in AT_ONCE or (unit == sorting and kind in AT_ONCE_TO_OPERATORS)


def on_duty(people: Sequence[Staff], at: datetime) -> list[Staff]:
    """List those of a unit's ``people`` on duty at ``at``: all of them, if nobody was ever put on duty."""
    if not any(each.duty_days for each in people):
        return list(people)
    return [each for each in people if each.is_on_duty(at)]


def next_on_duty(people: Sequence[Staff], at: datetime) -> list[Staff]:
    """List the people whose duty begins next after ``at``."""
    begins = {each.id: begin for each in people if (begin := each.begins(at)) and not each.is_on_duty(at)}
    first = min(begins.values(), default=None)
    return [each for each in people if each.id in begins and begins[each.id] == first]


def at_level(level: int, people: Sequence[Staff], operators: Sequence[Staff], at: datetime) -> list[Staff]:
    """List the people to tell when a notice of a unit with ``people`` has climbed to ``level``."""
    match level:
        case 0:
            return on_duty(people, at)
        case 1:
            return next_on_duty(people, at)
        case 2:
            return [each for each in people if each.role == Role.PIMPINAN]
    return list(operators)


def is_stale(kind: str, at: datetime, recorded_at: datetime, status: str | None) -> bool:
    """Whether nobody is told any longer: the word was read late, as after a restore, and is not of today.

    A danger that nobody touched is told for a day. Both times are in the kabupaten's own time.
    """
    if recorded_at - at < LATE:
        return False
    if kind == Kind.DANGER and status in UNTOUCHED:
        return recorded_at - at > DANGER_FRESH
    return at.date() != recorded_at.date()
