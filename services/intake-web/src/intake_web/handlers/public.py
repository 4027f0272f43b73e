"""The public pages: the list of complaints, the figures, and both as open data."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.response import Stream, Template

from intake.texts import Texts
from intake_web.browsing import (
    FIGURE_COLUMNS,
    LISTING_COLUMNS,
    Asked,
    added_up,
    as_rows,
    cursor_of,
    read_asked,
    read_months,
    shown,
    tally,
)
from intake_web.domain import Invalid
from intake_web.handlers.api import Config, Visiting, Words
from intake_web.handlers.visit import Visit
from intake_web.listing import Figures

#: Proxies may cache these pages for a minute: they are the same for everybody.
CACHED = {"Cache-Control": "public, max-age=60"}
#: The page's query parameters, with the names of the filters.
_ASKED = {"kecamatan": "kecamatan", "kategori": "category", "unit": "unit", "keadaan": "state", "sebelum": "after"}
#: The complaints read per query for a complete export, and the export's cost in pages of the list.
_CHUNK, _EXPORT = 1000, 20


@get("/laporan")
async def browse(request: Request[Any, Any, Any], visit: Visiting, texts: Words) -> Template:
    """Show the newest complaints; an unknown filter value is ignored."""
    query = {ours: request.query_params.get(theirs, "") for theirs, ours in _ASKED.items()}
    try:
        asked = read_asked(query, texts)
    except Invalid as error:
        query = {name: value for name, value in query.items() if name not in error.problems}
        asked = read_asked(query, texts)
    rows, more = await _rows(visit, texts, asked)
    chosen = {theirs: query[ours] for theirs, ours in _ASKED.items() if theirs != "sebelum" and query.get(ours)}
    counts = tally(await visit.store.counts(asked.narrowed))
    context = {
        "rows": rows,
        "chosen": chosen,
        "counts": {theirs: counts[ours] for theirs, ours in _ASKED.items() if ours in counts},
        "found": counts["state"][query.get("state", "")],
        "without": _without(chosen, counts, texts),
        "states": {code: name for code, name in texts.statuses.items() if counts["state"][code]},
        "kecamatan": {each.name: each.name for each in texts.territory.kecamatan},
        "categories": texts.categories,
        "units": texts.units,
        "short": texts.short,
        "next": urlencode({**chosen, "sebelum": more}) if more else None,
        "first": not query.get("after"),
        "thanks": request.query_params.get("didukung"),
    }
    return Template("daftar.html", context=context, headers=CACHED)


@get("/v1/complaints")
async def listed(request: Request[Any, Any, Any], visit: Visiting, texts: Words, settings: Config) -> Response[bytes]:
    """Return the list for programs: a page of rows, and the address of the next."""
    query = _query(request)
    asked = read_asked(query, texts)
    rows, more = await _rows(visit, texts, asked)
    follows = f"{settings.public_url}/v1/complaints?{urlencode({**query, 'after': more})}" if more else None
    return _json({"complaints": rows, "next": follows})


@get("/angka")
async def numbers(request: Request[Any, Any, Any], visit: Visiting, texts: Words) -> Template:
    """Show the numbers received, answered, late and satisfied: in total, by unit, category and kecamatan."""
    today = datetime.now(texts.zone).date()
    first, last = read_months({}, today)
    visit.guard.may_list(visit.client)
    months = await visit.store.figures(first, last)
    sums = added_up(row for _, row in months)
    total = sums.get("all", {}).get("")
    by_place = sums.get("kecamatan", {})
    counts = {
        each.name: {"n": n, "shade": _shade(n, by_place)}
        for each in texts.territory.kecamatan
        for n in [by_place[each.name].received if each.name in by_place else 0]
    }
    named = {"unit": texts.units, "category": texts.categories}
    tables = {
        kind: [
            {"name": names.get(code, code), "short": texts.short.get(code), "row": row}
            for code, row in sums.get(kind, {}).items()
        ]
        for kind, names in named.items()
    }
    context = {
        "total": total,
        "units": tables["unit"],
        "categories": tables["category"],
        "places": [{"name": name, "row": row} for name, row in by_place.items()],
        "counts": counts,
        "months": _bars(months, texts),
        "first": _month(first, texts),
        "last": _month(last, texts),
    }
    return Template("angka.html", context=context, headers=CACHED)


@get("/v1/figures")
async def figures(request: Request[Any, Any, Any], visit: Visiting, texts: Words) -> Response[bytes]:
    """Return the figures of each month, for programs."""
    return _json({"figures": await _figures(request, visit, texts)})


@get("/data")
async def data(texts: Words) -> Template:
    """Describe the open data and its columns."""
    columns = {"laporan": LISTING_COLUMNS, "angka": FIGURE_COLUMNS}
    return Template("data.html", context={"columns": columns, "meaning": texts.columns}, headers=CACHED)


@get("/data/{name:str}")
async def download(request: Request[Any, Any, Any], name: str, visit: Visiting, texts: Words) -> Response[Any]:
    """Send all listed complaints, or the figures by month, as CSV or JSON."""
    if name.startswith("laporan."):
        visit.guard.may_list(visit.client, _EXPORT)
    match name:
        case "laporan.csv":
            lines = _csv(LISTING_COLUMNS, _all(visit, texts))
            return _file(lines, name, "text/csv")
        case "laporan.json":
            return _file(_json_lines(_all(visit, texts)), name, "application/json")
        case "angka.csv":
            rows = _given(await _figures(request, visit, texts))
            return _file(_csv(FIGURE_COLUMNS, rows), name, "text/csv")
        case "angka.json":
            return _json(await _figures(request, visit, texts))
    raise NotFoundException


def _without(chosen: Mapping[str, str], counts: Mapping[str, Mapping[str, int]], texts: Texts) -> list[dict[str, Any]]:
    """List the filters of ``chosen`` whose removal alone finds complaints: with words, new query and count."""
    words = {"kategori": texts.categories, "unit": texts.units, "keadaan": texts.statuses}
    return [
        {"word": words.get(name, {}).get(value, value), "name": name, "n": n, "query": urlencode(rest)}
        for name, value in chosen.items()
        if (n := counts[_ASKED[name]][""])
        for rest in [{other: given for other, given in chosen.items() if other != name}]
    ]


def _query(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the query parameters; of a repeated one, the last."""
    return {name: str(values[-1]) for name, values in request.query_params.dict().items()}


