"""People who say at the website that they have the same problem are counted and told; nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest
from router_office import OTHER, Office, T, classified, in_status, received, reply

from contracts.events import ComplaintSupported, ComplaintUpdated, UnitRouted


def supported(supporters: int, ticket: str = T) -> ComplaintSupported:
    return ComplaintSupported(ticket=ticket, supporters=supporters)


def steps(told: list[Any]) -> list[ComplaintUpdated]:
    return [each for each in told if isinstance(each, ComplaintUpdated)]


def snapshots(told: list[Any]) -> list[Any]:
    return [each.complaint for each in told if isinstance(each, UnitRouted)]


def test_the_first_supporter_is_told_to_the_unit_and_in_the_story() -> None:
    office = in_status("in_progress")

    told = office.hear(supported(1))

    (step,), (shown,) = steps(told), snapshots(told)
    assert ("noted", "supported", "in_progress", 1) == (step.kind, step.note, step.status, step.supporters)
    assert ("PUPR", 1, 1) == (shown.unit, shown.supporters, shown.reporters)


def test_it_makes_no_complaint_more_urgent_and_moves_it_nowhere() -> None:
    office = in_status("routed")
    before = snapshots(office.hear(supported(1)))[0]

    office.hear(supported(9_000))

    (after,) = snapshots(office.hear(supported(10_000)))
    assert (before.priority, before.status, before.unit) == (after.priority, after.status, after.unit)


def test_the_same_count_again_and_a_lower_one_change_nothing() -> None:
    office = in_status("routed")
    office.hear(supported(3))

    assert ([], 3) == (office.hear(supported(3), supported(2), supported(1)), office.case.supported_by)


def test_a_thousand_supporters_are_few_steps_of_a_story() -> None:
    office = in_status("routed")

    told = [step.supporters for n in range(1, 1001) for step in steps(office.hear(supported(n)))]

    assert [*range(1, 10), *range(10, 100, 10), *range(100, 1001, 100)] == told
    assert 1000 == office.case.supported_by


def test_each_later_step_says_how_many_there_are() -> None:
    office = in_status("routed")
    office.hear(supported(10), supported(12))

    (step,) = steps(office.hear(("PUPR", reply("acknowledge"))))

    assert 12 == step.supporters


def test_steps_of_an_unsupported_complaint_mention_no_supporters() -> None:
    office = Office()

    told = steps(office.hear(received(), classified()))

    assert not any(step.supporters for step in told)


@pytest.mark.parametrize("status", ["closed", "rejected", "cancelled", "handed_over", "merged"])
def test_support_of_a_finished_or_merged_complaint_is_only_counted(status: str) -> None:
    office = in_status(status, "triage" if status in ("rejected", "merged") else "unit")

    assert ([], 4) == (office.hear(supported(4)), office.case.supported_by)


def test_a_complaint_that_nobody_knows_gets_no_supporters() -> None:
    office = in_status("routed")

    told = office.hear(supported(2, OTHER))

    assert ([], 0) == (told, office.cases[OTHER].supported_by if OTHER in office.cases else 0)
