"""Thousands of mutated inputs to each interface and to a unit's topic: none causes an error of ours or stops us."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlsplit

import httpx
import psycopg
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from desk import Desk, cloud_event, units
from harness import CLEAR, ROOT, System, a_number, running

from lapor.processes import credentials
from lapor.servers import kafka, quotas
from testing.lengths import length
from testing.mutation import DEEP, SEED, Mutator
from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.slow, pytest.mark.soak, pytest.mark.system("fuzz")]

#: tests/parsers tries many more inputs on each parser alone.
INPUTS = length(1_000, 10_000)
AT_ONCE = 16
#: How often a call is made that is answered with 503, which asks for a retry.
TRIES = 3
#: Rate limits are tested elsewhere: here they would keep inputs from the code to be tested.
RATES = ("intake-web:WEB_TAKES_PER_S=100000", "intake-sms:SMS_TAKES_PER_S=100000")
#: A unit's quota is tested elsewhere, too.
UNBOUNDED = {"producer_byte_rate": 100_000_000, "consumer_byte_rate": 100_000_000, "request_percentage": 1000}
#: Log messages of unforeseen exceptions, or of services that give up.
UNFORESEEN = (
    "mo_failed",
    "door_failed",
    "request_failed",
    "decide_failed",
    "batch_failed",
    "timer_failed",
    "compare_failed",
    "notice_failed",
    "case_unreadable",
    "missing_step_given_up",
    "parked",
    "leaving",
    "Traceback",
)
#: No gateway's request is longer (intake_sms.adapters.door): h11 refuses longer ones before us.
LONGEST_QUERY = 400_000
ACTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("acknowledge", {}),
    ("progress", {"message": "Petugas sedang di lokasi."}),
    ("ask", {"message": "Rumah nomor berapa?"}),
    ("resolve", {"message": "Pipa sudah diganti.", "evidence": [{"url": "https://pdam.soppengkab.go.id/1.jpg"}]}),
    ("return", {"reason": "bukan pipa kami"}),
    ("hand-over", {"to": "PLN", "reason": "tiang milik PLN"}),
    ("dispose", {"unit": "PUPR", "support": ["PDAM", "PLN"]}),
    ("ask-help", {"unit": "PDAM", "reason": "tutup keran induk"}),
    ("correct", {"category": "air_bersih"}),
    ("merge", {"into": "SPG-W0AB-12CDS"}),
    ("erase", {"reason": "diminta"}),
)


@dataclass(frozen=True)
class Call:
    """A request as raw bytes; no client library would let these through."""

    method: str
    path: bytes
    headers: dict[str, bytes] = field(default_factory=dict)
    body: bytes = b""

    def encoded(self) -> bytes:
        """Return the bytes. Their framing stays valid, since a broken frame would test uvicorn and not us."""
        lines = [b"%s %s HTTP/1.1" % (self.method.encode(), self.path), b"Host: lapor", b"Connection: close"]
        lines += [name.encode() + b": " + value.translate(None, b"\r\n\0") for name, value in self.headers.items()]
        lines += [b"Content-Length: %d" % len(self.body)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


@dataclass
class Outcome:
    """The results of the calls of one interface."""

    statuses: Counter[int] = field(default_factory=Counter)
    bad: list[tuple[int, bytes]] = field(default_factory=list)
    seconds: float = 0

    def __str__(self) -> str:
        bad = [(status, sent[:500]) for status, sent in self.bad[:3]]
        return f"{dict(sorted(self.statuses.items()))} in {self.seconds:.0f} s, seed {SEED}, bad: {bad}"


def send(url: str, calls: Iterator[Call], is_bad: Callable[[int], bool]) -> Outcome:
    """Send ``calls``, some concurrently, each on its own connection; status 0 means no answer at all.

    A call answered with 503 is repeated after the others, as a gateway does: the machine may be busy, and only an input
    refused ``TRIES`` times is one that can't be taken.
    """
    outcome, door, began, turn = Outcome(), urlsplit(url), time.monotonic(), threading.Lock()
    later: deque[tuple[bytes, int]] = deque()

    def next_one() -> tuple[bytes, int] | None:
        with turn:
            if call := next(calls, None):
                return call.encoded(), 1
            return later.popleft() if later else None

    def work(_: int) -> None:
        while one := next_one():
            sent, nth = one
            status = _status(str(door.hostname), int(door.port or 0), sent)
            with turn:
                if status == 503 and nth < TRIES:
                    later.append((sent, nth + 1))
                    continue
                outcome.statuses[status] += 1
                if is_bad(status):
                    outcome.bad.append((status, sent))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, range(AT_ONCE)))
    outcome.seconds = time.monotonic() - began
    return outcome


def _status(host: str, port: int, sent: bytes) -> int:
    answer = b""
    with socket.create_connection((host, port), timeout=30) as door:
        # A client that sends too much is cut off while it sends; its answer is there all the same.
        with contextlib.suppress(ConnectionError):
            door.sendall(sent)
        with contextlib.suppress(ConnectionError):
            while part := door.recv(65536):
                answer += part
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[System]:
    """A system of its own: the records left in its topics would disturb other tests."""
    yield from running("fuzz", ROOT / "region" / "soppeng", *RATES)


@pytest.fixture(scope="module")
def tickets(fuzzed: System) -> dict[str, str]:
    """Tickets of complaints by web for the inputs, with their secrets."""
    made = {}
    for n in range(60):
        secret = uuid.uuid4().hex
        made[str(fuzzed.taken_by_web({"text": f"{CLEAR} ({n})"}, secret)["ticket"])] = secret
    return made


@pytest.fixture(autouse=True, scope="module")
def _nothing_stops(fuzzed: System) -> Iterator[None]:
    """Check afterwards that nothing was restarted or is stuck, and that the next complaint goes its whole way."""
    before = processes(fuzzed)
    yield
    until(lambda: not unread(fuzzed, "router"), 300, "the router has read all")
    _goes_its_whole_way(fuzzed)
    assert before == processes(fuzzed)
    _nothing_is_stuck(fuzzed)
    assert {} == unforeseen(fuzzed.data / "logs")


def processes(system: System) -> dict[str, tuple[int, int]]:
    """Return each service's process, and how often it was restarted."""
    return {each["name"]: (each["pid"], each["restarts"]) for each in system.status()["services"]}


