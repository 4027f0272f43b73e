"""A telephone, a real Kannel, the real service and a real PostgreSQL: fakesmsc, bearerbox, smsbox, intake-sms."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
import pytest

from contracts import codec
from contracts.topics import TOLD
from lapor.processes.ports import choose
from testing.kannel import Line, configuration, listens
from testing.lengths import length
from testing.programs import missing, program
from testing.servers import Stack
from testing.waiting import until

pytestmark = pytest.mark.connected

HERE = Path(__file__).parent
FAKESMSC = next((p for p in map(Path, ["/usr/lib/kannel/test/fakesmsc"]) if p.exists()), None)
TOKEN = "a-token-of-the-end-to-end-test"
PHONE = "+6281234567890"
T = TypeVar("T")


#: Restarts a box of Kannel when it exits, as Debian's run_kannel_box and systemd do: smsbox may fail an assertion of
#: its own when a service dies while handling its requests (gwlib/conn.c: conn_unregister).
KEPT = ["sh", "-c", 'trap "kill \\$!; exit" TERM; while :; do "$0" "$@" & wait $!; done']


@contextmanager
def running(command: list[str], log: Path, cwd: Path, env: dict[str, str] | None = None) -> Iterator[None]:
    with log.open("ab") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, cwd=cwd, env=env)
    try:
        yield
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(20)
            assert "intake_sms" not in command or child.returncode == 0
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


class System:
    """The running system, as seen by a citizen and in the database."""

    def __init__(self, directory: Path, dsn: str, ports: dict[str, int]) -> None:
        self.directory, self.dsn, self.ports = directory, dsn, ports
        self.said = directory / "phone.log"

    @contextmanager
    def phone(self, message: str) -> Iterator[None]:
        """Send ``message`` (kind, perhaps a header, text) from the citizen's number, and stay to receive."""
        command = [str(FAKESMSC), "-H", "127.0.0.1", "-r", str(self.ports["smsc"]), "-i", "0.1", "-m", "1"]
        with running([*command, f"081234567890 1708 {message}"], self.said, self.directory):
            yield

    def received(self) -> int:
        """Return how many SMS Kannel has taken from its line, joined or not."""
        url = f"http://127.0.0.1:{self.ports['admin']}/status.txt?password=adm1n"
        found = re.search(r"TSEL.*rcvd: sms (\d+)", httpx.get(url, trust_env=False).text)
        assert found, "no line of TSEL in Kannel's status"
        return int(found[1])

    def texts(self) -> list[str]:
        with psycopg.connect(self.dsn, connect_timeout=2) as db:
            return [text for (text,) in db.execute("SELECT text FROM complaints ORDER BY received_at")]

    def ticket(self, text: str) -> str | None:
        with psycopg.connect(self.dsn, connect_timeout=2) as db:
            row = db.execute("SELECT ticket FROM complaints WHERE text = %s", (text,)).fetchone()
        return str(row[0]) if row else None

    def reported(self, ticket: str) -> list[tuple[str, str, str | None]]:
        """Return kind, state and report of each notice about ``ticket``."""
        with psycopg.connect(self.dsn, connect_timeout=2) as db:
            rows = db.execute("SELECT kind, state, report FROM notices WHERE ticket = %s ORDER BY id", (ticket,))
            return rows.fetchall()

    def told_desk(self, ticket: str) -> list[tuple[str, str]]:
        """Return kind and state of each event for the desk about ``ticket``: they wait in the outbox without Kafka."""
        with psycopg.connect(self.dsn, connect_timeout=2) as db:
            rows = db.execute("SELECT value FROM outbox WHERE topic = %s ORDER BY seq", (TOLD,)).fetchall()
        told: list[Any] = [codec.decode(value).data for (value,) in rows]
        return [(each.kind, each.state) for each in told if each.ticket == ticket]

    def got(self, text: str) -> bool:
        """Whether the phone has received an SMS from 1708 that contains ``text``."""
        lines = self.said.read_text(errors="replace").splitlines()
        return any("Got message" in line and f"1708 {PHONE}" in line and text in line for line in lines)


@pytest.fixture(scope="module")
def kannel() -> tuple[str, str]:
    packages = "--no-install-recommends kannel kannel-extras"
    if not FAKESMSC:
        missing(f"Kannel's fakesmsc is not installed (Debian: apt-get install {packages})")
    return program("bearerbox", debian=packages), program("smsbox", debian=packages)


