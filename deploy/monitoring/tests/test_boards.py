"""The dashboards ask for existing series, get answers in a calm and in a bad hour, and show which of them it is."""

from __future__ import annotations

import itertools
import re
from typing import Any

import hours
import httpx
import pytest
from boards import DOCUMENTS, Asked, Panel, asked
from declared import declared, named
from promtool import RULES

from monitoring import generate
from monitoring.boards import BOARDS

ALL = list(asked())
#: Panels that are rightly empty when all is well: nobody is called.
EMPTY_WHEN_CALM = {"lapor-pagi: Yang memanggil operator A"}
UNITS = {"short", "s", "percentunit", "bytes", "suffix: menit", "suffix: jam", "suffix: hari"}
#: Labels that no panel may show or group by: they could tell something about a person.
PERSONAL = ("ticket", "reporter", "address", "phone", "text", "name")


@pytest.mark.slow
def test_every_expression_is_answered_in_a_calm_and_in_a_bad_hour(hour: tuple[str, str]) -> None:
    which, url = hour
    empty = {each.where for each in ALL if not hours.ask(url, each.expr, 0 if each.instant else 6 * hours.HOUR_S)}
    assert (EMPTY_WHEN_CALM if which == "calm" else set()) == empty


@pytest.mark.slow
def test_no_figure_is_no_number(hour: tuple[str, str]) -> None:
    values = {each.where: [row["value"][1] for row in hours.ask(hour[1], each.expr)] for each in ALL if each.instant}
    assert not {where: found for where, found in values.items() if {"NaN", "+Inf", "-Inf"} & set(found)}


@pytest.mark.slow
def test_the_colour_of_a_figure_says_which_hour_it_is(hour: tuple[str, str]) -> None:
    which, url = hour
    colours = {
        each.where: _colour(each.panel, float(hours.ask(url, each.expr)[0]["value"][1]))
        for each in ALL
        if each.panel["type"] == "stat" and len(_steps(each.panel)) > 1
    }
    assert 24 == len(colours)
    first = {each.where: _steps(each.panel)[0]["color"] for each in ALL}
    if which == "calm":
        assert not {where: colour for where, colour in colours.items() if colour != first[where]}
    else:
        assert not {where: colour for where, colour in colours.items() if colour == first[where]}


@pytest.mark.slow
def test_every_dashboard_variable_has_values(hour: tuple[str, str]) -> None:
    for document in DOCUMENTS.values():
        for variable in document["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = variable["query"].removeprefix("label_values(").removesuffix(")").split(", ")
                assert hours.ask(hour[1], f"count by ({label}) ({metric})")


@pytest.mark.slow
def test_prometheus_shows_of_itself_what_the_rules_ask(hour: tuple[str, str]) -> None:
    shown = httpx.get(f"{hour[1]}/metrics", trust_env=False).text
    asked = set(re.findall(r"\bprometheus_\w+", (RULES / "alerts.yml").read_text()))
    assert asked
    assert set() == {name for name in asked if not re.search(rf"^{name}\b", shown, re.MULTILINE)}


def _steps(panel: Panel) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return steps


def _colour(panel: Panel, value: float) -> str:
    *_, reached = (step for step in _steps(panel) if step["value"] is None or value >= step["value"])
    return str(reached["color"])


def test_dashboards_ask_for_nothing_that_no_service_shows() -> None:
    for each in ALL:
        assert not named(each.expr) - declared(), each.where


def test_the_figures_that_they_are_tried_with_are_those_that_services_show() -> None:
    made = {figure.name for figure in hours.figures() if figure.name.startswith("lapor_")}
    assert not made - declared()


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.where)
def test_a_panel_says_what_it_shows_and_in_which_unit(each: Asked) -> None:
    panel = each.panel
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert len(panel["description"]) <= 120
    defaults = panel["fieldConfig"]["defaults"]
    if panel["type"] != "table":
        assert defaults["unit"] in UNITS
    assert "${datasource}" == panel["datasource"]["uid"] == panel["targets"][0]["datasource"]["uid"]
    assert not any(f"{{{{{word}" in str(panel) or f"by ({word}" in each.expr for word in PERSONAL)


@pytest.mark.parametrize("uid", DOCUMENTS)
def test_panels_fill_the_grid_and_lie_on_no_other(uid: str) -> None:
    document = DOCUMENTS[uid]
    ids = [panel["id"] for panel in document["panels"]]
    titles = [panel["title"] for panel in document["panels"]]
    assert len(ids) == len(set(ids)) == len(set(titles))
    places = [panel["gridPos"] for panel in document["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in itertools.combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above
    for top in {place["y"] for place in places}:
        assert 24 == sum(place["w"] for place in places if place["y"] == top)


@pytest.mark.parametrize("uid", DOCUMENTS)
def test_a_dashboard_is_read_only_and_leads_to_all_others(uid: str) -> None:
    document = DOCUMENTS[uid]
    assert uid == document["uid"]
    assert not document["editable"]
    assert {f"/d/{other}" for other in DOCUMENTS if other != uid} == {link["url"] for link in document["links"]}


def test_the_files_are_what_the_code_says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    assert 0 == generate.main()
    monkeypatch.setattr(generate, "BOARDS", BOARDS[1:])
    assert 1 == generate.main()
    assert "lapor-pagi.json" in capsys.readouterr().err