def _goes_its_whole_way(system: System) -> None:
    number = a_number()
    system.send_sms(number, f"SOPPENG {CLEAR} (sesudahnya)")
    ticket = until(
        lambda: next((str(row["ticket"]) for row in system.sent() if row["to"] == number and row["ticket"]), None),
        180,
        "a receipt",
    )
    with units(system.env) as unit:
        owner = unit(system.unit_of(ticket))
        owner.get(ticket, "routed")
        owner.must(ticket, "acknowledge")
        owner.must(ticket, "resolve", message="Pipa yang baru sudah dipasang.")
    system.until_status(ticket, "resolved")
    system.until_told(number, "Pipa yang baru sudah dipasang.")


def _nothing_is_stuck(system: System) -> None:
    stuck = (
        "lapor_router_stuck",
        "lapor_sla_clocks_stuck",
        "lapor_outbox_failing_seconds",
        "lapor_decide_bugs_in_a_row",
    )
    for name, url in system.env["ready_urls"].items():
        assert 200 == httpx.get(url, timeout=10).status_code, name
        lines = httpx.get(url.replace("/ready", "/metrics"), timeout=10).text.splitlines()
        assert [] == [line for line in lines if line.startswith(stuck) and float(line.rsplit(" ", 1)[1])], name
    for name, dsn in system.env["databases"].items():
        with psycopg.connect(dsn) as db:
            rows = db.execute("SELECT topic, parked_reason FROM outbox WHERE parked_reason IS NOT NULL").fetchall()
        assert [] == rows, name


def unread(system: System, service: str) -> dict[tuple[str, int], int]:
    """Return how many records of each of its topics ``service`` has not handled."""
    with psycopg.connect(system.env["databases"][service]) as db:
        read = db.execute("SELECT topic, partition, next_offset FROM consumed").fetchall()
    auditor = Desk(system.env, "auditor")
    try:
        ends = {
            (topic, part): auditor.consumer.get_watermark_offsets(TopicPartition(topic, part), timeout=20)[1]
            for topic, part, _ in read
        }
    finally:
        auditor.close()
    return {(t, p): ends[t, p] - offset for t, p, offset in read if ends[t, p] > offset}


