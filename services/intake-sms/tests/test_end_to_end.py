"""A telephone, a real Kannel, the real service and a real PostgreSQL: fakesmsc, bearerbox, smsbox, intake-sms."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import TypeVar

import httpx
import psycopg
import pytest

from lapor.processes.ports import choose
from testing.programs import missing, program
from testing.servers import Stack
from testing.waiting import until

pytestmark = pytest.mark.connected

HERE = Path(__file__).parent
FAKESMSC = next((p for p in map(Path, ["/usr/lib/kannel/test/fakesmsc"]) if p.exists()), None)
TOKEN = "a-token-of-the-end-to-end-test"
PHONE = "+6281234567890"
T = TypeVar("T")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


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
    """The running system, seen by a citizen and by the database."""

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
        """How many SMS Kannel has taken from its line, joined or not."""
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

    def got(self, text: str) -> bool:
        """Whether the phone has received an SMS from 1708 with this in it."""
        lines = self.said.read_text(errors="replace").splitlines()
        return any("Got message" in line and f"1708 {PHONE}" in line and text in line for line in lines)


@pytest.fixture(scope="module")
def kannel() -> tuple[str, str]:
    packages = "--no-install-recommends kannel kannel-extras"
    if not FAKESMSC:
        missing(f"Kannel's fakesmsc is not installed (Debian: apt-get install {packages})")
    return program("bearerbox", debian=packages), program("smsbox", debian=packages)


def configuration(directory: Path, ports: dict[str, int]) -> str:
    """The example for operators, with a fake line to the operator and a patience fit for a test."""
    example = (HERE.parent / "kannel.conf.example").read_text()
    head, line = example.split("group = smsc\n")
    tail = line.split("\n\n", 1)[1]
    fake = f"group = smsc\nsmsc = fake\nsmsc-id = TSEL\nport = {ports['smsc']}\nconnect-allow-ip = 127.0.0.1\n\n"
    text = f"{head}{fake}{tail}".replace("http-queue-delay = 10", "http-queue-delay = 1")
    text = text.replace("concatenated-mo-timeout = 1800", "concatenated-mo-timeout = 20")
    return Template(text).substitute(
        admin_port=ports["admin"],
        smsbox_port=ports["smsbox"],
        sendsms_port=ports["sendsms"],
        door_port=ports["door"],
        directory=directory,
        admin_password="adm1n",
        send_username="lapor",
        send_password="s3nd",
        token=TOKEN,
    )


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
        "RECEIPT_WAIT_S": "0.5",  # no clock is running that could tell a due date
    }


@pytest.fixture(scope="module")
def module_dsn(stack: Stack) -> str:
    dsn = stack.database("intake_sms_end_to_end")
    command = [sys.executable, "-m", "intake_sms", "migrate"]
    env = environment(dsn, dict.fromkeys(("metrics", "door", "sendsms"), 9))
    subprocess.run(command, check=True, env=env, capture_output=True)
    return dsn


@pytest.fixture(scope="module")
def system(kannel: tuple[str, str], module_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    directory = tmp_path_factory.mktemp("kannel")
    names = ("admin", "smsbox", "sendsms", "smsc", "door", "metrics")
    ports = choose(dict.fromkeys(names, 0), directory / "ports.json")
    conf = directory / "kannel.conf"
    conf.write_text(configuration(directory, ports))
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


def test_what_could_not_be_stored_comes_again_and_is_one_complaint(system: System, stack: Stack) -> None:
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
