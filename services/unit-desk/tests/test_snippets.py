"""The snippets of docs/agencies that need no Kafka, as processes against the desk on a real port."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk_office import NUMBER, Tell, sent

from chassis.batch import BatchHandler
from chassis.database import Pool
from chassis.wire import Record, Tombstone, tombstone
from contracts.events import Evidence, ReplyAnswer
from contracts.topics import unit_routed
from lapor.processes.ports import choose
from testing.programs import program
from testing.waiting import within
from unit_desk import webhook_notices
from unit_desk.adapters import keys, webhooks
from unit_desk.app import handler
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.rules import Rules

pytestmark = [pytest.mark.connected, pytest.mark.slow]
FOLDER = Path(__file__).parents[3] / "docs" / "agencies"
PROOF = Evidence(url="https://lapor.soppengkab.go.id/1.jpg", media_type="image/jpeg", sha256="ab", bytes=3)
Somebody = Callable[..., Awaitable[Person]]
Run = Callable[..., Coroutine[Any, Any, tuple[int, str, str]]]


@pytest.fixture
def run(here: Desk, tmp_path: Path) -> Run:
    """Runs a snippet as PUPR; returns its exit status, its output and its errors."""

    async def run(name: str, *words: str) -> tuple[int, str, str]:
        async with here.pool.acquire() as db:
            key, _ = await keys.create(db, "PUPR", "simpu", "Bina Marga", ["read", "reply"], 1, None)
        env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "UNIT": "PUPR", "KUNCI": key}
        env["MEJA"] = here.settings.public_url
        runs = sys.executable if name.endswith(".py") else program("node", debian="nodejs")
        process = await asyncio.create_subprocess_exec(
            runs, FOLDER / name, *words, env=env, cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(60):
            out, wrong = await process.communicate()
        return process.returncode or 0, out.decode(), wrong.decode()

    return run


async def erase(pool: Pool, rules: Rules, complaint_id: str) -> None:
    out = tombstone(unit_routed("PUPR"), complaint_id, Tombstone(ticket=NUMBER))
    await BatchHandler(pool, handler(rules))([Record(out.topic, 0, 99, out.key, None, 1, out.headers)])


@pytest.mark.parametrize("name", ["kabar.py", "kabar.mjs"])
async def test_snippet_reads_each_event_once(run: Run, tell: Tell, pool: Pool, rules: Rules, name: str) -> None:
    complaint = await tell(text="Jalan berlubang")
    first, again = await run(name, "--sekali"), await run(name, "--sekali")
    await tell(seq=2, status="acknowledged", why="updated", text="Jalan berlubang")
    new = await run(name, "--sekali")
    await erase(pool, rules, complaint.complaint_id)
    erased = await run(name, "--sekali")

    assert (0, f"{NUMBER}\trouted\trouted\tJalan berlubang\n") == first[:2]
    assert (0, "") == again[:2]
    assert (0, f"{NUMBER}\tupdated\tacknowledged\tJalan berlubang\n") == new[:2]
    assert (0, "" if name.endswith(".py") else f"hapus\t{complaint.complaint_id}\n") == erased[:2]


async def test_an_erased_complaint_leaves_the_database_of_the_snippet(
    run: Run, tell: Tell, pool: Pool, rules: Rules, tmp_path: Path
) -> None:
    complaint = await tell()
    await run("kabar.py", "--sekali")
    before = sqlite3.connect(tmp_path / "laporan.db").execute("SELECT count(*) FROM laporan").fetchone()
    await erase(pool, rules, complaint.complaint_id)
    await run("kabar.py", "--sekali")

    assert ((1,), (0,)) == (
        before,
        sqlite3.connect(tmp_path / "laporan.db").execute("SELECT count(*) FROM laporan").fetchone(),
    )


@pytest.mark.parametrize("name", ["kabar.py", "kabar.mjs"])
async def test_a_log_that_is_another_is_read_from_its_beginning(run: Run, tell: Tell, pool: Pool, name: str) -> None:
    await tell(text="Jalan berlubang")
    await run(name, "--sekali")
    await pool.execute("UPDATE log SET event_id = 'another'")

    assert (0, f"{NUMBER}\trouted\trouted\tJalan berlubang\n") == (await run(name, "--sekali"))[:2]


@pytest.mark.parametrize("name", ["jawab.py", "jawab.mjs"])
async def test_a_reply_is_sent_and_its_answer_is_waited_for(run: Run, tell: Tell, pool: Pool, name: str) -> None:
    await tell()
    evidence = f"evidence={msgspec.json.encode([PROOF]).decode()}"
    message = "message=Lubang di depan SD 3 sudah ditambal aspal tadi pagi, hubungi 0812-7788-9911"
    running = asyncio.create_task(run(name, NUMBER, "resolve", message, evidence))
    async with asyncio.timeout(60):
        while not (said := await sent(pool)):
            await asyncio.sleep(0.05)
    reply_id = str(await pool.fetchval("SELECT id FROM replies"))
    answer = ReplyAnswer(event_id=reply_id, accepted=True, masked=["[TELEPON]"])
    await tell(seq=2, status="resolved", why="replied", reply=answer)

    assert (0, "diterima; warga membaca [TELEPON] sebagai gantinya\n") == (await running)[:2]
    assert [PROOF] == said[0][1].evidence


@pytest.mark.parametrize("name", ["jawab.py", "jawab.mjs"])
async def test_refused_reply_is_explained_by_the_snippet(run: Run, tell: Tell, name: str) -> None:
    await tell()

    code, out, wrong = await run(name, NUMBER, "resolve", "message=Sudah ditindaklanjuti")

    assert (1, "") == (code, out)
    assert ["Yang salah ada di errors.", "message:"] == [wrong.splitlines()[0], wrong.splitlines()[1].partition(" ")[0]]


@pytest.mark.parametrize("name", ["penerima.py", "penerima.mjs"])
async def test_a_receiver_takes_what_is_signed_reads_what_came_and_refuses_the_rest(
    here: Desk, tell: Tell, somebody: Somebody, tmp_path: Path, name: str
) -> None:
    head, port = await somebody(role="pimpinan"), choose({"receiver": 0}, tmp_path / "ports.json")["receiver"]
    async with here.pool.acquire() as db:
        key, _ = await keys.create(db, "PUPR", "simpu", "Bina Marga", ["read"], 1, head)
        webhook = await webhooks.add(db, "PUPR", f"http://127.0.0.1:{port}/", head)
    assert webhook
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "UNIT": "PUPR", "KUNCI": key, "PORT": str(port)}
    env |= {"MEJA": here.settings.public_url, "RAHASIA": webhook_notices.secret_of(here.settings.key, webhook, 1)}
    runs = sys.executable if name.endswith(".py") else program("node", debian="nodejs")
    process = await asyncio.create_subprocess_exec(
        runs, FOLDER / name, env=env, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout

    async def line() -> str:
        async with asyncio.timeout(60):
            assert process.stdout
            return (await process.stdout.readline()).decode().strip()

    try:
        assert f"menunggu di port {port}" == await line()
        await tell(text="Jalan berlubang")
        wrong = [
            await replace(here.courier, key=b"another key of another desk").send(each)
            for each in await here.courier.due()
        ]
        await here.pool.execute("UPDATE deliveries SET next_at = now()")
        sent_now = [await here.courier.send(each) for each in await here.courier.due()]

        assert (["401"], ["204"]) == (wrong, sent_now)
        assert f"unit.routed {NUMBER}" == await line()
        assert f"{NUMBER}\trouted\trouted\tJalan berlubang" == await line()
    finally:
        process.kill()
        await within(process.wait())
