"""The figures of the cluster that the prober shows."""

from __future__ import annotations

from types import SimpleNamespace

from prometheus_client import REGISTRY

from prober.cluster import show_behind, show_partitions
from prober.groups import Behind


def test_how_far_a_group_is_behind_is_shown_until_it_has_caught_up() -> None:
    def shown() -> list[float | None]:
        names = ("lapor_group_behind_records", "lapor_group_behind_seconds")
        return [REGISTRY.get_sample_value(name, {"group": "router"}) for name in names]

    show_behind({"router": Behind(records=7, seconds=90)})
    assert [7, 90] == shown()
    show_behind({"router": Behind()})
    assert [0, 0] == shown()


def test_partitions_without_a_leader_or_a_replica_are_counted_until_the_broker_is_back() -> None:
    def shown(**brokers: list[int]) -> list[float | None]:
        """Show a partition for each name, whose replicas 1 and 2 should be in sync."""
        partitions = {
            n: SimpleNamespace(leader=isrs[0] if isrs else -1, replicas=[1, 2], isrs=isrs)
            for n, isrs in enumerate(brokers.values())
        }
        topics = {"t": SimpleNamespace(partitions=partitions)}
        show_partitions(SimpleNamespace(brokers={1: "a", 2: "b"}, topics=topics))
        names = ("lapor_kafka_partitions_offline", "lapor_kafka_partitions_under_replicated")
        return [REGISTRY.get_sample_value(name) for name in names]

    assert [1, 2] == shown(whole=[1, 2], alone=[2], dead=[])
    assert [0, 0] == shown(whole=[1, 2], alone=[2, 1], dead=[1, 2])
