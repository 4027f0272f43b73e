"""A database whose disk is full: it gives no ticket, loses none that it gave, and needs only room to recover."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import intake
from chassis.database import migrate, open_pool
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE
from intake_web.settings import WebSettings
from lapor.demo.player import somebody
from testing.disks import SmallDisk, small_disk
from testing.servers import Stack, start_postgres
from testing.waiting import BOUND_S

pytestmark = pytest.mark.connected
#: The size of the disk in bytes; a new cluster takes less than half of it.
SIZE = 160 * 1024 * 1024


@pytest.fixture
def small() -> Iterator[SmallDisk]:
    """A small disk, outside pytest's own folder, which the server's user can't enter."""
    with tempfile.TemporaryDirectory(prefix="lapor-") as folder, small_disk(Path(folder), SIZE) as disk:
        yield disk


@pytest.fixture
def crowded(small: SmallDisk) -> Iterator[Stack]:
    """A PostgreSQL on the small disk."""
    stack = start_postgres(small.folder)
    yield stack
    stack.discard()


async def test_on_a_full_disk_no_ticket_is_given_and_none_is_lost(
    small: SmallDisk,
    crowded: Stack,
    make_settings: Callable[..., WebSettings],
    client_on: Callable[..., httpx.AsyncClient],
    caplog: pytest.LogCaptureFixture,
) -> None:
    migrate(dsn := crowded.database("web"), intake.MIGRATIONS)
    pool = await open_pool(dsn, connected=0)
    store = PostgresStore(pool, make_settings(), SERVICE, lambda: None, within_s=BOUND_S)
    given = list[str]()
    async with client_on(store, proxies="127.0.0.1/32") as client:

        async def submit() -> httpx.Response:
            body = {"text": f"Jalan rusak {secrets.token_hex(1500)}", "anonim": True}
            headers = {"Idempotency-Key": secrets.token_hex(), **somebody()}
            answer = await client.post("/v1/complaints", json=body, headers=headers)
            given.extend([answer.json()["ticket"]] if answer.status_code == 202 else [])
            return answer

        await submit()
        small.fill()
        while (refused := await submit()).status_code == 202:
            assert len(given) < 100
        small.make_room()
        assert (await submit()).status_code == 202

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "No space left on device" in " ".join(str(record.__dict__) for record in caplog.records)
    assert set(given) == {row["ticket"] for row in await pool.fetch("SELECT ticket FROM complaints")}
    await pool.close()
