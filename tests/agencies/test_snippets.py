"""The snippets of docs/agencies send and show the right things, with a stand-in for the broker."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from contracts import codec
from contracts.events import Evidence, UnitReplied, UnitRouted
from contracts.topics import TOPICS_DIR
from contracts.vocabulary import FINAL, Status
from testing.programs import program

ROOT = Path(__file__).parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"
PROOF = Evidence(url="https://foto.example/1.jpg", media_type="image/jpeg", sha256="ab", bytes=3)


def run(folder: Path, name: str, *arguments: str, records: str = "", there: int | None = None) -> str:
    """Return the output of a snippet run as DISKOMINFO; those for Node.js need only Node.js.

    ``there``: how many of ``records`` exist when it begins; None: all.
    """
    for each in (name, f"koneksi{Path(name).suffix}"):
        shutil.copy(ROOT / "docs" / "agencies" / each, folder)
    runs = sys.executable if name.endswith(".py") else program("node", debian="nodejs")
    shutil.copytree(STAND_INS / "kafkajs", folder / "node_modules" / "kafkajs")
    shutil.copy(STAND_INS / "confluent_kafka.py", folder)
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "UNIT": "DISKOMINFO", "KAFKA_BOOTSTRAP": "x"}
    if records:
        (folder / "records").write_text(records)
        env |= {"RECORDS": "records", "THERE": str(records.count("\n") + 1 if there is None else there)}
    env |= {"KAFKA_PASSWORD": "x", "KAFKA_PROTOCOL": "SASL_PLAINTEXT"}
    done = subprocess.run([runs, name, *arguments], env=env, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["balas.py", "balas.mjs"])
def test_a_reply_carries_texts_as_they_are_and_lists_as_lists(tmp_path: Path, name: str) -> None:
    proof = f"evidence={msgspec.json.encode([PROOF]).decode()}"
    fields = ["unit=PUPR", "support=DINKES,DLH", "message=[1] dan a=b, c", proof]

    sent, answer = run(tmp_path, name, "SPG-S4K7-Q2MDN", "dispose", *fields).splitlines()

    said = codec.decode(sent.encode()).data
    assert isinstance(said, UnitReplied)
    assert ("PUPR", ["DINKES", "DLH"], "[1] dan a=b, c") == (said.unit, said.support, said.message)
    assert [PROOF] == said.evidence
    assert "diterima" == answer


@pytest.mark.parametrize("name", ["balas.py", "balas.mjs"])
def test_reply_snippet_shows_the_masked_parts(tmp_path: Path, name: str) -> None:
    _, answer = run(tmp_path, name, "SPG-S4K7-Q2MDN", "progress", "message=Hubungi 0812-7788-9911").splitlines()

    assert "diterima; warga membaca [TELEPON] sebagai gantinya" == answer


def records_of(*examples_and_facts: tuple[str, dict[str, str]]) -> str:
    """Return a topic with those examples, each about another complaint."""
    examples = TOPICS_DIR / "unit.routed.v1" / "examples"
    records: list[str] = []
    for name, facts in examples_and_facts:
        event = codec.decode((examples / f"{name}.json").read_bytes())
        assert isinstance(event.data, UnitRouted)
        assert event.data.complaint
        complaint = msgspec.structs.replace(event.data.complaint, ticket=f"SPG-S000-{len(records) + 1:05}", **facts)
        data = msgspec.structs.replace(event.data, complaint=complaint, reason=f"karena {name}")
        records.append(codec.encode(msgspec.structs.replace(event, subject=complaint.ticket, data=data)).decode())

    return "\n".join(records)


def test_the_worklist_shows_what_is_to_be_forwarded_and_what_for(tmp_path: Path) -> None:
    records = records_of(
        ("handed-over", {"status": "handed_over"}),
        ("similar", {"unit": "PUPR"}),
        ("urgent", {"unit": "PUPR"}),
        ("followed-up", {"unit": "PUPR"}),
        ("withdrawn", {"unit": "PUPR"}),
        ("escalated", {"unit": "PUPR"}),
        ("rights-requested", {"unit": "PUPR"}),
        ("warned-rights", {"unit": "PUPR"}),
        ("warned", {"unit": "PUPR"}),
    )

    shown = run(tmp_path, "terima.mjs", "--sekali", records=records)

    assert {
        ("SPG-S000-00001", "handed-over: karena handed-over"),
        ("SPG-S000-00002", "similar: karena similar"),
        ("SPG-S000-00003", "urgent: karena urgent"),
        ("SPG-S000-00006", "escalated: karena escalated"),
        ("SPG-S000-00007", "rights-requested: karena rights-requested"),
        ("SPG-S000-00008", "warned: karena warned-rights"),
    } == {tuple(line.split("\t")[0:3:2]) for line in shown.splitlines() if "\t" in line}


@pytest.mark.parametrize(("there", "lists"), [(0, [0, 1, 2, 3]), (2, [2, 3]), (3, [3])])
def test_the_worklist_is_shown_again_whenever_it_changes(tmp_path: Path, there: int, lists: list[int]) -> None:
    mine = {"unit": "DISKOMINFO"}
    records = records_of(("routed", mine), ("warned", mine), ("followed-up", mine))

    shown = run(tmp_path, "terima.mjs", records=records, there=there)

    assert lists == [int(line.split()[-2]) for line in shown.splitlines() if line.endswith(" laporan")]


def test_the_worklist_leaves_out_what_is_over_and_nothing_else(tmp_path: Path) -> None:
    """Its list of statuses is a copy, since it runs where the vocabulary is not available."""
    statuses = [*Status, "praised"]
    records = records_of(*(("routed", {"unit": "DISKOMINFO", "status": status}) for status in statuses))

    shown = run(tmp_path, "terima.mjs", "--sekali", records=records)

    left = {line.split("\t")[1] for line in shown.splitlines() if "\t" in line}
    assert set(statuses) - FINAL - {Status.RESOLVED, Status.MERGED} == left


@pytest.mark.parametrize("name", ["terima.py", "terima.mjs"])
def test_words_and_fields_that_came_later_are_passed_over(tmp_path: Path, name: str) -> None:
    newer = {"unit": "DISKOMINFO", "status": "praised", "type": "pujian", "urgency": "kritis", "lane": "fast"}
    (record,) = records_of(("routed", newer)).splitlines()
    record = record.replace('"why":"routed"', '"why":"praised","cheers":{"many":true}')

    shown = run(tmp_path, name, "--sekali", records=record)

    assert "praised: karena routed" in shown
