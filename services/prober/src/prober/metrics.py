"""The prober's metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CANARIES = Counter("lapor_canaries", "Synthetic complaints, by what became of them", ["channel", "result"])
ARRIVED = Gauge(
    "lapor_canary_arrived_timestamp_seconds",
    "When the last canary came as far as the router; at first when the prober started",
    ["channel"],
)
HOP_S = Histogram(
    "lapor_canary_seconds",
    "From sending a canary until a service had passed it on",
    ["channel", "by"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
)
BROKERS = Gauge("lapor_kafka_brokers", "Brokers that the cluster has now")
OFFLINE = Gauge("lapor_kafka_partitions_offline", "Partitions without a leader: nothing is written or read there")
UNDER_REPLICATED = Gauge(
    "lapor_kafka_partitions_under_replicated", "Partitions of which a broker lacks what was last written"
)
SEEN = Gauge("lapor_kafka_seen_timestamp_seconds", "When the cluster last answered the prober")
BEHIND = Gauge("lapor_group_behind_records", "Records that a group has not finished with, seen from outside", ["group"])
BEHIND_S = Gauge(
    "lapor_group_behind_seconds",
    "How long ago was written what a group has not finished with, as far as was seen",
    ["group"],
)
MEMBERS = Gauge("lapor_group_members", "Processes that read as a group", ["group"])
