"""The desk as a process, on real Kafka and PostgreSQL: words to units come in, and their replies go out."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from typing import Any, ClassVar
from uuid import uuid4

import asyncpg
import httpx
import pytest
import yaml
from confluent_kafka import Consumer, Producer
from desk_office import PASSWORD, REGION
from desk_parties import ADDRESS, HANDED, SAYS
from psycopg.conninfo import conninfo_to_dict

from chassis.database import migrate
from contracts import codec, ticket
from contracts.events import ComplaintTold, ReplyAnswer, UnitReplied, UnitRouted
from contracts.topics import TOLD, load_topics, unit_replied, unit_routed
from kabupaten import load
from lapor.processes.ports import HOST, choose
from lapor.servers.dump import Database, dump, swap
from lapor.servers.dump import load as load_dump
from testing import fixtures
from testing.events import NOW, a_snapshot
from testing.servers import Stack
from testing.standins import serving, settings_for_tests
from testing.waiting import until
from unit_desk import passwords
from unit_desk.adapters import accounts, keys, webhooks

pytestmark = [pytest.mark.connected, pytest.mark.slow]
connected = fixtures.connected
UNITS = load(REGION, "units").units
NUMBER = "SPG-S000-00007"
PAGE = f"/laporan/{NUMBER}"
EMAIL = "rahma@contoh.id"
MIGRATIONS = Path(__file__).parents[1] / "migrations"


@dataclass(kw_only=True)
class Running:
    """The desk as a process, for one test alone."""

    stack: Stack
    folder: Path
    ports: dict[str, int]
    dsn: str
    messages: str = ""
    region: Path = REGION
    process: subprocess.Popen[bytes] | None = None
    more: dict[str, str] = field(default_factory=dict)
    web: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        url = f"http://{HOST}:{self.ports['desk']}"
        self.web = httpx.Client(base_url=url, headers={"Origin": url}, trust_env=False, timeout=20)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "KAFKA_BOOTSTRAP_SERVERS": self.stack.bootstrap,
            "KAFKA_USERNAME": "unit-desk",
            "KAFKA_PASSWORD": self.stack.passwords["unit-desk"],
            "DATABASE_URL": self.dsn,
            "REGION_DIR": str(self.region),
            "HTTP_PORT": str(self.ports["health"]),
            "DESK_PORT": str(self.ports["desk"]),
            "EVIDENCE_URL": f"file://{self.folder}/proofs",
            "DESK_KEY": "key-of-the-desk-of-the-test",
            "DESK_WEBHOOK_NETWORKS": "127.0.0.0/8",
            "SESSION_TIMEOUT_S": "6",
            "SMTP_URL": f"smtp://{HOST}:{self.ports['mail']}",
            "MAIL_FROM": "LAPOR! Soppeng <lapor@contoh.id>",
            "KANNEL_SEND_URL": f"{self.messages}/cgi-bin/sendsms",
            "KANNEL_USERNAME": "lapor",
            "KANNEL_PASSWORD": "kannel-password",
            **self.more,
        }

    def run(self, *words: str) -> str:
        command = [sys.executable, "-m", "unit_desk", *words]
        return subprocess.run(command, env=self.env, check=True, timeout=120, stdout=subprocess.PIPE, text=True).stdout

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = [sys.executable, "-m", "unit_desk", "run"]
            self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=subprocess.STDOUT)
        until(self._answers, 90, "the desk answers")

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def dies(self, point: str, act: Callable[[], object]) -> None:
        """Let the process be killed at ``point`` of ``act``, and start another."""
        assert self.process is not None
        (self.folder / point).unlink()
        with suppress(httpx.TransportError):
            act()
        assert -signal.SIGKILL == self.process.wait(30)
        self.start()

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            return self.web.get("/masuk").status_code == 200
        except httpx.TransportError:
            return False

    def log_in(self, unit: str = "PUPR") -> None:
        """Make a clerk of ``unit``, and log in as that clerk."""
        asyncio.run(_join(self.dsn, unit))
        self.web.cookies.clear()
        assert 303 == self.web.post("/masuk", data={"email": EMAIL, "password": PASSWORD}).status_code

    def form(self, path: str, **fields: str) -> dict[str, str]:
        """Return a form as it is now, filled in and ready to be sent."""
        shown = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.web.get(path).text)
        return {**dict(shown), **fields, "step": "kirim"}

    def do(self, slug: str, page: str = PAGE, **fields: str) -> str:
        """Send a form as it is now; return the id of the reply."""
        form = self.form(f"{page}/{slug}", **fields)
        answer = self.web.post(f"{page}/{slug}", data=form)
        assert 303 == answer.status_code, answer.text
        return form["id"]

    def shows(self, path: str, *said: str) -> Callable[[], bool]:
        """Return a check that a page says all of ``said``."""
        return lambda: all(each in self.web.get(path).text for each in said)


async def _join(dsn: str, unit: str, email: str = EMAIL, role: str = "petugas") -> None:
    db = await asyncpg.connect(dsn)
    token = await accounts.invite(db, email, "Rahma", unit, role, None)
    await accounts.accept(db, token, await passwords.hashed(PASSWORD), 0, 0)
    await db.close()


@pytest.fixture
def running(connected: Stack, tmp_path: Path) -> Iterator[Running]:
    with _begun(connected, tmp_path) as desk:
        # Another test's desk has read these topics, with a database of its own.
        until(lambda: _rewound(desk), 60, "Kafka has forgotten that process")
        desk.start()
        yield desk


@contextmanager
def _begun(connected: Stack, tmp_path: Path, region: Path = REGION) -> Iterator[Running]:
    codes = list(UNITS.by_code)
    connected.provision_kafka(load_topics(codes, desks=UNITS.desks), codes)
    dsn = connected.database(f"unit_desk_{uuid4().hex[:8]}")
    migrate(dsn, MIGRATIONS)
    ports = choose({"desk": 0, "health": 0, "mail": 0}, tmp_path / "ports.json")
    with serving(settings_for_tests(tmp_path / "standins", smtp_port=str(ports["mail"]))) as messages:
        desk = Running(stack=connected, folder=tmp_path, ports=dict(ports), dsn=dsn, messages=messages, region=region)
        try:
            yield desk
        finally:
            desk.stop()
            desk.web.close()


def tell(stack: Stack, unit: str = "PUPR", why: str = "routed", at: datetime = NOW, **facts: Any) -> None:
    """Tell ``unit``, as the router did at ``at``."""
    more = {name: facts.pop(name) for name in ("stage", "reply") if name in facts}
    complaint = a_snapshot(unit=unit, **facts)
    told, key = UnitRouted(why=why, unit=unit, complaint=complaint, **more), complaint.complaint_id
    event = codec.envelope(told, event_id=str(uuid4()), source="/router", subject=key, time=at, causation_id="a-cause")
    producer = Producer({**stack.client("router"), "log_level": 0})
    producer.produce(unit_routed(unit), codec.encode(event), key.encode(), headers=list(codec.HEADERS))
    assert 0 == producer.flush(30)


def arrived(stack: Stack, state: str) -> None:
    """Send the outcome of the first step's message, as intake-sms does."""
    data = ComplaintTold(
        complaint_id="c1", ticket=NUMBER, message_id="m1", kind="step", state=state, at=NOW, step=1, channel="sms"
    )
    now = datetime.now(UTC)
    event = codec.envelope(data, event_id=str(uuid4()), source="/intake-sms", subject="c1", time=now)
    producer = Producer({**stack.client("intake-sms"), "log_level": 0})
    producer.produce(TOLD, codec.encode(event), b"c1", headers=list(codec.HEADERS))
    assert 0 == producer.flush(30)


