"""Assignment of complaints: the order of the rules, units that come and go, and the order of worklists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs
from router_office import RULES, classified, received

from chassis.wire import Emit
from contracts.events import UnitRouted
from kabupaten.on_duty import Shift
from kabupaten.routing import RoutingRule
from kabupaten.units import Unit
from router.case import Case
from router.handlers import decide
from router.rules import Rules, Understood, accused, assign, heir, in_force, priority, supervisor
from testing.fakes import message

ALL_THREE = ("DISKOMINFO", "INSPEKTORAT", "SETDA")


@pytest.mark.parametrize(
    ("found", "lane", "unit", "reason"),
    [
        (Understood(category="jalan_jembatan"), "unit", "PUPR", "kategori jalan_jembatan"),
        (Understood(category="kominfo_digital"), "unit", "DISKOMINFO", "kategori kominfo_digital"),
        (Understood(category=None), "triage", "DISKOMINFO", "belum dapat dikenali"),
        (Understood(category="air_bersih", abstained=True), "triage", "DISKOMINFO", "belum dapat dikenali"),
        (Understood(category="air_bersih", urgency="tinggi"), "unit", "PDAM", "kategori air_bersih"),
        (
            Understood(category="air_bersih", urgency="tinggi", abstained=True),
            "triage",
            "DISKOMINFO",
            "belum dapat dikenali",
        ),
        (
            Understood(category="air_bersih", urgency="darurat", abstained=True),
            "triage",
            "DISKOMINFO",
            "mendesak (darurat)",
        ),
        (Understood(category="air_bersih", urgency="darurat"), "triage", "DISKOMINFO", "mendesak (darurat)"),
        (Understood(category="air_bersih", place_conflict=True), "triage", "DISKOMINFO", "tidak cocok"),
        (Understood(category="air_bersih", spam=True), "triage", "DISKOMINFO", "bukan laporan"),
        (Understood(category="lainnya"), "triage", "DISKOMINFO", "tidak punya unit"),
        (Understood(category="sihir", kecamatan="Lilirilau"), "triage", "DISKOMINFO", "tidak dikenal"),
        (Understood(category="aparatur_korupsi"), "triage", "INSPEKTORAT", "perilaku aparatur"),
        (Understood(category="aparatur_korupsi", abstained=True), "triage", "DISKOMINFO", "belum dapat dikenali"),
        (
            Understood(category="aparatur_korupsi", abstained=True, about_units=["PUPR"]),
            "triage",
            "INSPEKTORAT",
            "perilaku aparatur",
        ),
        (Understood(category="aparatur_korupsi", about_units=["INSPEKTORAT"]), "triage", "SETDA", "tentang"),
        (Understood(category="aparatur_korupsi", about_units=ALL_THREE[1:]), "triage", "DISKOMINFO", "tentang"),
        (Understood(category="jalan_jembatan", about_units=["PUPR"]), "triage", "INSPEKTORAT", "tentang PUPR"),
        (Understood(category="jalan_jembatan", about_units=["PDAM"]), "triage", "INSPEKTORAT", "tentang PDAM"),
        (Understood(category="jalan_jembatan", abstained=True, about_units=["PUPR"]), "triage", "INSPEKTORAT", "PUPR"),
        (Understood(category="air_bersih", urgency="tinggi", about_units=["PDAM"]), "triage", "INSPEKTORAT", "PDAM"),
        (Understood(category="air_bersih", urgency="darurat", about_units=["PDAM"]), "triage", "DISKOMINFO", "darurat"),
        (
            Understood(category="air_bersih", urgency="darurat", about_units=["PDAM"], protected=True),
            "triage",
            "INSPEKTORAT",
            "PDAM",
        ),
        (Understood(category="kominfo_digital", about_units=["DISKOMINFO"]), "triage", "INSPEKTORAT", "tentang"),
        (Understood(category="air_bersih", about_units=["DISKOMINFO"]), "triage", "INSPEKTORAT", "DISKOMINFO"),
        (Understood(category="air_bersih", about_units=["INSPEKTORAT"]), "triage", "SETDA", "tentang INSPEKTORAT"),
        (Understood(category="air_bersih", about_units=ALL_THREE[:2]), "triage", "SETDA", "tentang"),
        (Understood(category="air_bersih", about_units=["SETDA"]), "triage", "INSPEKTORAT", "tentang SETDA"),
        (Understood(category=None, about_units=["DISKOMINFO"]), "triage", "INSPEKTORAT", "tentang"),
        (Understood(category=None, about_units=["INSPEKTORAT"]), "triage", "SETDA", "tentang"),
        (Understood(category=None, about_units=ALL_THREE[:2]), "triage", "SETDA", "tentang"),
        (Understood(category=None, about_units=ALL_THREE[1:]), "triage", "DISKOMINFO", "tentang"),
        (Understood(category=None, about_units=("DISKOMINFO", "SETDA")), "triage", "INSPEKTORAT", "tentang"),
        (Understood(category=None, about_units=ALL_THREE), "triage", "SETDA", "tentang"),
    ],
)
def test_each_complaint_has_one_unit_and_a_reason(found: Understood, lane: str, unit: str, reason: str) -> None:
    to = assign(RULES, found)
    assert (lane, unit) == (to.lane, to.unit)
    assert reason in to.reason


WITH_PLACES = replace(RULES, camat={"citta": "DISHUB", "donridonri": "PDAM"})


def routed(*rows: RoutingRule, **found: object) -> tuple[str, list[str], str]:
    to = assign(replace(WITH_PLACES, routing=rows), Understood(category="jalan_jembatan", **found))  # type: ignore[arg-type]
    return to.unit, to.support, to.reason


def test_the_first_rule_that_matches_wins() -> None:
    first = RoutingRule(reason="satu", matters=frozenset({"tambang"}), lead="PDAM")
    second = RoutingRule(reason="dua", categories=frozenset({"jalan_jembatan", "air_bersih"}), lead="DISHUB")
    assert ("PDAM", [], "satu") == routed(first, second, matter="tambang")
    assert ("DISHUB", [], "dua") == routed(first, second, matter="lain")
    assert ("DISHUB", [], "dua") == routed(second, first, matter="tambang")
    assert ("PUPR", [], "kategori jalan_jembatan") == routed(first)


def test_a_reason_names_the_category_as_people_do() -> None:
    named = replace(RULES, named={"jalan_jembatan": "Jalan dan jembatan", "lainnya": "Lainnya"})
    reasons = [assign(named, Understood(category=each)).reason for each in ("jalan_jembatan", "lainnya", "air_bersih")]
    assert ["kategori Jalan dan jembatan", "kategori air_bersih"] == [reasons[0], reasons[2]]
    assert "kategori Lainnya tidak punya unit" in reasons[1]


def test_every_condition_of_a_rule_must_hold() -> None:
    rule = RoutingRule(
        reason="r", types=frozenset({"aspirasi"}), places=frozenset({"citta"}), matters=frozenset({"m"}), lead="PDAM"
    )
    fitting = {"type": "aspirasi", "kecamatan": "Kec. Citta", "matter": "m"}
    assert "PDAM" == routed(rule, **fitting)[0]
    for name, other in {"type": "pengaduan", "kecamatan": "Ganra", "matter": None}.items():
        assert "PUPR" == routed(rule, **{**fitting, name: other})[0]


def test_camat_leads_or_helps_only_where_the_kecamatan_is_known() -> None:
    lead = RoutingRule(reason="camat", lead="kecamatan", support=("PUPR",))
    helps = RoutingRule(reason="dibantu camat", support=("kecamatan",))
    assert ("PDAM", ["PUPR"], "camat") == routed(lead, helps, kecamatan="donri donri")
    assert ("PUPR", [], "dibantu camat") == routed(lead, helps)
    assert ("PUPR", ["DISHUB"], "dibantu camat") == routed(helps, kecamatan="Citta")


def test_leading_unit_does_not_help_and_each_helper_is_listed_once() -> None:
    rule = RoutingRule(reason="r", lead="PDAM", support=("PDAM", "PUPR", "DISHUB", "PUPR"))
    assert ["PUPR", "DISHUB"] == routed(rule)[1]


def test_a_category_without_a_unit_goes_to_the_camat_and_without_a_place_to_a_person() -> None:
    to = assign(WITH_PLACES, Understood(category="lainnya", kecamatan="Citta"))
    assert ("unit", "DISHUB", True) == (to.lane, to.unit, "camat" in to.reason)
    assert "triage" == assign(WITH_PLACES, Understood(category="lainnya", kecamatan="Ganra")).lane


LEADERS = RoutingRule(reason="pimpinan", accused=frozenset({"PDAM", "SETDA"}), hand_over="PLN")


def test_accusation_of_a_leader_bars_all_leaders_and_is_marked_for_handover() -> None:
    rules = replace(RULES, routing=(LEADERS,))
    to = assign(rules, Understood(category="jalan_jembatan", about_units=["PDAM"], urgency="darurat"))
    assert ("triage", "INSPEKTORAT", "pimpinan: limpahkan ke PLN") == (to.lane, to.unit, to.reason)
    assert ["PDAM", "SETDA"] == accused(rules, ["PDAM"])
    assert ["PUPR"] == accused(rules, ["PUPR"])
    assert "DISKOMINFO" == assign(rules, Understood(category=None, about_units=["PDAM", "INSPEKTORAT"])).unit
    assert "PUPR" == assign(rules, Understood(category="jalan_jembatan")).unit


def test_successor_of_a_leader_counts_as_a_leader() -> None:
    rules = replace(registry(SETDA={"valid_until": date(2027, 1, 10), "successor": "DISHUB"}), routing=(LEADERS,))
    assert {"PDAM", "DISHUB"} <= set(accused(in_force(rules, on(11)), ["PDAM"]))


def on(day: int, hour_utc: int = 3) -> datetime:
    return datetime(2027, 1, day, hour_utc, tzinfo=UTC)


def registry(**changed: Mapping[str, object]) -> Rules:
    """RULES with the given facts of some units."""
    units = {code: structs.replace(unit, **changed.get(code, {})) for code, unit in RULES.units.items()}
    return replace(RULES, units=units)


def test_a_unit_has_its_last_day_whole_in_wita_and_then_its_successor_takes_over() -> None:
    rules = registry(PUPR={"valid_until": date(2027, 1, 10), "successor": "PDAM"})
    found = Understood(category="jalan_jembatan")
    assert "PUPR" == assign(in_force(rules, on(10, 15)), found).unit  # 23:00 in Soppeng
    assert "PDAM" == assign(in_force(rules, on(10, 16)), found).unit  # midnight
    assert ("PUPR" in rules.units, "PUPR" in in_force(rules, on(11)).units) == (True, False)


def test_a_unit_ends_at_midnight_where_the_region_is() -> None:
    rules = replace(
        registry(PUPR={"valid_until": date(2027, 1, 10), "successor": "PDAM"}), zone=ZoneInfo("Asia/Jakarta")
    )
    assert ["PUPR", "PDAM"] == [
        assign(in_force(rules, on(10, hour)), Understood(category="jalan_jembatan")).unit for hour in (16, 17)
    ]


def test_a_chain_of_successors_is_followed_to_who_is_valid_that_day() -> None:
    units = {
        "A": Unit(code="A", name="A", valid_until=date(2027, 1, 5), successor="B"),
        "B": Unit(code="B", name="B", valid_from=date(2027, 1, 6), valid_until=date(2027, 1, 8), successor="C"),
        "C": Unit(code="C", name="C", valid_from=date(2027, 1, 9)),
    }
    assert ["A", "B", "C"] == [heir(units, "A", date(2027, 1, day)) for day in (5, 7, 9)]
    assert [None, "C"] == [heir(units, "C", date(2027, 1, day)) for day in (8, 9)]


def test_a_successor_takes_over_roles_rules_places_and_accusations() -> None:
    ended = {"valid_until": date(2027, 1, 1), "successor": "PDAM"}
    rule = RoutingRule(reason="r", matters=frozenset({"m"}), lead="DISHUB", support=("PUPR", "kecamatan"))
    rules = replace(
        registry(DISKOMINFO=ended, PUPR=ended, DISHUB={"valid_until": date(2027, 1, 1), "successor": "SETDA"}),
        routing=(rule,),
        camat={"citta": "INSPEKTORAT", "ganra": "PUPR"},
    )
    now = in_force(rules, on(2))
    assert "PDAM" == assign(now, Understood(category=None)).unit
    to = assign(now, Understood(category="air_bersih", matter="m", kecamatan="Citta"))
    assert ("SETDA", ["PDAM", "INSPEKTORAT"]) == (to.unit, to.support)
    to = assign(now, Understood(category="lainnya", kecamatan="Ganra"))
    assert ("unit", "PDAM") == (to.lane, to.unit)
    assert "triage" == assign(now, Understood(category="air_bersih", about_units=["PUPR"])).lane
    assert ["PUPR", "PDAM"] == accused(now, ["PUPR"])


def test_ended_or_future_unit_without_a_successor_leaves_routing_to_a_person() -> None:
    found = Understood(category="jalan_jembatan", kecamatan="Citta")
    for facts in ({"valid_until": date(2027, 1, 1)}, {"valid_from": date(2027, 2, 1)}):
        to = assign(in_force(replace(registry(PUPR=facts), camat={"citta": "PDAM"}), on(2)), found)
        assert ("triage", "DISKOMINFO", True) == (to.lane, to.unit, "belum punya pengganti" in to.reason)


def test_a_supervisor_is_named_or_it_is_the_last_resort() -> None:
    rules = registry(PUPR={"supervisor": "PDAM"}, PDAM={"valid_until": date(2027, 1, 1), "successor": "DISHUB"})
    assert ["PDAM", "SETDA", "SETDA"] == [supervisor(rules, unit) for unit in ("PUPR", "DISHUB", "NIHIL")]
    assert "DISHUB" == supervisor(in_force(rules, on(2)), "PUPR")


def test_the_most_urgent_comes_first_then_the_most_reported_then_the_least_certain() -> None:
    in_order = [
        priority("darurat", 1.0),
        priority("tinggi", 0.1, 99),
        priority("tinggi", 1.0),
        priority("sedang", 1.0, 3),
        priority("sedang", 0.9, 2),
        priority(None, 0.0),
        priority("sedang", 0.4),
        priority("sedang", 0.9),
        priority("rendah", 0.0, 5000),
        priority("rendah", 1.0),
    ]
    assert sorted(set(in_order), reverse=True) == in_order
    assert 0 == in_order[-1]


ON_DUTY = {
    "BPBD": [Shift(name="Pusdalops", number="0484", hours="08.00-16.00"), Shift(name="dugaan", confirmed=False)],
    "PUPR": [Shift(name="regu malam", number="0811", hours="16.00-08.00")],
}


def urgent(urgency: str, unit: str, hour: int) -> list[list[tuple[str, str]]]:
    """The people on duty in each record to ``unit`` about a complaint that comes at ``hour`` in Soppeng."""
    rules = replace(RULES, on_duty=ON_DUTY)
    at, told = datetime(2026, 3, 2, hour, tzinfo=RULES.zone), list[Emit]()
    cases: dict[str, Case] = {}
    for event in (received(), classified(urgency=urgency)):
        changes, emits = decide(rules, cases, message(event, subject="k"), at)
        cases, told = {**cases, **changes}, [*told, *emits]
    records = [each.data for each in told if isinstance(each.data, UnitRouted) and each.data.unit == unit]
    return [[(each.unit, each.number) for each in record.on_duty] for record in records]


def test_unit_sees_its_officers_on_duty_for_an_urgent_complaint() -> None:
    assert [[("PUPR", "0811")]] == urgent("tinggi", "PUPR", 20)
    assert [[]] == urgent("tinggi", "PUPR", 10)
    assert [[]] == urgent("sedang", "PUPR", 20)


def test_triage_desk_sees_the_officers_on_duty_of_all_units() -> None:
    assert [[("BPBD", "0484")]] == urgent("darurat", "DISKOMINFO", 10)
    assert [[("PUPR", "0811")]] == urgent("tinggi", "DISKOMINFO", 20)
