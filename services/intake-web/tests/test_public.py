"""The public data of all complaints: the list, the figures, and open data."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from listed_views import NOW, number, tell, view

from chassis.database import Pool
from contracts.vocabulary import Lane, Status
from intake.complaint_view import ComplaintView
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE
from intake_web.browsing import FIGURE_COLUMNS, LISTING_COLUMNS, added_up
from intake_web.limits import RATES, Guard
from intake_web.listing import COUNTED, GROUPED, Figures, Group
from intake_web.settings import WebSettings
from testing.fakes import ManualClock
from testing.waiting import BOUND_S

pytestmark = pytest.mark.connected

#: Units, with how many complaints they received, and how many of these are late.
LEAGUE = (("PDAM", 9, 1), ("DISHUB", 8, 0), ("PUPR", 2, 2), ("DLH", 4, 2))
MIGRATIONS = Path(__file__).parents[1] / "migrations"
Tell = Callable[..., Any]


@pytest.fixture(name="tell")
def _tell(pool: Pool, texts: Texts) -> Tell:
    return partial(tell, pool, texts)


async def _figures(kept: httpx.AsyncClient, kind: str, code: str) -> dict[str, int]:
    rows = (await kept.get("/v1/figures")).json()["figures"]
    found = [row for row in rows if (row["kind"], row["code"]) == (kind, code)]
    return {name: sum(row[name] for row in found) for name in COUNTED}


async def test_a_complaint_of_any_channel_is_listed_without_a_word_of_its_reporter(
    kept: httpx.AsyncClient, tell: Tell
) -> None:
    await tell(view(1, deadline_at=NOW + timedelta(days=3)))
    page = await kept.get("/laporan")
    assert number(1) in page.text
    assert "Jalan dan jembatan" in page.text
    assert "Bila, Lalabata" in page.text
    assert page.headers["cache-control"].startswith("public")
    (row,) = (await kept.get("/v1/complaints")).json()["complaints"]
    assert set(row) == set(LISTING_COLUMNS)
    assert (row["ticket"], row["open"], row["unit"]) == (number(1), True, "PUPR")


@pytest.mark.parametrize("facts", [{"listed": False}, {"rahasia": True}])
async def test_unlisted_or_confidential_complaint_is_counted_but_not_shown(
    kept: httpx.AsyncClient, tell: Tell, facts: dict[str, Any]
) -> None:
    await tell(view(1, **facts))
    for path in ("/laporan", "/v1/complaints", "/data/laporan.csv", "/data/laporan.json", "/data/angka.csv"):
        assert number(1) not in (await kept.get(path)).text
    assert (await kept.post(f"/laporan/{number(1)}/dukung")).status_code == 404
    assert (await _figures(kept, "all", ""))["received"] == 1


async def test_complaint_made_confidential_or_erased_leaves_the_public_list(
    kept: httpx.AsyncClient, tell: Tell
) -> None:
    await tell(view(1), view(2), view(3))
    await tell(view(1, rahasia=True), ComplaintView(ticket=number(2), erased=True))
    rows = (await kept.get("/v1/complaints")).json()["complaints"]
    assert [row["ticket"] for row in rows] == [number(3)]
    assert (await _figures(kept, "all", ""))["received"] == 3


async def test_figures_follow_each_change(kept: httpx.AsyncClient, tell: Tell) -> None:
    await tell(view(1), view(2), view(3))
    assert await _figures(kept, "unit", "PUPR") == {**dict.fromkeys(COUNTED, 0), "received": 3, "open": 3}
    late = {"deadline_at": NOW, "missed": NOW}
    await tell(
        view(1, status=Status.RESOLVED, answered_at=NOW, rating=5),
        view(2, status=Status.CLOSED, answered_at=NOW, rating=2, **late),
        view(3, unit="DLH"),
    )
    assert await _figures(kept, "unit", "PUPR") == {
        "received": 2,
        "open": 0,
        "answered": 2,
        "resolved": 2,
        "in_time": 1,
        "late": 1,
        "rated": 2,
        "satisfied": 1,
    }
    assert (await _figures(kept, "unit", "DLH"))["open"] == 1
    assert (await _figures(kept, "kecamatan", "Lalabata"))["received"] == 3
    await tell(view(2, status=Status.CANCELLED, answered_at=NOW, **late))
    assert (await _figures(kept, "unit", "PUPR"))["answered"] == 1
    await tell(view(1, status=Status.REJECTED, answered_at=NOW, rating=5))
    figures = await _figures(kept, "unit", "PUPR")
    assert (figures["answered"], figures["resolved"]) == (1, 0)


async def test_complaints_resolved_before_they_were_counted_are_counted_by_the_migration(
    kept: httpx.AsyncClient, tell: Tell, pool: Pool
) -> None:
    await tell(view(1, status=Status.RESOLVED), view(2, status=Status.CLOSED, unit="DLH"), view(3, status="rejected"))
    kinds = [("all", ""), ("unit", "PUPR"), ("unit", "DLH"), ("kecamatan", "Lalabata")]
    before = [await _figures(kept, *kind) for kind in kinds]
    await pool.execute("UPDATE public_figures SET resolved = 0")

    await pool.execute((MIGRATIONS / "0009_resolved.sql").read_text().partition(";")[2])

    assert [2, 1, 1, 2] == [each["resolved"] for each in before]
    assert before == [await _figures(kept, *kind) for kind in kinds]


async def test_groups_of_the_list_are_those_that_a_count_of_all_its_rows_finds(tell: Tell, pool: Pool) -> None:
    columns = ", ".join(GROUPED)
    counted = f"SELECT {columns}, count(*) AS n FROM public_complaints WHERE listed GROUP BY {columns}"

    async def both() -> tuple[set[Group], set[Group]]:
        kept = await pool.fetch(f"SELECT {columns}, n FROM public_groups WHERE n > 0")
        return {Group(**row) for row in await pool.fetch(counted)}, {Group(**row) for row in kept}

    await tell(view(1), view(2), view(3, unit=None, lane=None, kecamatan=None), view(4, listed=False))
    first, kept_first = await both()
    await tell(view(1, status=Status.RESOLVED), view(2, rahasia=True), view(3, unit="DLH"), view(4, category=None))
    await tell(view(2, kecamatan="Liliriaja"), ComplaintView(ticket=number(1), erased=True))
    then, kept_then = await both()

    assert first == kept_first
    assert {2, 1} == {group.n for group in first}
    assert then == kept_then
    assert {("Liliriaja", "PUPR"), ("Lalabata", "DLH"), ("Lalabata", "PUPR")} == {
        (group.kecamatan, group.unit) for group in then
    }


async def test_triage_lane_complaint_is_left_out_of_the_unit_figures(kept: httpx.AsyncClient, tell: Tell) -> None:
    await tell(view(1, unit="INSPEKTORAT", lane=Lane.TRIAGE, listed=False))
    assert (await _figures(kept, "unit", "INSPEKTORAT"))["received"] == 0
    assert (await _figures(kept, "all", ""))["received"] == 1


async def test_the_list_can_be_read_to_its_end_and_narrowed_down(kept: httpx.AsyncClient, tell: Tell) -> None:
    await tell(*(view(n, unit="DLH" if n % 2 else "PUPR") for n in range(1, 51)))
    seen, follows = [], "/v1/complaints?limit=15&unit=DLH"
    while follows:
        answer = (await kept.get(follows)).json()
        seen += [row["ticket"] for row in answer["complaints"]]
        follows = answer["next"]
    assert seen == [number(n) for n in range(1, 51, 2)]
    first = await kept.get("/laporan?unit=DLH")
    assert first.text.count("<article>") == 20
    assert 'href="/laporan?unit=DLH&amp;sebelum=' in first.text
    none = await kept.get("/laporan?kecamatan=Citta")
    assert "<article>" not in none.text
    assert none.status_code == 200


async def test_a_filter_that_does_not_exist_is_named_to_programs_and_left_out_for_people(
    kept: httpx.AsyncClient, tell: Tell
) -> None:
    await tell(view(1))
    refused = await kept.get("/v1/complaints?unit=NASA&limit=0&after=x&kecamatan=Lalabata")
    assert refused.status_code == 400
    assert {each["field"] for each in refused.json()["errors"]} == {"unit", "limit", "after"}
    for limit in ("201", "000200000000", "000001" + "9" * 20, "000001" + "9" * 5_000, "-1", "１"):
        assert (await kept.get("/v1/complaints", params={"limit": limit})).status_code == 400
    assert number(1) in (await kept.get("/laporan?unit=NASA&sebelum=x")).text
    assert (await kept.get("/v1/figures?from=2026-13")).status_code == 400
    assert (await kept.get("/v1/figures?from=2026-03&to=2026-02")).status_code == 400


async def test_status_filter_is_the_same_on_the_page_api_and_open311(kept: httpx.AsyncClient, tell: Tell) -> None:
    done = {"status": Status.CLOSED, "kecamatan": "Citta"}
    await tell(view(1), view(2, status=Status.IN_PROGRESS), view(3, status=Status.IN_PROGRESS, unit="DLH"))
    await tell(view(4, **done), view(5, status=Status.IN_PROGRESS, listed=False))

    page = (await kept.get("/laporan?keadaan=in_progress")).text
    rows = (await kept.get("/v1/complaints?state=in_progress")).json()["complaints"]
    requests = [
        [each["service_request_id"] for each in (await kept.get(f"/open311/v2/requests.json?status={asked}")).json()]
        for asked in ("in_progress", "in_progress,closed", "open,in_progress")
    ]

    assert [number(2), number(3)] == [row["ticket"] for row in rows]
    assert [[number(n) for n in each] for each in ([2, 3], [2, 3, 4], [1, 2, 3])] == requests
    assert [False, True, True, False] == [number(n) in page for n in range(1, 5)]
    assert '<option value="in_progress" selected>Sedang ditangani (2)</option>' in page
    assert '<p class="soft">2 laporan</p>' in page
    refused = (await kept.get("/v1/complaints?state=half")).json()
    assert ["state"] == [each["field"] for each in refused["errors"]]


async def test_filter_options_show_counts_and_an_empty_list_suggests_filters_to_drop(
    kept: httpx.AsyncClient, tell: Tell
) -> None:
    assert 'href="/">Kirim laporan' in (await kept.get("/laporan")).text
    await tell(view(1), view(2, kecamatan="Citta"), view(3, kecamatan="Citta", status=Status.CLOSED))

    page = (await kept.get("/laporan?kecamatan=Citta")).text
    empty = (await kept.get("/laporan?kecamatan=Lalabata&keadaan=done")).text

    told = ["Semua kecamatan (3)", "Lalabata (1)", "Citta (2)", "Semua (2)", "Masih ditangani (1)", "Ditutup (1)"]
    assert [each for each in told if f">{each}</option>" not in page] == []
    assert '<a href="/laporan?keadaan=done">Tanpa pilihan Lalabata</a> (1)' in empty
    assert '<a href="/laporan?kecamatan=Lalabata">Tanpa pilihan Sudah selesai</a> (1)' in empty


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ("/laporan", 1),
        ("/v1/complaints", 1),
        ("/angka", 1),
        ("/v1/figures", 1),
        ("/data/angka.csv", 1),
        ("/open311/v2/requests.json", 5),
        ("/data/laporan.csv", 20),
        ("/data/laporan.json", 20),
    ],
)
async def test_list_rate_limit_applies_only_to_the_heavy_client(
    pool: Pool,
    make_settings: Callable[..., WebSettings],
    client_on: Callable[..., httpx.AsyncClient],
    path: str,
    cost: int,
) -> None:
    guard = Guard(20, ManualClock())
    guard.may_list("10.0.0.1", RATES["lists"].burst - cost)
    store = PostgresStore(pool, make_settings(), SERVICE, lambda: None, within_s=BOUND_S)
    async with client_on(store, guard, "127.0.0.1/32") as site:
        codes = [(await site.get(path, headers={"X-Forwarded-For": f"10.0.0.{n}"})).status_code for n in (1, 1, 2)]

    assert [200, 429, 200] == codes


async def test_support_is_counted_once_for_a_browser(kept: httpx.AsyncClient, tell: Tell) -> None:
    await tell(view(1))
    for _ in range(2):
        answer = await kept.post(f"/laporan/{number(1)}/dukung")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/laporan/{number(1)}?didukung=1")
    kept.cookies.clear()
    await kept.post(f"/laporan/{number(1).lower()}/dukung")
    (row,) = (await kept.get("/v1/complaints")).json()["complaints"]
    assert row["supporters"] == 2
    assert "2 mendukung" in (await kept.get("/laporan")).text


async def test_open_data_has_every_listed_complaint_and_says_what_its_columns_mean(
    kept: httpx.AsyncClient, tell: Tell, texts: Texts
) -> None:
    for start in range(1, 1001, 200):
        await tell(*(view(n) for n in range(start, min(start + 200, 1001))))
    table = list(csv.DictReader(io.StringIO((await kept.get("/data/laporan.csv")).text)))
    assert [row["ticket"] for row in table] == [number(n) for n in range(1, 1001)]
    assert all(a["received_at"] > b["received_at"] for a, b in pairwise(table))
    assert len(msgspec.json.decode((await kept.get("/data/laporan.json")).content)) == 1000
    figures = list(csv.DictReader(io.StringIO((await kept.get("/data/angka.csv")).text)))
    assert {row["kind"] for row in figures} == {"all", "unit", "category", "kecamatan"}
    page = (await kept.get("/data")).text
    assert all(f"<code>{column}</code>" in page for column in (*LISTING_COLUMNS, *FIGURE_COLUMNS))
    assert set(texts.columns) == {*LISTING_COLUMNS, *FIGURE_COLUMNS}
    assert (await kept.get("/data/laporan.exe")).status_code == 404


async def test_open_data_says_of_a_withdrawn_complaint_that_nobody_answered_it(
    kept: httpx.AsyncClient, tell: Tell
) -> None:
    await tell(*(view(n, status=status, answered_at=NOW) for n, status in enumerate([Status.CANCELLED, "resolved"], 1)))
    rows = csv.DictReader(io.StringIO((await kept.get("/data/laporan.csv")).text))
    assert {"cancelled": False, "resolved": True} == {row["status"]: bool(row["answered_at"]) for row in rows}


async def test_the_figures_page_tells_of_each_unit_and_place(kept: httpx.AsyncClient, tell: Tell) -> None:
    assert "Belum ada laporan" in (await kept.get("/angka")).text
    await tell(view(1), view(2, status=Status.RESOLVED, answered_at=NOW, rating=4))
    page = (await kept.get("/angka")).text
    assert "Dinas Pekerjaan Umum" in page
    assert 'aria-label="Lalabata: 2 laporan"' in page
    assert "100 %" in page
    row = re.search(r"<tr[^>]*><th[^>]*><abbr[^>]*>Dinas PUPR.*?</tr>", page, re.DOTALL)
    assert row
    told = dict(re.findall(r'data-label="([^"]+)">(?:<span class="share"><b>)?([\d]+(?: %)?)', row[0]))
    assert {"Diterima": "2", "Dijawab": "50 %", "Selesai": "50 %", "Puas": "100 %"}.items() <= told.items()


def test_figures_begin_where_most_is_late() -> None:
    counts = {"open": 0, "answered": 0, "resolved": 0, "in_time": 0, "rated": 0, "satisfied": 0}
    rows = [Figures(kind="unit", code=code, received=n, late=late, **counts) for code, n, late in LEAGUE]

    assert ["DLH", "PUPR", "PDAM", "DISHUB"] == list(added_up(rows)["unit"])


@pytest.mark.parametrize("name", ["laporan", "angka"])
async def test_a_file_says_once_that_it_is_utf_8(kept: httpx.AsyncClient, name: str) -> None:
    found = await kept.get(f"/data/{name}.csv")

    assert "text/csv; charset=utf-8" == found.headers["content-type"]
