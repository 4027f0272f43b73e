"""Reads labelled complaints: JSON lines, or the official SP4N export with its privacy trap."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from classifier.taxonomy import Category
from contracts.masking import mask

FEWEST = 400
#: With fewer rows than this the seed phrases still help.
ENOUGH = 1_600
#: Texts by the makers of this project, beside its tests.
CHECK_SETS = Path(__file__).parents[2] / "tests" / "check_sets"
#: The export's columns that are read. The reporter's name is filled even in anonymous rows and is never read.
TEXT, TITLE, CATEGORY, TYPE = "Isi Laporan Awal", "Judul Laporan", "Kategori", "Tipe Laporan"


class RowsError(ValueError):
    """Labelled rows that can't be learnt from; the text says what to do."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled complaint. ``weight`` is how much it counts when learnt; the rest is to measure by, where known."""

    text: str
    category: str
    weight: Annotated[float, Meta(gt=0, le=10)] = 1.0
    source: str | None = None
    type: str | None = None
    urgency: str | None = None
    spam: bool | None = None
    kecamatan: str | UnsetType | None = UNSET


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Rows of known categories, masked; what was left out is counted."""

    rows: tuple[Row, ...]
    unmapped: dict[str, int]
    restricted: int = 0


def read_labels(path: Path) -> list[Row]:
    """Rows ``{"text", "category"}``, a line each, as they are; of a folder, those of all its ``*.jsonl``.

    Raises:
        RowsError: the file is missing or empty, or a line is not such a row.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    rows = [row for file in files for row in _rows(file)]
    if not rows:
        raise RowsError(f"{path} has no rows")
    return rows


def _rows(path: Path) -> Iterator[Row]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield msgspec.json.decode(line, type=Row)
        except msgspec.MsgspecError as error:
            raise RowsError(f'{path}, line {number}: {error}. Each line is {{"text": …, "category": …}}.') from error


def read_check(path: Path | None) -> list[Row]:
    """Rows to compare models on: those of ``path``, or the check sets of this project where they are at hand.

    Raises:
        RowsError: as ``read_labels``.
    """
    if path is not None:
        return read_labels(path)
    return read_labels(CHECK_SETS) if CHECK_SETS.is_dir() else []


def read_jsonl(path: Path, categories: Sequence[Category]) -> Labelled:
    """Rows of ``read_labels`` whose category is one of ``categories``.

    Raises:
        RowsError: as ``read_labels``.
    """
    known = {category.id for category in categories}
    rows: list[Row] = []
    unmapped: Counter[str] = Counter()
    for row in read_labels(path):
        _add(rows, unmapped, row.text, row.category if row.category in known else None, row.category, row.weight)
    return Labelled(rows=tuple(rows), unmapped=dict(unmapped.most_common()))


def read_export(path: Path, categories: Sequence[Category]) -> Labelled:
    """Rows of the official export ("Laporan Ringkas"): what the citizen first wrote, with the kategori mapped.

    Rows marked Rahasia are not learnt from: a model shows the words it was taught.

    Raises:
        RowsError: the file is missing, or lacks the columns of an export.
    """
    by_name = {
        name: category.id for category in categories for name in (category.id, category.name.lower(), *category.lapor)
    }
    text = _text(path)
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    missing = [column for column in (TEXT, CATEGORY) if column not in _names(reader.fieldnames)]
    if missing:
        raise RowsError(f"{path} has no column {' and '.join(missing)}: it must be the SP4N export Laporan Ringkas")
    rows: list[Row] = []
    unmapped: Counter[str] = Counter()
    restricted = 0
    for record in reader:
        row = {
            (key or "").strip().lstrip("\ufeff"): value or "" for key, value in record.items() if isinstance(value, str)
        }
        if "rahasia" in row.get(TYPE, "").lower():
            restricted += 1
            continue
        label = row.get(CATEGORY, "").strip()
        written = " ".join(part for part in (row.get(TITLE, ""), row.get(TEXT, "")) if part.strip())
        _add(rows, unmapped, written, _category(by_name, label), label)
    return Labelled(rows=tuple(rows), unmapped=dict(unmapped.most_common()), restricted=restricted)


def check_enough(labelled: Labelled) -> None:
    """Refuse what is too little to learn from.

    Raises:
        RowsError: fewer than ``FEWEST`` rows, or of a single category.
    """
    found = len(labelled.rows)
    if found < FEWEST:
        left_out = f" ({sum(labelled.unmapped.values())} more have a category that categories.yaml does not map)"
        raise RowsError(
            f"{found} labelled rows{left_out if labelled.unmapped else ''}; at least {FEWEST} are needed. "
            "Collect more, or keep the model of `classifier build`: few labels make it worse."
        )
    if len({row.category for row in labelled.rows}) < 2:
        raise RowsError("all rows have the same category: there is nothing to tell apart")


def _category(by_name: dict[str, str], label: str) -> str | None:
    name = label.lower().strip()
    return by_name.get(name) or by_name.get(name.removeprefix("lainnya terkait "))


def _add(
    rows: list[Row], unmapped: Counter[str], text: str, category: str | None, label: str, weight: float = 1.0
) -> None:
    if category is None:
        unmapped[label or "(kosong)"] += 1
    elif text.strip():
        rows.append(Row(text=mask(text), category=category, weight=weight))


def _names(fields: Iterable[str] | None) -> set[str]:
    return {field.strip().lstrip("\ufeff") for field in fields or ()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise RowsError(f"{path} does not exist") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RowsError(f"{path} can't be read as UTF-8 text: {error}") from error
