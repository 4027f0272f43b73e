"""The desk's metrics, besides those of every service."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from chassis.wire import Message
from contracts.events import UnitRouted

TOLD_S = Histogram(
    "lapor_desk_told_seconds",
    "From what the router decides to the lists of the desk",
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120),
)
REPLIES = Counter("lapor_desk_replies", "Replies of people at the desk: sent, and accepted or refused", ["result"])
#: Messages to people of the desk.
SENT = Counter("lapor_desk_notices", "Messages to people of the desk, by what became of them", ["medium", "result"])
DANGER_S = Histogram(
    "lapor_desk_danger_notice_seconds",
    "From the word of a danger to a message of it having been taken",
    ["medium"],
    buckets=(1, 2, 5, 10, 30, 60, 300, 900),
)
OLDEST_S = Gauge("lapor_desk_notice_oldest_seconds", "Age of the oldest message that is still to be sent", ["medium"])
UNOPENED = Gauge("lapor_desk_notices_unopened", "Danger or a long delay of which all were told, and nobody looks")
UNTOLD = Gauge(
    "lapor_desk_citizens_untold", "Messages to citizens that did not arrive, or perhaps not; at most 200 are counted"
)
#: Notices to webhooks, by result: sent, later, given-up.
NOTICES = Counter("lapor_desk_webhook_notices", "Tries to tell a webhook, by what became of it", ["unit", "result"])
WEBHOOKS_OFF = Gauge("lapor_desk_webhooks_off", "Webhooks of units that were switched off and not on again", ["unit"])


def time_told(message: Message, now: datetime) -> None:
    """Measure the time from the router's decision until a unit is told of it, at ``now``."""
    if isinstance(message.data, UnitRouted):
        TOLD_S.observe(max((now - message.event.time).total_seconds(), 0))


def nothing() -> None:
    """Show no backlog: another process does that."""
    OLDEST_S.clear()
    UNOPENED.set(0)
    UNTOLD.set(0)
