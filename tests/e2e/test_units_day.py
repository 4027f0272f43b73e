"""A unit's day, done with the snippets of docs/agencies and nothing but the unit's own credentials."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from desk import Desk, Unit
from harness import ROOT, System

from testing.programs import missing
from testing.servers import npm_packages
from testing.waiting import until

pytestmark = pytest.mark.connected

SNIPPETS = ROOT / "docs" / "agencies"
#: Complaints for one unit and for others; no two may be taken for the same.
TEXTS = {
    "python": "Air PDAM keruh dan berbau di Kelurahan Botto sejak hari Senin, tidak bisa dipakai masak",
    "node": "Meteran air PDAM di Desa Tetewatu bocor, air terbuang terus, mohon petugas datang",
}
FOREIGN = {
    "python": "Sampah menumpuk di pinggir jalan dekat pasar Takkalalla, sudah seminggu tidak diangkut",
    "node": "KTP elektronik saya belum jadi sejak tiga bulan lalu, blangko katanya habis terus",
}
DONE = "Pipa di depan SD 3 sudah disambung kembali tadi pagi, air sudah mengalir dan jernih."

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def a_desk(system: System, unit: str, folder: Path) -> Run:
    """Return a function that runs a snippet as ``unit``: with only its own account in the environment."""
    env = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "UNIT": unit,
        "KAFKA_BOOTSTRAP": system.env["bootstrap"],
        "KAFKA_PASSWORD": system.env["principals"][unit]["password"],
        "KAFKA_PROTOCOL": "SASL_PLAINTEXT",
    }

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, SNIPPETS / name) if name.endswith(".py") else ("node", node() / name)
        return subprocess.run([*command, *arguments], env=env, cwd=folder, capture_output=True, text=True, timeout=120)

    return run


def node() -> Path:
    """The snippets for Node.js with their packages; without them the test is skipped, in CI it fails."""
    try:
        return npm_packages(SNIPPETS)
    except LookupError as error:
        missing(f"the snippets for Node.js: {error}")


def open_items(system: System, unit: str) -> list[dict[str, Any]]:
    """Return what `lapor unit open` prints."""
    found = system.lapor("unit", "open", unit)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize(("tool", "ending"), [("python", "py"), ("node", "mjs")])
def test_a_unit_does_its_day_with_the_documented_snippets(
    system: System, tmp_path: Path, tool: str, ending: str
) -> None:
    number, ticket = system.by_sms(TEXTS[tool])
    unit = system.unit_of(ticket)
    desk = a_desk(system, unit, tmp_path)

    def received(*words: str) -> str:
        """Return the receiver's line about the ticket with all of ``words``, as soon as it prints it."""

        def look() -> str | None:
            done = desk(f"terima.{ending}", "--sekali")
            assert (0, "") == (done.returncode, done.stderr)
            lines = [line for line in done.stdout.splitlines() if ticket in line]
            return next((line for line in lines if all(word in line for word in words)), None)

        return until(look, 60, f"{unit} receives {ticket} {words}")

    def accepted(*reply: str) -> None:
        done = desk(f"balas.{ending}", ticket, *reply)
        assert (0, "diterima\n") == (done.returncode, done.stdout), done.stderr

    def refused(number: str, *reply: str) -> str:
        done = desk(f"balas.{ending}", number, *reply)
        assert (1, "") == (done.returncode, done.stdout), done.stderr
        return done.stderr

    assert TEXTS[tool][:60] in received("routed")
    assert ticket in [item["ticket"] for item in open_items(system, unit)]
    accepted("acknowledge")
    accepted("ask", 'message=Nomor pelanggan berapa, dan "RT" berapa?')
    system.until_told(number, 'bertanya: Nomor pelanggan berapa, dan "RT" berapa?')
    system.send_sms(number, f"{ticket} Nomor 1234, RT 02")
    received("in_progress")
    accepted("progress", "message=Petugas sedang di lokasi dengan bahan untuk menyambung pipa.")
    assert "ditolak (no_deed): pesan" in refused(ticket, "resolve", "message=Beres")
    accepted("resolve", f"message={DONE}")
    assert any(DONE in text for text in system.until_told(number, "selesai ditangani"))
    assert ticket not in [item["ticket"] for item in open_items(system, unit)]

    assert "ditolak (wrong_status): laporan berstatus" in refused(ticket, "progress", "message=Sekali lagi")
    _, foreign = system.by_sms(FOREIGN[tool])
    assert unit != system.unit_of(foreign)
    assert f"ditolak (not_yours): laporan {foreign} bukan milik {unit} saat ini" in refused(foreign, "acknowledge")


def test_a_receiver_that_reads_everything_twice_ends_with_the_same_state(system: System, tmp_path: Path) -> None:
    unit = system.unit_of(system.by_sms("Air PDAM mati total di Kelurahan Ompo, warga mengambil air di sungai")[1])
    desk = a_desk(system, unit, tmp_path)

    def state() -> dict[str, int]:
        done = desk("terima.py", "--sekali")
        assert 0 == done.returncode, done.stderr
        with sqlite3.connect(tmp_path / "laporan.db") as db:
            return dict(db.execute("SELECT id, seq FROM laporan"))

    first = state()
    desk_of_unit = Unit(system.env, unit)
    group = Consumer({**desk_of_unit.client, "group.id": f"unit.{unit.lower()}.terima"})
    group.commit(offsets=[TopicPartition(f"unit.{unit.lower()}.routed.v1", 0, 0)], asynchronous=False)
    group.close()
    desk_of_unit.close()
    second = state()

    assert first
    assert [] == [id_ for id_, seq in first.items() if second[id_] < seq]


def test_a_reply_on_the_command_line_carries_its_proof_and_the_units_that_help(system: System, tmp_path: Path) -> None:
    _, ticket = system.by_sms("Tagihan air PDAM saya bulan ini naik lima kali lipat, meteran tidak pernah dibaca")
    unit = system.unit_of(ticket)
    (tmp_path / "nota.pdf").write_bytes(b"sudah dibetulkan")

    def reply(code: str, *said: str) -> dict[str, Any]:
        """Reply, and return the answer on the unit's topic."""
        answer = system.lapor("unit", "reply", code, ticket, *said)
        assert answer["accepted"], answer
        auditor = Desk(system.env, "auditor")
        events = [seen.event for seen in auditor.read_all(f"unit.{code.lower()}.replied.v1")]
        auditor.close()
        data: dict[str, Any] = next(event["data"] for event in events if event["id"] == answer["event_id"])
        return data

    reply(unit, "--action", "return", "--reason", "perlu dibaca bersama bagian ekonomi")
    triage = until(lambda: code if (code := system.unit_of(ticket)) != unit else None, 30, f"{ticket} is in triage")
    disposed = reply(triage, "--action", "dispose", "--unit", unit, "--support", "setda", "--support", "BPKPD")
    assert ["SETDA", "BPKPD"] == disposed["support"]
    proof = f"{tmp_path}/nota.pdf=https://dokumen.soppengkab.go.id/nota.pdf"
    resolved = reply(unit, "--action", "resolve", "--message", DONE, "--proof", proof)
    assert [("https://dokumen.soppengkab.go.id/nota.pdf", "application/pdf", 16)] == [
        (each["url"], each["media_type"], each["bytes"]) for each in resolved["evidence"]
    ]
