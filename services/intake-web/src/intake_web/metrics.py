"""The website's metrics, beside those of every intake."""

from __future__ import annotations

from prometheus_client import Counter

BY_KEY = Counter("lapor_intake_web_key_complaints", "Tickets given to a system with a key", ["system"])
KEYS_REFUSED = Counter("lapor_intake_web_keys_refused", "Requests with a key that opens nothing, or not this", ["why"])
