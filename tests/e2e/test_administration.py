"""An administrator's work on a system in use: lost databases are restored, and passwords are changed."""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import OFFSET_END, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from desk import Unit, units
from harness import CLEAR, LAPOR, System
from rights import login

from contracts.topics import load_topics
from lapor.processes import credentials
from lapor.processes.data_dir import DataDir
from lapor.servers import kafka
from lapor.system import archive
from testing.waiting import until

pytestmark = pytest.mark.connected


@contextlib.contextmanager
def people_writing(system: System) -> Iterator[list[str]]:
    """Complain by web, up to five times a second; yield the tickets that were promised to somebody."""
    tickets: list[str] = []
    enough = threading.Event()

    def write() -> None:
        while not enough.wait(0.2):
            tickets.append(system.by_web(f"{CLEAR} (ke-{len(tickets)})"))

    person = threading.Thread(target=write)
    person.start()
    try:
        yield tickets
    finally:
        enough.set()
        person.join(90)


def more(tickets: list[str], by: int = 15) -> None:
    wanted = len(tickets) + by
    until(lambda: len(tickets) >= wanted, 60, f"{by} more complaints")


def as_superuser(system: System, database: str, statement: str) -> None:
    password = credentials.read(system.data / "credentials.json").postgres_admin
    dsn = psycopg.conninfo.make_conninfo(
        system.env["databases"]["router"], user="postgres", dbname=database, password=password
    )
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(statement)


def lose(system: System, database: str) -> None:
    """Drop a database despite its connections: as after a mistake, or with its disk."""
    as_superuser(system, "postgres", f'DROP DATABASE "{database}" WITH (FORCE)')


#: A statement that nobody should run: the database loses all its rows, and its service goes on.
EMPTY = """\
DO $$ BEGIN
  EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public');
END $$"""


def history(system: System, ticket: str) -> list[str]:
    return [step["kind"] for step in (system.story(ticket) or {})["history"]]


@pytest.fixture(scope="module")
def pdam(system: System) -> Iterator[Unit]:
    with units(system.env) as unit:
        yield unit("PDAM")


def test_databases_that_are_lost_under_load_come_back_with_all_that_was_promised(
    system: System, pdam: Unit, tmp_path: Path
) -> None:
    key = tmp_path / "lapor.key"
    subprocess.run([LAPOR, "backup-key", key], check=True, capture_output=True, timeout=60)
    with people_writing(system) as tickets:
        # So few that most partitions are new to the backup and to the group, which commits every 5 s here.
        more(tickets, 3)
        backed_up = system.lapor("backup", str(tmp_path / "one"), "--public-key", f"{key}.pub")["services"]
        since = len(tickets)
        more(tickets)
        resolved, seen, unread = tickets[since : since + 3]
        for ticket in (resolved, seen, unread):
            pdam.get(ticket, "routed")
        for ticket in (resolved, seen):
            pdam.must(ticket, "acknowledge")
        pdam.must(resolved, "resolve", message="Sudah mengalir lagi.")
        system.until_status(resolved, "resolved")
        for lost in ("router", "sla_monitor"):
            lose(system, lost)
        pdam.say(unread, "acknowledge")
        more(tickets)
        services = ("router", "--service", "sla-monitor")
        restored = system.lapor("restore", str(tmp_path / "one"), "--key", str(key), *services)
        more(tickets)
    assert restored["services"] == [each for each in backed_up if each["name"] in ("router", "sla-monitor")]
    assert {each["group"] for each in restored["rewound"]} == {"router", "sla-monitor"}
    until(system.ready, 120, "all is ready again")

    # Each promised complaint has a unit, and everybody hears a date.
    assert {system.unit_of(ticket) for ticket in tickets} == {"PDAM"}
    for ticket in tickets:
        until(partial(_due, system, ticket), 60, f"a due date for {ticket}")
    # An event told before the loss and again after it bears the same id, so the unit takes it once.
    until(lambda: _whys(pdam).keys() >= set(tickets), 60, "the unit has all")
    assert {whys.count("routed") for ticket, whys in _whys(pdam).items() if ticket in tickets} == {1}
    # The unit's replies are known, also those written while nobody could read them, and the stories go on.
    system.until_status(unread, "acknowledged")
    pdam.must(seen, "progress", message="Petugas di lokasi.")
    system.until_status(seen, "in_progress")
    assert history(system, resolved) == ["registered", "routed", "acknowledged", "resolved"]
    assert history(system, seen) == ["registered", "routed", "acknowledged", "in_progress"]


