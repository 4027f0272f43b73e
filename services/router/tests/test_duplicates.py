"""Complaints about the same thing: found by keys, scored with a reason, suggested to a person or merged when sure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from router_office import AT, OTHER, STRANGER, Office, T, classified, followed_up, item, kinds, received, refusal, reply
from router_office import to_units as units

from contracts.events import Place, UnitRouted
from router.case import Case
from router.duplicates import WINDOW, keys, rank, score
from router.rules import Rules

CABENGE = Place(kecamatan="Lilirilau", desa="Cabenge")
SMS = "Lampu jalan depan masjid raya Cabenge mati sudah 3 malam"
WEB = "Lampu jalan di depan Masjid Raya Cabenge mati, sudah 3 malam."


def case(text: str, ticket: str = T, **facts: Any) -> Case:
    """A routed complaint about a street lamp in Cabenge, unless ``facts`` say otherwise."""
    given = {"category": "jalan_jembatan", "place": CABENGE, **facts}
    understood = {name: given.pop(name) for name in ("category", "place", "about_units") if name in given}
    office = Office()
    office.hear(received(ticket, text=text, **given), classified(ticket, **understood))
    return office.cases[ticket]


def office_of(*cases: Case) -> Office:
    return Office(cases={each.ticket: each for each in cases})


def twins(**facts: Any) -> Office:
    """``OTHER`` came by web, and ``T`` with the same words by SMS an hour later, unless ``facts`` say otherwise."""
    later = {"channel": "sms", "received_at": AT + timedelta(hours=1), **facts}
    return office_of(case(WEB, OTHER, channel="web"), case(later.pop("text", WEB.lower()), T, **later))


# the same trouble in other words, and another trouble in like words
SAME = [
    (SMS, WEB),
    ("lampu jln depan masjid raya cabenge mati 3 malam", WEB),
    ("Pak, jalan poros Cabenge rusak parah depan pasar", "jalan poros cabenge depan pasar rusak parah sekali pak"),
    ("sampah menumpuk di pasar Cabenge belum diangkut", "Sampah di pasar Cabenge menumpuk, belum diangkut seminggu"),
]
OTHERS = [
    ("air PDAM tidak mengalir dua hari", WEB),
    ("jalan rusak depan sekolah", "Lampu jalan padam di depan rumah"),
    ("guru jarang masuk mengajar", "jembatan gantung putus"),
]


@pytest.mark.parametrize(("one", "two"), SAME)
def test_the_same_trouble_shares_a_key_and_passes_the_bar(one: str, two: str, rules: Rules) -> None:
    first, second = case(one), case(two, OTHER)
    assert set(keys(first)) & set(keys(second))
    assert [OTHER] == [each.ticket for each in rank(rules, first, [second])]


@pytest.mark.parametrize(("one", "two"), OTHERS)
def test_another_trouble_at_the_same_place_does_not(one: str, two: str, rules: Rules) -> None:
    assert [] == rank(rules, case(one), [case(two, OTHER)])


@pytest.mark.parametrize(
    "facts",
    [
        {"place": Place(kecamatan="Marioriwawo")},
        {"place": Place(kecamatan="Lilirilau", desa="Macanre")},
        {"received_at": AT - WINDOW - timedelta(hours=1)},
    ],
)
def test_the_same_words_elsewhere_or_long_ago_are_another_trouble(facts: dict[str, Any]) -> None:
    assert score(case(WEB), case(WEB, OTHER, **facts)) is None


def test_a_score_has_its_reasons() -> None:
    found = score(case(SMS), case(WEB, OTHER, received_at=AT - timedelta(days=2)))
    assert found is not None
    assert "% sama, kategori sama, tempat sama (Cabenge), selisih 2 hari" in found.reason
    other = score(case(SMS), case(WEB, OTHER, category="air_bersih", place=Place(kecamatan="Lilirilau")))
    assert other is not None
    assert "kategori lain, kecamatan sama (Lilirilau), selisih 0 jam" in other.reason
    assert other.score < found.score


def test_place_and_category_make_keys_of_their_own() -> None:
    assert {"k:jalan_jembatan:Lilirilau", "d:jalan_jembatan:Cabenge"} <= set(keys(case("x")))
    assert set(keys(case("x"))) - set(keys(case("x", place=Place())))


@pytest.mark.parametrize("text", ["", "a", "💥", "x" * 20_000])
def test_any_text_has_keys(text: str) -> None:
    assert len(keys(case(text))) >= 16


def test_certain_duplicate_is_merged_and_everyone_is_told() -> None:
    office = twins()
    told = office.sweep()
    assert (["merged"], [("PUPR", "updated"), ("PUPR", "withdrawn")]) == (kinds(told), units(told))
    assert ("merged", OTHER) == (office.case.status, office.case.parent)
    updated = next(each.complaint for each in told if isinstance(each, UnitRouted) and each.why == "updated")
    assert (OTHER, 2, [T]) == (updated.ticket, updated.reporters, updated.merged)  # type: ignore[union-attr]
    told = office.hear(("PUPR", reply("acknowledge", OTHER)))
    assert [OTHER, T] == [each.ticket for each in told if hasattr(each, "ticket")]


def test_without_a_bar_for_merging_even_what_is_surely_the_same_is_left_to_a_person() -> None:
    office = twins()
    office.rules = replace(office.rules, similar_merge=None)
    told = office.sweep()
    assert ([], [("DISKOMINFO", "similar")]) == (kinds(told), units(told))


@pytest.mark.parametrize(
    "text", [WEB.upper(), SMS, "Cabenge: " + WEB.replace("Cabenge", ""), WEB.replace("Lampu", "Lamppu")]
)
def test_another_order_a_typing_error_or_a_joint_make_it_no_other_complaint(text: str) -> None:
    office = twins(text=text)
    office.sweep()
    assert "merged" == office.case.status


def test_in_a_long_text_one_other_name_makes_it_another_complaint() -> None:
    long = "Lubang besar di tengah jalan membahayakan pengendara terutama malam hari karena lampu tidak ada, " * 2
    office = office_of(case(long + "tepat di depan toko Merdeka", OTHER, channel="web"))
    office.cases[T] = case(long + "tepat di depan toko Makmur", T, received_at=AT + timedelta(hours=1))
    assert [("DISKOMINFO", "similar")] == units(office.sweep())


@pytest.mark.parametrize(("one", "two"), [("12 malam", "13 malam"), ("", "di Botto"), ("di Botto", "")])
def test_a_number_or_a_word_more_on_either_side_is_for_a_person(one: str, two: str) -> None:
    long = "Lubang besar di tengah jalan membahayakan pengendara terutama malam hari karena lampu tidak ada, " * 2
    office = office_of(case(long + one, OTHER, channel="web"))
    office.cases[T] = case(long + two, T, received_at=AT + timedelta(hours=1))
    assert [("DISKOMINFO", "similar")] == units(office.sweep())


def test_more_reporters_make_it_more_pressing() -> None:
    office = twins()

    def priority() -> int:
        (answer,) = office.hear(("PUPR", reply("menari", OTHER)))
        return int(answer.complaint.priority)

    before = priority()
    office.sweep()
    assert priority() > before


@pytest.mark.parametrize(
    "facts",
    [
        {"channel": "web"},
        {"category": "air_bersih"},
        {"place": Place()},
        {"text": WEB.replace("3", "4")},
        {"text": SMS + " tolong diganti"},
        {"text": WEB * 3 + "Jalan Merdeka"},
        {"text": WEB + " B"},
        {"received_at": AT + timedelta(days=4)},
        {"received_at": AT - timedelta(minutes=1)},
    ],
)
def test_pair_that_differs_in_one_point_is_left_to_a_person(facts: dict[str, Any]) -> None:
    office = twins(**facts)
    told = office.sweep()
    assert ([], "routed") == (kinds(told), office.case.status)
    assert [("DISKOMINFO", "similar")] == units(told)


def test_complaint_handled_by_a_person_is_not_merged_automatically() -> None:
    office = twins()
    office.hear(("PUPR", reply("acknowledge")))
    assert [("DISKOMINFO", "similar")] == units(office.sweep())


def test_a_complaint_is_not_merged_into_one_whose_unit_it_accuses_nor_suggested() -> None:
    office = office_of(case(WEB, OTHER, channel="web"))
    office.hear(received(text=WEB, received_at=AT), classified(place=CABENGE, about_units=["PUPR"]))
    assert ([], "routed") == (office.sweep(), office.case.status)
    office.hear(("INSPEKTORAT", reply("merge", into=OTHER)))
    assert "routed" == office.case.status


@pytest.mark.parametrize(
    "over",
    [
        followed_up(item("cancel"), ticket=OTHER),
        ("PUPR", reply("resolve", OTHER, message="Lampu sudah menyala kembali")),
        ("PUPR", reply("hand-over", OTHER, to="PLN", reason="milik PLN")),
    ],
)
def test_finished_complaint_is_not_used_as_a_parent(over: Any) -> None:
    office = twins()
    office.hear(over)
    assert ([], "routed") == (office.sweep(), office.case.status)


def test_the_suggestion_of_a_merged_one_is_its_parent_once() -> None:
    office = twins()
    office.sweep()
    office.cases[STRANGER] = case(SMS, STRANGER, channel="web", received_at=AT + timedelta(hours=2))
    (record,) = [each for each in office.sweep(STRANGER, T, OTHER) if isinstance(each, UnitRouted)]
    assert [OTHER] == [each.ticket for each in record.complaint.similar]  # type: ignore[union-attr]


def test_at_most_three_are_suggested_the_likeliest_first() -> None:
    tickets = ["SPG-S000-00007", "SPG-W000-00004", "SPG-M000-0000C", "SPG-X000-0000X", "SPG-Y000-0000Y"]
    office = office_of(*(case(f"{WEB} {'dan ' * n}", ticket) for n, ticket in enumerate(tickets)))
    (record,) = [each for each in office.sweep(tickets[0]) if isinstance(each, UnitRouted)]
    found = record.complaint.similar  # type: ignore[union-attr]
    assert 3 == len(found)
    assert sorted(found, key=lambda each: -each.score) == found


def test_suggested_complaint_merged_meanwhile_leads_to_its_parent() -> None:
    office, third = suggested(), STRANGER
    office.hear(received(third), classified(third))
    office.cases[OTHER] = structs.replace(office.cases[OTHER], status="merged", parent=third)
    assert "pakai induknya" in str(refusal(office.hear(("DISKOMINFO", reply("merge", into=OTHER)))))
    assert None is refusal(office.hear(("DISKOMINFO", reply("merge", into=third))))


def suggested() -> Office:
    """``OTHER`` was suggested for ``T``; both are PUPR's."""
    office = twins(channel="web")
    office.sweep()
    return office


