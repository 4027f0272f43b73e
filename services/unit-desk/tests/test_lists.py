"""Lists: who sees which complaints, in which order, and how many pages are read when many are stored."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from desk_office import LogIn, Tell

from chassis.database import Pool
from contracts.events import Place
from testing.events import NOW
from unit_desk.adapters import complaints
from unit_desk.adapters.complaints import Chosen, counted, listed
from unit_desk.people import Person
from unit_desk.rules import Rules

pytestmark = pytest.mark.connected
MANY = 100_000
#: Open complaints of one unit among them. A list may read the page of each, and the counts a few pages for each, but
#: never complaints that are over; a core reads a hundred pages in a millisecond.
OPEN = MANY // 20 // 4
MIGRATIONS = Path(__file__).parents[1] / "migrations"
LONG_AGO = datetime.now(UTC).date() - timedelta(400)
CLERK = Person(id=UUID(int=1), email="a@b.id", name="A", unit="PUPR", role="petugas")
WATCHER = Person(id=UUID(int=2), email="b@b.id", name="B", unit="SETDA", role="pemantau")

# Copies of one stored complaint: in four units, one in twenty open, in eight kecamatan over two years.
_COPY = """
INSERT INTO complaints (unit, complaint_id, ticket, seq, told_at, received_at, lead, role, lane, status, why, due,
    weight, kecamatan, standing, rahasia, erased, words, told)
SELECT (ARRAY['PUPR', 'DLH', 'PDAM', 'DISDUKCAPIL'])[1 + (n / 97) % 4], 'copy-' || n, 'SPG-T' || n, seq,
    now() - n * interval '10 minutes', now() - n * interval '10 minutes',
    (ARRAY['PUPR', 'DLH', 'PDAM', 'DISDUKCAPIL'])[1 + (n / 97) % 4], role, lane,
    CASE WHEN n % 20 = 0 THEN 'in_progress' ELSE 'closed' END, why, now() + (n % 500 - 250) * interval '1 hour',
    CASE n % 1000 WHEN 0 THEN 2 WHEN 20 THEN 1 ELSE 0 END, 'Kecamatan ' || n % 8,
    CASE WHEN n % 20 = 0 THEN 'work' ELSE 'rest' END, false, false,
    to_tsvector('simple', 'jalan berlubang kata' || n % 5000), told
