"""texts.yaml: each text is there, with placeholders that somebody fills."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kabupaten import RegionError, load


@pytest.fixture
def region(soppeng: Path, tmp_path: Path) -> Callable[..., Path]:
    """A folder with Soppeng's texts.yaml, except for some places, such as ``changes__routed``."""

    def change(**changes: str | None) -> Path:
        texts = yaml.safe_load((soppeng / "texts.yaml").read_text())
        for name, text in changes.items():
            section, key = name.split("__")
            texts[section].pop(key, None)
            texts[section] |= {} if text is None else {key: text}
        (tmp_path / "texts.yaml").write_text(yaml.safe_dump(texts))
        return tmp_path

    return change


def test_the_texts_are_read_by_section_and_key(soppeng: Path) -> None:
    assert "{ticket} sudah kami terima." == load(soppeng, "texts").texts["changes"]["registered"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"changes__routed": "{ticket} ke {unitt}"},
            "changes.routed: nobody fills {unitt}. Remedy: use",
        ),
        ({"changes__routed": "{ticket} ke {"}, "changes.routed: "),
        ({"sms__receipt": None}, "sms: missing required field `receipt`. Remedy: add receipt;"),
        ({"statuses__handed_over": None}, "statuses: missing required field `handed_over`"),
        (
            {"notes__refuse": "x"},
            "notes.refuse: unknown field `refuse`. Remedy: take it out; what belongs here: addition",
        ),
        ({"sms__help": " "}, "sms.help: expected `str` matching"),
        ({"web__trap": None}, "web: missing required field `trap`. Remedy: add trap;"),
        ({"web__keep": "Simpan {days} hari, {unit}"}, "web.keep: nobody fills {unit}. Remedy: use {days}"),
        ({"web__said": "x"}, "web.said: unknown field `said`. Remedy: take it out"),
        ({"answers__bad_ticket": "{}"}, "answers.bad_ticket: nobody fills {}"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_slip_in_the_texts_is_named_with_its_line(
    region: Callable[..., Path], change: dict[str, str | None], says: str
) -> None:
    with pytest.raises(RegionError) as stopped:
        load(region(**change), "texts")
    (problem,) = stopped.value.problems
    assert (True, True) == (says in str(problem), bool(problem.line)), problem


def test_every_slip_is_named_at_once(region: Callable[..., Path]) -> None:
    with pytest.raises(RegionError) as stopped:
        load(region(sms__receipt=None, changes__noted="{x} {y}"), "texts")
    assert 3 == len(stopped.value.problems)


@pytest.mark.parametrize("text", ["", "- a", "statuses: [a]", "statuses: {}\nanswer: {}"])
def test_texts_that_are_no_sections_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "texts.yaml").write_text(text)
    with pytest.raises(RegionError, match=r"missing required field `web`|social: expected|expected `object`"):
        load(tmp_path, "texts")
