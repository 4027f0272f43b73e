"""Measures what citizens notice while one client attacks the website: by streams, requests and photos.

``lapor bench attack`` runs it, on the running service. A citizen asks for pages and sends small photos, first alone and
then beside each of the attacks; both come by the same proxy, from different addresses.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import psutil

from chassis.database import Pool, open_pool
from chassis.settings import read_settings
from contracts import ticket
from contracts.vocabulary import Status
from intake.complaint_view import ComplaintView, save_views
from intake.decode import MAX_SCANS
from intake.photo import MAX_BYTES
from intake_web.settings import WebSettings
from testing.bench.harness import percentiles, say
from testing.bench.intake_web import Door
from testing.pictures import endless, photo

ATTACKER = "203.0.113.7"
#: From the security review that found the first attack: concurrent streams, concurrent uploads, and endless lists.
_STREAMS, _UPLOADS, _LISTS = 516, 57, 50
#: Seconds between a citizen's pages.
_PAUSE_S = 0.05
_COST = """
SELECT pg_total_relation_size('uploads') + pg_total_relation_size('complaints'), pg_current_wal_lsn() - '0/0'"""


async def measure(settings: WebSettings, seconds: float) -> None:
    """Let a citizen send requests for ``seconds``, alone and then beside each attack."""
    pool = await open_pool(str(settings.database_url))
    number = ticket.mint("web")
    async with pool.acquire() as db, db.transaction():
        await save_views(db, {number: ComplaintView(ticket=number, status=Status.ROUTED, seq=1)})
    door = Door("intake-web", settings.web_port, ["intake_web", "run"])
    found: dict[str, Any] = {}
    try:
        await door.started()
        async with _client(door.port) as client:
            await _ask(client, 1, door)  # so that everything made once exists
            attacks: dict[str, Callable[[], Awaitable[None]] | None] = {
                "alone": None,
                "streams": lambda: _streams(door.port, number),
                "lists": lambda: _lists(door.port),
                "photos": lambda: _photos(door.port),
            }
            for n, (name, attack) in enumerate(attacks.items()):
                say(phase="asking", done=n, of=len(attacks))
                async with _beside(attack):
                    found[name] = await _ask(client, seconds, door)
            say(phase="asking", done=len(attacks), of=len(attacks))
            found["pieces"] = await _pieces(client, pool)
    finally:
        door.child.kill()
        door.child.wait()
        await pool.close()
    say(**found)


async def _ask(client: httpx.AsyncClient, seconds: float, door: Door) -> dict[str, Any]:
    """Ask for pages for ``seconds``, sending one photo. Return the citizen's waits and the service's memory."""
    process, spans, refused, rss = psutil.Process(door.child.pid), list[float](), 0, 0
    sending = asyncio.create_task(_timed(_upload(client, photo(), _citizen(0))))
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or not sending.done():
        took, status = await _timed(_page(client, len(spans)))
        spans.append(took)
        refused += status != 200
        rss = max(rss, process.memory_info().rss)
        await asyncio.sleep(_PAUSE_S)
    photo_s, status = await sending
    return {
        "page": percentiles(spans),
        "pages": len(spans),
        "refused": refused + (status != 204),
        "photo_s": round(photo_s, 2),
        "rss_mb": round(rss / 2**20, 1),
    }


async def _timed(answered: Awaitable[int]) -> tuple[float, int]:
    began = time.perf_counter()
    status = await answered
    return time.perf_counter() - began, status


def _citizen(n: int) -> str:
    """Return the address of request ``n``: a new one for each page, since one address may read only so many."""
    return f"10.1.{n >> 8}.{n % 256}"


async def _page(client: httpx.AsyncClient, n: int) -> int:
    return (await client.get("/laporan", headers={"X-Forwarded-For": _citizen(n)})).status_code


async def _upload(client: httpx.AsyncClient, content: bytes, who: str, piece: int = 0) -> int:
    """Upload ``content``, in pieces of ``piece`` bytes if given. Return the last answer's status."""
    head = {"Tus-Resumable": "1.0.0", "X-Forwarded-For": who}
    made = await client.post("/v1/uploads", headers={**head, "Upload-Length": str(len(content))})
    status = made.status_code
    for offset in range(0, len(content), piece or len(content)) if status == 201 else ():
        more = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        part = content[offset : offset + (piece or len(content))]
        status = (await client.patch(made.headers["location"], content=part, headers=head | more)).status_code
        if status != 204:
            break
    return status


@contextlib.asynccontextmanager
async def _beside(attack: Callable[[], Awaitable[None]] | None) -> AsyncIterator[None]:
    """Run ``attack`` during the block."""
    task = asyncio.ensure_future(attack()) if attack else None
    if task:
        await asyncio.wait([task], timeout=1)  # let it begin
    try:
        yield
    finally:
        if task:
            task.cancel()
            await asyncio.wait([task])


async def _streams(port: int, number: str) -> None:
    """Hold as many event streams as the service allows, and reopen each that ends."""

    async def hold() -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(
                    f"GET /v1/complaints/{number}/events HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n"
                    f"X-Forwarded-For: {ATTACKER}\r\n\r\n".encode()
                )
                while await reader.read(4096):
                    pass
                writer.close()

    await asyncio.gather(*(hold() for _ in range(_STREAMS)))


async def _lists(port: int) -> None:
    """Ask endlessly for the most expensive list."""
    async with _client(port) as client:

        async def ask() -> None:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    await client.get("/open311/v2/requests.json", headers={"X-Forwarded-For": ATTACKER})

        await asyncio.gather(*(ask() for _ in range(_LISTS)))


async def _photos(port: int) -> None:
    """Send the photos that take longest to decode among those not refused immediately."""
    hostile = endless(MAX_SCANS - 10, size=MAX_BYTES)
    async with _client(port) as client:

        async def send() -> None:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    await _upload(client, hostile, ATTACKER)

        await asyncio.gather(*(send() for _ in range(_UPLOADS)))


async def _pieces(client: httpx.AsyncClient, db: Pool) -> dict[str, Any]:
    """Upload a photo of 10 MB in the smallest pieces. Return what it costs in tables and in the database's log."""
    content = photo()
    content += bytes(MAX_BYTES - len(content))
    before = await db.fetchrow(_COST)
    status = await _upload(client, content, _citizen(1), 64 * 1024)
    after = await db.fetchrow(_COST)
    table, wal = ((now - then) / len(content) for now, then in zip(after, before, strict=True))
    return {"status": status, "table_ratio": round(float(table), 4), "wal_ratio": round(float(wal), 4)}


def _client(port: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=120, limits=limits)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    asyncio.run(measure(read_settings(WebSettings), given.seconds))


if __name__ == "__main__":
    main()
