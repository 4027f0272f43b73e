"""No acknowledged complaint is ever lost: the promise, tried against kill -9 of everything.

Citizens use all three channels while each service, the broker, the database server and each named moment between a
commit and its acknowledgement is killed once, in an order drawn from a seed. Then `judge.anomalies` compares the
promises to citizens with the records in the topics.

That the test can fail was shown by breaking one rule at a time and running it: see "What the loss test finds" in
docs/benchmarks.md.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
import uuid
from collections.abc import Callable

import httpx
import pytest
from harness import SERVICES, System
from judge import anomalies, read_log
from units import working

from testing.lengths import length
from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.soak]

#: How many rounds of kills, for that many complaints in that many seconds.
ROUNDS = length(1, 20)
COMPLAINTS, SECONDS = 200 * ROUNDS, 55 * ROUNDS
#: Seconds in which a service must answer again, however slow the machine is.
INSISTS_S = 180
TEXTS = (
    "Jalan di depan pasar berlubang besar dan sudah ada yang jatuh",
    "Air PDAM tidak mengalir sudah empat hari di kelurahan kami",
    "Lampu jalan mati di sekitar terminal, gelap kalau malam",
    "Sampah menumpuk di pinggir jalan sudah seminggu tidak diangkut",
    "Selokan tersumbat, kalau hujan air masuk rumah warga",
    "Pupuk bersubsidi kosong di kios padahal sudah musim tanam",
    "Entah bagaimana ini semuanya, pokoknya kurang baik saja",
)
#: Moments between two steps that must not come apart, and the services that pass them.
MOMENTS = (
    ("intake-web", "ack.after_commit_before_response"),
    ("intake-sms", "ack.after_commit_before_response"),
    ("intake-web", "relay.after_publish_before_mark"),
    ("intake-social", "relay.after_publish_before_mark"),
    ("router", "relay.after_publish_before_mark"),
    ("sla-monitor", "relay.after_publish_before_mark"),
    ("router", "inbox.after_effect_before_commit"),
    ("sla-monitor", "inbox.after_effect_before_commit"),
    ("intake-sms", "inbox.after_effect_before_commit"),
    ("classifier", "classifier.after_publish_before_ack"),
    ("intake-sms", "notify.after_send_before_mark"),
    ("intake-social", "notify.after_send_before_mark"),
)


def test_no_acknowledged_complaint_is_lost_when_everything_is_killed_once(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("LAPOR_SEED", "1708"))
    draw = random.Random(seed)
    report = [f"seed {seed} (LAPOR_SEED), {COMPLAINTS} complaints in {SECONDS} s"]
    before = {service: system.restarts(service) for service in SERVICES}
    web: dict[str, str] = {}
    sms: dict[str, str] = {}
    posts: dict[str, str] = {}
    threads: list[threading.Thread] = []
    gave_up: list[str] = []

    def citizen(n: int) -> None:
        try:
            complain(n)
        except (AssertionError, httpx.HTTPError) as error:
            gave_up.append(f"citizen {n}: {error!r}")

    def complain(n: int) -> None:
        channel, text = ("sms", "web", "x")[n % 3], f"{TEXTS[n % len(TEXTS)]} ({n})"
        if channel == "sms":
            number = f"+62811{seed % 1000:03}{n:06}"
            sms[number] = system.send_sms(number, f"SOPPENG {text}")
        elif channel == "x":
            posts[f"warga{seed}_{n}"] = system.post_on_x(f"warga{seed}_{n}", text)
        else:
            key = str(uuid.UUID(int=draw_bits[n]))
            web[key] = _insist(system, key, {"text": text, "name": "Warga"})

    draw_bits = [draw.getrandbits(128) for _ in range(COMPLAINTS)]
    faults: list[tuple[str, Callable[[], object]]] = [
        *((f"kill {name}", lambda name=name: _kill(system, name)) for name in (*SERVICES, "kafka", "postgres")),
        *((f"crash {s} at {p}", lambda s=s, p=p: _arm(system, s, p)) for s, p in MOMENTS),
    ]
    struck = len(faults) * ROUNDS
    faults = [fault for _ in range(ROUNDS) for fault in draw.sample(faults, len(faults))]

    with working(system.env, sorted(c for c in system.env["principals"] if c.isupper())) as taken:
        start = time.monotonic()
        for n in range(COMPLAINTS):
            while faults and time.monotonic() - start > SECONDS * (1 - len(faults) / struck):
                name, strike = faults.pop()
                strike()
                report.append(f"{time.monotonic() - start:5.1f} s  {name}")
            thread = threading.Thread(target=citizen, args=(n,), daemon=True)
            thread.start()
            threads.append(thread)
            time.sleep(max(0.0, start + (n + 1) * SECONDS / COMPLAINTS - time.monotonic()))
        for thread in threads:
            thread.join(INSISTS_S + 20)
        assert not gave_up, (gave_up, report, system.starts())
        assert not faults, f"never struck: {[name for name, _ in faults]}"
        given = until(lambda: _tickets(system, web, sms, posts), 200, "a ticket for every complaint")
        until(lambda: _ended(system, given), 200, "every complaint resolved, and told")
    report.append(f"all told {time.monotonic() - start:.1f} s after the start; units took on {len(set(taken))}")
    for service, point in MOMENTS:
        # A service that is just restarting has the moment still ahead.
        until((system.crashes / f"{service}.{point}").exists, 90, f"{service} to pass {point}")

    kills = {service: system.restarts(service) - before[service] for service in SERVICES}
    sent = system.sent()
    told = {ticket: [row["text"] for row in sent if row["ticket"] == ticket] for ticket in given}
    told |= {ticket: _page(system, ticket) for ticket, channel in given.items() if channel == "web"}
    # The gateway has no idempotency key: messages in flight at a kill may be repeated. X refuses the same words twice.
    in_hand = _in_hand_at_kills(system)
    report.append(f"{in_hand} SMS were in hand when intake-sms was killed")
    found = anomalies(read_log(system.env), given, told, {"sms": in_hand})
    report.append(f"restarts {kills}; {len(given)} tickets; {len(sent)} messages; {len(found)} anomalies")
    with capsys.disabled():
        print("\n" + "\n".join(report))

    assert [] == found
    assert COMPLAINTS == len(given)
    assert [] == system.lapor("dlq", "list")
    assert all(count >= ROUNDS for count in kills.values()), kills


def _in_hand_at_kills(system: System) -> int:
    """Return how many SMS were in flight to the gateway when intake-sms died: the log of each next start says so."""
    lines = (system.data / "logs" / "intake-sms.log").read_text().splitlines()
    told = [json.loads(line) for line in lines if '"notices_perhaps_sent"' in line]
    return sum(line["count"] for line in told)


def _kill(system: System, name: str) -> None:
    """Kill with SIGKILL once it runs: after another fault it may be down, and such a kill would prove nothing."""
    until(lambda: isinstance(system.lapor("kill", name, check=False), dict), 60, f"{name} killed")


def _arm(system: System, service: str, point: str) -> None:
    """Crash it the next time that it passes ``point``, unless that is still pending from the last round."""
    if (system.crashes / f"{service}.{point}").exists():
        system.arm(service, point)


def _insist(system: System, key: str, body: dict[str, str]) -> str:
    """Send until there is an answer, always with the same key. Return the ticket."""

    def ask() -> str | None:
        try:
            answer = system.post_web(key, body)
        except httpx.TransportError:
            return None
        return str(answer.json()["ticket"]) if answer.status_code == 202 else None

    return until(ask, INSISTS_S, f"an answer to {key}")


def _tickets(system: System, web: dict[str, str], sms: dict[str, str], posts: dict[str, str]) -> dict[str, str] | None:
    """Return every ticket given, with its channel; None while one is missing."""
    sent = system.sent()
    receipts = {row["to"]: row["ticket"] for row in sent if row["ticket"]}
    if any(to not in receipts for to in (*sms, *posts)):
        return None
    given = dict.fromkeys(web.values(), "web")
    given |= {receipts[number]: "sms" for number in sms} | {receipts[handle]: "x" for handle in posts}
    return given


def _ended(system: System, given: dict[str, str]) -> bool:
    told = {row["ticket"] for row in system.sent() if "selesai" in row["text"]}
    if any(ticket not in told for ticket, channel in given.items() if channel != "web"):
        return False
    return all(_resolved(system, ticket) for ticket, channel in given.items() if channel == "web")


def _resolved(system: System, ticket: str) -> bool:
    story = system.story(ticket)
    return story is not None and story["status"] == "resolved"


def _page(system: System, ticket: str) -> list[str]:
    story = system.story(ticket)
    return [step["kind"] for step in story["history"]] if story else []
