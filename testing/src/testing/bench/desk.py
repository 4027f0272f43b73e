"""Measures the desk with many officers who have a list open: ``lapor bench desk`` runs it, on the running service.

Complaints come by the units' topics as the router sends them. An officer is an event stream and, at each event, a
request for the list as a browser sends it; what counts is when the list shows the complaint. Each is a danger, and two
officers of each unit are on duty: for them it counts when the mail server has their mail. Beside it, in the same run, a
bare loop: one insert that notifies, until another connection hears it, the rows of a list by one statement, and handing
in a mail. Then one unit gets many more complaints, and each list and search of it is requested.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiosmtplib
import asyncpg
import psutil
from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.database import open_pool
from chassis.publish import publish, start_producer
from chassis.settings import read_settings
from chassis.wire import Outgoing
from contracts import codec, ticket, topics
from contracts.events import UnitRouted
from contracts.vocabulary import Urgency, Why
from kabupaten import load
from kabupaten.calendar import WEEKDAYS
from testing.bench.harness import percentiles, say
from testing.bench.intake_web import Door
from testing.events import a_snapshot
from testing.mail import Sink
from unit_desk.adapters import accounts
from unit_desk.handlers.work import LISTS
from unit_desk.people import Role
from unit_desk.settings import DeskSettings

_PATIENCE_S, _TIMES, _WARM = 60, 100, 5
#: How often each list of one full unit is requested.
_TIMES_OF_ONE = 30
#: Searches among all complaints of a unit, by how many match.
_SEARCHES = {"a word that all have": "berlubang", "a word that few have": "kata471", "how words begin": "kata47"}
#: How many officers of each unit are on duty.
_ON_DUTY = 2
_PERSON = """
INSERT INTO people (id, email, name, unit, role, duty_days, unwanted)
VALUES ($1, $2, 'Petugas', $3, $5, $4, '{morning}')"""
# Copies of one complaint as it is stored, evenly over the given units: one in twenty is open, in eight kecamatan over
# two years.
_FILL = """
INSERT INTO complaints (unit, complaint_id, ticket, seq, told_at, received_at, lead, role, lane, status, why, due,
    weight, kecamatan, standing, rahasia, erased, words, told)
SELECT u, $3 || n, 'SPG-T' || n, seq, at, at, u, role, lane, status, why, now() + (n % 500 - 250) * interval '1h',
    0, 'Kecamatan ' || n % 8, CASE WHEN n / cardinality($2::text[]) % 20 = 0 THEN 'work' ELSE 'rest' END, false, false,
    to_tsvector('simple', 'jalan berlubang kata' || n % 5000), told
FROM complaints, generate_series(1, $1::int) AS n,
     LATERAL (SELECT ($2::text[])[1 + n % cardinality($2::text[])] AS u, now() - n * interval '10 minutes' AS at) AS it
