"""docs/agencies tells the units how the system really behaves."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path
from typing import get_args

from contracts import codec, events, vocabulary
from contracts.topics import TOPICS_DIR
from router.proof import TYPES
from router.replies import ACTIONS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "agencies"
GUIDE = (FOLDER / "README.md").read_text()
SNIPPETS = sorted(path for path in FOLDER.iterdir() if path.suffix in (".py", ".mjs"))


def _rows(head: str) -> list[list[str]]:
    """Return the cells of the tables whose first column is called ``head``."""
    lines = [line.strip() for line in GUIDE.splitlines()]
    starts = [n for n, line in enumerate(lines) if line.startswith(f"| {head} |")]
    assert starts
    rows = [row for n in starts for row in takewhile(lambda line: line.startswith("|"), lines[n + 2 :])]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def _codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_action_is_told_and_no_other() -> None:
    assert ACTIONS.keys() == {name for row in _rows("`action`") for name in _codes(row[0])}


def test_guide_lists_the_fields_each_action_needs() -> None:
    needs = {row[0].strip("`"): tuple(_codes(row[2])) for row in _rows("`action`")}

    assert {name: rule.needs for name, rule in ACTIONS.items()} == needs


def test_every_reason_for_a_record_is_told() -> None:
    paths = (TOPICS_DIR / "unit.routed.v1" / "examples").glob("*.json")
    shown = {codec.decode(path.read_bytes()).data.why for path in paths}  # type: ignore[union-attr]

    assert shown == {name for row in _rows("`why` | artinya") for name in _codes(row[0])}


def test_every_field_of_a_snapshot_that_is_told_exists() -> None:
    tables = GUIDE[GUIDE.index("Yang ada di `complaint`") : GUIDE.index("| `why` | artinya")]
    told = {name for line in tables.splitlines() if line.startswith("| `") for name in _codes(line.split("|")[1])}

    assert told
    assert set() == told - set(events.ComplaintSnapshot.__struct_fields__)


def test_every_code_of_a_refusal_is_told_and_no_other() -> None:
    told = [code for row in _rows("`reply.code`") for code in _codes(row[0])]

    assert sorted(get_args(vocabulary.RefusalCode)) == sorted(told)


def test_every_kind_of_proof_is_told() -> None:
    (row,) = [line for line in GUIDE.splitlines() if line.startswith("| `media_type` |")]

    assert TYPES == tuple(_codes(row)[1:])


def test_every_snippet_is_told_and_every_variable_it_reads() -> None:
    read = {
        name
        for path in SNIPPETS
        for name in re.findall(r"\b(?:KAFKA_[A-Z_]+|UNIT|MEJA|KUNCI|RAHASIA)\b", path.read_text())
    }

    assert read == {name for row in _rows("variabel") for name in _codes(row[0])}
    assert [] == [path.name for path in SNIPPETS if f"({path.name})" not in GUIDE]


def test_desk_features_in_the_guide_are_named_so_on_its_pages() -> None:
    chapter = GUIDE[GUIDE.index("## Meja unit") : GUIDE.index("## API meja")]
    named = set(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", chapter))
    source = ROOT / "services" / "unit-desk" / "src" / "unit_desk"
    pages = "\n".join(path.read_text() for kind in ("html", "py") for path in source.rglob(f"*.{kind}"))

    assert {"Loket", "Waktu jaga", "Kabar", "Minta bantuan", "Pastikan", "Keberatan", "Lembar disposisi"} <= named
    assert set() == {name for name in named if name.casefold() not in pages.casefold()}
