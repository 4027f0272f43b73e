"""Names that refer to nothing, found in the files as they are, whatever else is wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kabupaten.references import texts_at, unknown_names
from kabupaten.source import Source


def sources(**contents: Any) -> dict[str, Source]:
    return {name: Source(Path(f"{name}.yaml"), content) for name, content in contents.items()}


def wrong(**contents: Any) -> list[str]:
    """List the problems, without their places."""
    return [problem.problem.partition(": ")[2] for problem in unknown_names(sources(**contents))]


UNITS = {"units": [{"code": "PUPR"}, {"code": "KEC_LALABATA", "kecamatan": "Lalabata"}]}


@pytest.mark.parametrize(
    ("content", "at", "found"),
    [
        ([{"unit": "A"}, {"unit": "B"}], "*.unit", [((0, "unit"), "A"), ((1, "unit"), "B")]),
        ({"x": {"unit": "A"}, "y": {}}, "*.unit", [(("x", "unit"), "A")]),
        ({"to": ["A", "B"]}, "to.*", [(("to", 0), "A"), (("to", 1), "B")]),
        ({"to": "A"}, "to.*", [(("to",), "A")]),  # one text stands for a list of one
        ({"to": 7}, "to.*", []),
        ("A", "to", []),
        ([1, None, {"unit": 2}], "*.unit", []),
    ],
)
def test_texts_are_found_where_they_may_stand(content: Any, at: str, found: list[Any]) -> None:
    assert found == list(texts_at(content, at.split(".")))


@pytest.mark.parametrize(
    ("contents", "problems"),
    [
        ({"units": {"units": [{"code": "A"}, {"code": "B", "successor": "A"}]}}, []),
        ({"units": {"units": [{"code": "A", "successor": "B"}]}}, ["units.yaml does not have B"]),
        ({"units": UNITS, "routing": {"rules": [{"lead": "kecamatan", "support": ["PUPR"]}]}}, []),
        ({"units": UNITS, "routing": {"rules": [{"support": ["PUPR", "X"]}]}}, ["units.yaml does not have X"]),
        ({"units": UNITS, "routing": {"rules": [{"when": {"place": "LALABATA"}}]}}, []),
        ({"units": UNITS, "routing": {"rules": [{"when": {"place": "Mars"}}]}}, ["no unit has kecamatan: Mars"]),
        ({"routing": {"targets": {"pln": {}}, "rules": [{"hand_over": "pln"}]}}, []),
        ({"routing": {"targets": {}, "rules": [{"hand_over": "pln"}]}}, ["there is no target pln"]),
        ({"routing": {"rules": [{"when": {"type": "keluhan"}}]}}, ["there is no type keluhan"]),
        ({"sla": {"policies": {"umum": {}}, "default": ["umum", "khusus"]}}, ["there is no policy khusus"]),
        (
            {"sla": {"policies": {"umum": {"stages": {"s": {"starts": ["routed", "routed/unit", "routed/noted"]}}}}}},
            ["there is no step routed/noted"],
        ),
    ],
)
def test_a_name_that_names_nothing_is_told(contents: dict[str, Any], problems: list[str]) -> None:
    assert problems == wrong(**contents)


def test_references_to_a_missing_file_are_not_checked() -> None:
    assert [] == wrong(routing={"rules": [{"lead": "PUPR", "when": {"category": "air"}}]})


def test_the_head_hears_of_a_breach_and_leads_nothing() -> None:
    rules, ladder = {"rules": [{"lead": "head"}]}, {"stages": {"s": {"escalation": [{"to": ["head"]}]}}}

    assert ["units.yaml does not have head"] == wrong(units=UNITS, routing=rules, sla={"policies": {"umum": ladder}})
