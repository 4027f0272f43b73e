"""A complaint goes where its place says, even if its reporter tells it afterwards; a person's decision stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from router_office import Office, classified, followed_up, item, kinds, received, reply
from router_office import to_units as units

from contracts.events import Place
from router.adapters.region import read_rules

REGION = read_rules(Path(__file__).parents[3] / "region" / "soppeng")
NOWHERE = Place()
GANRA, WAJO, BALI = Place(kecamatan="Ganra"), Place(elsewhere="sengkang"), Place(elsewhere="bali")


def office(category: str, place: Place = NOWHERE, *, place_asked: bool = False, **facts: Any) -> Office:
    it = Office(rules=replace(REGION, similar_merge=None))
    it.hear(received(place_asked=place_asked), classified(category=category, place=place, **facts))
    return it


def answers(it: Office, place: Place) -> list[Any]:
    return it.hear(followed_up(item("addition", 1, text="tempatnya di sana", place=place)))


def test_its_place_told_afterwards_moves_it_to_the_camat() -> None:
    it = office("desa_kelurahan")
    assert "DPMD" == it.case.unit
    told = answers(it, GANRA)
    assert ["noted", "routed"] == kinds(told)
    assert ("KEC-GANRA", ["DPMD"]) == (it.case.unit, [each.unit for each in it.case.support])


def test_a_place_that_changes_nothing_is_only_passed_on() -> None:
    it = office("jalan_jembatan")
    told = answers(it, GANRA)
    assert (["noted"], [("PUPR", "followed-up")]) == (kinds(told), units(told))


def test_place_named_in_the_text_is_kept_over_a_later_answer() -> None:
    it = office("desa_kelurahan", Place(kecamatan="Citta"))
    answers(it, GANRA)
    assert "KEC-CITTA" == it.case.unit


@pytest.mark.parametrize("action", ["acknowledge", "progress"])
def test_nobody_takes_it_from_who_has_begun(action: str) -> None:
    it = office("desa_kelurahan")
    it.hear(("DPMD", reply(action)))
    assert (["noted"], "DPMD") == (kinds(answers(it, GANRA)), it.case.unit)


def test_complaint_located_in_another_kabupaten_is_handed_over_there() -> None:
    it = office("jalan_jembatan", WAJO)
    step = it.story()[-1]
    assert ("handed_over", "Pemerintah Kabupaten Wajo", "tempatnya di kabupaten lain") == (
        step.kind, step.target, step.reason,
    )  # fmt: skip


@pytest.mark.parametrize("category", ["jalan_jembatan", "kesehatan", "pendidikan", "desa_kelurahan"])
@pytest.mark.parametrize(
    ("place", "theirs"), [(WAJO, "Pemerintah Kabupaten Wajo"), (BALI, "pemerintah daerah setempat")]
)
def test_other_government_gets_any_matter_located_in_its_area(category: str, place: Place, theirs: str) -> None:
    for doubt in ({}, {"abstained": True}, {"perhaps_accusing": True}):  # accused officials there don't work here
        assert ("handed_over", theirs) == ((step := office(category, place, **doubt).story()[-1]).kind, step.target)


def test_it_is_handed_over_also_when_that_is_told_afterwards() -> None:
    it = office("penerangan_jalan", place_asked=True)
    assert "DISHUB" == it.case.unit
    told = answers(it, WAJO)
    assert ["noted", "handed_over"] == kinds(told)
    assert ("DISHUB", "withdrawn") in units(told)


@pytest.mark.parametrize(
    ("category", "place", "doubt"),
    [
        ("kependudukan", WAJO, {}),  # residents have their papers here, wherever it happened
        ("lainnya", WAJO, {"abstained": True}),
        ("jalan_jembatan", WAJO, {"urgency": "darurat"}),
    ],
)
def test_matter_not_clearly_of_another_kabupaten_stays_here(category: str, place: Place, doubt: dict[str, Any]) -> None:
    assert "routed" == office(category, place, **doubt).case.status


def test_another_kabupaten_that_is_only_mentioned_later_gets_nothing() -> None:
    unasked, answered = office("penerangan_jalan"), office("penerangan_jalan", place_asked=True)
    answered.hear(followed_up(item("addition", 0, text="depan masjid raya")))
    for it, earlier in ((unasked, []), (answered, [item("addition", 0, text="depan masjid raya")])):
        later = item("addition", 1, text="di Bone lampu cepat diganti", place=Place(elsewhere="bone"))
        assert ["noted"] == kinds(it.hear(followed_up(*earlier, later)))
        assert ("DISHUB", "routed") == (it.case.unit, it.case.status)
