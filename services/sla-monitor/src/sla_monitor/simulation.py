"""Plays recorded stories against the clocks, as if the time until some moment had passed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from contracts.codec import Envelope
from contracts.events import ComplaintUpdated
from sla_monitor.clock import decide, due
from sla_monitor.rules import Rules
from sla_monitor.state import ComplaintClock, SlaEvent


def simulate(events: Iterable[Envelope[ComplaintUpdated]], until: datetime, rules: Rules) -> list[SlaEvent]:
    """Return all announcements up to and including ``until`` (aware), in order of time, then of complaint.

    Each story is taken in order of ``seq``, however ``events`` are mixed; if two have one number, the earlier counts.
    Steps after ``until`` are left out.
    """
    out: list[SlaEvent] = []
    clocks: dict[str, ComplaintClock] = {}
    for event in sorted(events, key=lambda event: (event.data.seq, event.time, event.id)):
        if event.time <= until:
            complaint = event.data.complaint_id
            clocks[complaint], new = decide(clocks.get(complaint), event.data, event.time, rules)
            out += new
    for clock in clocks.values():
        out += due(clock, until, rules)[1]
    return sorted(out, key=lambda event: (event.at, event.clock.complaint_id))
