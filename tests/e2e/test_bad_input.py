"""Invalid input of any kind gets a clear answer, loses nothing and stops no service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk import Desk, Unit, cloud_event, units
from harness import CLEAR, ROOT, SERVICES, System, a_number
from judge import OF_THE_CLOCK

from contracts.ticket import mint
from lapor.system.morning import collect
from testing.waiting import until

pytestmark = pytest.mark.connected

RECEIVED = "complaint.received.v1"
Ask = Callable[[str], Unit]

EVERYWHERE = {"KAFKA_BOOTSTRAP_SERVERS", "KAFKA_USERNAME", "KAFKA_PASSWORD", "REGION_DIR", "HTTP_PORT"}
INTAKE = EVERYWHERE | {"DATABASE_URL", "INSTALLATION_NAMESPACE", "EVENT_KEY"}
KEYS = {"INTAKE_SMS_EVENT_KEY", "INTAKE_SOCIAL_EVENT_KEY", "INTAKE_WEB_EVENT_KEY"}
NEEDED = {
    "intake-sms": INTAKE | {"SMS_LISTEN_PORT", "SMS_MO_TOKEN", "KANNEL_SEND_URL", "KANNEL_USERNAME", "KANNEL_PASSWORD"},
    "intake-social": INTAKE | {"X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_SECRET"},
    "intake-web": INTAKE | {"WEB_PORT", "EVIDENCE_URL"},
    "classifier": EVERYWHERE | KEYS | {"MODEL_FILE"},
    "router": EVERYWHERE | KEYS | {"DATABASE_URL"},
    "sla-monitor": EVERYWHERE | {"DATABASE_URL"},
    "unit-desk": EVERYWHERE | {"DATABASE_URL", "DESK_PORT", "DESK_KEY", "EVIDENCE_URL"},
    "prober": EVERYWHERE | {"CANARY_KEY", "PROBE_WEB_URL", "PROBE_SMS_URL", "SMS_MO_TOKEN"},
}


@pytest.fixture(scope="module")
def unit(system: System) -> Iterator[Ask]:
    """A unit by its code, with nothing but its own credentials."""
    with units(system.env) as ask:
        yield ask


@pytest.fixture(autouse=True, scope="module")
def _nothing_stops(system: System) -> Iterator[None]:
    """Check afterwards that no service was restarted, and that the next complaint arrives."""
    before = system.starts()
    yield
    assert system.unit_of(system.by_web(f"{CLEAR} (sapaan)"))
    assert before == system.starts()


def dead(system: System, before: list[dict[str, Any]], services: set[str]) -> list[dict[str, Any]]:
    """Return the dead letters since ``before``, one of each of ``services``."""

    def find() -> list[dict[str, Any]] | None:
        known = {row["id"] for row in before}
        new = [row for row in system.lapor("dlq", "list") if row["id"] not in known]
        return new if {row["service"] for row in new} >= services else None

    return until(find, 60, f"dead letters of {services}")


def waiting(system: System, service: str) -> list[float]:
    """Return how many dead letters wait for a person, as the service shows it; empty while it does not know."""
    samples, _ = collect({service: system.env["ready_urls"][service].removesuffix("/ready") + "/metrics"}, within_s=10)
    return [each.value for each in samples if each.name == "lapor_dlq_pending"]


def mo(system: System, **fields: str) -> httpx.Response:
    """Send Kannel's request, with the token unless given otherwise."""
    given = {"token": system.env["sms_mo_token"], "to": "1708", "charset": "UTF-8"} | fields
    return httpx.get(system.env["sms_mo_url"], params=given, timeout=10)