@contextlib.contextmanager
def archiving(system: System, place: Path, key: Path) -> Iterator[None]:
    """Run `lapor archive`; yield once all files are in ``place``."""
    command = [str(LAPOR), "archive", str(place), "--public-key", f"{key}.pub", "--data", str(system.data)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: archive.is_one(place), 60, "all files are archived")
            yield
        finally:
            process.terminate()


def archived(place: Path) -> float:
    """Return the end of the time that is archived completely."""
    found = re.search(
        r"^lapor_archive_timestamp_seconds\S* (\S+)$", (place / archive.FIGURES).read_text(), re.MULTILINE
    )
    return float(found[1]) if found else 0.0


def test_data_newer_than_the_last_backup_is_restored_from_the_archive(system: System, tmp_path: Path) -> None:
    """This includes facts that only an intake knows: a complaint's reporter, and that its ticket exists at all."""
    key, place = tmp_path / "lapor.key", tmp_path / "archive"
    subprocess.run([LAPOR, "backup-key", key], check=True, capture_output=True, timeout=60)
    with archiving(system, place, key):
        [base] = archive.bases(place)
        with people_writing(system) as tickets:
            more(tickets)
        for ticket in tickets:
            until(partial(_due, system, ticket), 60, f"a due date for {ticket}")
        moment = datetime.now(UTC)
        # A dropped database loses its files, so a later commit must separate it from the moment to restore.
        until(lambda: archived(place) > moment.timestamp() + 12, 60, "all is archived, and a commit after it")
        lose(system, "router")
        as_superuser(system, "intake_web", EMPTY)

        services = ("router", "intake-web", "--until", moment.isoformat())
        restored = system.lapor("restore", str(place), "--key", str(key), *services)

        assert {"router", "intake-web"} == {each["name"] for each in restored["services"]}
        assert {"router", "intake-web"} == {each["group"] for each in restored["rewound"]}
        until(system.ready, 120, "all is ready again")
        with people_writing(system) as since:
            more(since, 3)
    assert [base] == archive.bases(place)
    for ticket in (*tickets, *since):
        until(partial(_due, system, ticket), 60, f"a due date for {ticket}")
    assert {system.unit_of(ticket) for ticket in (*tickets, *since)} == {"PDAM"}


def _whys(unit: Unit) -> dict[str, list[str]]:
    """Return the reasons of the unit's records by ticket; an event that came twice counts once."""
    found: dict[str, list[str]] = {}
    for event in {seen.event["id"]: seen.event for seen in unit.look()}.values():
        if "complaint" in event["data"]:
            found.setdefault(event["data"]["complaint"]["ticket"], []).append(event["data"]["why"])
    return found


def _due(system: System, ticket: str) -> bool:
    return bool((system.story(ticket) or {}).get("deadline_at"))


def test_a_service_gets_new_passwords_while_people_write(system: System) -> None:
    before = system.lapor("env")
    with people_writing(system) as tickets:
        more(tickets, 5)
        for service in ("router", "intake-web"):
            assert system.lapor("rotate", service) == {"name": service}
        more(tickets, 5)
    after = system.env = system.lapor("env")
    for service in ("router", "intake-web"):
        assert before["principals"][service] != after["principals"][service]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(before["databases"][service])
        psycopg.connect(after["databases"][service]).close()
    assert {system.unit_of(ticket) for ticket in tickets} == {"PDAM"}


def test_a_unit_gets_a_new_password_and_its_old_one_is_refused(system: System) -> None:
    before = system.lapor("env")
    said = system.lapor("rotate", "DISHUB")
    after = system.env = system.lapor("env")
    assert after["principals"]["DISHUB"] == {"username": "DISHUB", "password": said["password"]}
    assert login(before, "DISHUB", said["password"]).list_topics(timeout=20).topics
    with pytest.raises(KafkaException):
        login(before, "DISHUB", before["principals"]["DISHUB"]["password"]).list_topics(timeout=5)
    assert "There is no unit or service called 'NOBODY'" in system.refused("rotate", "NOBODY")


