"""The service in its own process, with a real PostgreSQL and no reachable broker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from intake.decode import MAX_SCANS
from intake.photo import MAX_BYTES
from lapor.processes.ports import HOST, choose
from lapor.servers.certificates import prepare, server
from testing.pictures import endless, photo
from testing.tls import showing
from testing.waiting import until, within

pytestmark = pytest.mark.connected

KEY = {"Idempotency-Key": "a3f2c1d0-0000-4000-8000-000000000001"}
BODY = {"text": "Lampu jalan padam"}
REGION = Path(__file__).parents[3] / "region" / "soppeng"


@dataclass(kw_only=True)
class Running:
    """A running intake-web."""

    process: subprocess.Popen[bytes]
    url: str
    health: str
    log: Path

    def wait_ready(self) -> None:
        deadline = time.monotonic() + 90  # it loads its words before it answers, on a busy machine
        while time.monotonic() < deadline and self.process.poll() is None:
            if _code(f"{self.url}/lacak") == 200 and _code(f"{self.health}/ready") == 200:
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-3000:])


def _code(url: str) -> int | None:
    try:
        return httpx.get(url, trust_env=False, timeout=2).status_code
    except httpx.TransportError:
        return None


@pytest.fixture
def start(dsn: str, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[subprocess.Popen[bytes]] = []
    ports = choose({"web": 0, "health": 0}, tmp_path / "ports.json")
    log = tmp_path / "log"

    def run(**extra: str) -> Running:
        env = {
            "PATH": os.environ["PATH"],
            "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:9",
            "KAFKA_USERNAME": "intake-web",
            "KAFKA_PASSWORD": "unused",
            "DATABASE_URL": dsn,
            "REGION_DIR": str(REGION),
            "HTTP_PORT": str(ports["health"]),
            "WEB_PORT": str(ports["web"]),
            "INSTALLATION_NAMESPACE": "00000000-0000-4000-8000-000000000001",
            "EVENT_KEY": "key-of-the-intake-of-the-test",
            "EVIDENCE_URL": f"file://{tmp_path}/evidence",
            **extra,
        }
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "intake_web", "run"], env=env, stdout=out, stderr=subprocess.STDOUT
            )
        started.append(process)
        return Running(
            process=process, url=f"http://{HOST}:{ports['web']}", health=f"http://{HOST}:{ports['health']}", log=log
        )

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def test_it_looks_at_the_certificate_of_its_database(start: Callable[..., Running], tmp_path: Path) -> None:
    """The database has nothing but its certificate: submissions are told to come again."""
    prepare(tmp_path, [server("intake-web-db=127.0.0.1")], now=datetime.now(UTC))

    with showing(tmp_path / "intake-web-db", postgres=True) as (host, port):
        asked = f"sslmode=verify-ca&sslrootcert={tmp_path}/trust/ca.pem"
        service = start(DATABASE_URL=f"postgresql://u:p@{host}:{port}/d?{asked}")
        wanted = f'lapor_certificate_lifetime_seconds{{server="{host}:{port}"}}'
        until(lambda: _code(service.health) == 200 and wanted in httpx.get(service.health, trust_env=False).text)


def submit(url: str) -> httpx.Response:
    return httpx.post(f"{url}/v1/complaints", json=BODY, headers=KEY, trust_env=False)


def test_a_complaint_is_taken_while_kafka_is_away_and_sigterm_ends_it(start: Callable[..., Running], dsn: str) -> None:
    service = start()
    service.wait_ready()

    answer = submit(service.url)
    probe = httpx.head(f"{service.url}/", trust_env=False)
    service.process.send_signal(signal.SIGTERM)

    assert answer.status_code == 202
    assert (probe.status_code, probe.content) == (200, b"")
    assert service.process.wait(120) == 0
    with psycopg.connect(dsn) as db:
        assert db.execute("SELECT count(*) FROM outbox").fetchone() == (1,)


def test_retry_after_a_crash_between_commit_and_answer_gets_the_saved_ticket(
    start: Callable[..., Running], dsn: str
) -> None:
    dying = start(CRASH_AT="ack.after_commit_before_response")
    dying.wait_ready()
    with pytest.raises(httpx.TransportError):
        submit(dying.url)
    assert dying.process.wait(10) == -signal.SIGKILL
    service = start()
    service.wait_ready()

    answer = submit(service.url)

    with psycopg.connect(dsn) as db:
        assert db.execute("SELECT ticket FROM complaints").fetchall() == [(answer.json()["ticket"],)]


def test_a_body_far_too_large_is_answered_and_not_just_cut_off(start: Callable[..., Running]) -> None:
    service = start()
    service.wait_ready()

    answer = httpx.post(f"{service.url}/v1/complaints", json={"text": "x" * 3_000_000}, headers=KEY, trust_env=False)

    assert answer.status_code == 413


async def test_hostile_photo_flood_neither_exhausts_memory_nor_blocks_others(
    start: Callable[..., Running],
) -> None:
    service = start(WEB_TRUSTED_PROXIES=f"{HOST}/32")
    await asyncio.to_thread(service.wait_ready)
    hostile = endless(MAX_SCANS - 10, size=MAX_BYTES)  # the slowest file that is not refused immediately
    process, most = psutil.Process(service.process.pid), 0

    async def upload(client: httpx.AsyncClient, content: bytes, who: str) -> int:
        head = {"Tus-Resumable": "1.0.0", "X-Forwarded-For": who}
        made = await client.post("/v1/uploads", headers={**head, "Upload-Length": str(len(content))})
        if made.status_code != 201:
            return made.status_code
        more = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        return (await client.patch(made.headers["location"], content=content, headers=head | more)).status_code

    async with httpx.AsyncClient(base_url=service.url, trust_env=False, timeout=300) as client:
        attack = [asyncio.create_task(upload(client, hostile, "203.0.113.7")) for _ in range(57)]
        # One was made: the others are queued now.
        await within(asyncio.wait(attack, return_when=asyncio.FIRST_COMPLETED))
        citizen = asyncio.create_task(upload(client, photo(), "198.51.100.7"))
        waiting_then = -1
        while not citizen.done() or not all(each.done() for each in attack):
            most = max(most, process.memory_info().rss)
            if citizen.done() and waiting_then < 0:
                waiting_then = sum(not each.done() for each in attack)
            await asyncio.sleep(0.05)

    assert 204 == citizen.result()
    assert waiting_then > 10
    assert {204, 503} == {each.result() for each in attack}
    assert most < 400_000_000, most


def test_the_service_answers_while_its_database_is_away(start: Callable[..., Running]) -> None:
    service = start(DATABASE_URL=f"postgresql://intake_web@{HOST}:9/intake_web")
    deadline = time.monotonic() + 90  # it loads its words before it answers, on a busy machine
    while _code(f"{service.url}/") != 200 and time.monotonic() < deadline:
        time.sleep(0.05)

    answer = submit(service.url)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert _code(f"{service.health}/ready") == 503
    assert service.process.poll() is None


def test_every_wrong_setting_is_named_and_the_service_does_not_start(start: Callable[..., Running]) -> None:
    service = start(WEB_PORT="eighty", INSTALLATION_NAMESPACE="not-a-uuid")

    assert service.process.wait(120) == 78
    said = service.log.read_text()
    assert "WEB_PORT" in said
    assert "INSTALLATION_NAMESPACE" in said
    assert "not-a-uuid" not in said