def test_suggestion_persists_and_lets_the_triage_unit_merge_other_units_complaints() -> None:
    office = suggested()
    told = office.hear(("PUPR", reply("acknowledge")))
    (answer,) = [each for each in told if isinstance(each, UnitRouted)]
    assert [OTHER] == [each.ticket for each in answer.complaint.similar]  # type: ignore[union-attr]
    told = office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    assert (None, ["merged"]) == (refusal(told), kinds(told))
    assert [("PUPR", "updated"), ("PUPR", "withdrawn"), ("DISKOMINFO", "replied")] == units(told)
    assert "DISKOMINFO" == office.story()[-1].by


def test_without_a_suggestion_the_triage_unit_merges_nothing_that_another_holds() -> None:
    office = suggested()
    office.hear(received(STRANGER), classified(STRANGER))
    assert "bukan milik DISKOMINFO" in str(refusal(office.hear(("DISKOMINFO", reply("merge", into=STRANGER)))))
    assert "bukan milik DISKOMINFO" in str(refusal(office.hear(("DISKOMINFO", reply("merge", into="SPG-12")))))
    assert "bukan milik DISKOMINFO" in str(refusal(office.hear(("DISKOMINFO", reply("unmerge")))))
    assert "bukan milik PDAM" in str(refusal(office.hear(("PDAM", reply("merge", into=OTHER)))))
    assert "hanya untuk laporan di meja triase" in str(refusal(office.hear(("PUPR", reply("merge", into=OTHER)))))


@pytest.mark.parametrize("by_machine", [True, False])
def test_triage_unit_can_unmerge_a_merged_complaint(by_machine: bool) -> None:
    office = twins(**({} if by_machine else {"channel": "web"}))
    office.sweep()
    office.hear(("DISKOMINFO", reply("merge", into=OTHER)), followed_up(item("addition", 3, text="RT 3")))
    told = office.hear(("DISKOMINFO", reply("unmerge", reason="tempatnya lain")))
    assert (None, ["unmerged", "routed"]) == (refusal(told), kinds(told))
    assert ("routed", "triage", "DISKOMINFO", None) == (
        office.case.status,
        office.case.lane,
        office.case.unit,
        office.case.parent,
    )
    assert ([], []) == (office.cases[OTHER].merged, office.cases[OTHER].follow_ups)
    assert ("PUPR", "updated") in units(told)
    assert [] == kinds(office.hear(("PUPR", reply("acknowledge", OTHER))))[1:]