def test_a_malformed_mo_is_kept_for_the_operator_without_the_token(system: System) -> None:
    before, needed = system.lapor("dlq", "list"), system.lapor("status")["attention"]
    pending = until(lambda: waiting(system, "intake-sms"), 60, "the intake counts its letters")
    assert 200 == mo(system, text="SOPPENG tanpa pengirim", id=str(uuid.uuid4())).status_code
    (letter,) = dead(system, before, {"intake-sms"})
    assert ("Unreadable", "kannel-mo") == (letter["error"], letter["topic"])
    shown = system.lapor("dlq", "show", letter["id"])
    assert "tanpa+pengirim" in shown["value"]
    assert system.env["sms_mo_token"] not in json.dumps(shown)
    assert "no topic" in system.refused("dlq", "replay", letter["id"])

    # It needs attention until somebody marks it as seen.
    assert system.lapor("status")["attention"] != needed
    until(lambda: waiting(system, "intake-sms") == [pending[0] + 1], 60, "it is counted")
    assert {"dismissed": 1} == system.lapor("dlq", "dismiss", letter["id"])
    assert system.lapor("status")["attention"] == needed
    until(lambda: waiting(system, "intake-sms") == pending, 60, "it is counted no more")


def test_a_wrong_token_opens_nothing(system: System) -> None:
    number, bare = a_number(), system.env["sms_mo_url"].removesuffix("/" + system.env["sms_mo_token"])
    sms = {"text": f"SOPPENG {CLEAR}", "id": str(uuid.uuid4()), "from": number}
    for token in ("", "x" * 32, system.env["sms_mo_token"][:-1]):
        for url in (f"{bare}?token={token}", f"{bare}/{token}"):
            answer = httpx.get(httpx.URL(url).copy_merge_params(sms), timeout=10)
            assert (403, b"") == (answer.status_code, answer.content)
    # The same number's real SMS is the only one that gets a receipt.
    system.send_sms(number, f"SOPPENG {CLEAR}")
    system.receipt(number)
    assert 1 == sum(text.startswith("Terima kasih, laporan") for text in system.told(number))


def test_the_same_mo_id_with_another_text_is_not_a_second_complaint(system: System) -> None:
    before, number, mo_id = system.lapor("dlq", "list"), a_number(), str(uuid.uuid4())
    for text in (CLEAR, CLEAR, f"{CLEAR} lagi"):
        assert 200 == mo(system, text=f"SOPPENG {text}", id=mo_id, **{"from": number}).status_code
    (letter,) = dead(system, before, {"intake-sms"})
    assert "KeyReused" == letter["error"]
    system.receipt(number)
    assert 1 == sum(text.startswith("Terima kasih, laporan") for text in system.told(number))


def test_an_oversized_text_is_answered_on_every_door(system: System) -> None:
    number = a_number()
    assert 200 == mo(system, text=f"SOPPENG {'a' * 10_001}", id=str(uuid.uuid4()), **{"from": number}).status_code
    system.until_told(number, "Isi laporan terlalu panjang: ")

    long = system.post_web(str(uuid.uuid4()), {"text": "a" * 10_001})
    assert 400 == long.status_code
    assert "text" == long.json()["errors"][0]["field"]
    huge = system.post_web(str(uuid.uuid4()), {"text": "a" * 70_000})
    assert (413, "urn:lapor:problem:too-large") == (huge.status_code, huge.json()["type"])