async def _rows(visit: Visit, texts: Texts, asked: Asked) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the list, and the cursor of the next if one follows."""
    visit.guard.may_list(visit.client)
    found = await visit.store.newest(asked.most + 1, asked.narrowed, asked.after)
    rows = found[: asked.most]
    supporters = await visit.store.supporters([row.ticket for row in rows])
    more = cursor_of(rows[-1]) if len(found) > asked.most else None
    return [shown(row, texts, supporters.get(row.ticket, 0)) for row in rows], more


async def _all(visit: Visit, texts: Texts) -> AsyncIterator[dict[str, Any]]:
    """Yield every listed complaint, the newest first, without holding all in memory."""
    after: tuple[datetime, str] | None = None
    while found := await visit.store.newest(_CHUNK, {}, after):
        supporters = await visit.store.supporters([row.ticket for row in found])
        for row in found:
            yield shown(row, texts, supporters.get(row.ticket, 0))
        after = found[-1].received_at, found[-1].ticket


async def _figures(request: Request[Any, Any, Any], visit: Visit, texts: Texts) -> list[dict[str, Any]]:
    first, last = read_months(_query(request), datetime.now(texts.zone).date())
    visit.guard.may_list(visit.client)
    return as_rows(await visit.store.figures(first, last))


async def _given(rows: Iterable[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for row in rows:
        yield row


async def _csv(columns: Sequence[str], rows: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    """Write ``rows`` as CSV (https://www.rfc-editor.org/rfc/rfc4180) with a header line."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    async for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
        if text.tell() > 1 << 16:
            yield _taken(text)
    yield _taken(text)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else value


def _taken(text: io.StringIO) -> bytes:
    part = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return part


async def _json_lines(rows: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    """Write one JSON list, one row per line."""
    between = b"[\n"
    async for row in rows:
        yield between + msgspec.json.encode(row)
        between = b",\n"
    yield b"\n]\n" if between == b",\n" else b"[]\n"


def _file(lines: AsyncIterator[bytes], name: str, media_type: str) -> Stream:
    headers = {**CACHED, "Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(lines, media_type=media_type, headers=headers)


def _json(body: Any) -> Response[bytes]:
    return Response(msgspec.json.encode(body), headers=CACHED, media_type="application/json")


def _month(month: date, texts: Texts) -> str:
    return f"{texts.dates.MONTHS[month.month - 1]} {month.year}"


def _shade(n: int, by_place: Mapping[str, Figures]) -> int:
    """Return a place's shade on the map, 0 to 4, relative to the place with the most."""
    most = max((row.received for row in by_place.values()), default=0)
    return 0 if not n else 1 + min(3, 4 * n // (most + 1))


def _bars(months: Sequence[tuple[date, Figures]], texts: Texts) -> list[dict[str, Any]]:
    """Return for each month its name, the number received, and the height of its bar, in percent of the highest."""
    of_all = [(month, row) for month, row in months if row.kind == "all"]
    most = max((row.received for _, row in of_all), default=1) or 1
    return [
        {
            "name": _month(month, texts),
            "short": texts.dates.MONTHS[month.month - 1][:3],
            "n": row.received,
            "high": 100 * row.received // most,
        }
        for month, row in of_all
    ]
