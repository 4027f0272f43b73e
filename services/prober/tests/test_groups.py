"""How far a group is behind is known in records and in time without asking the group."""

from __future__ import annotations

import pytest

from prober.groups import Behind, Growth, by_name, called

PLACE, OTHER = ("complaint.received.v1", 0), ("complaint.received.v1", 1)


def test_group_that_has_read_everything_is_not_behind() -> None:
    growth = Growth()
    growth.look({PLACE: 7}, 0)

    assert Behind() == growth.behind({PLACE: 7}, 100)


def test_the_oldest_record_is_as_old_as_the_first_look_that_saw_it() -> None:
    growth = Growth()
    for at, end in ((0, 7), (15, 7), (30, 8), (45, 8), (60, 11)):
        growth.look({PLACE: end}, at)

    assert Behind(records=4, seconds=70) == growth.behind({PLACE: 7}, 100)
    assert Behind(records=3, seconds=40) == growth.behind({PLACE: 8}, 100)
    assert Behind(records=1, seconds=40) == growth.behind({PLACE: 10}, 100)


def test_records_of_all_partitions_are_added_and_the_oldest_counts() -> None:
    growth = Growth()
    growth.look({PLACE: 1, OTHER: 5}, 0)
    growth.look({PLACE: 2, OTHER: 5}, 60)

    assert Behind(records=3, seconds=100) == growth.behind({PLACE: 1, OTHER: 3}, 100)


def test_a_partition_that_was_not_looked_at_says_nothing() -> None:
    assert Behind() == Growth().behind({PLACE: 3}, 100)


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("router", "router"),
        ("unit.pupr.cli", "unit.pupr"),
        ("unit.kec-lalabata.app.v2", "unit.kec-lalabata"),
        ("auditor.tail-3", None),
        ("unit.pupr", None),
        ("somebody", None),
    ],
)
def test_a_group_is_shown_as_a_service_or_as_a_unit_or_not(group: str, name: str | None) -> None:
    assert name == called(group, {"router", "classifier"})


def test_least_delayed_group_of_a_unit_counts() -> None:
    old, new = Behind(records=90, seconds=900), Behind(records=1, seconds=2)

    assert {"unit.pupr": new, "router": old} == by_name([("unit.pupr", old), ("router", old), ("unit.pupr", new)])
