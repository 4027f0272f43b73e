"""The whole system for the end-to-end tests: started by `lapor up`, and used only through its public interfaces."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from chassis.faults import POINTS
from contracts.signature import sign
from lapor.commands.status import report
from lapor.demo.player import somebody
from lapor.processes.data_dir import DataDir
from testing.waiting import until

ROOT = Path(__file__).parents[2]
LAPOR = Path(sys.executable).parent / "lapor"
#: The services that read events in a group, and set aside those that they can't handle.
READERS = ("intake-sms", "intake-social", "intake-web", "classifier", "router", "sla-monitor", "unit-desk")
SERVICES = (*READERS, "prober")
#: Classified as air_bersih, which PDAM has.
CLEAR = "Air PDAM tidak mengalir sudah dua hari di Kelurahan Lapajung, pelanggan minta penjelasan"
#: Classified as pajak_keuangan, which BPKPD has: the tests' region gives it deadlines in seconds.
HURRIED = "Pajak bumi dan bangunan rumah saya sudah lunas tapi masih ditagih lagi, mohon diperiksa di SPPT"
#: Can't be classified, so it goes to triage.
UNCLEAR = "Entah bagaimana ini semuanya, pokoknya kurang baik saja"
#: Seconds in which the phone network, which is not part of the system, takes a message even on a busy machine.
NETWORK_S = 60
T = TypeVar("T")


def a_number() -> str:
    """Return the mobile number of a new citizen."""
    return f"+62813{uuid.uuid4().int % 10**8:08}"


def a_handle() -> str:
    """Return the name of a new citizen on X, which allows 15 letters."""
    return f"warga_{uuid.uuid4().hex[:9]}"


def _taken(ask: Callable[[], httpx.Response]) -> dict[str, Any] | None:
    with suppress(httpx.TransportError):
        answer = ask()
        return answer.json() if answer.status_code == 202 else None
    return None


@dataclass
class System:
    """A running system. ``crashes`` holds a file per service and point: removing it arms the point once."""

    data: Path
    region: Path
    crashes: Path
    settings: tuple[str, ...] = ()
    env: dict[str, Any] = field(default_factory=dict, repr=False)

    def lapor(self, *args: str, check: bool = True) -> Any:
        """Return the result of a command with ``--json``; None if it printed nothing."""
        done = subprocess.run(
            [LAPOR, *args, "--json", "--data", str(self.data)], cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        assert not check or done.returncode == 0, f"lapor {' '.join(args)}: {done.stderr[-3000:]}"
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "["))]
        return lines[0] if len(lines) == 1 else lines

    def refused(self, *args: str) -> str:
        """Run a command that must be refused. Return its stderr."""
        done = subprocess.run(
            [LAPOR, *args, "--data", str(self.data)], cwd=ROOT, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 1, f"lapor {' '.join(args)}: exit {done.returncode}"
        return done.stderr

    def start(self) -> None:
        """Start everything, with each crash point present and unarmed."""
        self.crashes.mkdir(exist_ok=True)
        settings = [part for each in self.settings for part in ("--set", each)]
        for service in SERVICES:
            points = [(point, self.crashes / f"{service}.{point}") for point in sorted(POINTS)]
            for _, file in points:
                file.touch()
            settings += ["--set", f"{service}:CRASH_AT={','.join(f'{point}@{file}' for point, file in points)}"]
            # Commit rarely, so that Kafka redelivers seconds of events after each kill, which tests the inbox.
            settings += ["--set", f"{service}:COMMIT_INTERVAL_S=5"]
        self.lapor("up", "--detach", "--region", str(self.region), *settings)
        self.env = self.lapor("env")

    def stop(self) -> None:
        """Stop everything."""
        self.lapor("down", check=False)

    def arm(self, service: str, point: str) -> Path:
        """Crash ``service`` the next time it passes ``point``; afterwards the file exists again."""
        file = self.crashes / f"{service}.{point}"
        file.unlink()
        return file

    def signature(self, intake: str, key: bytes, value: bytes) -> tuple[str, bytes]:
        """Return the header with which ``intake`` signs a record."""
        kept = json.loads((self.data / "credentials.json").read_text())["shared"]
        return sign(kept[f"{intake.upper().replace('-', '_')}_EVENT_KEY"].encode(), key, value)

    def status(self) -> dict[str, Any]:
        """Return what `lapor status --json` prints about the processes, without the second that the command takes."""
        return report(DataDir(self.data))

    def restarts(self, service: str) -> int:
        """Return how often ``service`` was restarted."""
        return self.starts()[service]

    def starts(self) -> dict[str, int]:
        """Return how often each process was restarted."""
        return {each["name"]: int(each["restarts"]) for each in self.status()["services"]}

    def pid(self, service: str) -> int:
        """Return the pid of ``service``."""
        return next(int(each["pid"]) for each in self.status()["services"] if each["name"] == service)

    def ready(self) -> bool:
        """Whether all is ready."""
        return bool(self.status()["ready"])

    def send_sms(self, number: str, text: str) -> str:
        """Send a citizen's SMS; the gateway repeats it until it is taken."""
        body = {"from": number, "text": text}
        answer = httpx.post(self.env["standins_url"] + "/sms/send-mo", json=body, timeout=NETWORK_S)
        return str(answer.raise_for_status().json()["id"])

    def post_on_x(self, handle: str, text: str) -> str:
        """Write a citizen's post that mentions us."""
        answer = httpx.post(self.env["x_mention_url"], json={"handle": handle, "text": text}, timeout=NETWORK_S)
        return str(answer.raise_for_status().json()["id"])

    def post_web(self, key: str, body: dict[str, Any], secret: str | None = None) -> httpx.Response:
        """Send a complaint through the API, as a client that may be cut off."""
        headers = {"Idempotency-Key": key, **somebody()} | ({"Access-Secret": secret} if secret else {})
        return httpx.post(self.env["web_url"] + "/v1/complaints", json=body, headers=headers, timeout=10)

    def story(self, ticket: str) -> dict[str, Any] | None:
        """Return a complaint's story as the website tells it; None while the website does not answer."""
        try:
            answer = httpx.get(f"{self.env['web_url']}/v1/complaints/{ticket}", headers=somebody(), timeout=10)
        except httpx.TransportError:
            return None
        return answer.json() if answer.status_code == 200 else None

    def sent(self) -> list[dict[str, Any]]:
        """Return all messages to citizens."""
        answer: list[dict[str, Any]] = httpx.get(self.env["sent_url"], timeout=20).json()
        return answer

    def told(self, to: str) -> list[str]:
        """Return the messages to one citizen, in order."""
        return [row["text"] for row in self.sent() if row["to"] == to]

    def by_web(self, text: str) -> str:
        """Complain through the API, as a client that asks until it has an answer. Return the ticket."""
        return str(self.taken_by_web({"text": text})["ticket"])

    def taken_by_web(self, body: dict[str, Any], secret: str | None = None, key: str = "") -> dict[str, Any]:
        """Complain through the API until there is an answer, which one key makes safe. Return it."""
        key = key or str(uuid.uuid4())
        return until(lambda: _taken(lambda: self.post_web(key, body, secret)), 60, "an answer of the web's API")

    def add_by_web(self, ticket: str, secret: str, text: str) -> None:
        """Add ``text`` to a complaint by web, as its reporter who asks until there is an answer."""
        place = f"{self.env['web_url']}/v1/complaints/{ticket}/follow-ups"
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Access-Secret": secret}
        body = {"kind": "addition", "text": text}
        until(lambda: _taken(lambda: httpx.post(place, json=body, headers=headers, timeout=10)), 60, "its answer")

    def by_sms(self, text: str) -> tuple[str, str]:
        """Complain by SMS. Return the sender's number and the ticket."""
        number = a_number()
        self.send_sms(number, f"SOPPENG {text}")
        return number, self.receipt(number)

    def by_x(self, text: str) -> tuple[str, str]:
        """Complain on X. Return the author's name and the ticket."""
        handle = a_handle()
        self.post_on_x(handle, text)
        return handle, self.receipt(handle)

    def receipt(self, to: str) -> str:
        """Return the ticket in one citizen's receipt."""

        def find() -> str | None:
            return next((str(row["ticket"]) for row in self.sent() if row["to"] == to and row["ticket"]), None)

        return until(find, 60, f"a receipt for {to}")

    def unit_of(self, ticket: str) -> str:
        """Return the unit that has ``ticket``, as soon as one has it."""
        return str(until(lambda: (self.story(ticket) or {}).get("unit"), 60, f"a unit for {ticket}"))

    def until_told(self, to: str, *words: str) -> list[str]:
        """Return all messages to one citizen, as soon as they contain each of ``words``."""

        def heard() -> list[str] | None:
            told = self.told(to)
            return told if all(any(word in text for text in told) for word in words) else None

        return until(heard, 60, f"{to} hears {words}")

    def until_status(self, ticket: str, status: str) -> dict[str, Any]:
        """Return the story of ``ticket`` as soon as it has ``status``."""

        def reached() -> dict[str, Any] | None:
            story = self.story(ticket)
            return story if story and story["status"] == status else None

        try:
            return until(reached, 60, f"{ticket} is {status}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.story(ticket)}\n{self.lapor('trace', ticket)}") from error


def running(name: str, region: Path, *settings: str) -> Iterator[System]:
    """Run the system on ``region``; ``settings`` are SERVICE:VARIABLE=VALUE."""
    # Not below pytest's folder, which PostgreSQL's user can't enter.
    folder = Path(tempfile.mkdtemp(prefix=f"lapor-{name}-"))
    folder.chmod(0o755)
    system = System(data=folder / "data", region=region, crashes=folder / "crashes", settings=settings)
    try:
        system.start()
        yield system
    finally:
        system.stop()
        shutil.rmtree(folder, ignore_errors=True)