def replied(stack: Stack, many: int, unit: str = "PUPR") -> list[tuple[str, UnitReplied]]:
    """Read the replies of ``unit``, as the router does, until there are ``many``."""
    settings = {**stack.client("router"), "group.id": "router", "auto.offset.reset": "earliest", "log_level": 0}
    consumer = Consumer({**settings, "enable.auto.commit": False})
    found: list[tuple[str, UnitReplied]] = []

    def look() -> bool:
        record = consumer.poll(1)
        if record and not record.error():
            event = codec.decode(record.value() or b"")
            found.append((event.id, event.data))  # type: ignore[arg-type]
        return len(found) >= many

    try:
        consumer.subscribe([unit_replied(unit)])
        until(look, 60, f"{many} replies, there are {found}")
    finally:
        consumer.close()
    return found


def test_desk_receives_and_replies_through_kafka_and_database_loss(running: Running) -> None:
    stack = running.stack
    arrived(stack, "taken")
    tell(stack, text="Jalan berlubang di Takalalla", seq=1)
    running.log_in()
    until(running.shows("/", "Jalan berlubang di Takalalla"), 60, "it is on the list")
    until(running.shows(PAGE, "Terkirim lewat SMS, belum ada kabar sampai"), 60, "what was said before is there")
    arrived(stack, "delivered")
    until(running.shows(PAGE, "Terkirim lewat SMS, sampai di ponsel"), 60, "and what came later")

    first = running.do("terima")
    assert [(first, "acknowledge")] == [(event_id, said.action) for event_id, said in replied(stack, 1)]

    # Kafka is away: a reply is stored, shown as waiting, and sent by itself later.
    tell(stack, text="Jalan berlubang di Takalalla", seq=2, status="acknowledged")
    _answer(running, first)
    until(running.shows(f"{PAGE}/tanya", 'name="seen" value="2"'), 30, "the step is read, and the next can be done")
    stack.kill_broker()
    try:
        second = running.do("tanya", words="Di depan rumah nomor berapa?")
        until(running.shows(PAGE, "menunggu dikirim"), 10, "it is said to wait")
        until(running.shows("/", "1 balasan menunggu dikirim"), 30, "all pages say so")
    finally:
        stack.start_broker()  # other tests share it, even if this one failed
    assert [first, second] == [event_id for event_id, _ in replied(stack, 2)]
    until(lambda: not running.shows("/", "menunggu dikirim")(), 30, "nothing waits")

    # The database is lost: the desk reads the topics from the beginning, and people are invited again.
    running.stop()
    running.dsn = stack.database(f"unit_desk_{uuid4().hex[:8]}")
    running.run("migrate")
    until(lambda: _rewound(running), 60, "Kafka has forgotten the process")
    running.start()
    running.log_in()
    until(running.shows("/", "Jalan berlubang di Takalalla", "Diterima"), 60, "it is on the list again")
    until(running.shows(PAGE, "Terkirim lewat SMS, sampai di ponsel"), 60, "and what was told of it")


