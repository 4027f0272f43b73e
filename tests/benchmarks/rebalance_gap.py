"""How long complaints wait while a second process of a service comes and goes: the figures in docs/benchmarks.md.

``python tests/benchmarks/rebalance_gap.py`` starts a system of its own. Complaints come by web, ten a second, all the
while; a figure is the time from a ticket to the unit's topic, of those that came in the seconds before an event and of
those that came from it on. Nobody starts a second process again; a first one is started again by `lapor up`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import Consumer, TopicPartition

from lapor.demo.player import somebody
from testing.extra_process import ExtraProcess
from testing.waiting import until

ROOT = Path(__file__).parents[2]
LAPOR = Path(sys.executable).parent / "lapor"
CLEAR = "Air PDAM tidak mengalir sudah dua hari di Kelurahan Lapajung, pelanggan minta penjelasan"
RATE, BEFORE_S, AFTER_S = 10, 10, 20
#: Kafka reassigns a dead process's partitions after SESSION_TIMEOUT_S, 30 s.
DEAD_S = 45
ALL = ("intake-web", "classifier", "router", "intake-sms", "intake-social", "sla-monitor")


class System:
    """A system of its own in a folder that is removed with it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lapor-gap-"))
        self.folder.chmod(0o755)
        self("up", "--detach", "--region", str(ROOT / "region" / "soppeng"))
        self.env = self("env")

    def __call__(self, *args: str) -> Any:
        command = [str(LAPOR), *args, "--json", "--data", str(self.folder / "data")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else None

    def pid(self, service: str) -> int:
        """Return the pid of the first process of ``service``."""
        return next(int(each["pid"]) for each in self("status")["services"] if each["name"] == service)

    def discard(self) -> None:
        self("down")
        shutil.rmtree(self.folder, ignore_errors=True)


class Load:
    """Complaints at a steady rate; ``given`` and ``arrived`` are moments (Unix time) by ticket."""

    def __init__(self, env: dict[str, Any]) -> None:
        self.env, self.stop = env, threading.Event()
        self.given: dict[str, float] = {}
        self.arrived: dict[str, float] = {}
        self.threads = [threading.Thread(target=self._write), threading.Thread(target=self._read)]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _write(self) -> None:
        with httpx.Client(timeout=30, trust_env=False) as http, ThreadPoolExecutor(32) as callers:
            start = time.monotonic()
            for n in range(10**9):
                if self.stop.wait(max(start + n / RATE - time.monotonic(), 0)):
                    return
                callers.submit(self._complain, http, n)

    def _complain(self, http: httpx.Client, n: int) -> None:
        headers, body = {"Idempotency-Key": str(uuid.uuid4()), **somebody()}, {"text": f"{CLEAR} (ke-{n})"}
        for _ in range(600):
            try:
                answer = http.post(f"{self.env['web_url']}/v1/complaints", json=body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code == 202:
                self.given[answer.json()["ticket"]] = time.time()
                return
            time.sleep(0.1)

    def _read(self) -> None:
        account = self.env["principals"]["PDAM"]
        consumer = Consumer(
            {
                "bootstrap.servers": self.env["bootstrap"],
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": account["username"],
                "sasl.password": account["password"],
                "group.id": "unit.pdam.gap",
                "enable.auto.commit": False,
            }
        )
        consumer.assign([TopicPartition("unit.pdam.routed.v1", 0, 0)])
        while not self.stop.is_set():
            for message in consumer.consume(1000, 0.2):
                event = json.loads(message.value() or b"{}")
                if not message.error() and event["data"]["why"] == "routed":
                    self.arrived.setdefault(event["data"]["complaint"]["ticket"], message.timestamp()[1] / 1000)
        consumer.close()

    def waits_ms(self, since: float, until_: float) -> list[float]:
        """Return the waits of the complaints that got their ticket in that time, once all have arrived."""
        mine = [ticket for ticket, at in [*self.given.items()] if since <= at < until_]
        until(lambda: all(ticket in self.arrived for ticket in mine), 120, "all have arrived")
        return sorted(max(self.arrived[ticket] - self.given[ticket], 0) * 1000 for ticket in mine)


def _tell(what: str, waits_ms: list[float]) -> None:
    p95 = statistics.quantiles(waits_ms, n=20)[-1]
    said = {"what": what, "complaints": len(waits_ms), "p50_ms": round(statistics.median(waits_ms)),
            "p95_ms": round(p95), "worst_ms": round(waits_ms[-1])}  # fmt: skip
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def measure(system: System, load: Load, services: tuple[str, ...]) -> None:
    """Let a second process of ``services`` join, leave, join again and die, then the first die; print the waits."""
    name = "all six" if len(services) > 1 else services[0]

    def at(what: str, do: Any, after_s: float = AFTER_S) -> Any:
        time.sleep(BEFORE_S)
        began = time.time()
        result = do()
        time.sleep(after_s)
        _tell(f"{name}: before", load.waits_ms(began - BEFORE_S, began - 1))
        _tell(f"{name}: {what}", load.waits_ms(began - 1, time.time() - 1))
        return result

    def join() -> list[ExtraProcess]:
        there = [ExtraProcess(each, system.pid(each), system.folder / f"{each}-1.log") for each in services]
        for each in there:
            until(each.is_ready, 100, f"the second {each.service} is ready")
        return there

    def end(there: list[ExtraProcess], by: signal.Signals) -> None:
        for each in there:
            os.kill(each.process.pid, by)
        for each in there:
            each.process.wait(60)

    there = at("a second joins", join)
    at("it leaves by SIGTERM", lambda: end(there, signal.SIGTERM))
    there = at("a second joins again", join)
    at("it dies by SIGKILL", lambda: end(there, signal.SIGKILL), DEAD_S)
    there = at("a second joins once more", join)

    def first_dies() -> None:
        for each in services:
            os.kill(system.pid(each), signal.SIGKILL)

    at("the first dies by SIGKILL and is started again", first_dies)
    for each in there:
        each.end(signal.SIGTERM)


def main() -> None:
    """Measure the router alone and all six, or the given services."""
    system = System()
    try:
        with Load(system.env) as load:
            time.sleep(BEFORE_S)  # the first complaints meet services that have just started
            for name in sys.argv[1:] or ("router", "all"):
                measure(system, load, ALL if name == "all" else (name,))
    finally:
        system.discard()


if __name__ == "__main__":
    main()
