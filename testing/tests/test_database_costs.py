"""What a life costs the databases is the difference of two counts, divided by the lives between them."""

from __future__ import annotations

from testing.bench.database_costs import per_life

BEFORE = {"": {"wal": 1_000}, "router": {"commits": 5, "rows": 10, "updated": 4, "hot": 4}}
AFTER = {"": {"wal": 51_000}, "router": {"commits": 25, "rows": 40, "updated": 14, "hot": 9}}


def test_a_life_costs_its_share_of_what_was_counted() -> None:
    assert {"wal_kb": 5.0, "router": {"commits": 2.0, "rows": 3.0, "hot": 0.5}} == per_life(BEFORE, AFTER, 10)


def test_without_lives_or_updates_nothing_is_divided() -> None:
    still = {**AFTER, "router": {**AFTER["router"], "updated": 4, "hot": 4}}

    assert {} == per_life(BEFORE, AFTER, 0)
    assert per_life(BEFORE, still, 10)["router"]["hot"] is None
