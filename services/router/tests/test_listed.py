"""The public list has only everyday matters that a unit has: no confidential complaints, no accusations."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET
from router_office import Office, T, classified, followed_up, in_status, item, received, reply

from contracts.events import ComplaintUpdated, Place

HERE = Place(kecamatan="Lalabata", desa="Bila")


def last(office: Office) -> ComplaintUpdated:
    return [step for step in office.story(T) if step.kind != "noted"][-1]


def test_complaint_assigned_to_a_unit_is_listed_with_its_place() -> None:
    office = Office()
    office.hear(received(), classified(place=HERE))
    step = last(office)
    assert (step.kind, step.listed, step.kecamatan, step.desa) == ("routed", True, "Lalabata", "Bila")


def test_the_place_that_its_reporter_tells_later_counts_too() -> None:
    office = Office()
    office.hear(received(place_asked=True), classified())
    office.hear(followed_up(item("addition", text="di Bila", place=HERE)))
    assert office.story(T)[-1].desa == "Bila"


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"rahasia": True}, {}),
        ({}, {"protected": True}),
        ({}, {"perhaps_accusing": True}),
        ({}, {"about_units": ["DLH"]}),
        ({}, {"spam": True}),
        ({}, {"abstained": True}),
        ({}, {"urgency": "darurat"}),
        ({}, {"category": "aparatur_korupsi"}),
    ],
)
def test_confidential_doubtful_or_accusing_complaint_is_not_listed(sent: dict[str, Any], found: dict[str, Any]) -> None:
    office = Office()
    office.hear(received(**sent), classified(place=HERE, **found))
    told = office.story(T)
    assert told[-1].kind == "routed"
    assert not any(step.listed or step.kecamatan for step in told)


def test_complaint_made_confidential_is_removed_from_the_list() -> None:
    office = Office()
    office.hear(received(), classified(place=HERE), followed_up(item("confidential")))
    before, step = office.story(T)[-2:]
    assert (before.listed, before.rahasia, before.kecamatan) == (True, False, "Lalabata")
    assert (step.note, step.code, step.rahasia) == ("confidential", "made_confidential", True)
    assert (step.listed, step.kecamatan) == (False, UNSET)


@pytest.mark.parametrize(
    ("desk", "found"),
    [
        ("DISKOMINFO", {"perhaps_accusing": True}),
        ("DISKOMINFO", {"spam": True}),
        ("INSPEKTORAT", {"about_units": ["DLH"]}),
    ],
)
def test_accusing_or_spam_complaint_stays_unlisted_after_a_desks_review(desk: str, found: dict[str, Any]) -> None:
    office = Office()
    office.hear(received(), classified(place=HERE, **found))
    office.hear((desk, reply("dispose", unit="PUPR")))
    assert (office.case.unit, office.case.lane) == ("PUPR", "unit")
    assert not last(office).listed


def test_conduct_is_not_listed_whoever_has_it() -> None:
    office = Office()
    office.hear(received(), classified(category="aparatur_korupsi", place=HERE))
    office.hear(("INSPEKTORAT", reply("dispose", unit="PUPR")))
    assert (office.case.unit, last(office).listed) == ("PUPR", False)


def test_a_right_to_restriction_takes_it_off_the_list() -> None:
    office = in_status("routed")
    office.hear(classified(place=HERE))
    office.hear(followed_up(item("rights_request", right="restriction")))
    office.hear(("DISKOMINFO", reply("rights-done", message="Dibatasi.")))
    told = office.story(T)[-1]
    assert (office.case.restricted, told.listed) == (True, False)


def test_the_mark_stands_in_the_step_that_tells_of_it() -> None:
    bad, good = in_status("resolved"), in_status("resolved")
    bad.hear(followed_up(item("rating", rating=2)))
    good.hear(followed_up(item("rating", rating=5)))
    assert [(step.kind, step.rating) for step in (bad.story(T)[-1], good.story(T)[-1])] == [("noted", 2), ("closed", 5)]
    assert in_status("resolved").story(T)[-1].rating is UNSET
