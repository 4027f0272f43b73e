"""routing.yaml: what it may say; test_load.py shows how it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten import RegionError, load
from kabupaten.routing import Powers, Routing, RoutingRule, Similar


def routing(folder: Path, text: str) -> Routing:
    (folder / "routing.yaml").write_text(text)
    return load(folder, "routing").routing


def test_one_name_stands_for_a_list_of_it_and_places_are_compared_without_kec(tmp_path: Path) -> None:
    one = "rules: [{when: {category: jalan, place: Kec. Donri-Donri}, lead: PU, reason: r}]"
    several = "rules: [{when: {category: [jalan], place: [donri donri]}, lead: PU, reason: r}]"
    wanted = RoutingRule(reason="r", categories=frozenset({"jalan"}), places=frozenset({"donridonri"}), lead="PU")
    assert ((wanted,), (wanted,)) == (routing(tmp_path, one).rules, routing(tmp_path, several).rules)


def test_a_region_needs_no_rules(tmp_path: Path) -> None:
    assert Routing(targets={}, rules=(), boilerplate=(), similar=Similar(), powers=Powers()) == routing(tmp_path, "")
    assert Similar(suggest=0.8) == routing(tmp_path, "similar: {suggest: 0.8}\nboilerplate: [sudah diteruskan]").similar


def test_an_office_outside_has_a_contact_where_it_is_known(soppeng: Path) -> None:
    targets = load(soppeng, "routing").routing.targets
    assert ("telepon 110", None) == (targets["POLRES"].contact, targets["BPN"].contact)


def test_an_office_outside_is_written_to_where_it_has_an_address(soppeng: Path, tmp_path: Path) -> None:
    text = "targets: {PLN: {name: PLN, email: pengaduan@pln.contoh.id, answer_days: 14}, BPN: {name: BPN}}"
    targets = routing(tmp_path, text).targets

    assert [("pengaduan@pln.contoh.id", 14), (None, 30)] == [(it.email, it.answer_days) for it in targets.values()]
    assert [] == [it for it in load(soppeng, "routing").routing.targets.values() if it.email]


@pytest.mark.parametrize(
    ("given", "reminders"),
    [
        ("answer_days: 30", (10, 30)),
        ("answer_days: 1", (1,)),
        ("remind_days: [14, 7, 7]", (7, 14)),
        ("remind_days: []", ()),
    ],
)
def test_outside_office_is_reminded_after_a_third_and_at_the_end_by_default(
    tmp_path: Path, given: str, reminders: tuple[int, ...]
) -> None:
    assert reminders == routing(tmp_path, f"targets: {{PLN: {{name: PLN, {given}}}}}").targets["PLN"].reminders


@pytest.mark.parametrize(
    "wrong", ["email: pln", "email: PLN <a@b.id>", "email: 'a@b.id, c@d.id'", "answer_days: 0", "remind_days: 5"]
)
def test_invalid_addresses_and_days_of_outside_offices_are_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(RegionError, match=r"routing\.yaml"):
        routing(tmp_path, f"targets: {{PLN: {{name: PLN, {wrong}}}}}")


def test_a_rule_is_for_who_is_accused_or_for_a_victim(tmp_path: Path) -> None:
    text = """targets: {PROVINSI: {name: Provinsi}}
rules:
- {when: {accused: BUPATI}, hand_over: PROVINSI, reason: r}
- {when: {protected: true}, lead: DP3A, reason: r}
"""
    top = RoutingRule(reason="r", accused=frozenset({"BUPATI"}), hand_over="PROVINSI")
    assert (top, RoutingRule(reason="r", protected=True, lead="DP3A")) == routing(tmp_path, text).rules
