"""What the router shows of itself and of the units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram

from chassis.wire import Emit
from contracts.events import ComplaintUpdated, UnitRouted
from contracts.vocabulary import Lane, UpdateKind, Why
from router.case import Case

RETURNS = Counter("lapor_returns", "Complaints that a unit gave back", ["unit"])
PING_PONG = Counter("lapor_ping_pong", "Complaints that came back to a unit that had passed them on", ["unit"])
SIMILAR = Counter("lapor_similar", "Complaints that the sweep found again", ["outcome"])
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


def count(emits: Iterable[Emit]) -> None:
    """Count what was told."""
    for data in (emit.data for emit in emits):
        if isinstance(data, UnitRouted) and data.why == Why.SIMILAR:
            SIMILAR.labels("suggested").inc()
        elif isinstance(data, ComplaintUpdated):
            if data.seq == 1 and data.kind in (UpdateKind.ROUTED, UpdateKind.HANDED_OVER):
                ROUTE_S.labels(data.unit or "").observe((datetime.now(UTC) - data.received_at).total_seconds())
            elif data.kind == UpdateKind.RETURNED:
                RETURNS.labels(data.unit or "").inc()
            elif data.kind == UpdateKind.MERGED and not data.by:
                SIMILAR.labels("merged").inc()


def count_ping_pong(before: Mapping[str, Case], emits: Iterable[Emit]) -> None:
    """Count what comes back to a unit that had it; only the case tells, so a decision that is repeated counts again."""
    for data in (emit.data for emit in emits):
        if isinstance(data, ComplaintUpdated) and data.kind == UpdateKind.ROUTED and data.lane == Lane.UNIT:
            case, unit = before.get(data.ticket), data.unit or ""
            if case and case.unit != unit and unit in case.had:
                PING_PONG.labels(unit).inc()
