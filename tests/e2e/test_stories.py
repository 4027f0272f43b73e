"""Every story that ``lapor demo`` can play, live, and what must have happened in it, in this order."""

from __future__ import annotations

import pytest
from harness import System

pytestmark = pytest.mark.connected

DONE = ["acknowledged", "resolved", "citizen informed"]
STORIES = {
    "confident": ["classified as air_bersih", "routed to PDAM", "PDAM has it", *DONE],
    "abstained": ["routed to DISKOMINFO", "DISKOMINFO has it", "corrected", "routed to DLH", "DLH has it", *DONE],
    "urgent": ["routed to DISKOMINFO", "routed to BPBD", "PUPR has it", "BPBD is told: updated", *DONE],
    "about-the-unit": ["routed to INSPEKTORAT", "INSPEKTORAT has it", *DONE],
    "outside-authority": ["classified as listrik_energi", "handed_over", "citizen informed"],
    "returned-twice": ["returned", "DISKOMINFO has it", "SATPOLPP has it", "returned", "DLH has it", *DONE],
    "reopened": ["resolved", "reopened", "routed to DISHUB", "DISHUB has it", *DONE],
}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_as_it_should(system: System, name: str) -> None:
    journey = system.lapor("demo", "--scenario", name)
    hops = [hop["name"] for hop in journey["hops"]]

    assert journey["ok"], hops
    assert STORIES[name] == _in_order(STORIES[name], hops), hops
    assert not [hop for hop in hops if "refused" in hop]


def test_same_report_by_two_channels_is_merged_and_both_citizens_hear(system: System) -> None:
    journeys = system.lapor("demo", "--scenario", "duplicate")
    hops = {journey["channel"]: [hop["name"] for hop in journey["hops"]] for journey in journeys}

    assert {"sms", "web"} == set(hops)
    assert all(journey["ok"] for journey in journeys), hops
    assert 1 == sum("merged" in names for names in hops.values())
    assert any("DISKOMINFO is told: similar" in names for names in hops.values())
    for names in hops.values():
        assert ["PDAM has it", "resolved", "citizen informed"] == _in_order(
            ["PDAM has it", "resolved", "citizen informed"], names
        )


def test_a_complaint_about_a_unit_is_shown_to_that_unit_at_no_time(system: System) -> None:
    journey = system.lapor("demo", "--scenario", "about-the-unit")

    assert not [hop["name"] for hop in journey["hops"] if hop["name"].startswith(("PDAM ", "routed to PDAM"))]


def test_counter_complaint_gets_a_receipt_and_can_be_reopened(
    system: System,
) -> None:
    journey = system.lapor("demo", "--channel", "loket", "--scenario", "reopened")
    hops = [hop["name"] for hop in journey["hops"]]

    assert ("loket", True) == (journey["channel"], journey["ok"]), hops
    assert STORIES["reopened"] == _in_order(STORIES["reopened"], hops), hops
    assert any(hop.startswith("receipt given by petugas.") for hop in hops)


def test_danger_stops_the_counter_first_and_goes_on_its_way(system: System) -> None:
    journey = system.lapor("demo", "--channel", "loket", "--scenario", "urgent")
    hops = [hop["name"] for hop in journey["hops"]]
    wanted = ["the counter says first whom to call", "received", *STORIES["urgent"]]

    assert journey["ok"], hops
    assert wanted == _in_order(wanted, hops), hops


def _in_order(wanted: list[str], hops: list[str]) -> list[str]:
    """As much of ``wanted`` as is found in ``hops`` in that order."""
    rest = iter(hops)
    return [name for name in wanted if name in rest]