def test_a_danger_is_a_mail_and_an_sms_within_ten_seconds_of_its_record(running: Running) -> None:
    running.log_in("DLH")  # no other test uses its topics
    form = {"phone": "0811 0000 001", "by_mail": "on", "by_sms": "on"}
    assert 303 == running.web.post("/kabar", data=form).status_code
    tell(running.stack, "DLH", text="Jalan berlubang di Takalalla")
    until(running.shows("/", "Jalan berlubang di Takalalla"), 60, "it reads")

    tell(
        running.stack, "DLH", at=datetime.now(UTC), urgency="darurat", seq=2, text="Tolong, Ibu Hasnah terjebak banjir"
    )
    found = until(lambda: _sent(running, 2), 10, "both are out")

    assert {("email", EMAIL), ("sms", "+628110000001")} == {(each["channel"], each["to"]) for each in found}
    assert [NUMBER, NUMBER] == [each["ticket"] for each in found]
    assert "Hasnah" not in str(found)
    figures, counted = f"http://{HOST}:{running.ports['health']}/metrics", 'medium="email",result="sent"} 1.0'
    until(
        lambda: f"lapor_desk_notices_total{{{counted}" in httpx.get(figures, trust_env=False).text, 60, "it is counted"
    )


def test_a_database_of_yesterday_knows_all_again_and_tells_nobody_twice(running: Running) -> None:
    stack, unit = running.stack, "BPBD"  # no other test uses its topics
    running.log_in(unit)
    ended = running.web.cookies["meja"]
    form = {"phone": "0811 0000 001", "by_mail": "on", "by_sms": "on"}  # wants to be told of danger only, at any hour
    assert 303 == running.web.post("/kabar", data=form).status_code
    seen, taken, untouched, other, fresh = numbers = [ticket.mint("sms") for _ in range(5)]
    danger: dict[str, Any] = {"urgency": "darurat"}
    acknowledged = {**danger, "status": "acknowledged"}

    def told(number: str, seq: int = 1, why: str = "routed", **facts: Any) -> None:
        about = {"ticket": number, "complaint_id": number, "text": f"Isi {number}"}
        tell(stack, unit, why, datetime.now(UTC), seq=seq, **about, **facts)

    def alarms() -> list[tuple[int, str]]:
        return sorted((numbers.index(each["ticket"]), each["channel"]) for each in _sent(running, 0) or [])

    def by_both(*which: str) -> list[tuple[int, str]]:
        return sorted((numbers.index(each), by) for each in which for by in ("email", "sms"))

    told(seen, **danger)
    until(lambda: alarms() == by_both(seen), 30, "the danger is told")
    database, backup = _database(running), BytesIO()
    rows = dump(database, lambda from_: copyfileobj(from_, backup))

    # During a day a session ends, one danger is opened, one is answered at the desk, and one nobody touches.
    running.log_in(unit)
    told(seen, 2, "updated", **acknowledged)
    told(taken, **danger)
    until(lambda: alarms() == by_both(seen, taken), 60, "it is told by itself: what comes meanwhile would join it")
    told(untouched, **danger)
    told(other)
    until(lambda: alarms() == by_both(seen, taken, untouched), 60, "all of it is told")
    day = alarms()
    reply = running.do("terima", page=f"/laporan/{taken}")
    told(taken, 2, "updated", **acknowledged)
    told(taken, 3, "replied", **acknowledged, reply=ReplyAnswer(event_id=reply, accepted=True))
    until(running.shows(f"/laporan/{taken}", "Diterima"), 60, "the answer is read")
    running.stop()

    # The database is put back to yesterday's, and more news comes while the desk stands still.
    backup.seek(0)
    swap(database, load_dump(database, lambda into: copyfileobj(backup, into), rows), f"{database.name}_before")
    told(fresh, **danger)

    # The first run is stopped when everything is read again, and before notices are taken back.
    asyncio.run(_do(running.dsn, "ALTER TABLE messages RENAME TO away"))
    there = f"SELECT count(*) FROM complaints WHERE ticket = '{fresh}'"
    until(lambda: not _rewound(running) and asyncio.run(_do(running.dsn, there)), 60, "all is handled")
    asyncio.run(_do(running.dsn, "ALTER TABLE away RENAME TO messages"))
    until(lambda: _rewound(running), 60, "done again it ends")
    running.start()

    until(lambda: len(alarms()) >= len(day) + 2, 60, "who is to be told is")
    until(lambda: asyncio.run(_waiting(running.dsn)) == 0, 60, "nothing more is to be told")
    # A danger that nobody touched is rather told twice, in one mail and one SMS together with later news.
    assert sorted([*day, *by_both(untouched)]) == alarms()
    (mail,) = [each["text"] for each in _sent(running, 0) or [] if fresh in each["text"] and each["channel"] == "email"]
    assert [untouched, fresh] == [number for number in numbers if number in mail]
    running.web.cookies.clear()
    running.web.cookies.set("meja", ended)
    assert 303 == running.web.get("/").status_code
    running.log_in(unit)
    for number in numbers:
        assert running.shows(f"/laporan/{number}", f"Isi {number}")()
    assert running.shows(f"/laporan/{seen}", "Diterima")()
    assert running.shows(f"/laporan/{taken}", "Diterima")()


