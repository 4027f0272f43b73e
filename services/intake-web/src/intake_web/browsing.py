"""Queries that visitors may send to the public list and figures, and the answers: plain values in and out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from operator import add, attrgetter
from typing import Any

from contracts import ticket
from contracts.vocabulary import Status
from intake.texts import Texts
from intake_web.domain import Invalid, Said, say
from intake_web.listing import COUNTED, Figures, Listing

PAGE_ROWS, MOST_ROWS = 20, 200
#: Figures cover whole months; without a choice, the last MONTHS.
MONTHS = 12
_CURSOR = re.compile(r"(\d{1,17})\.([0-9A-Za-z-]{1,20})")
_LIMIT = re.compile(r"[1-9][0-9]{0,5}")
_MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATES = {"open": True, "done": False}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The requested part of the list: ``narrowed`` maps columns of a ``Listing`` to values, ``after`` is a cursor."""

    narrowed: Mapping[str, Any]
    after: tuple[datetime, str] | None = None
    most: int = PAGE_ROWS


def read_asked(query: Mapping[str, str], texts: Texts) -> Asked:
    """Read ``kecamatan``, ``category``, ``unit``, ``state``, ``after`` and ``limit``; an empty value counts as missing.

    A state is ``open``, ``done`` or one status.

    Raises:
        Invalid: names every parameter whose value does not exist.
    """
    known: dict[str, Iterable[str]] = {
        "kecamatan": [each.name for each in texts.territory.kecamatan],
        "category": texts.categories,
        "unit": texts.units,
        "state": [*_STATES, *texts.statuses],
    }
    given = {name: value for name in (*known, "after", "limit") if (value := query.get(name, "").strip())}
    problems: dict[str, Said] = {
        name: say("one_of", choices=", ".join(among))
        for name, among in known.items()
        if name in given and given[name] not in among
    }
    after = read_cursor(given["after"]) if "after" in given else None
    if "after" in given and after is None:
        problems["after"] = say("bad_cursor")
    limit = given.get("limit", str(PAGE_ROWS))
    if not _LIMIT.fullmatch(limit) or int(limit) > MOST_ROWS:
        problems["limit"] = say("bad_limit", most=MOST_ROWS)
    if problems:
        raise Invalid(problems)
    narrowed: dict[str, Any] = {name: given[name] for name in ("kecamatan", "category", "unit") if name in given}
    if "state" in given:
        narrowed |= state_columns(given["state"], _STATES)
    return Asked(narrowed=narrowed, after=after, most=int(limit))


def state_columns(state: str, states: Mapping[str, bool]) -> dict[str, Any]:
    """Return the column that ``state`` restricts, and its value: open or not if among ``states``, else a status."""
    return {"open": states[state]} if state in states else {"status": state}


def tally(counts: Mapping[str, Mapping[Any, int]]) -> dict[str, Counter[str]]:
    """Name the ``counts`` of columns' values as the page's filters do; "": any."""
    words: dict[Any, str] = {None: "", **{is_open: state for state, is_open in _STATES.items()}}
    return {name: Counter({words.get(value, value): n for value, n in of.items()}) for name, of in counts.items()}


def cursor_of(row: Listing) -> str:
    """Return the cursor of ``row`` in the list: microseconds since 1970, and its ticket."""
    return f"{(row.received_at - _EPOCH) // timedelta(microseconds=1)}.{row.ticket}"


def read_cursor(text: str) -> tuple[datetime, str] | None:
    """Read a cursor of :func:`cursor_of`; None for any other text."""
    found = _CURSOR.fullmatch(text)
    number = ticket.parse(found[2]) if found else None
    if not found or not number:
        return None
    return _EPOCH + timedelta(microseconds=int(found[1])), number


def read_months(query: Mapping[str, str], today: date) -> tuple[date, date]:
    """Read ``from`` and ``to``, months such as 2026-11; by default the last ``MONTHS``. Return their first days.

    Raises:
        Invalid: one is not a month, or they are in the wrong order.
    """
    last = today.replace(day=1)
    first = _months_before(last, MONTHS - 1)
    problems = {}
    for name in ("from", "to"):
        if value := query.get(name, "").strip():
            if not (found := _MONTH.fullmatch(value)):
                problems[name] = say("bad_month")
                continue
            month = date(int(found[1]), int(found[2]), 1)
            first, last = (month, last) if name == "from" else (first, month)
    if not problems and first > last:
        problems["from"] = say("bad_months")
    if problems:
        raise Invalid(problems)
    return first, last


def _months_before(month: date, n: int) -> date:
    count = month.year * 12 + month.month - 1 - n
    return date(count // 12, count % 12 + 1, 1)


def shown(row: Listing, texts: Texts, supporters: int = 0) -> dict[str, Any]:
    """Return a listed complaint as the list, the API and the open data show it, without any of its reporter's words."""
    return {
        "ticket": row.ticket,
        "status": row.status,
        "status_text": texts.statuses.get(row.status, row.status),
        "open": row.open,
        "category": row.category,
        "category_name": texts.categories.get(row.category or "", row.category),
        "kecamatan": row.kecamatan,
        "desa": row.desa,
        "unit": row.unit,
        "unit_name": texts.units.get(row.unit or "", row.unit),
        "received_at": row.received_at,
        "due_at": row.due_at,
        "answered_at": row.answered_at if row.status != Status.CANCELLED else None,  # nobody had to answer it
        "late": row.late,
        "supporters": supporters,
    }


_counts = attrgetter(*COUNTED)


def added_up(rows: Iterable[Figures]) -> dict[str, dict[str, Figures]]:
    """Sum up ``rows`` by kind and code: those with most late complaints first, then those that received most."""
    sums: dict[tuple[str, str], Iterable[int]] = {}
    for row in rows:
        place, counts = (row.kind, row.code), _counts(row)
        sums[place] = [*map(add, sums[place], counts)] if place in sums else counts
    whole = [
        Figures(kind=kind, code=code, **dict(zip(COUNTED, counts, strict=True)))
        for (kind, code), counts in sums.items()
    ]
    by_kind: dict[str, dict[str, Figures]] = {}
    for row in sorted(whole, key=lambda each: (-each.late, -each.received, each.code)):
        by_kind.setdefault(row.kind, {})[row.code] = row
    return by_kind


def as_rows(rows: Sequence[tuple[date, Figures]]) -> list[dict[str, Any]]:
    """Return figures as rows of an open-data table, with months as 2026-11."""
    # Not `asdict`: it copies immutable values, which takes half the time of an answer.
    return [{"month": f"{month.year}-{month.month:02}", **vars(row)} for month, row in rows]


#: The columns of :func:`as_rows`, and those of :func:`shown`.
FIGURE_COLUMNS = ("month", *(field.name for field in fields(Figures)))
LISTING_COLUMNS = (
    *("ticket", "status", "status_text", "open", "category", "category_name", "kecamatan", "desa", "unit"),
    *("unit_name", "received_at", "due_at", "answered_at", "late", "supporters"),
)