FROM complaints, generate_series(1, $1) AS n WHERE complaint_id = 'c1'"""

#: The choices of lists, by name.
LOOKS: dict[str, tuple[Person, str | None, Chosen]] = {
    "work": (CLERK, "PUPR", Chosen()),
    "the tenth page": (CLERK, "PUPR", Chosen(page=10)),
    "of a place": (CLERK, "PUPR", Chosen(kecamatan="Kecamatan 4")),
    "all": (CLERK, "PUPR", Chosen(which="all")),
    "the last page of all": (CLERK, "PUPR", Chosen(which="all", page=40)),
    "a word": (CLERK, "PUPR", Chosen(which="all", search="kata4711")),
    "a word that all have": (CLERK, "PUPR", Chosen(which="all", search="berlubang")),
    "a number": (CLERK, "PUPR", Chosen(which="all", search="SPG-S000-00007")),
    "a status": (CLERK, "PUPR", Chosen(which="all", status="closed", kecamatan="Kecamatan 3")),
    "a status that few have": (CLERK, "PUPR", Chosen(which="all", status="rejected", kecamatan="Kecamatan 3")),
    "what is late": (CLERK, "PUPR", Chosen(due="lewat")),
    "what is due soon, among all": (CLERK, "PUPR", Chosen(which="all", due="dekat")),
    "danger to life": (CLERK, "PUPR", Chosen(urgency="darurat")),
    "whose reporters wrote again": (CLERK, "PUPR", Chosen(reporter="balasan")),
    "a period": (CLERK, "PUPR", Chosen(which="all", since=LONG_AGO, until=LONG_AGO + timedelta(20))),
    "of all units": (WATCHER, None, Chosen()),
    "all of all units": (WATCHER, None, Chosen(which="all", kecamatan="Kecamatan 5")),
}


async def found(
    pool: Pool, rules: Rules, chosen: Chosen, person: Person = CLERK, unit: str | None = "PUPR"
) -> list[str]:
    rows, _ = await listed(pool, chosen, person, unit, rules)
    return [row.complaint.text for row in rows]


async def test_the_most_urgent_and_then_what_is_due_first_stands_above(tell: Tell, pool: Pool, rules: Rules) -> None:
    days: dict[str, dict[str, Any]] = {
        "nanti": {"deadline_at": NOW + timedelta(days=3)},
        "tanpa batas": {},
        "darurat": {"deadline_at": NOW + timedelta(days=9), "urgency": "darurat"},
        "terlambat": {"deadline_at": NOW - timedelta(days=1)},
        "mendesak": {"deadline_at": NOW + timedelta(days=5), "urgency": "tinggi"},
    }
    for text, facts in days.items():
        await tell(complaint_id=text, text=text, **facts)
    await tell(complaint_id="lain", text="unit lain", unit="DLH")
    await tell(complaint_id="selesai", text="selesai", status="closed", why="updated")

    assert ["darurat", "mendesak", "terlambat", "nanti", "tanpa batas"] == await found(pool, rules, Chosen())
    counts = await counted(pool, "PUPR", CLERK)
    assert (5, 0) == (counts["work"], counts["mine"])
    assert "selesai" in await found(pool, rules, Chosen(which="all"))
    assert 6 == len(await found(pool, rules, Chosen(), WATCHER, None))


async def test_a_list_is_narrowed_to_what_is_late_or_due_within_a_day(tell: Tell, pool: Pool, rules: Rules) -> None:
    now = datetime.now(UTC)
    for text, hours in {"terlambat": -1, "sebentar lagi": 23, "nanti": 25}.items():
        await tell(complaint_id=text, text=text, deadline_at=now + timedelta(hours=hours))
    await tell(complaint_id="selesai", text="selesai", status="closed", why="updated", deadline_at=now)

    assert ["terlambat"] == await found(pool, rules, Chosen(due="lewat"))
    assert ["sebentar lagi"] == await found(pool, rules, Chosen(due="dekat"))
    assert ["terlambat"] == await found(pool, rules, Chosen(which="all", due="lewat"))
    assert 3 == len(await found(pool, rules, Chosen(due="lewat' OR true")))


async def test_a_list_is_narrowed_to_danger_to_life(tell: Tell, pool: Pool, rules: Rules) -> None:
    for urgency in ("darurat", "tinggi", "rendah"):
        await tell(complaint_id=urgency, text=urgency, urgency=urgency)
    await tell(complaint_id="selesai", text="selesai", urgency="darurat", status="closed", why="updated")

    assert ["darurat"] == await found(pool, rules, Chosen(urgency="darurat"))
    assert 3 == len(await found(pool, rules, Chosen(urgency="tinggi")))


async def test_a_list_is_narrowed_by_what_reporters_did(tell: Tell, pool: Pool, rules: Rules) -> None:
    did: dict[str, dict[str, Any]] = {"lagi": {"reopened": 1}, "tambah": {"unheard": True}, "biasa": {}}
    for text, facts in did.items():
        await tell(complaint_id=text, text=text, **facts)
    await tell(complaint_id="selesai", text="selesai", status="closed", why="updated", reopened=1)

    assert ["lagi"] == await found(pool, rules, Chosen(reporter="dibuka"))
    assert ["tambah"] == await found(pool, rules, Chosen(reporter="balasan"))
    await tell(complaint_id="tambah", text="tambah", seq=2)
    assert [] == await found(pool, rules, Chosen(which="all", reporter="balasan"))


@pytest.mark.parametrize(
    ("chosen", "there"),
    [
        (Chosen(search="lubang besar"), True),
        (Chosen(search="LAPAJUNG"), True),
        (Chosen(search="jembatan"), False),
        (Chosen(search="lub bes"), True),
        (Chosen(search="lubang jembatan"), False),
        (Chosen(search="berlubang"), True),
        (Chosen(search="00007"), True),
        (Chosen(search="s000-00007"), True),
        (Chosen(search="&|!:*() <-> ''"), True),
        (Chosen(search="spg s000 00007"), True),
        (Chosen(search="'; DROP TABLE complaints; --\0"), False),
        (Chosen(status="routed"), True),
        (Chosen(status="closed"), False),
        (Chosen(kecamatan="Lalabata"), True),
        (Chosen(kecamatan="Ganra"), False),
        (Chosen(since=date(2026, 3, 3), until=date(2026, 3, 3)), True),
        (Chosen(since=date(2026, 3, 4)), False),
        (Chosen(until=date(2026, 3, 2)), False),
    ],
)
async def test_a_list_is_narrowed(tell: Tell, pool: Pool, rules: Rules, chosen: Chosen, there: bool) -> None:
    await tell(text="Ada lubang yang besar", place=Place(kecamatan="Lalabata", desa="Lapajung"))

    assert there == bool(await found(pool, rules, chosen))


@pytest.mark.parametrize("search", ["lubang", "00007", "lapaj"])
async def test_complaint_stored_before_the_search_migration_is_found(
    tell: Tell, pool: Pool, rules: Rules, search: str
) -> None:
    await tell(text="Jalan berlubang", place=Place(kecamatan="Lalabata", desa="Lapajung"))
    await pool.execute("UPDATE complaints SET words = to_tsvector('simple', 'Jalan berlubang Lapajung')")

    await pool.execute((MIGRATIONS / "0013_search.sql").read_text())

    assert ["Jalan berlubang"] == await found(pool, rules, Chosen(which="all", search=search))


class Explaining:
    """A pool that counts the pages of 8 kB that PostgreSQL reads for each statement, and returns no rows."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.pages = 0

    async def fetch(self, statement: str, *values: object) -> list[Any]:
        told = await self._pool.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *values)
        plan = json.loads(told)[0]["Plan"]
        self.pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        return []

    async def fetchrow(self, statement: str, *values: object) -> None:
        await self.fetch(statement, *values)


