"""The classifier's own metrics, beside those of every service."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

CONFIDENCE = Histogram("lapor_classifier_confidence", "How sure the model is", buckets=[n / 10 for n in range(1, 11)])
UNDERSTOOD = Counter("lapor_classifications", "Complaints read; abstained: a person says whose they are", ["result"])
