"""The figures of the cluster that the prober shows."""

from __future__ import annotations

from prometheus_client import REGISTRY

from prober.cluster import show_behind
from prober.groups import Behind


def test_how_far_a_group_is_behind_is_shown_until_it_has_caught_up() -> None:
    def shown() -> list[float | None]:
        names = ("lapor_group_behind_records", "lapor_group_behind_seconds")
        return [REGISTRY.get_sample_value(name, {"group": "router"}) for name in names]

    show_behind({"router": Behind(records=7, seconds=90)})
    assert [7, 90] == shown()
    show_behind({"router": Behind()})
    assert [0, 0] == shown()