def unforeseen(logs: Path) -> dict[str, list[str]]:
    """Return the first lines of each log that report unforeseen errors."""
    found = {}
    for path in logs.iterdir():
        if path.stem in ("kafka", "postgres", "standins"):
            continue
        lines = path.read_text(errors="replace").splitlines()
        if bad := [
            line[:3000] for line in lines if any(f'"{word}"' in line or line.startswith(word) for word in UNFORESEEN)
        ]:
            found[path.stem] = bad[:3]
    return found


def multipart(mutate: Mutator, fields: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return content type and body of a form with parts."""
    mark, parts = "batas", []
    for name, value in fields.items():
        file = '; filename="a.txt"\r\nContent-Type: text/plain; charset=utf-16' if mutate.maybe(0.05) else ""
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n')
    body = ("".join(parts) + f"--{mark}--\r\n").encode("utf-8", "surrogatepass")
    kind = f"multipart/form-data; boundary={mark}".encode()
    return mutate.raw(kind) if mutate.maybe(0.05) else kind, mutate.raw(body) if mutate.maybe(0.3) else body


def urlencoded(fields: dict[str, Any]) -> bytes:
    """Encode the fields as a browser does in a query or a body."""
    return b"&".join(_quoted(name) + b"=" + _quoted(value) for name, value in fields.items())


def _quoted(value: Any) -> bytes:
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    return quote_from_bytes(raw).encode()


def form(mutate: Mutator, fields: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return content type and body of a form of either kind."""
    if mutate.maybe(0.5):
        return multipart(mutate, fields)
    body = urlencoded(fields)
    kind = mutate.random.choice(
        (b"", b"; charset=utf-8", b"; charset=utf-16", b"; charset=tidak-ada", b"; charset=\xff")
    )
    return b"application/x-www-form-urlencoded" + kind, mutate.raw(body) if mutate.maybe(0.2) else body


def web_call(mutate: Mutator, tickets: dict[str, str]) -> Call:
    """Return a call of the website or its API."""
    ticket, secret = mutate.random.choice(list(tickets.items()))
    complaint = {
        "text": f"{CLEAR} ({mutate.id()[:8]})",
        "name": "Warga Uji",
        "phone": f"0812{mutate.random.randrange(10**8):08}",
        "email": f"{mutate.id()[:8]}@contoh.id",
        "place": "Lapajung",
        "occurred": "tadi pagi",
    }
    flags = {"anonim": mutate.maybe(0.2), "rahasia": mutate.maybe(0.2)}
    addition = {"kind": mutate.random.choice(("addition", "rating", "reopen", "rights_request")), "text": "Masih mati."}
    more = {"rating": 4, "right": "restriction"}
    head = {"Idempotency-Key": mutate.id().encode(), "Access-Secret": secret.encode()}
    typed = {"key": mutate.id(), "secret": secret}
    page, api = f"/laporan/{ticket}", f"/v1/complaints/{ticket}"

    def of_json(path: str, body: dict[str, Any]) -> Call:
        raw = mutate.json(mutate.fields(body) if mutate.maybe(0.8) else body)
        return Call("POST", path.encode(), {"Content-Type": b"application/json", **head}, raw)

    def of_form(path: str, body: dict[str, Any]) -> Call:
        kind, raw = form(mutate, mutate.fields(body) if mutate.maybe(0.8) else body)
        return Call("POST", path.encode(), {"Content-Type": kind, **head}, raw)

    def read() -> Call:
        number = mutate.text(ticket) if mutate.maybe(0.7) else ticket
        odd = quote(number, safe="", errors="surrogatepass")
        paths = (
            "/",
            "/lacak?nomor={}",
            "/laporan/{}?baru=1&terkirim={}",
            "/laporan/{}/tambahan",
            "/v1/complaints/{}",
            "/static/{}",
        )
        path = mutate.random.choice(paths).replace("{}", odd[:20_000])
        cookies = {"Cookie": mutate.raw(b"akses=abc; terkirim=def"), "If-None-Match": mutate.raw(b'"abc"')}
        return Call(mutate.random.choice(("GET",) * 9 + ("HEAD",)), path.encode(), {**head, **cookies})

    ways: tuple[tuple[int, Callable[[], Call]], ...] = (
        (6, lambda: of_json("/v1/complaints", {**complaint, **flags})),
        (2, lambda: of_form("/v1/complaints", complaint)),
        (5, lambda: of_form("/", {**complaint, **typed})),
        (4, lambda: of_json(f"{api}/follow-ups", {**addition, **more})),
        (3, lambda: of_form(f"{page}/tambahan", {**addition, **more, **typed})),
        (1, lambda: of_form(page, typed)),
        (5, read),
    )
    call = mutate.random.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()
    headers = dict(call.headers)
    if mutate.maybe(0.15):
        name = mutate.random.choice(list(headers))
        headers[name] = mutate.raw(headers[name])
    if mutate.maybe(0.05):
        headers.pop(mutate.random.choice(list(headers)))
    if mutate.maybe(0.03):
        call = replace(
            call, method=mutate.random.choice(("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "GET", "POST", "X"))
        )
    return replace(call, headers={"X-Forwarded-For": mutate.address().encode(), **headers})


def test_the_website_answers_whatever_comes(
    fuzzed: System, tickets: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    mutate = Mutator("web")
    calls = (web_call(mutate, tickets) for _ in range(INPUTS))
    outcome = send(fuzzed.env["web_url"], calls, lambda status: not 200 <= status < 500)
    record_property("measured", f"website, {INPUTS:,} mutated inputs: {outcome}")
    assert 0 == len(outcome.bad), str(outcome)
    assert INPUTS == outcome.statuses.total()
    # Most inputs reached the rules, instead of being refused for their number.
    taken = outcome.statuses[202] + outcome.statuses[303]
    assert outcome.statuses[429] < INPUTS / 5, str(outcome)
    assert taken > INPUTS / 20, str(outcome)


def sms_call(mutate: Mutator, path: str, tickets: list[str]) -> Call:
    """Return a request of the gateway."""
    commands = (
        "SOPPENG {} {}",
        "{} masih mati {}",
        "STATUS {} {}",
        "BUKA {} {}",
        "BATAL {} {}",
        "NILAI {} 4 {}",
        "STOP {}{}",
    )
    command = mutate.random.choice(commands)
    text = command.format(CLEAR if "SOPPENG" in command else mutate.random.choice(tickets), mutate.id()[:8])
    sender = f"+6281300000{mutate.random.randrange(300):03}"
    given: dict[str, Any] = {"id": mutate.id(), "from": sender, "to": "1708", "charset": "UTF-8", "text": text}
    charset = mutate.random.choice(
        ("UTF-8", "UTF-16BE", "CP1252", "ISO-8859-1", "zlib", "idna", "\0", "utf-7", "unicode_escape")
    )
    if mutate.maybe(0.3):
        given |= {"charset": charset, "raw": mutate.text(text).encode("utf-16-be", "surrogatepass")}
    if mutate.maybe(0.3):
        given["from"] = mutate.random.choice(
            ("PLN", "123", "+1 650 555 0100", "0813-1111", "+62" + "9" * 30, "+", "()", "٠٨١٢")
        )
    if mutate.maybe(0.7):
        given = mutate.fields(given)
    if DEEP in given.values():
        given = {name: "a" * 100_000 if value == DEEP else value for name, value in given.items()}
    query = urlencoded(given)
    if mutate.maybe(0.3):
        # Only bytes allowed in a request line: others would test h11 and not us.
        query = bytes(byte for byte in mutate.raw(query) if 0x21 <= byte <= 0x7E)
    query = query[:LONGEST_QUERY]
    method = mutate.random.choice(("GET",) * 30 + ("POST", "HEAD"))
    if mutate.maybe(0.02):
        path += "/lagi"
    return Call(method, path.encode() + b"?" + query)


def test_the_sms_door_answers_whatever_the_gateway_brings(
    fuzzed: System, tickets: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    mutate, door = Mutator("sms"), urlsplit(fuzzed.env["sms_mo_url"])
    calls = (sms_call(mutate, door.path, list(tickets)) for _ in range(INPUTS))
    outcome = send(fuzzed.env["sms_mo_url"], calls, lambda status: status not in (200, 403, 404, 405, 429))
    record_property("measured", f"SMS, {INPUTS:,} mutated inputs: {outcome}")
    assert 0 == len(outcome.bad), str(outcome)
    assert INPUTS == outcome.statuses.total()
    assert outcome.statuses[200] > INPUTS / 2, str(outcome)


def reply(
    mutate: Mutator, unit: str, tickets: list[str]
) -> tuple[bytes | None, bytes | None, list[tuple[str, str | bytes | None]]]:
    """A record of a unit: value, key and headers."""
    ticket = mutate.random.choice(tickets)
    action, more = mutate.random.choice(ACTIONS)
    event = cloud_event(
        "unit.replied.v1", {"ticket": ticket, "action": action, **more}, source=f"/unit/{unit}", subject=ticket
    )
    event["id"] = mutate.id()
    if mutate.maybe(0.6):
        event["data"] = mutate.fields(event["data"])
    if mutate.maybe(0.3):
        event = mutate.fields(event)
    if mutate.maybe(0.02):
        event["data"] = {**cloud_event("x", {})["data"], "ticket": ticket, "action": action, "message": "a" * 600_000}
    value: bytes | None = mutate.json(event)
    if mutate.maybe(0.03):
        value = mutate.random.choice((None, b"", b"null", b"[]", b"\0" * 1000, mutate.random.randbytes(300)))
    key = mutate.random.choice(
        (ticket.encode(), ticket.encode(), None, b"", b"\xff\0", b"k" * 5000, mutate.raw(ticket.encode()))
    )
    headers: list[tuple[str, str | bytes | None]] = []
    if mutate.maybe(0.3):
        odd = (
            ("signature", b"\xff"),
            ("content-type", None),
            ("", b""),
            ("error", b"x" * 3000),
            ("ñ" * 50, b"\0"),
            ("source-offset", b"x"),
        )
        headers = [mutate.random.choice(odd) for _ in range(mutate.random.choice((1, 3, 50)))]
    return value, key, headers


def test_the_router_answers_or_puts_aside_whatever_a_unit_writes(
    fuzzed: System, tickets: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    mutate, failed, began = Mutator("unit"), list[Any](), time.monotonic()
    code = "PDAM"
    topic = f"unit.{code.lower()}.replied.v1"

    def hears(error: Any, _: Any) -> None:
        # A record that is too large never leaves the unit's own client.
        if error and error.code() != KafkaError.MSG_SIZE_TOO_LARGE:
            failed.append(error)

    password = credentials.read(fuzzed.data / "credentials.json").kafka_admin
    admin = kafka.client_settings(fuzzed.env["bootstrap"], kafka.ADMIN, password)
    quotas.set_quotas(admin, [code], UNBOUNDED)
    with units(fuzzed.env) as unit:
        owner = unit(code)
        # Behind so many others a record may wait longer than a desk's would.
        owner.producer = Producer({**owner.client, "message.timeout.ms": 300_000})
        for _ in range(INPUTS):
            value, key, headers = reply(mutate, code, list(tickets))
            try:
                owner.producer.produce(topic, value, key, headers=headers, on_delivery=hears)
            except KafkaException as error:
                hears(error.args[0], None)
            except BufferError:
                owner.producer.flush(300)
                owner.producer.produce(topic, value, key, headers=headers, on_delivery=hears)
            owner.producer.poll(0)
        assert not owner.producer.flush(300)
        assert [] == failed[:3], f"seed {SEED}"
        until(
            lambda: not [place for place in unread(fuzzed, "router") if place[0] == topic],
            300,
            "the router has read all",
        )
        taken = time.monotonic() - began
    reader = Desk(fuzzed.env, code)
    told = [seen.event["data"].get("reply") for seen in reader.read_all(f"unit.{code.lower()}.routed.v1")]
    reader.close()
    answers = Counter("accepted" if each["accepted"] else each["code"] for each in told if each)
    record_property("measured", f"unit: {dict(answers)} of {INPUTS} in {taken:.0f} s, seed {SEED}")
    # A good part is read as replies, and not all of it is refused for one reason.
    assert answers["accepted"] > INPUTS / 200, str(answers)
    assert answers.total() > INPUTS / 10, str(answers)
