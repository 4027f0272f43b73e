"""What intakes show of what came in, and of what citizens were told."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("lapor_intake_requests", "Messages that came in, by what became of them", ["channel", "result"])
STORE_S = Histogram("lapor_intake_duration_seconds", "Time to store a complaint", ["channel"])
ACKNOWLEDGED = Counter("lapor_intake_acknowledged", "Tickets given", ["channel"])
REPLIES = Counter("lapor_replies", "Notices to citizens, by what became of them", ["channel", "result"])