def test_the_web_api_says_what_is_wrong(system: System) -> None:
    url, key = system.env["web_url"] + "/v1/complaints", {"Idempotency-Key": str(uuid.uuid4())}
    for body in (b"{", b"[]", b'"teks"', b"\xff\xfe", b"[" * 5000):
        answer = httpx.post(url, content=body, headers=key, timeout=10)
        assert (400, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
        assert "urn:lapor:problem:invalid-json" == answer.json()["type"]
    missing = httpx.post(url, json={"text": CLEAR}, timeout=10)
    assert (400, "Idempotency-Key") == (missing.status_code, missing.json()["errors"][0]["field"])
    wrong = httpx.post(url, json={"text": 7, "anonim": "ya", "phone": "x"}, headers=key, timeout=10)
    assert {"text", "anonim", "phone"} == {error["field"] for error in wrong.json()["errors"]}
    assert 404 == httpx.get(f"{url}/SPG-W0AB-12CD0", timeout=10).status_code


def test_an_idempotency_key_stands_for_one_body(system: System) -> None:
    key = str(uuid.uuid4())
    first = system.post_web(key, {"text": CLEAR})
    assert first.json()["ticket"] == system.post_web(key, {"text": CLEAR}).json()["ticket"]
    other = system.post_web(key, {"text": f"{CLEAR} lain"})
    assert (422, "urn:lapor:problem:idempotency-key-reused") == (other.status_code, other.json()["type"])
    assert first.json()["ticket"] not in other.text


def test_a_reply_that_cannot_be_is_refused_with_a_reason(system: System, unit: Ask) -> None:
    ticket = system.by_web(f"{CLEAR} (balasan)")
    owner = system.unit_of(ticket)
    unit(owner).get(ticket, "routed")
    said = system.refused("unit", "reply", owner, ticket, "--action", "hancurkan")
    assert "tindakan 'hancurkan' tidak dikenal; yang ada: acknowledge" in " ".join(said.split())
    said = system.refused("unit", "reply", "BPBD", ticket, "--action", "acknowledge")
    assert "bukan milik BPBD saat ini" in " ".join(said.split())

    def why_not(code: str, number: str, action: str, **fields: str) -> str:
        answer = unit(code).reply(number, action, **fields)
        assert not answer["accepted"]
        return str(answer["reason"])

    assert "bukan milik" in why_not(owner, "SPG-W000-00000", "acknowledge")
    assert "bukan milik" in why_not(owner, "x" * 5000, "acknowledge")
    assert "perlu message" in why_not(owner, ticket, "resolve", message="  ")
    assert "hanya untuk laporan di meja triase" in why_not(owner, ticket, "dispose", unit="PUPR")
    # A refusal about another unit's complaint shows nothing of it.
    bpbd = unit("BPBD")
    shown = until(
        lambda: [it for seen in bpbd.look() if ticket in json.dumps(it := seen.event["data"])], 60, "a refusal"
    )
    assert ["replied"] == [data["why"] for data in shown]
    assert all("complaint" not in data for data in shown)
    assert ["registered", "routed"] == [step["kind"] for step in (system.story(ticket) or {})["history"]]


def test_invalid_event_becomes_a_dead_letter_with_its_bytes(system: System) -> None:
    before, door = system.lapor("dlq", "list"), Desk(system.env, "intake-web")
    poison = {b'{"bukan": "CloudEvent"}': '{"bukan": "CloudEvent"}', b"\xff\x00\xfe": "base64:/wD+"}
    for value in poison:
        door.write(RECEIVED, value, b"kunci")
    known = cloud_event("complaint.received.v1", {"ticket": "SPG-W0AB-12CD0"})
    door.write(RECEIVED, json.dumps(known).encode())
    stranger = cloud_event("complaint.invented.v1", {})
    door.write(RECEIVED, json.dumps(stranger).encode())
    door.close()

    def all_there() -> list[dict[str, Any]] | None:
        letters = dead(system, before, {"classifier", "router"})
        return letters if len(letters) >= 8 else None

    letters = until(all_there, 60, "four dead letters of two services")
    assert {("classifier", "InvalidEvent"), ("router", "InvalidEvent")} == {(x["service"], x["error"]) for x in letters}
    assert {RECEIVED} == {letter["topic"] for letter in letters}
    mine = [letter["id"] for letter in letters if letter["service"] == "router"]
    shown = {one: system.lapor("dlq", "show", one) for one in mine}
    expected = {*poison.values(), json.dumps(known), json.dumps(stranger)}
    assert expected == {letter["value"] for letter in shown.values()}
    assert {"kunci", "test"} == {letter["key"] for letter in shown.values()}

    # A poisoned record becomes a dead letter again, with the same bytes, of the service that was asked.
    assert {"replayed": 1} == system.lapor("dlq", "replay", mine[0])
    (again,) = dead(system, before + letters, {"router"})
    assert ("router", shown[mine[0]]["value"]) == (again["service"], system.lapor("dlq", "show", again["id"])["value"])


def test_a_unit_that_writes_nonsense_only_harms_itself(system: System, unit: Ask) -> None:
    """More bad records in a row than faults that would stop the router, among them events of other topics."""
    before, ticket = system.lapor("dlq", "list"), system.by_web(f"{CLEAR} (salinan)")
    owner = unit(system.unit_of(ticket))
    snapshot = owner.get(ticket, "routed")["complaint"]
    foreign = cloud_event("unit.routed.v1", {"why": "routed", "unit": owner.name, "complaint": snapshot})
    step = {
        name: snapshot[name] for name in ("complaint_id", "ticket", "seq", "channel", "received_at", "unit", "lane")
    }
    step |= {
        "kind": "closed",
        "status": "closed",
        "origin": "intake-web",
        "category": None,
        "type": None,
        "urgency": None,
    }
    for n in range(12):
        for event in (
            foreign | {"id": f"{uuid.uuid4()}-{n}"},
            cloud_event("complaint.updated.closed.v1", step),
            cloud_event("unit.replied.v1", {"ticket": ticket}),
        ):
            owner.write(owner.replies, json.dumps(event).encode())

    def all_there() -> bool:
        return len(dead(system, before, {"router"})) == 36

    until(all_there, 60, "36 dead letters")
    owner.must(ticket, "acknowledge")
    assert ["registered", "routed", "acknowledged"] == [
        step["kind"] for step in system.until_status(ticket, "acknowledged")["history"]
    ]


def test_a_dead_letter_put_back_when_its_reason_has_passed_is_handled(system: System, unit: Ask) -> None:
    number, text = mint("web"), f"{CLEAR} (surat mati)"
    received = {
        "complaint_id": str(uuid.uuid4()),
        "ticket": number,
        "channel": "web",
        "origin": "intake-web",
        "text": text,
        "received_at": datetime.now(UTC).isoformat(),
        "reporter_ref": "uji",
    }
    event = cloud_event(RECEIVED, received, source="/intake-web", subject=received["complaint_id"])
    before = system.lapor("dlq", "list")
    for service in ("classifier", "router"):
        _bury(system, service, json.dumps(event).encode(), received["complaint_id"].encode())
    letters = [letter["id"] for letter in dead(system, before, {"classifier", "router"})]
    assert {"replayed": 2} == system.lapor("dlq", "replay", *letters)
    got = unit(system.unit_of(number)).get(number, "routed")["complaint"]
    assert (received["complaint_id"], text) == (got["complaint_id"], got["text"])
    # Replaying is idempotent: the same letters again change nothing.
    assert {"replayed": 2} == system.lapor("dlq", "replay", *letters)
    later = system.by_web(f"{CLEAR} (susulan)")
    unit(system.unit_of(later)).get(later, "routed")
    assert ["registered", "routed"] == [
        kind
        for step in system.lapor("trace", number)["events"]
        if step["topic"] == "complaint.updated.v1" and (kind := step["type"].split(".")[2]) not in OF_THE_CLOCK
    ]


def _bury(system: System, service: str, value: bytes, key: bytes) -> None:
    """Make a dead letter of ``service``, as left by a fault that is fixed by now."""
    desk = Desk(system.env, service)
    headers = {
        "content-type": "application/cloudevents+json",
        "error": "KeyError",
        "source-topic": RECEIVED,
        "source-partition": "0",
        "source-offset": "0",
        "failed-at": datetime.now(UTC).isoformat(),
    }
    about = [(name, text.encode()) for name, text in headers.items()]
    desk.write(f"{service}.dlq", value, key, [system.signature("intake-web", key, value), *about])
    desk.close()


def test_dlq_names_that_do_not_exist_are_refused(system: System) -> None:
    assert "There is no dead letter 'router:999999'" in system.refused("dlq", "show", "router:999999")
    assert "There is no dead letter" in system.refused("dlq", "replay", "nonsense")


def _run(service: str, env: dict[str, str]) -> tuple[int, str]:
    script = Path(sys.executable).parent / service
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run([script, "run"], env=bare | env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_without_settings_names_each_one(service: str) -> None:
    code, said = _run(service, {})
    named = {line.strip().partition(":")[0] for line in said.splitlines()[1:]}
    assert (78, NEEDED[service]) == (code, named)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_with_a_wrong_setting_names_it_and_not_its_value(service: str, tmp_path: Path) -> None:
    code, said = _run(service, {"HTTP_PORT": "seribu", "SLOT": "99", "DATABASE_URL": "mysql://rahasia@x/y"})
    assert 78 == code
    assert "HTTP_PORT: Input should be a valid integer" in said
    assert "SLOT: Input should be less than or equal to 11" in said
    assert ("DATABASE_URL" in NEEDED[service]) == ("DATABASE_URL: " in said)
    assert "rahasia" not in said
    assert "seribu" not in said