def lose_records(system: System, *topics: str) -> None:
    """Delete all records of ``topics``, as if a disk were lost; their offsets go on."""
    places = [TopicPartition(name, n, OFFSET_END) for name in topics for n in partitions(system, name)]
    admin = administrator(system)
    for done in admin.delete_records(places).values():
        done.result(30)


def make_anew(system: System, topic: str) -> None:
    """Delete ``topic`` with all its records, and create it as it was: its offsets begin at 0."""
    admin = administrator(system)
    [of] = [each for each in load_topics(["PDAM"], ["PDAM"]) if each.name == topic]
    for done in admin.delete_topics([topic]).values():
        done.result(30)
    until(lambda: topic not in admin.list_topics(timeout=20).topics, 30, f"{topic} is gone")

    def made() -> bool:
        try:
            admin.create_topics([NewTopic(topic, of.partitions, 1, config=of.config)])[topic].result(30)
        except KafkaException:  # it is still being deleted
            return False
        return True

    until(made, 30, f"{topic} is there")


def administrator(system: System) -> AdminClient:
    password = credentials.read(system.data / "credentials.json").kafka_admin
    return AdminClient(dict(kafka.client_settings(system.env["bootstrap"], kafka.ADMIN, password)))


def partitions(system: System, topic: str) -> list[int]:
    return list(administrator(system).list_topics(timeout=20).topics[topic].partitions)


def sent_out(system: System, service: str) -> bool:
    with psycopg.connect(system.env["databases"][service]) as db:
        return db.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


@contextlib.contextmanager
def standing_still(system: System, service: str) -> Iterator[None]:
    held = DataDir(system.data).held / service
    held.parent.mkdir(exist_ok=True)
    held.touch()
    system.lapor("kill", service)
    yield
    held.unlink()


def test_lost_kafka_records_are_republished_and_citizens_answered_once(system: System, pdam: Unit) -> None:
    since = datetime.now(UTC).isoformat()
    with standing_still(system, "router"):
        number, ticket = system.by_sms(CLEAR)
        until(lambda: sent_out(system, "intake-sms"), 30, "the complaint is in Kafka")
        lose_records(system, "complaint.received.v1", "complaint.classified.v1")
    until(system.ready, 120, "all is ready again")

    # Only the intake knows of it now.
    assert {"republished": 1} == system.lapor("republish", "--since", since, "--topic", "complaint.received.v1")
    pdam.get(ticket, "routed")
    pdam.must(ticket, "acknowledge")
    system.until_status(ticket, "acknowledged")

    # All lost records had been read: republishing them has no further effects.
    for topic in ("complaint.updated.v1", "unit.pdam.routed.v1"):
        make_anew(system, topic)
    assert system.lapor("republish", "--since", since)["republished"] > 3
    until(system.ready, 120, "all is ready again")
    with units(system.env) as unit:  # one that begins to read only now
        for why in ("routed", "replied"):
            unit("PDAM").get(ticket, why)
        unit("PDAM").must(ticket, "resolve", message="Sudah mengalir lagi.")
    system.until_status(ticket, "resolved")
    told = system.until_told(number, "Sudah mengalir lagi.")
    assert sorted(set(told)) == sorted(told)
    story = [each for each in system.lapor("trace", ticket)["events"] if each["topic"] == "complaint.updated.v1"]
    assert [each["seq"] for each in story] == list(range(len(story)))


def test_impossible_republish_is_refused_with_a_reason(system: System) -> None:
    now = datetime.now(UTC).isoformat()
    assert "There is no topic 'complaint.nothing.v1'" in system.refused(
        "republish", "--since", now, "--topic", "complaint.nothing.v1"
    )
    assert "The classifier keeps nothing" in system.refused(
        "republish", "--since", now, "--topic", "complaint.classified.v1"
    )