WHERE complaint_id = 'first'"""
_TAKEN = "SELECT ticket, told_at FROM complaints WHERE ticket = ANY($1) AND complaint_id LIKE 'new-%'"
_BARE_TABLE = "CREATE TABLE bare (id serial PRIMARY KEY, told bytea NOT NULL)"
_BARE = "WITH kept AS (INSERT INTO bare (told) VALUES ($1) RETURNING id) SELECT pg_notify('bare', id::text) FROM kept"
_BARE_LIST = """
SELECT told FROM complaints WHERE unit = $1 AND standing <> 'rest' AND standing = 'work'
ORDER BY weight DESC, due, received_at, complaint_id LIMIT 51"""


class Post(Sink):
    """A mail server that notes when each mail arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail."""
        self.at.append(time.perf_counter())
        return await super().handle_DATA(server, session, envelope)

    def spans(self, sent: dict[str, float]) -> list[float]:
        """Return how long after it was ``sent`` each mail about a complaint arrived."""
        said = [(at, str(mail.get_content())) for at, mail in zip(self.at, self.mails, strict=True)]
        return [at - sent[number] for at, text in said for number in sent if number in text]


@dataclass(kw_only=True)
class Officer:
    """An officer with the list of ``unit`` open; ``spans`` is how late each complaint was on it, in seconds."""

    port: int
    token: str
    unit: str
    spans: dict[str, float] = field(default_factory=dict)
    asked: int = 0

    @property
    def head(self) -> str:
        """The headers of each request."""
        return f"Host: bench\r\nCookie: meja={self.token}\r\nMeja-Latar: 1\r\nAccept-Encoding: gzip\r\n\r\n"

    async def follow(self) -> asyncio.StreamReader:
        """Open the stream of events."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(f"GET /perubahan HTTP/1.1\r\n{self.head}".encode())
        async with asyncio.timeout(_PATIENCE_S):
            await reader.readuntil(b": here")
        return reader

    async def keep_looking(self, reader: asyncio.StreamReader, sent: dict[str, dict[str, float]]) -> None:
        """Request the list at each change, and note when it shows what was ``sent``."""
        while True:
            await reader.readuntil(b"event: changed")
            page = await self.list()
            now = time.perf_counter()
            for number, at in sent[self.unit].items():
                if number not in self.spans and number in page:
                    self.spans[number] = now - at

    async def list(self, query: str = "") -> str:
        """Request the list, or that of ``query``."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET /?{query} HTTP/1.1\r\n{self.head}".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200 "):
            raise RuntimeError(f"the list: {head[:60]!r}")
        body = await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r")[0]))
        writer.close()
        self.asked += 1
        return gzip.decompress(body).decode()


async def measure(settings: DeskSettings, sizes: argparse.Namespace) -> None:
    """Fill the desk, let officers follow, and send complaints; the last line printed is the result."""
    units = load(settings.region_dir, "units").units.desks
    pool = await open_pool(str(settings.database_url), timeout_s=600)
    post = Post()
    post.port = settings.mail_server.port
    await post.start()
    door = Door("unit-desk", settings.desk_port, ["unit_desk", "run"])
    process, sender = psutil.Process(door.child.pid), await start_producer(settings)
    sent: dict[str, dict[str, float]] = defaultdict(dict)
    sent_at: dict[str, datetime] = {}

    async def send(unit: str, complaint_id: str, number: str) -> None:
        complaint = a_snapshot(unit=unit, complaint_id=complaint_id, ticket=number, urgency=Urgency.DARURAT)
        told = UnitRouted(why=Why.ROUTED, unit=unit, complaint=complaint)
        event = codec.envelope(
            told, event_id=str(uuid4()), source="/router", subject=complaint_id, time=datetime.now(UTC),
            causation_id="bench",
        )  # fmt: skip
        record = Outgoing(topics.unit_routed(unit), complaint_id.encode(), codec.encode(event), [*codec.HEADERS])
        sent[unit][number], sent_at[number] = time.perf_counter(), datetime.now(UTC)
        await publish(sender, [record], _PATIENCE_S)

    try:
        await door.started()
        await send(units[0], "first", ticket.mint("web"))
        async with asyncio.timeout(_PATIENCE_S):
            while not await pool.fetchval("SELECT count(*) FROM complaints"):
                await asyncio.sleep(0.1)
        sent.clear()
        await pool.execute(_FILL, sizes.stored, list(units), "copy-")
        await pool.execute("VACUUM ANALYZE complaints")
        officers = [
            Officer(
                port=door.port,
                unit=(unit := units[n % len(units)]),
                token=await _join(pool, unit, n, on_duty=n < _ON_DUTY * len(units)),
            )
            for n in range(sizes.officers)
        ]
        list_s = await _asked(officers[0])
        idle = process.memory_info().rss
        readers = [await each.follow() for each in officers]
        open_ = process.memory_info().rss
        looking = [
            asyncio.create_task(each.keep_looking(reader, sent)) for each, reader in zip(officers, readers, strict=True)
        ]
        begun, cpu = time.perf_counter(), process.cpu_times()
        for n in range(sizes.count):
            await asyncio.sleep(max(0.0, begun + n / sizes.rate - time.perf_counter()))
            await send(units[n % len(units)], f"new-{n}", ticket.mint("web"))
            say(phase="complaints routed", done=n + 1, of=sizes.count)
        async with asyncio.timeout(_PATIENCE_S):
            while any(len(each.spans) < len(sent[each.unit]) for each in officers):
                await asyncio.sleep(0.05)
            told = {number: at for numbers in sent.values() for number, at in numbers.items()}
            on_duty = Counter(each.unit for each in officers[: _ON_DUTY * len(units)])
            while len(mailed := post.spans(told)) < sum(on_duty[unit] * len(sent[unit]) for unit in sent):
                await asyncio.sleep(0.05)
        taken = {row["ticket"]: row["told_at"] for row in await pool.fetch(_TAKEN, list(sent_at))}
        after, most = process.cpu_times(), process.memory_info().rss
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
        bare_s, bare_list_s = await _bare(str(settings.database_url), units[0])
        bare_mail_s = await _bare_mail(post)
        of_one = await _of_one(pool, door.port, units[0], sizes.of_one)
    finally:
        door.child.kill()
        door.child.wait()
        await post.stop()
    spans = [span for each in officers for span in each.spans.values()]
    say(
        officers=len(officers),
        complaints=sizes.count,
        errors=0,
        taken_in=percentiles([(at - sent_at[number]).total_seconds() for number, at in taken.items()]),
        on_the_list=percentiles(spans),
        baseline_heard=percentiles(bare_s),
        notice_out=percentiles(mailed),
        baseline_mail=percentiles(bare_mail_s),
        list=percentiles(list_s),
        baseline_list=percentiles(bare_list_s),
        of_one={name: percentiles(spans) for name, spans in of_one.items()},
        lists_asked=sum(each.asked for each in officers),
        kb_each=round((open_ - idle) / len(officers) / 1000, 1),
        rss_mb={"idle": round(idle / 2**20, 1), "following": round(open_ / 2**20, 1), "busy": round(most / 2**20, 1)},
        cpu_s={"unit-desk": round(after.user + after.system - cpu.user - cpu.system, 2)},
    )


async def _join(pool: Any, unit: str, n: int, *, on_duty: bool, role: Role = Role.PETUGAS) -> str:
    person = uuid4()
    days = list(WEEKDAYS) if on_duty else []
    await pool.execute(_PERSON, person, f"{n}@bench.example", unit, days, role.value)
    return await accounts.begin(pool, person)


async def _of_one(pool: Any, port: int, unit: str, stored: int) -> dict[str, list[float]]:
    """Give ``unit`` that many more complaints. Return the times of each of its lists and searches, in seconds.

    The requests come from an operator, who also sees all units: ``lintas``, ``waktu`` and ``semua`` list those.
    """
    await pool.execute(_FILL, stored, [unit], "of-one-")
    await pool.execute("VACUUM ANALYZE complaints")
    operator = Officer(port=port, unit=unit, token=await _join(pool, unit, -1, on_duty=False, role=Role.OPERATOR))
    of_unit = f"daftar=semua&unit={unit}"
    asked = {name or "dikerjakan": f"daftar={name}" for name in LISTS} | {"semua, of the unit": of_unit}
    asked |= {name: f"{of_unit}&cari={word}" for name, word in _SEARCHES.items()}
    return {name: await _asked(operator, query, _TIMES_OF_ONE) for name, query in asked.items()}


async def _asked(officer: Officer, query: str = "", times: int = _TIMES) -> list[float]:
    """Return the times of requests for a list, one after the other, in seconds."""
    spans: list[float] = []
    for _ in range(_WARM + times):
        began = time.perf_counter()
        await officer.list(query)
        spans.append(time.perf_counter() - began)
    return spans[_WARM:]


async def _bare(dsn: str, unit: str) -> tuple[list[float], list[float]]:
    """Do the unavoidable with two connections: store a row and hear of it, and read the rows of a list."""
    db, other = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    heard = asyncio.Event()
    await db.execute(_BARE_TABLE)
    await other.add_listener("bare", lambda *_: heard.set())
    told: bytes = await db.fetchval("SELECT told FROM complaints LIMIT 1")
    hearing, reading = list[float](), list[float]()
    for _ in range(_TIMES):
        heard.clear()
        began = time.perf_counter()
        await db.execute(_BARE, told)
        async with asyncio.timeout(_PATIENCE_S):
            await heard.wait()
        hearing.append(time.perf_counter() - began)
        began = time.perf_counter()
        await db.fetch(_BARE_LIST, unit)
        reading.append(time.perf_counter() - began)
    await db.close()
    await other.close()
    return hearing, reading


async def _bare_mail(post: Post) -> list[float]:
    """Hand in such mails, one after the other."""
    mail, spans = post.mails[-1], list[float]()
    for _ in range(_TIMES):
        began = time.perf_counter()
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=post.port)
        spans.append(post.at[-1] - began)
    return spans


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--of-one", type=int, default=100_000)
    parser.add_argument("--officers", type=int, default=200)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--rate", type=int, default=1)
    asyncio.run(measure(read_settings(DeskSettings), parser.parse_args()))


if __name__ == "__main__":
    main()
