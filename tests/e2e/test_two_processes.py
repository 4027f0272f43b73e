"""Two processes of each service: they share the partitions, and nothing is lost, doubled or told twice.

Citizens use all channels while second processes join, while both are at work, while the first ones are killed and while
the second ones leave. Then `judge.anomalies` compares the promises to citizens with the records in the topics.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from confluent_kafka.admin import AdminClient
from harness import CLEAR, READERS, ROOT, UNCLEAR, System, a_handle, a_number, running
from judge import Log, anomalies, read_log
from units import working

from lapor.processes import credentials
from lapor.servers import kafka
from lapor.system.morning import collect
from testing.extra_process import ExtraProcess, extra_processes
from testing.waiting import until

pytestmark = [pytest.mark.connected, pytest.mark.system("two")]

TRIAGE = "DISKOMINFO"
#: Seconds for twelve services that start concurrently on a slow machine.
PATIENCE_S = 200
#: Seconds until Kafka reassigns a dead process's partitions, the least that it allows.
SESSION_S = 6
#: One topic with twelve partitions that each service reads.
READ_IN_PARTS = {
    "classifier": "complaint.received.v1",
    "router": "complaint.received.v1",
    "unit-desk": "complaint.erased.v1",
}
#: Figures that one process of a service shows for all, since dashboards add them up.
SHOWN_ONCE = ("lapor_complaints_", "lapor_emergencies_", "lapor_unit_", "lapor_sla_overdue")


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Soppeng, except that a unit is late after 5 s of silence, and the escalation follows 5 s later: timers ring."""
    folder = tmp_path_factory.mktemp("region")
    policies = yaml.safe_load((ROOT / "region" / "soppeng" / "sla.yaml").read_text())
    words = policies["policies"][policies["default"]]["stages"]["acknowledgement"]
    del words["variants"]
    late = {"amount": 5, "unit": "seconds"}
    words |= {**late, "escalation": [{"after": late, "to": ["head"]}]}
    (folder / "sla.yaml").write_text(yaml.safe_dump({"extends": str(ROOT / "region" / "soppeng"), **policies}))
    return folder


@pytest.fixture(scope="module")
def system(region: Path) -> Iterator[System]:
    """A system of its own, since others would not expect a second process."""
    yield from running("two", region, *(f"{service}:SESSION_TIMEOUT_S={SESSION_S}" for service in READERS))