@pytest.mark.slow
async def test_with_100_000_stored_a_list_reads_few_pages(tell: Tell, pool: Pool, rules: Rules) -> None:
    await tell(text="Jalan berlubang di depan SD 12 Lapajung")
    await pool.execute(_COPY, MANY, timeout=300)
    await pool.execute("VACUUM (ANALYZE) complaints", timeout=300)

    read: dict[str, int] = {}
    for name, (person, unit, chosen) in LOOKS.items():
        explaining = Explaining(pool)
        await listed(explaining, chosen, person, unit, rules)
        read[name] = explaining.pages
    explaining = Explaining(pool)
    await counted(explaining, "PUPR", CLERK)

    assert min(read.values()) > 0
    assert {} == {name: pages for name, pages in read.items() if pages > 1.2 * OPEN}
    assert 0 < explaining.pages < 4 * OPEN


async def test_a_list_that_is_cut_says_so_and_offers_no_further_page(
    log_in: LogIn, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complaints, "PAGE", 2)
    monkeypatch.setattr(complaints, "MOST_PAGES", 2)
    for n in range(5):
        await tell(complaint_id=f"c{n}", ticket=f"SPG-S000-0000{n}", text=f"Lampu {n}")
    web = await log_in()

    first, last, beyond = [(await web.get(f"/?hal={n}")).text for n in (1, 2, 9)]

    assert ("hal=2" in first, "Daftar ini berhenti" in first) == (True, False)
    assert ("hal=3" in last, "Daftar ini berhenti" in last) == (False, True)
    assert ("hal=1" in beyond, "hal=10" in beyond, "Daftar ini berhenti" in beyond) == (True, False, True)


async def test_the_queue_can_be_paged_back(log_in: LogIn, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complaints, "PAGE", 1)
    for n in range(2):
        await tell(
            complaint_id=f"c{n}", ticket=f"SPG-S000-0000{n}", unit="DISKOMINFO", lane="triage", text=f"Lampu {n}"
        )
    web = await log_in(unit="DISKOMINFO", role="operator")

    first, second = [(await web.get(f"/triase?hal={n}")).text for n in (1, 2)]

    assert ("hal=2" in first, 'rel="prev"' in first) == (True, False)
    assert ("hal=1" in second, 'rel="next"' in second) == (True, False)
