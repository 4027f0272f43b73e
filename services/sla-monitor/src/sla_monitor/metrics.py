"""The sla-monitor's metrics, about itself, the units and the calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from chassis.wire import Emit
from contracts.events import SlaBreached, SlaUpdated
from contracts.vocabulary import ClockKind

BREACHED = Counter("lapor_sla_breached", "Promises missed", ["unit", "stage"])
ESCALATED = Counter("lapor_sla_escalated", "Missed promises that went up the ladder", ["unit", "stage", "level"])
RETRACTED = Counter("lapor_sla_retracted", "Breaches taken back; above zero the router lagged")
LATENESS_S = Histogram(
    "lapor_sla_lateness_seconds",
    "From a deadline to its breach being stored; the way to the topic comes on top",
    buckets=(1, 2, 2.5, 3, 4, 5, 10, 30, 60, 300),
)
STUCK = Gauge("lapor_sla_clocks_stuck", "Complaints whose timer fails: their deadlines are announced to nobody")
OVERDUE = Gauge("lapor_sla_overdue", "Complaints whose promise is missed and not made up for", ["unit"])
SILENT_S = Gauge("lapor_unit_silent_seconds", "Age of the oldest complaint that waits for a first word", ["unit"])
RHYTHM_S = Gauge(
    "lapor_unit_acknowledgement_seconds", "Working time to a first word, the median of the unit's last ones", ["unit"]
)
PAST_RHYTHM = Gauge(
    "lapor_unit_silent_past_rhythm",
    "1: the unit is silent for much longer than is its way, somebody should call",
    ["unit"],
)
JOINT_LEAVE_KNOWN = Gauge("lapor_calendar_joint_leave_known", "Whether cuti bersama of the year is known", ["year"])
ESTIMATED_DAYS = Gauge("lapor_calendar_estimated_days", "Holidays of the year that are estimated", ["year"])


def count(emits: Iterable[Emit]) -> None:
    """Count the announcements."""
    for emit in emits:
        match emit.data:
            case SlaBreached(level=0) as data:
                BREACHED.labels(data.unit or "", data.stage).inc()
            case SlaBreached() as data:
                ESCALATED.labels(data.unit or "", data.stage, data.level).inc()
            case SlaUpdated(kind=ClockKind.RETRACTED):
                RETRACTED.inc()


def time_breaches(emits: Iterable[Emit], now: datetime) -> None:
    """Measure how long after their deadlines breaches were announced, at ``now``."""
    for emit in emits:
        if isinstance(emit.data, SlaBreached) and emit.data.level == 0:
            LATENESS_S.observe((now - emit.data.deadline_at).total_seconds())
