"""Every mistake in a file is found, with its place and its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Struct

from kabupaten import RegionError
from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    name: Words
    kind: Annotated[Literal["a", "b"], remedy("write a or b")] = "a"
    tags: tuple[str, ...] = ()
    about: str | list[str] = []
    live: bool | None = None


class File(Struct, frozen=True, forbid_unknown_fields=True):
    rows: Annotated[list[Row], remedy("write a list of rows", min_length=1)]
    by_name: dict[str, Row] = {}


def mistakes(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    (folder / "a.yaml").write_text(text)
    with pytest.raises(RegionError) as refused:
        parse(Source.read(folder, "a.yaml"), File)
    return [(each.line, each.problem, each.remedy) for each in refused.value.problems]


def test_a_file_without_mistakes_is_converted(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("rows: [{name: x, tags: [t], about: one}]\nby_name: {y: {name: y, live: true}}")
    wanted = File(rows=[Row("x", tags=("t",), about="one")], by_name={"y": Row("y", live=True)})
    assert wanted == parse(Source.read(tmp_path, "a.yaml"), File)


@pytest.mark.parametrize(
    ("text", "line", "problem", "remedy"),
    [
        ("", None, "missing required field `rows`", "add rows; what belongs here: rows, by_name"),
        ("- a", None, "expected `object`, got `array`", "what belongs here: rows, by_name"),
        ("rows: {}", 1, "rows: expected `array`, got `object`", "write a list of rows"),
        ("rows: []", 1, "rows: expected `array` of length >= 1", "write a list of rows"),
        ("rows:\n- x", 2, "rows.0: expected `object`, got `str`", "what belongs here: name, kind, tags, about, live"),
        ("rows:\n- {name: x, kind: c}", 2, "rows.0.kind: invalid enum value 'c'", "write a or b"),
        ("rows:\n- name: x\n  tags: [t, 5]", 3, "rows.0.tags.1: expected `str`, got `int`", "write a list, such"),
        ("rows:\n- name: x\n  live: ya", 3, "rows.0.live: expected `bool | null`, got `str`", "write true or false"),
        ("rows:\n- name: ''", 2, "rows.0.name: expected `str` matching regex '\\\\S'", "write a text"),
        ("rows: [{name: x}]\nby_name: {y: }", 2, "by_name.y: expected `object`, got `null`", "what belongs here: n"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, line: int, problem: str, remedy: str) -> None:
    ((at, what, advice),) = mistakes(tmp_path, text)
    assert (line, problem, True) == (at, what, advice.startswith(remedy)), advice


def test_a_mistake_hides_no_other(tmp_path: Path) -> None:
    text = "rows:\n- {nama: x, kind: c}\n- {name: y, live: 5}\nby_name:\n  z: {name: z, tags: t}\nmore: 1"
    assert [2, 2, 2, 3, 5, 6] == sorted(line or 0 for line, _, _ in mistakes(tmp_path, text))