def environment(dsn: str, ports: dict[str, int]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "KAFKA_USERNAME": "intake-sms",
        "KAFKA_PASSWORD": "unused",
        "ASSIGNMENT_TIMEOUT_S": "600",
        "DATABASE_URL": dsn,
        "REGION_DIR": str(HERE.parents[2] / "region" / "soppeng"),
        "HTTP_PORT": str(ports["metrics"]),
        "INSTALLATION_NAMESPACE": "00000000-0000-0000-0000-000000000001",
        "EVENT_KEY": "key-of-the-intake-of-the-test",
        "SMS_LISTEN_PORT": str(ports["door"]),
        "SMS_MO_TOKEN": TOKEN,
        "KANNEL_SEND_URL": f"http://127.0.0.1:{ports['sendsms']}/cgi-bin/sendsms",
        "KANNEL_USERNAME": "lapor",
        "KANNEL_PASSWORD": "s3nd",
        "SMS_REPORT_URL": f"http://127.0.0.1:{ports['door']}/sms/kannel/dlr",
        "SMS_TAKES_PER_S": "2000",
        "QUIET_HOURS": "false",
        "RECEIPT_WAIT_S": "0.5",  # no clock is running that could add a due date
    }


@pytest.fixture(scope="module")
def module_dsn(stack: Stack) -> str:
    dsn = stack.database("intake_sms_end_to_end")
    command = [sys.executable, "-m", "intake_sms", "migrate"]
    env = environment(dsn, dict.fromkeys(("metrics", "door", "sendsms"), 9))
    subprocess.run(command, check=True, env=env, capture_output=True, timeout=120)
    return dsn


