"""Metrics of incoming messages, and of notices to citizens."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("lapor_intake_requests", "Messages that came in, by what became of them", ["channel", "result"])
STORE_S = Histogram("lapor_intake_duration_seconds", "Time to store a complaint", ["channel"])
ACKNOWLEDGED = Counter("lapor_intake_acknowledged", "Tickets given", ["channel"])
LAST = Gauge("lapor_intake_last_complaint_timestamp_seconds", "When the last complaint came", ["channel"])
READ = Gauge("lapor_intake_read_timestamp_seconds", "When a channel that we have to ask last answered", ["channel"])
REFUSED = Gauge("lapor_intake_refused", "1: that channel refuses our credentials", ["channel"])
TOKEN_EXPIRES = Gauge(
    "lapor_intake_token_expires_timestamp_seconds",
    "When the token of a channel ends; infinite: never",
    ["channel"],
)
SPENT = Gauge(
    "lapor_intake_spent_dollars", "What a channel that bills us was owed this month, as we count", ["channel"]
)
BUDGET = Gauge("lapor_intake_budget_dollars", "What may be spent on a channel in a month; 0: no end", ["channel"])
REPLY_S = Histogram(
    "lapor_reply_seconds",
    "From what there was to tell to the channel having taken it",
    ["channel"],
    buckets=(1, 2, 5, 10, 30, 60, 120, 300, 900),
)
REPORTS = Counter("lapor_delivery_reports", "What gateways reported of SMS to citizens", ["channel", "state"])
REPLIES = Counter("lapor_replies", "Notices to citizens, by what became of them", ["channel", "result"])
PAUSED = Gauge(
    "lapor_replies_paused_until_timestamp_seconds",
    "Until when a network wants to be given nothing; 0: it takes what comes",
    ["channel"],
)

MEDIA = Counter("lapor_intake_media", "Photos that networks keep for us, by what became of them", ["channel", "result"])


def count_sent(channel: str, after_s: float | None) -> None:
    """Count a notice that the channel took ``after_s`` seconds after it was written. None: it was erased since, or it
    waited for the morning, which is not our delay."""
    REPLIES.labels(channel, "sent").inc()
    if after_s is not None:
        REPLY_S.labels(channel).observe(after_s)
