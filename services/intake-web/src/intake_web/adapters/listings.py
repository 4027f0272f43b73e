"""The public data of all complaints in PostgreSQL: counted with each change, so that reading stays cheap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, replace
from datetime import date, datetime, tzinfo
from itertools import combinations
from typing import Any

from chassis.database import Connection, Pool
from intake.complaint_view import ComplaintView
from intake_web.listing import COUNTED, GROUPED, NARROWING, Figures, Listing, difference, listing, regrouped
from intake_web.similar import LATELY_DAYS, MOST, Sought

#: The columns of `public_complaints` with their types, named like the fields of a ``Listing``.
_TYPES = {
    "ticket": "text",
    "listed": "boolean",
    "received_at": "timestamptz",
    "month": "date",
    "status": "text",
    "open": "boolean",
    "category": "text",
    "unit": "text",
    "kecamatan": "text",
    "desa": "text",
    "due_at": "timestamptz",
    "answered_at": "timestamptz",
    "late": "boolean",
    "rating": "int",
}
_COLUMNS = ", ".join(_TYPES)
_KNOWN = f"SELECT {_COLUMNS} FROM public_complaints WHERE ticket = ANY($1)"
_KEEP = f"""
INSERT INTO public_complaints ({_COLUMNS})
SELECT * FROM unnest({", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_TYPES.values(), 1))})
ON CONFLICT (ticket) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _TYPES if name != "ticket")}"""
#: Rows are sorted by key, so that two processes that count the same rows can't deadlock.
_COUNT = f"""
INSERT INTO public_figures (month, kind, code, {", ".join(COUNTED)})
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], {", ".join(f"${n}::int[]" for n, _ in enumerate(COUNTED, 4))})
ON CONFLICT (month, kind, code)
DO UPDATE SET {", ".join(f"{name} = public_figures.{name} + excluded.{name}" for name in COUNTED)}"""
_FIGURES = f"""
SELECT month, kind, code, {", ".join(COUNTED)} FROM public_figures WHERE month BETWEEN $1 AND $2
ORDER BY month, kind, code"""
_ONE = f"SELECT {_COLUMNS} FROM public_complaints WHERE listed AND ticket = $1"
# Among the newest, those of the same desa come first; a complaint without a desa may match any.
_SIMILAR = f"""
SELECT {_COLUMNS} FROM (
    SELECT * FROM public_complaints
    WHERE listed AND open AND category = $1 AND kecamatan = $2 AND received_at > now() - make_interval(days => $4)
    ORDER BY received_at DESC LIMIT 200) AS lately
WHERE desa = $3 OR desa IS NULL OR $3::text IS NULL
ORDER BY desa = $3 IS TRUE DESC, received_at DESC, ticket DESC LIMIT $5"""
#: The filters of the list.
FILTERS = ("kecamatan", "category", "unit", "open", "status")
#: The queries for a page of the list: each combination of filters, with and without a cursor, has its own plan.
_PAGES = {
    (given, after): " ".join(
        (
            f"SELECT {_COLUMNS} FROM public_complaints WHERE listed",
            *(f"AND {name} = ${n}" for n, name in enumerate(given, 2)),
            *((f"AND (received_at, ticket) < (${len(given) + 2}, ${len(given) + 3})",) if after else ()),
            "ORDER BY received_at DESC, ticket DESC LIMIT $1",
        )
    )
    for count in range(len(FILTERS) + 1)
    for given in combinations(FILTERS, count)
    for after in (False, True)
}
_NEWEST = _PAGES[(), False]
_MORE_OF_UNIT = _PAGES[("unit",), True]
_OPEN_IN_KECAMATAN = _PAGES[("kecamatan", "open"), False]
_OF_STATUS = _PAGES[("status",), False]
_GIVEN = {
    "kecamatan": "$1::text",
    "category": "$2::text",
    "unit": "$3::text",
    "open": "$4::boolean",
    "status": "$5::text",
}


def _beside(name: str) -> str:
    """Return the condition of all filters but ``name``."""
    others = ((column, given) for column, given in _GIVEN.items() if column not in NARROWING[name])
    return " AND ".join(f"({given} IS NULL OR {column} = {given})" for column, given in others)


# A row for each value of each column, and one for all; in it for each filter what is found beside the other filters.
_COUNTS = f"""
SELECT {", ".join(_GIVEN)}, grouping({", ".join(_GIVEN)}) AS level,
    {", ".join(f"coalesce(sum(n) FILTER (WHERE {_beside(name)}), 0)::int AS beside_{name}" for name in NARROWING)}