def _database(running: Running) -> Database:
    """Return the desk's database, as the restore command names it."""
    name = str(conninfo_to_dict(running.dsn)["dbname"])
    return Database(service="unit-desk", name=name, admin=running.stack.cluster.dsn())


async def _waiting(dsn: str) -> int:
    count: int = await _do(
        dsn,
        "SELECT (SELECT count(*) FROM notices WHERE state = 'new' AND next_at <= now())"
        " + (SELECT count(*) FROM messages WHERE state IN ('pending', 'sending'))",
    )
    return count


async def _do(dsn: str, statement: str) -> Any:
    db = await asyncpg.connect(dsn)
    given = await db.fetchval(statement)
    await db.close()
    return given


def _sent(running: Running, many: int) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = httpx.get(f"{running.messages}/sent", trust_env=False).json()
    return found if len(found) >= many else None


class Receiver(BaseHTTPRequestHandler):
    """Receives the notices of a webhook."""

    told: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        """Record a notice."""
        self.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


async def _programs_of_pdam(dsn: str, url: str) -> str:
    db = await asyncpg.connect(dsn)
    token = await accounts.invite(db, "kepala@contoh.id", "Kepala", "PDAM", "pimpinan", None)
    head = await accounts.invited(db, token)
    assert head
    key, _ = await keys.create(db, "PDAM", "sim", "Bagian Teknik", ["read", "reply"], 1, head[0])
    await webhooks.add(db, "PDAM", url, head[0])
    await db.close()
    return key