@dataclass
class People:
    """Complaints, by each channel in turn; ``doors`` are the websites, whose number may change."""

    system: System
    doors: list[System]
    enough: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    web: list[Future[str]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    handles: list[str] = field(default_factory=list)
    written: list[Future[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writing = threading.Thread(target=self.write)

    def write(self) -> None:
        """Write until told to stop, three a second at most, since all processes restart on this machine."""
        with ThreadPoolExecutor(32) as at_once:
            while not self.enough.wait(1 / 3):
                text, turn = f"{CLEAR if self.sent % 6 else UNCLEAR} (ke-{self.sent})", self.sent % 4
                if turn == 1:
                    self.numbers.append(a_number())
                    self.written.append(at_once.submit(self.system.send_sms, self.numbers[-1], f"SOPPENG {text}"))
                elif turn == 3:
                    self.handles.append(a_handle())
                    self.written.append(at_once.submit(self.system.post_on_x, self.handles[-1], text))
                else:
                    door = self.doors[self.sent // 4 % len(self.doors)]
                    self.web.append(at_once.submit(door.by_web, text))
                self.sent += 1

    def stop(self) -> None:
        """Wait until the last of them has written."""
        self.enough.set()
        self.writing.join(90)

    def more(self, by: int = 12) -> None:
        """Wait until ``by`` more have written."""
        wanted = self.sent + by
        until(lambda: self.sent >= wanted, 60, f"{by} more complaints")

    def given(self) -> dict[str, str]:
        """Return every ticket that was promised to somebody, with its channel."""
        for each in self.written:
            each.result(60)
        tickets = dict.fromkeys((each.result(60) for each in self.web), "web")
        tickets |= {self.system.receipt(number): "sms" for number in self.numbers}
        return tickets | {self.system.receipt(handle): "x" for handle in self.handles}


@contextmanager
def people_writing(system: System) -> Iterator[People]:
    people = People(system, [system])
    people.writing.start()
    try:
        yield people
    finally:
        people.stop()


def held(system: System) -> dict[str, dict[str, list[tuple[str, int]]]]:
    """Return each process's partitions, by service and Kafka's name of the process."""
    password = credentials.read(system.data / "credentials.json").kafka_admin
    admin = AdminClient({**kafka.client_settings(system.env["bootstrap"], kafka.ADMIN, password)})
    groups = {name: each.result(20) for name, each in admin.describe_consumer_groups(list(READERS)).items()}
    return {
        name: {
            str(member.group_instance_id): [(p.topic, p.partition) for p in member.assignment.topic_partitions]
            for member in group.members
        }
        for name, group in groups.items()
        if group.state.name == "STABLE"
    }


def shared(system: System, slots: tuple[int, ...]) -> bool:
    """Whether the processes of those slots alone hold each partition of their service once, and each holds some."""
    now = held(system)
    for service in READERS:
        holders = now.get(service, {})
        if {f"{service}-{slot}" for slot in slots} != holders.keys() or not all(holders.values()):
            return False
        times = Counter(place for places in holders.values() for place in places)
        assert {1} == set(times.values()), (service, times)
        read = READ_IN_PARTS.get(service, "complaint.updated.v1")
        assert times.keys() >= {(read, partition) for partition in range(12)}, (service, times)
    return True


def shown_twice(system: System, others: Mapping[str, ExtraProcess]) -> set[str]:
    """Return the figures of the whole that both processes of a service show."""
    found: set[str] = set()
    for service in ("router", "sla-monitor"):
        addresses = {
            "first": system.env["ready_urls"][service].removesuffix("/ready") + "/metrics",
            "second": others[service].url("/metrics"),
        }
        shown = [_shown(collect({name: url}, within_s=10)[0]) for name, url in addresses.items()]
        assert shown[0] | shown[1], f"{service} shows nothing"
        found |= shown[0] & shown[1]
    return found


def _shown(samples: list[Any]) -> set[str]:
    return {f"{each.name}{sorted(each.labels.items())}" for each in samples if each.name.startswith(SHOWN_ONCE)}


def told(system: System, given: dict[str, str]) -> dict[str, list[str]]:
    """Return the messages to the citizen of each ticket; for the web, the steps that its page shows."""
    sent, found = system.sent(), dict[str, list[str]]()
    for ticket, channel in given.items():
        if channel == "web":
            found[ticket] = [step["kind"] for step in (system.story(ticket) or {"history": []})["history"]]
        else:
            found[ticket] = [row["text"] for row in sent if row["ticket"] == ticket]
    return found


def missed(log: Log) -> Counter[tuple[Any, ...]]:
    """Count different events that say the same of a deadline: that it was missed, or who is told about it now."""
    once = {event["id"]: event["data"] for event in log.of("complaint.sla-breached.v1")}.values()
    return Counter(tuple(it[name] for name in ("ticket", "stage", "round", "deadline_at", "level")) for it in once)


def test_two_processes_of_each_service_share_the_work_and_nothing_is_lost_or_doubled(
    system: System, tmp_path: Path
) -> None:
    desks = sorted(code for code in system.env["principals"] if code.isupper() and code != TRIAGE)
    firsts = {service: system.pid(service) for service in READERS}
    with working(system.env, desks), people_writing(system) as people:
        people.more(4)
        with extra_processes(firsts, tmp_path) as others:
            until(lambda: shared(system, (0, 1)), PATIENCE_S, "both hold some of what their service reads")
            second_door = replace(system, env={**system.env, "web_url": others["intake-web"].url("", "WEB_PORT")})
            people.doors = [system, second_door]
            people.more()
            assert set() == shown_twice(system, others)

            for pid in firsts.values():
                os.kill(pid, signal.SIGKILL)
            people.doors = [second_door]
            people.more()
            until(lambda: all(system.starts()[name] for name in READERS), PATIENCE_S, "all are started again")
            until(system.ready, PATIENCE_S, "they are ready")
            until(lambda: shared(system, (0, 1)), PATIENCE_S, "they share again")
            people.doors = [system, second_door]
            people.more()

            people.doors = [system]
            for each in [*people.web]:  # nobody retries at an address that is closed for good
                each.result(PATIENCE_S)
            stopped = {service: other.end(signal.SIGTERM) for service, other in others.items()}
            assert dict.fromkeys(READERS, 0) == stopped
            until(lambda: shared(system, (0,)), PATIENCE_S, "the first ones have it all")
            people.more(4)
        people.stop()
        given = people.given()

        def broken() -> list[str]:
            kills = {"sms": 1}  # the gateway has no idempotency key: a kill may repeat one SMS
            return anomalies(read_log(system.env), given, told(system, given), kills)

        try:
            until(lambda: not broken(), PATIENCE_S, "all that was promised is kept")
        except AssertionError:
            assert [] == broken()
            raise
    assert people.sent == len(given)
    assert [] == system.lapor("dlq", "list")

    # Nobody at the triage desk responds: each complaint there is late once, and is escalated once.
    until(lambda: {0, 1} <= {level for *_, level in missed(read_log(system.env))}, PATIENCE_S, "late, and told so")
    assert {1} == set(missed(read_log(system.env)).values())
