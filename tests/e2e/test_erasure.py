"""Erased data is found nowhere: in no database immediately, and in no topic after Kafka's next cleaning."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from desk import units
from harness import CLEAR, System, a_handle, a_number

from lapor.kafka.principal import principal
from lapor.kafka.reader import read_to_end
from lapor.processes import credentials
from lapor.processes.data_dir import DataDir
from lapor.servers import kafka
from testing.lengths import length
from testing.waiting import until

pytestmark = pytest.mark.connected

#: Complaints per channel, each with unique words.
PEOPLE = length(17, 200)
#: The services that store citizens' words.
KEEPERS = ("intake-sms", "intake-web", "intake-social", "router")
#: Values in place of the topics' settings of two days, so that the cleaner is seen at work.
HASTY = {
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.0",
    "delete.retention.ms": "0",
}


@dataclass
class Planted:
    """A complaint and its reporter's words: ``secrets`` must be erased. ``quoted`` is its unit's message about it."""

    ticket: str
    secrets: list[str] = field(default_factory=list)
    quoted: str = ""


def word() -> str:
    """Return a unique word that no rule knows."""
    letters = uuid.uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))
    return f"kenari{letters[:14]}"


def plant(system: System, of_each: int) -> list[Planted]:
    """Send complaints by each channel, with additions, names, contacts and places."""
    planted = []
    for nth in range(of_each):
        name, text, place, when, more = (word() for _ in range(5))
        key, secret = str(uuid.uuid4()), uuid.uuid4().hex
        contact = {"name": name, "phone": f"0812 3456 7{nth:03}", "email": f"{name}@contoh.id"}
        point = f"119.8{uuid.uuid4().int % 10**8:08}"
        where = {"place": place, "position": {"lat": -4.35, "lon": float(point)}}
        body = {"text": f"{CLEAR} {text}", **where, "occurred": when, **contact}
        ticket = str(system.taken_by_web(body, secret, key)["ticket"])
        system.add_by_web(ticket, secret, more)
        planted.append(Planted(ticket, [name, text, place, when, more, key, point.rstrip("0")]))
        text, more, number = word(), word(), a_number()
        system.send_sms(number, f"SOPPENG {CLEAR} {text}")
        ticket = system.receipt(number)
        system.send_sms(number, f"{ticket} {more}")
        planted.append(Planted(ticket, [text, more, number.removeprefix("+62")]))
        text, handle = word(), a_handle()
        system.post_on_x(handle, f"{CLEAR} {text}")
        planted.append(Planted(system.receipt(handle), [text, handle]))
    return planted


def in_databases(system: System, secrets: set[str]) -> dict[str, set[str]]:
    """Return where ``secrets`` stand, as text or bytes: by service and table."""
    found: dict[str, set[str]] = {}
    for service, dsn in system.env["databases"].items():
        with psycopg.connect(dsn) as db:
            tables = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (table,) in tables:
                rows = "\n".join(row for (row,) in db.execute(f"SELECT t::text FROM {table} t").fetchall())
                for secret in secrets:
                    if secret in rows or secret.encode().hex() in rows:
                        found.setdefault(f"{service}.{table}", set()).add(secret)
    return found


def quote(system: System, planted: list[Planted]) -> None:
    """Let the unit of each second complaint write words of its own to the citizen."""
    with units(system.env) as unit:
        for each in planted[::2]:
            its, each.quoted = unit(system.unit_of(each.ticket)), word()
            its.must(each.ticket, "acknowledge")
            its.must(each.ticket, "progress", message=f"Kami sudah bicara dengan Bapak {each.quoted} di lokasi.")
            each.secrets.append(each.quoted)


def in_topics(system: System, secrets: set[str]) -> dict[str, set[str]]:
    """Return where ``secrets`` stand by topic; units' replies are theirs, and kept for 90 days."""
    auditor = principal("auditor", DataDir(system.data))
    found: dict[str, set[str]] = {}
    names = [name for name in auditor.topics() if not name.startswith("__") and ".replied." not in name]
    for seen in read_to_end(auditor, names):
        for secret in secrets:
            if secret.encode() in seen.value:
                found.setdefault(seen.topic, set()).add(secret)
    return found


