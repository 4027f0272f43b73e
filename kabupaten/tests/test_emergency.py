"""The numbers to call are data, and a number that nobody has confirmed is told to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.vocabulary import DangerKind
from kabupaten import RegionError, load

SOPPENG = Path(__file__).parents[2] / "region" / "soppeng"
CALLS = """calls: {fire: {number: "113", name: pemadam}, police: {number: "110", name: polisi},
  local: {name: pos, confirmed: false}}"""


def numbers(folder: Path, *kinds: str) -> list[str]:
    return [call.number for call in load(folder, "emergency").emergency.calls(kinds)]


def test_soppeng_names_the_national_number_of_each_danger_first() -> None:
    first = {kind: numbers(SOPPENG, kind)[0] for kind in DangerKind}
    assert first == {
        "fire": "113",
        "rescue": "115",
        "electricity": "123",
        "medical": "119",
        "crime": "110",
        "abuse": "129",
        "despair": "119",
        "unspecified": "119",
    }
    [despair] = load(SOPPENG, "emergency").emergency.calls([DangerKind.DESPAIR])
    assert despair.in_words == "119 ext 8 (gratis, rahasia)"


def test_short_list_of_numbers_starts_with_the_first_one_of_each_danger() -> None:
    assert numbers(SOPPENG, "fire", "rescue") == ["113", "115", "119"]
    assert numbers(SOPPENG, "fire", "rescue", "electricity", "crime") == ["113", "115", "123"]
    assert numbers(SOPPENG, "crime", "abuse")[0] == "110"
    both = load(SOPPENG, "emergency").emergency.calls(["medical", "despair"])
    assert ["", "ext 8"] == [each.then for each in both if each.number == "119"]
    assert numbers(SOPPENG) == []


def test_a_number_that_is_not_confirmed_is_not_told(tmp_path: Path) -> None:
    kinds = ", ".join(f"{kind}: [local, fire]" for kind in DangerKind)
    (tmp_path / "emergency.yaml").write_text(f"{CALLS}\nkinds: {{{kinds}}}")
    assert numbers(tmp_path, "fire") == ["113"]


@pytest.mark.parametrize(
    ("calls", "fire", "wrong"),
    [
        (CALLS, "[local]", "kinds: nobody is to be called in danger of fire"),
        (CALLS, "[brigade, fire]", "kinds.fire.0: there is no brigade under calls"),
        (CALLS.replace('number: "113", ', ""), "[fire, police]", "calls.fire: it has no number"),
        (CALLS.replace("113", "11 3"), "[fire]", "calls.fire.number"),
        (CALLS.replace('"113"', "113"), "[fire]", "calls.fire.number: expected `str`, got `int`"),
    ],
)
def test_gaps_and_mistakes_in_emergency_numbers_are_named(tmp_path: Path, calls: str, fire: str, wrong: str) -> None:
    kinds = ", ".join(f"{kind}: [police]" for kind in DangerKind if kind != DangerKind.FIRE)
    (tmp_path / "emergency.yaml").write_text(f"{calls}\nkinds: {{fire: {fire}, {kinds}}}")
    with pytest.raises(RegionError) as error:
        load(tmp_path, "emergency")
    assert [wrong in str(problem) for problem in error.value.problems] == [True]
