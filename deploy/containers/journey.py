"""Plays citizens and a unit against the containers that try.sh has started, with only Python's standard library.

journey.py web sms x -- docker-compose …   a complaint of each channel, to its unit and back
journey.py watched -- docker-compose …     that Prometheus watches all, and has somebody to call
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from typing import Any

WEB, STANDINS = "http://127.0.0.1:17080", "http://127.0.0.1:17081"
TEXT = "Lampu jalan padam di Kelurahan Lemba dekat pasar, sudah tiga malam gelap"
PATIENCE_S = 60


def ask(url: str, body: dict[str, str] | None = None) -> Any:
    """GET, or POST ``body``, and parse the JSON answer. Raises urllib.error.URLError."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - addresses of this machine
        return json.load(answer)


def until(look: Any, what: str, within_s: float = PATIENCE_S) -> Any:
    """Call ``look`` until it finds something; end the program if it does not in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    sys.exit(f"not within {within_s} s: {what}")


def complain(channel: str, mark: str) -> str:
    """Send a complaint by ``channel``, and return its ticket."""
    text = f"{TEXT} ({mark})"
    if channel == "web":
        return str(ask(f"{WEB}/v1/complaints", {"text": text})["ticket"])
    number, handle = f"+62813{uuid.uuid4().int % 10**8:08}", f"warga_{mark}"
    if channel == "sms":
        ask(f"{STANDINS}/sms/send-mo", {"from": number, "text": text})
    else:
        ask(f"{STANDINS}/x/mention", {"handle": handle, "text": text})
    told = until(lambda: [each for each in sent() if mark_of(each, number, handle)], f"a receipt by {channel}")
    return str(told[0]["ticket"])


def sent() -> list[dict[str, Any]]:
    """List the messages that citizens were sent so far."""
    found: list[dict[str, Any]] = ask(f"{STANDINS}/sent")
    return found


def mark_of(message: dict[str, Any], number: str, handle: str) -> bool:
    """Whether ``message`` went to that number or account."""
    return bool(message.get("ticket")) and any(each in json.dumps(message) for each in (number, handle))


def reply(compose: list[str], unit: str, ticket: str, *action: str) -> None:
    """Answer as the unit, in the container that knows the accounts."""
    command = [*compose, "run", "--rm", "--no-deps", "provision", "lapor", "unit", "reply", unit, ticket, *action]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)  # noqa: S603
    if done.returncode:
        sys.exit(f"{unit} can't answer {ticket}: {done.stdout[-1000:]}{done.stderr[-2000:]}")


def journey(compose: list[str], channel: str) -> None:
    """Take one complaint from the citizen to the unit, and the answer back on the same channel."""
    began, ticket = time.monotonic(), complain(channel, uuid.uuid4().hex[:8])

    def story() -> dict[str, Any]:
        found: dict[str, Any] = ask(f"{WEB}/v1/complaints/{ticket}")
        return found

    unit = until(lambda: story().get("unit"), f"{ticket} is with a unit")
    routed_s = time.monotonic() - began
    reply(compose, unit, ticket, "--action", "acknowledge")
    reply(compose, unit, ticket, "--action", "resolve", "--message", "Lampu di dekat pasar sudah diganti dan menyala.")
    until(lambda: story()["status"] == "resolved", f"{ticket} is resolved")
    if channel != "web":
        told = "sudah diganti dan menyala"
        until(lambda: any(each.get("ticket") == ticket and told in each["text"] for each in sent()), "the answer")
    print(f"{channel} {ticket} {unit}: with it after {routed_s:.1f} s, answered after {time.monotonic() - began:.1f} s")  # noqa: T201


def watched(compose: list[str]) -> None:
    """Check that Prometheus sees every service and reaches Alertmanager, from inside: it has no port outside."""

    def inside(path: str) -> Any:
        url = f"http://127.0.0.1:9090/api/v1/{path}"
        command = [*compose, "exec", "-T", "prometheus", "wget", "-q", "-O", "-", url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: S603
        return json.loads(done.stdout)["data"] if done.returncode == 0 else {}

    def value(expr: str) -> int:
        found = inside(f"query?query={urllib.parse.quote(expr)}").get("result")
        return int(float(found[0]["value"][1])) if found else 0

    until(lambda: value('count(up{job=~"lapor|node"} == 1)') == 9, "Prometheus sees eight services and the machine")
    # The prober sends one a minute, and the first may find a door that is not open yet.
    arrived = 'count(lapor_canaries_total{result="arrived"} > 0)'
    until(lambda: value(arrived) == 2, "a canary of SMS and one of the web come through", 3 * PATIENCE_S)
    until(lambda: inside("alertmanagers").get("activeAlertmanagers"), "Prometheus has somebody to call")
    print("watched: eight services and the machine; canaries come through; Alertmanager listens")  # noqa: T201


def main() -> None:
    """Play the parts named on the command line."""
    split = sys.argv.index("--")
    for what in sys.argv[1:split]:
        compose = sys.argv[split + 1 :]
        watched(compose) if what == "watched" else journey(compose, what)


if __name__ == "__main__":
    main()
