"""The router's metrics, about itself and about the units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from chassis.wire import Emit
from contracts.events import ComplaintUpdated, UnitRouted
from contracts.vocabulary import Lane, Note, Status, UpdateKind, Urgency, Why
from kabupaten.desks import CONDUCT_CATEGORY
from router.case import Case, about_units, is_alarm

RETURNS = Counter("lapor_returns", "Complaints that a unit gave back", ["unit"])
PING_PONG = Counter("lapor_ping_pong", "Complaints that came back to a unit that had passed them on", ["unit"])
SIMILAR = Counter("lapor_similar", "Complaints that the sweep found again", ["outcome"])
OPEN = Gauge(
    "lapor_complaints_open",
    "Complaints that somebody is at; no unit: nobody has it yet",
    ["unit", "kecamatan", "status"],
)
_WAITS = (
    "wait for the router (routing), for a unit (disposition), for its first word (acknowledgement), or for an answer"
)
WAITING = Gauge("lapor_complaints_waiting", f"Complaints that {_WAITS}", ["waits_for"])
OLDEST_S = Gauge("lapor_complaints_oldest_seconds", f"Age of the oldest of those that {_WAITS}", ["waits_for"])
LATE = Gauge("lapor_complaints_late", "Open complaints past the date that was promised", ["unit", "kecamatan"])
AT_RISK = Gauge(
    "lapor_complaints_at_risk", "Open complaints that were warned of and are not late yet", ["unit", "kecamatan"]
)
OPEN_AGAIN = Gauge("lapor_complaints_reopened", "Open complaints that their reporters had reopened", ["unit"])
UNHEARD = Gauge(
    "lapor_complaints_unheard", "Open complaints to which their reporters added after a unit's last word", ["unit"]
)
EMERGENCIES = Gauge("lapor_emergencies_waiting", "Emergencies without a first word", ["unit"])
EMERGENCY_S = Gauge("lapor_emergencies_oldest_seconds", "Age of the oldest emergency without a first word", ["unit"])
#: Days since a complaint came.
AGES = (1, 3, 7, 30)
OLDER = Gauge("lapor_complaints_older", "Open complaints that came so many days ago, or before that", ["days"])
CORRECTIONS = Counter(
    "lapor_classifier_corrections",
    "Categories that a person put right: what it was taken for, what it is",
    ["was", "is"],
)
RIGHTS = Counter("lapor_rights_requests", "What was asked of somebody's own data, and what became of it", ["result"])
REOPENED = Counter("lapor_reopened", "Resolved complaints that their reporters had reopened", ["unit"])
HANDED_OVER = Counter("lapor_handed_over", "Complaints handed over to an office outside", ["unit"])
MET = Counter("lapor_sla_met", "Promises kept", ["unit", "stage"])
APPEALS = Counter(
    "lapor_appeals", "Appeals about what a unit has resolved: made, upheld, dismissed", ["unit", "result"]
)
UNDONE = Counter("lapor_undone", "Acts that were taken back, by who took them back", ["unit"])
RATINGS = Counter("lapor_ratings", "Marks that reporters gave, from 1 (bad) to 5", ["stars"])
STUCK = Gauge("lapor_router_stuck", "Complaints that a timer failed at, and leaves alone until the restart", ["timer"])
HELD = Gauge("lapor_clock_words_held", "Complaints whose clock said what nobody is told yet; at most 100 are counted")
HELD_S = Gauge("lapor_clock_words_held_seconds", "How long the oldest of them has waited")
GIVEN_UP = Counter("lapor_clock_words_given_up", "Said although the clock had not confirmed them in time")
ROUTE_S = Histogram(
    "lapor_route_latency_seconds",
    "From the ticket to the first unit",
    ["unit"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120),
)

FIRST = Counter(
    "lapor_first_places",
    "Where a complaint was put first: unit, outside, or why it waits for a person "
    "(danger, accusing, perhaps-accusing, unsure, other)",
    ["place"],
)

#: Notes that are counted as rights.
_RIGHTS = {
    Note.RIGHTS_REQUESTED: "requested",
    Note.RIGHTS_DONE: "done",
    Note.RIGHTS_DECLINED: "declined",
    Note.ERASED: "erased",
}
#: Steps that are counted by unit.
_COUNTED = {UpdateKind.RETURNED: RETURNS, UpdateKind.REOPENED: REOPENED, UpdateKind.HANDED_OVER: HANDED_OVER}


def count(emits: Iterable[Emit]) -> None:
    """Count the told events."""
    for data in (emit.data for emit in emits):
        if isinstance(data, UnitRouted) and data.why == Why.SIMILAR:
            SIMILAR.labels("suggested").inc()
        elif isinstance(data, ComplaintUpdated):
            if data.note == Note.UNDONE and data.by:
                UNDONE.labels(data.by).inc()
            elif data.kind in _COUNTED and not data.note:
                _COUNTED[UpdateKind(data.kind)].labels(data.unit or "").inc()
            elif data.kind == UpdateKind.MET:
                MET.labels(data.unit or "", data.stage or "").inc()
            elif data.kind == UpdateKind.NOTED and data.note in _RIGHTS:
                RIGHTS.labels(_RIGHTS[Note(data.note)]).inc()
            elif data.kind == UpdateKind.MERGED and not data.by:
                SIMILAR.labels("merged").inc()


def count_ping_pong(before: Mapping[str, Case], emits: Iterable[Emit]) -> None:
    """Count complaints that come back to a unit. Only the case knows that, so a repeated decision counts again."""
    for data in (emit.data for emit in emits):
        if isinstance(data, ComplaintUpdated) and data.kind == UpdateKind.ROUTED and data.lane == Lane.UNIT:
            case, unit = before.get(data.ticket), data.unit or ""
            if case and case.unit != unit and unit in case.had:
                PING_PONG.labels(unit).inc()


def count_first_places(before: Mapping[str, Case], after: Mapping[str, Case], emits: Iterable[Emit]) -> None:
    """Count where rules put a complaint first. Only the case knows that, so a repeated decision counts again."""
    placed = {ticket for ticket, case in before.items() if _is_placed(case)}
    for data in (emit.data for emit in emits):
        if isinstance(data, ComplaintUpdated) and data.ticket not in placed and not data.by:
            if data.kind == UpdateKind.HANDED_OVER:
                FIRST.labels("outside").inc()
            elif data.kind == UpdateKind.ROUTED:
                FIRST.labels("unit" if data.lane == Lane.UNIT else _cause(after[data.ticket])).inc()
            else:
                continue
            placed.add(data.ticket)


def _cause(case: Case) -> str:
    """Say why a person looks first, in the order in which the rules ask (:func:`router.rules.assign`)."""
    found, about = case.classified, about_units(case)
    if found is None:
        return "danger" if is_alarm(case) else "other"
    urgent = found.urgency == Urgency.DARURAT
    if (about and not urgent) or (found.category == CONDUCT_CATEGORY and (about or not found.abstained)):
        return "accusing"
    if urgent:
        return "danger"
    return "perhaps-accusing" if found.perhaps_accusing is True else "unsure" if found.abstained else "other"


def time_first_units(before: Mapping[str, Case], after: Mapping[str, Case], now: datetime) -> None:
    """Measure how long after its ticket a complaint got its first unit, or was handed over; ``now`` is the moment.

    Only the case knows which unit is the first: clock steps may come before it. A repeated decision counts again.
    """
    for ticket, case in after.items():
        if case.received and _is_placed(case) and not (ticket in before and _is_placed(before[ticket])):
            ROUTE_S.labels(case.unit or "").observe((now - case.received.received_at).total_seconds())


def _is_placed(case: Case) -> bool:
    return bool(case.unit or case.had) or case.status == Status.HANDED_OVER


def count_said(before: Mapping[str, Case], after: Mapping[str, Case]) -> None:
    """Count marks, appeals and corrections. Only the case knows them, so a repeated decision counts again."""
    for ticket, case in after.items():
        appeal, earlier = case.appeal, before[ticket].appeal if ticket in before else None
        if appeal and earlier is None:
            APPEALS.labels(appeal.unit, "made").inc()
        elif appeal and earlier and appeal.upheld is not None and earlier.upheld is None:
            APPEALS.labels(appeal.unit, "upheld" if appeal.upheld else "dismissed").inc()
        was = before[ticket].category if ticket in before else None
        if was and case.category and case.category != was:
            CORRECTIONS.labels(was, case.category).inc()
        known = len(before[ticket].follow_ups) if ticket in before else 0
        for item in case.follow_ups[known:]:
            if item.rating:
                RATINGS.labels(item.rating).inc()