def hurry(system: System) -> None:
    """Let Kafka clean immediately what it would clean within two days."""
    password = credentials.read(system.data / "credentials.json").kafka_admin
    admin = AdminClient(dict(kafka.client_settings(system.env["bootstrap"], kafka.ADMIN, password)))
    names = [name for name in admin.list_topics(timeout=20).topics if name.endswith((".v1", ".dlq"))]
    entries = [ConfigEntry(k, v, incremental_operation=AlterConfigOpType.SET) for k, v in HASTY.items()]
    wanted = [ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries) for name in names]
    for done in admin.incremental_alter_configs(wanted).values():
        done.result(30)


def order_all(system: System, planted: list[Planted]) -> None:
    """Order the erasure of each complaint, as the triage unit."""
    with units(system.env) as unit:
        for each in planted:
            unit("DISKOMINFO").must(each.ticket, "erase", reason="diminta pelapor lewat surat")


@pytest.mark.soak
def test_erased_people_are_found_nowhere(system: System) -> None:
    since = datetime.now(UTC).isoformat()
    planted, secrets = stored(system, PEOPLE)
    order_all(system, planted)
    assert all(row["by"] == "DISKOMINFO" for row in _done(system, planted))
    assert left(system, secrets) == {}

    hurry(system)
    order_all(system, planted)  # as the router's timer does two days later: new records close the segments
    until(lambda: not in_topics(system, secrets), 120, "Kafka has cleaned all of it")
    assert system.lapor("republish", "--since", since)["republished"] > len(planted)
    assert ({}, {}) == (in_topics(system, secrets), in_databases(system, secrets))
    [*ledger] = system.lapor("erasures", "--verify")
    assert {row["ticket"] for row in ledger if not row["left_on"]} >= {each.ticket for each in planted}


def test_backups_from_before_an_erasure_bring_nothing_back(system: System, tmp_path: Path) -> None:
    planted, secrets = stored(system, 1)
    system.lapor("backup", str(tmp_path))
    order_all(system, planted)
    _done(system, planted)
    assert left(system, secrets) == {}

    restored = system.lapor("restore", str(tmp_path))
    assert {group["group"] for group in restored["rewound"]} >= set(KEEPERS)
    assert left(system, secrets) == {}
    hurry(system)
    order_all(system, planted)
    until(lambda: not in_topics(system, secrets), 120, "Kafka has cleaned all of it")


def stored(system: System, of_each: int) -> tuple[list[Planted], set[str]]:
    """Plant complaints. Return them and their secrets once all secrets are stored."""
    planted = plant(system, of_each)
    for each in planted:
        system.unit_of(each.ticket)
    quote(system, planted)
    secrets = {secret for each in planted for secret in each.secrets}
    # A word that was never stored would prove nothing.
    until(lambda: set().union(*in_databases(system, secrets).values()) == secrets, 60, "all of it is stored")
    return planted, secrets


def left(system: System, secrets: set[str]) -> dict[str, set[str]]:
    """Return the secrets left in databases after two minutes; stop as soon as all are gone."""
    found: dict[str, set[str]] = {}

    def gone() -> bool:
        nonlocal found
        found = in_databases(system, secrets)
        return not found

    with contextlib.suppress(AssertionError):
        until(gone, 120, "nothing is left in any database")
    return found


def _done(system: System, planted: list[Planted]) -> list[dict[str, object]]:
    tickets = {each.ticket for each in planted}

    def done() -> list[dict[str, object]] | None:
        rows = [row for row in system.lapor("erasures") if row["done_at"] and row["ticket"] in tickets]
        return rows if len(rows) == len(tickets) else None

    return until(done, 60, "the ledger says that all is done")