def test_program_reads_events_gets_notices_and_replies_across_a_kill(
    running: Running,
) -> None:
    # Another test's desk may have read further, with another database.
    running.stop()
    until(lambda: _rewound(running), 60, "Kafka has forgotten the process")
    running.start()
    server = ThreadingHTTPServer((HOST, 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = asyncio.run(_programs_of_pdam(running.dsn, f"http://{HOST}:{server.server_address[1]}/"))
    producer = Producer({**running.stack.client("router"), "log_level": 0})
    program = httpx.Client(
        base_url=str(running.web.base_url), headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
    )

    def tell_pdam(seq: int) -> bytes:
        told = UnitRouted(why="routed", unit="PDAM", complaint=a_snapshot(unit="PDAM", seq=seq, complaint_id="p1"))
        event = codec.envelope(
            told, event_id=f"pdam-{seq}", source="/router", subject="p1", time=NOW, causation_id="a-cause"
        )
        producer.produce("unit.pdam.routed.v1", value := codec.encode(event), b"p1", headers=list(codec.HEADERS))
        assert 0 == producer.flush(30)
        return value

    def read(after: str) -> tuple[bytes, str]:
        found = [b"", after]

        def look() -> bool:
            answer = program.get("/api/v1/units/PDAM/events", params={"after": after, "wait": 10})
            found[:] = [answer.content, answer.json()["next"]]
            return bool(answer.json()["events"])

        until(look, 60, "it is in the log")
        return found[0], found[1]  # type: ignore[return-value]

    first = tell_pdam(1)
    content, cursor = read("0")
    assert first in content
    assert running.process
    running.process.kill()
    running.process.wait(30)
    second = tell_pdam(2)
    running.start()
    content, _ = read(cursor)

    assert second in content
    assert first not in content
    until(lambda: {"pdam-1", "pdam-2"} == {each["data"]["event_id"] for each in Receiver.told}, 90, "it is told")
    body = {"ticket": NUMBER, "action": "acknowledge"}
    sent = program.post("/api/v1/units/PDAM/replies", json=body, headers={"Idempotency-Key": "a"})
    assert [(sent.json()["event_id"], "acknowledge")] == [
        (event_id, said.action) for event_id, said in replied(running.stack, 1, "PDAM")
    ]
    program.close()
    server.shutdown()
    server.server_close()


def test_reply_draft_and_counter_entry_survive_a_kill_and_a_second_press_repeats_none(
    connected: Stack, tmp_path: Path
) -> None:
    region, unit = tmp_path / "region", "DISDUKCAPIL"  # no other test uses its topics
    shutil.copytree(REGION, region)
    units = yaml.safe_load((region / "units.yaml").read_text())
    next(each for each in units["units"] if each["code"] == unit)["approval"] = True
    (region / "units.yaml").write_text(yaml.safe_dump(units))
    committed, published = points = ["ack.after_commit_before_response", "relay.after_publish_before_mark"]
    with _begun(connected, tmp_path, region) as desk:
        until(lambda: _rewound(desk), 60, "Kafka has forgotten another test's desk")
        for point in points:
            (tmp_path / point).touch()  # unarmed
        desk.more = {
            "CRASH_AT": ",".join(f"{point}@{tmp_path / point}" for point in points),
            "DESK_COUNTER_URL": f"http://{HOST}:9",
            "DESK_COUNTER_KEY": "key-of-the-counter",
        }
        desk.start()
        tell(connected, unit, text="KTP saya belum jadi", seq=1)
        desk.log_in(unit)
        asyncio.run(_join(desk.dsn, unit, "kepala@contoh.id", "pimpinan"))
        until(desk.shows("/", "KTP saya belum jadi"), 60, "it is on the list")

        def presses(path: str, form: dict[str, str]) -> Callable[[], httpx.Response]:
            return lambda: desk.web.post(path, data=form)

        counter = presses("/loket", desk.form("/loket", way="surat", text="Pipa air di depan masjid bocor"))
        desk.dies(committed, counter)
        entry = counter().headers["location"]
        draft = presses(f"{PAGE}/selesaikan", desk.form(f"{PAGE}/selesaikan", words="KTP sudah dicetak di loket 3."))
        desk.dies(committed, draft)
        waits = draft().headers["location"]
        asked = desk.form(f"{PAGE}/tanya", words="Kapan Bapak merekam data?")
        reply = presses(f"{PAGE}/tanya", asked)
        desk.dies(committed, reply)
        again = reply().headers["location"]
        told = desk.form(f"{PAGE}/terima")
        # Else the process dies at the reply before, which may still wait to be published.
        until(
            lambda: asyncio.run(_do(desk.dsn, "SELECT NOT EXISTS (SELECT FROM outbox)")), 60, "the reply is published"
        )
        desk.dies(published, presses(f"{PAGE}/terima", told))
        sent = replied(connected, 3, unit)
        counts = [asyncio.run(_do(desk.dsn, f"SELECT count(*) FROM {each}")) for each in ("counter", "drafts")]
        shown = desk.web.get(entry).text

    assert ("Belum terkirim" in shown, "Pipa air di depan masjid bocor" in shown, [1, 1]) == (True, True, counts)
    assert [f"{PAGE}#persetujuan", f"{PAGE}?balasan={asked['id']}"] == [waits, again]
    # Published twice, it is the same reply: the router knows it by its number.
    assert [asked["id"], told["id"], told["id"]] == [event_id for event_id, _ in sent]


def test_office_of_a_hand_over_is_mailed_and_its_answer_is_relayed(connected: Stack, tmp_path: Path) -> None:
    region = tmp_path / "region"
    shutil.copytree(REGION, region)
    routing = (region / "routing.yaml").read_text()
    (region / "routing.yaml").write_text(
        routing.replace("    name: PLN\n", f"    name: PLN\n    email: {ADDRESS}\n", 1)
    )
    with _begun(connected, tmp_path, region) as desk:
        # Another test's desk has read these topics, with a database of its own.
        until(lambda: _rewound(desk), 60, "Kafka has forgotten that process")
        desk.start()
        tell(connected, at=datetime.now(UTC), **HANDED, seq=2)
        (letter,) = until(lambda: _sent(desk, 1), 60, "the office is written to")
        (link,) = re.findall(r"/jawab/\S+", letter["text"])
        shown = desk.web.get(link).text
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown))
        statuses = [desk.web.post(link, data={**form, "text": SAYS}).status_code for _ in range(2)]
        ((event_id, said),) = replied(connected, 1, "DISKOMINFO")

    assert (("email", ADDRESS), True, [303, 303]) == (
        (letter["channel"], letter["to"]), HANDED["text"] in shown, statuses,
    )  # fmt: skip
    assert (form["id"], "relay", "PLN", SAYS) == (event_id, said.action, said.to, said.message)


def _answer(running: Running, reply_id: str) -> None:
    """Store the answer that the router would give."""

    async def note() -> None:
        db = await asyncpg.connect(running.dsn)
        await db.execute("UPDATE replies SET answered_at = now(), accepted = true WHERE id = $1::text::uuid", reply_id)
        await db.close()

    asyncio.run(note())


def _rewound(running: Running) -> bool:
    try:
        said = running.run("rewind", "--json")
    except subprocess.CalledProcessError:
        return False
    return str(json.loads(said)["group"]) == "unit-desk"  # as the restore command reads it