FROM public_groups WHERE n > 0 GROUP BY GROUPING SETS ({", ".join(f"({column})" for column in _GIVEN)}, ())"""
#: The column of each row, by ``grouping``, which sets a bit for each of the other columns, the last one the lowest.
_OF_LEVEL = {31 - (16 >> place): column for place, column in enumerate(_GIVEN)}
_REGROUP = f"""
INSERT INTO public_groups ({", ".join(GROUPED)}, n)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::int[])
ON CONFLICT ({", ".join(GROUPED)}) DO UPDATE SET n = public_groups.n + excluded.n"""


async def keep(zone: tzinfo, db: Connection, views: Mapping[str, ComplaintView]) -> None:
    """Store the public data of ``views`` and count it; after an erasure only the figures stay."""
    known = [Listing(**row) for row in await db.fetch(_KNOWN, list(views))]
    rows = {ticket: row for ticket, view in views.items() if (row := listing(view, zone))}
    gone = [replace(old, listed=False, kecamatan=None, desa=None) for old in known if old.ticket not in rows]
    after = [*rows.values(), *gone]
    if not after:
        return
    await db.execute(_KEEP, *map(list, zip(*map(astuple, after), strict=True)))
    if counted := difference(known, after):
        places = list(zip(*counted, strict=True))
        sums = ([row[name] for row in counted.values()] for name in COUNTED)
        await db.execute(_COUNT, *map(list, places), *sums)
    if changed := regrouped(known, after):
        await db.execute(_REGROUP, *map(list, zip(*map(astuple, changed), strict=True)))


async def newest(
    pool: Pool, most: int, narrowed: Mapping[str, Any], after: tuple[datetime, str] | None = None
) -> list[Listing]:
    """List the ``most`` newest listed complaints that match ``narrowed``, behind the cursor ``after``."""
    given = tuple(name for name in FILTERS if name in narrowed)
    query = _PAGES[given, after is not None]
    return [Listing(**row) for row in await pool.fetch(query, most, *map(narrowed.get, given), *(after or ()))]


async def counts(pool: Pool, narrowed: Mapping[str, Any]) -> dict[str, Counter[Any]]:
    """Count, for each filter, what each of its values would find beside the other filters of ``narrowed``; None: any.

    ``narrowed`` and the values are those of columns: the filter of the state has a status, or whether it is open.
    """
    found: dict[str, Counter[Any]] = {name: Counter() for name in NARROWING}
    for row in await pool.fetch(_COUNTS, *map(narrowed.get, _GIVEN)):
        column = _OF_LEVEL.get(row["level"])
        for name, columns in NARROWING.items():
            if column is None or (column in columns and row[column] is not None):
                found[name][row[column] if column else None] = row[f"beside_{name}"]
    return found


async def find_listed(pool: Pool, ticket: str) -> Listing | None:
    """Find the listed complaint ``ticket``."""
    row = await pool.fetchrow(_ONE, ticket)
    return Listing(**row) if row else None


async def figures(pool: Pool, first: date, last: date) -> list[tuple[date, Figures]]:
    """Return the figures of each month from ``first`` to ``last``."""
    rows = [dict(row) for row in await pool.fetch(_FIGURES, first, last)]
    return [(row.pop("month"), Figures(**row)) for row in rows]


async def similar(pool: Pool, sought: Sought) -> list[Listing]:
    """List the complaints that may be the one ``sought``, the likeliest first."""
    rows = await pool.fetch(_SIMILAR, sought.category, sought.kecamatan, sought.desa, LATELY_DAYS, MOST)
    return [Listing(**row) for row in rows]
