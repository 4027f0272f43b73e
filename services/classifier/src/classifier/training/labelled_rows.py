"""Reads labelled complaints: JSON lines, or the official SP4N export, which names even anonymous reporters."""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from classifier.category.linear_model import fingerprint
from contracts.masking import mask
from kabupaten.categories import UNKNOWN
from kabupaten.training import TaughtCategory

MIN_ROWS = 400
#: With fewer rows than this the seed phrases still help.
ENOUGH = 1_600
#: This project's own check sets, beside its tests.
CHECK_SETS = Path(__file__).parents[3] / "tests" / "check_sets"
#: The columns read from the export. The reporter's name is filled even in anonymous rows; it is only read to remove its
#: words from the text.
TEXT, TITLE, CATEGORY, TYPE, NAME = "Isi Laporan Awal", "Judul Laporan", "Kategori", "Tipe Laporan", "Nama Pelapor"
#: Spreadsheets put titles above the header.
_HEADER_WITHIN = 10
_NAMED = 3


class RowsError(ValueError):
    """Labelled rows that can't be learnt from; the text says what to do."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A labelled complaint. ``weight`` is how much it counts when learnt; its other labels are for measuring."""

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
    """Masked rows of known categories, and the counts of rows left out."""

    rows: tuple[Row, ...]
    unmapped: dict[str, int]
    restricted: int = 0


def read_labels(path: Path) -> list[Row]:
    """Read rows ``{"text", "category"}``, a line each, unchanged; from a folder, those of all its ``*.jsonl``.

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
    """Read the rows to compare models on: those of ``path``, or this project's check sets if they are installed.

    Raises:
        RowsError: as ``read_labels``.
    """
    if path is not None:
        return read_labels(path)
    return read_labels(CHECK_SETS) if CHECK_SETS.is_dir() else []


def read_jsonl(path: Path, categories: Sequence[TaughtCategory]) -> Labelled:
    """Read rows as ``read_labels`` does and keep those whose category is one of ``categories``.

    Raises:
        RowsError: as ``read_labels``.
    """
    known = {category.id for category in categories}
    rows: list[Row] = []
    unmapped: Counter[str] = Counter()
    for row in read_labels(path):
        _add(rows, unmapped, row.text, row.category if row.category in known else None, row.category, row.weight)
    return Labelled(rows=tuple(rows), unmapped=dict(unmapped.most_common()))


def read_export(path: Path, categories: Sequence[TaughtCategory]) -> Labelled:
    """Read rows of the official export ("Laporan Ringkas"): the citizen's first text, with the kategori mapped.

    Rows marked Rahasia are left out, because a model shows the words that it was taught.

    Raises:
        RowsError: the file is missing, or lacks the columns of an export.
    """
    by_name = {
        _letters(name): category.id for category in categories for name in (category.id, category.name, *category.lapor)
    }
    rows: list[Row] = []
    unmapped: Counter[str] = Counter()
    restricted = 0
    for record in _records(path):
        if "rahasia" in record.get(_letters(TYPE), "").lower():
            restricted += 1
            continue
        label = record.get(_letters(CATEGORY), "").strip()
        written = " ".join(part for name in (TITLE, TEXT) if (part := record.get(_letters(name), "").strip()))
        nameless = _without(written, record.get(_letters(NAME), ""))
        _add(rows, unmapped, nameless, _category(by_name, label), label)
    return Labelled(rows=tuple(rows), unmapped=dict(unmapped.most_common()), restricted=restricted)


def learnable(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that teach something: each text once, as labelled last, without the unknown category."""
    return [row for row in {fingerprint(row.text): row for row in rows}.values() if row.category != UNKNOWN]


def check_enough(labelled: Labelled) -> None:
    """Refuse rows that are too few to learn from.

    Raises:
        RowsError: fewer than ``MIN_ROWS`` teach something, or all have the same category.
    """
    rows = learnable(labelled.rows)
    if len(rows) < MIN_ROWS:
        others = {
            "are lainnya or repeat another": len(labelled.rows) - len(rows),
            "have a category that categories.yaml does not map": sum(labelled.unmapped.values()),
        }
        left_out = ", ".join(f"{count} more {why}" for why, count in others.items() if count)
        raise RowsError(
            f"{len(rows)} labelled rows{left_out and f' ({left_out})'}; at least {MIN_ROWS} are needed. "
            "Collect more, or keep the model of `classifier build`: few labels make it worse."
        )
    if len({row.category for row in rows}) < 2:
        raise RowsError("all rows have the same category: there is nothing to tell apart")


def _category(by_name: dict[str, str], label: str) -> str | None:
    """Look up a category by the letters of its name alone; in "category - narrower one" the narrower, if known."""
    parts = (label, *reversed(re.split(r"\s-\s|[>|]", label)))
    names = (_letters(part).removeprefix("lainnyaterkait") for part in parts)
    return next((by_name[name] for name in names if name in by_name), None)


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower().replace("&", "dan"))


def _without(text: str, name: str) -> str:
    named = [re.escape(word) for word in re.findall(r"\w+", name) if len(word) >= _NAMED]
    return re.sub(rf"\b(?:{'|'.join(named)})\b", "", text, flags=re.IGNORECASE) if named else text


def _add(
    rows: list[Row], unmapped: Counter[str], text: str, category: str | None, label: str, weight: float = 1.0
) -> None:
    if category is None:
        unmapped[label or "(kosong)"] += 1
    elif text.strip():
        rows.append(Row(text=mask(text), category=category, weight=weight))


def _records(path: Path) -> Iterator[dict[str, str]]:
    """Read the export's rows, keyed by the letters of their columns' names."""
    lines = _sheet(path).splitlines(keepends=True)
    for i, line in enumerate(lines[:_HEADER_WITHIN]):
        separator = max(",;\t", key=line.count)
        header = [_letters(cell) for cell in next(csv.reader([line], delimiter=separator), [])]
        if {_letters(TEXT), _letters(CATEGORY)} <= set(header):
            rest = io.StringIO("".join(lines[i + 1 :]), newline="")
            for cells in csv.reader(rest, delimiter=separator):
                yield dict(zip(header, cells, strict=False))
            return
    raise RowsError(
        f"{path} has no header with the columns {TEXT} and {CATEGORY}: it must be the SP4N export Laporan Ringkas, "
        "saved as CSV"
    )


def _sheet(path: Path) -> str:
    """Read text that a spreadsheet saved: UTF-8, UTF-16 or the old code page of Windows."""
    data = _bytes(path)
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowsError(f"{path} can't be read as UTF-8 text: {error}") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise RowsError(f"{path} does not exist") from error
    except OSError as error:
        raise RowsError(f"{path} can't be read: {error.strerror}") from error