@pytest.fixture(scope="module")
def system(kannel: tuple[str, str], module_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    directory = tmp_path_factory.mktemp("kannel")
    names = ("admin", "smsbox", "sendsms", "smsc", "door", "metrics")
    ports = choose(dict.fromkeys(names, 0), directory / "ports.json")
    conf = directory / "kannel.conf"
    conf.write_text(configuration(directory, ports, TOKEN))
    bearerbox, smsbox = ([box, "-v", "4", str(conf)] for box in kannel)
    service = [sys.executable, "-m", "intake_sms", "run"]
    with running(service, directory / "service.log", directory, environment(module_dsn, ports)):
        until(lambda: listens(ports["door"]), what="the door's opening")
        with running(bearerbox, directory / "boxes.log", directory):
            until(lambda: listens(ports["smsbox"]) and listens(ports["smsc"]), what="bearerbox's start")
            with running(smsbox, directory / "boxes.log", directory):
                until(lambda: listens(ports["sendsms"]), what="smsbox's start")
                yield System(directory, module_dsn, ports)


def test_a_citizen_complains_and_hears_the_ticket_and_its_status(system: System) -> None:
    with system.phone("text SOPPENG  jalan rusak + lampu mati & 100% gelap"):
        number = until(lambda: system.ticket("jalan rusak + lampu mati & 100% gelap"), what="the complaint")
        until(lambda: system.got(f"kami terima: {number}"), what="the receipt's arrival")
    with system.phone(f"text STATUS {number}"):
        until(lambda: system.got(f"{number} diterima"), what="the answer's arrival")


def test_kannel_reports_what_became_of_the_receipt_and_the_desk_is_told(system: System) -> None:
    with system.phone("text SOPPENG got di Jalan Kemakmuran mampet"):
        number = until(lambda: system.ticket("got di Jalan Kemakmuran mampet"), what="the complaint")
        told = [("receipt", "sent", "delivered")]
        until(lambda: system.reported(number) == told, what="the report")
        until(lambda: system.told_desk(number)[-1:] == [("receipt", "delivered")], what="the word for the desk")


def test_any_script_and_emoji_arrive_as_written(system: System) -> None:
    text = "ᨍᨒ rusak 🚧"
    encoded = "".join(f"%{byte:02x}" for byte in f"SOPPENG {text}".encode("utf-16-be"))
    with system.phone(f"ucs2 {encoded}"):
        until(lambda: system.ticket(text), what="the complaint")


def test_a_long_sms_in_two_parts_is_one_complaint(system: System) -> None:
    before = system.received()
    with system.phone("udh-text %05%00%03%2a%02%01 SOPPENG pipa bocor sejak ke"):
        until(lambda: system.received() > before, what="the first part's arrival")
    with system.phone("udh-text %05%00%03%2a%02%02 marin sore"):
        until(lambda: [text for text in system.texts() if "bocor" in text], what="the complaint")
    assert [text for text in system.texts() if "bocor" in text or "marin" in text] == ["pipa bocor sejak kemarin sore"]


def test_a_text_without_the_keyword_arrives_too(system: System) -> None:
    with system.phone("text sampah di pasar menumpuk"):
        until(lambda: system.ticket("sampah di pasar menumpuk"), what="the complaint")


def test_sms_refused_during_an_outage_comes_again_as_one_complaint(system: System, stack: Stack) -> None:
    service_log = system.directory / "service.log"
    stack.kill_postgres()
    try:
        with system.phone("text SOPPENG jembatan berlubang semua"):
            until(lambda: service_log.read_text().count("mo_not_stored") >= 2, what="two refusals")
    finally:
        stack.start_postgres()
    with system.phone("text SOPPENG"):
        number = until(lambda: system.ticket("jembatan berlubang semua"), what="the complaint")
        until(lambda: system.got(f"kami terima: {number}"), what="the receipt's arrival")
    assert system.texts().count("jembatan berlubang semua") == 1


def test_no_log_tells_who_wrote_or_what_or_the_secret(system: System) -> None:
    logs = "".join((system.directory / name).read_text() for name in ("service.log", "smsbox.log", "bearerbox.log"))
    assert [word for word in (PHONE[1:], "jembatan", "rusak", TOKEN, "s3nd") if word in logs] == []


BURST = length(1_000, 10_000)


@pytest.mark.slow
@pytest.mark.soak
def test_a_burst_with_a_kill_in_the_middle_is_stored_once_each(
    kannel: tuple[str, str], stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kannel retries what the killed service had not answered."""
    dsn = stack.database("intake_sms_burst")
    names = ("admin", "smsbox", "sendsms", "smsc", "door", "metrics")
    ports = choose(dict.fromkeys(names, 0), tmp_path / "ports.json")
    env = environment(dsn, ports)
    subprocess.run(
        [sys.executable, "-m", "intake_sms", "migrate"], check=True, env=env, capture_output=True, timeout=120
    )
    conf = tmp_path / "kannel.conf"
    conf.write_text(configuration(tmp_path, ports, TOKEN))
    service = [sys.executable, "-m", "intake_sms", "run"]
    log = tmp_path / "boxes.log"
    stored = "SELECT count(*) FROM complaints"
    with psycopg.connect(dsn, autocommit=True) as db, contextlib.ExitStack() as boxes:
        first = boxes.enter_context(
            subprocess.Popen(service, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        boxes.callback(first.kill)
        until(lambda: listens(ports["door"]), what="the door's opening")
        boxes.enter_context(running([kannel[0], "-v", "4", str(conf)], log, tmp_path))
        until(lambda: listens(ports["smsbox"]) and listens(ports["smsc"]), what="bearerbox's start")
        boxes.enter_context(running([*KEPT, kannel[1], "-v", "4", str(conf)], log, tmp_path))
        until(lambda: listens(ports["sendsms"]), what="smsbox's start")

        def count() -> int:
            row = db.execute(stored).fetchone()
            return int(row[0]) if row else 0

        line = boxes.enter_context(contextlib.closing(Line(ports["smsc"])))
        began = time.monotonic()
        line.send(0, BURST)
        until(lambda: count() > BURST // 3, 120, what="a third of the burst")
        before, until_kill = count(), time.monotonic() - began
        first.kill()
        first.wait()
        with running(service, log, tmp_path, env):
            until(lambda: count() >= BURST, 300, what="the whole burst")
            took = time.monotonic() - began
            twice = db.execute("SELECT external_id FROM complaints GROUP BY 1 HAVING count(*) > 1").fetchall()
            texts = db.execute("SELECT count(DISTINCT text), count(*) FROM complaints").fetchone()
            others = db.execute("SELECT kind, count(*) FROM notices WHERE kind <> 'receipt' GROUP BY 1").fetchall()
    with capsys.disabled():
        sys.stdout.write(f"\n{before / until_kill:.0f} SMS/s until the kill, {BURST} in {took:.1f} s with it\n")

    assert ([], (BURST, BURST), []) == (twice, texts, others)
