"""People's decisions become rows to learn from; erased, confidential and undecided complaints do not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from classifier.__main__ import app
from classifier.training.collect import CollectError, LearntRow, collect, leads_of
from contracts.codec import encode, envelope
from kabupaten import load
from kabupaten.training import load_training
from testing.events import a_classified, a_received, an_updated

NOW = datetime(2026, 3, 16, tzinfo=UTC)
TICKETS = {"a": "SPG-S4K7-Q2MDN", "b": "SPG-W9TB-3XH59"}


def received(key: str, **fields: Any) -> bytes:
    data = a_received(complaint_id=key, ticket=TICKETS[key], **{"text": f"air mati di rumah {key}", **fields})
    return encode(envelope(data, event_id=f"r-{key}", source="/intake-sms", subject=key, time=NOW))


def updated(key: str, seq: int, kind: Any, **fields: Any) -> bytes:
    told = {"status": "routed", "unit": "PDAM", "category": "air_bersih", "type": "pengaduan", "urgency": "sedang"}
    data = an_updated(seq, kind, complaint_id=key, ticket=TICKETS[key], **{**told, **fields})
    return encode(envelope(data, event_id=f"u-{key}-{seq}", source="/router", subject=key, time=NOW))


def classified(key: str, **found: Any) -> bytes:
    data = a_classified(complaint_id=key, ticket=TICKETS[key], **found)
    return encode(envelope(data, event_id=f"c-{key}", source="/classifier", subject=key, time=NOW))


def rows(region: Path, *lines: bytes) -> list[LearntRow]:
    categories = load_training(region)
    return collect(lines, categories, leads_of(load(region, "routing").routing, categories))


def test_a_correction_by_a_person_is_a_row_of_full_weight(region: Path) -> None:
    told = updated("a", 2, "corrected", category="drainase_banjir", by="DISKOMINFO")
    (row,) = rows(region, received("a"), told)
    assert (row.text, row.category, row.weight) == ("air mati di rumah a", "drainase_banjir", 1.0)
    assert row.ticket == TICKETS["a"]


def test_routing_by_rule_gives_no_training_row(region: Path) -> None:
    assert rows(region, received("a"), updated("a", 1, "routed")) == []


def test_a_correction_is_always_of_a_person(region: Path) -> None:
    (row,) = rows(region, received("a"), updated("a", 1, "routed"), updated("a", 2, "corrected"))
    assert (row.category, row.weight) == ("air_bersih", 1.0)


def test_giving_it_to_the_unit_of_its_category_confirms_the_category(region: Path) -> None:
    (row,) = rows(region, received("a"), updated("a", 1, "routed", by="DISKOMINFO"))
    assert (row.category, row.weight) == ("air_bersih", 0.5)


def test_giving_it_to_another_unit_confirms_nothing(region: Path) -> None:
    assert rows(region, received("a"), updated("a", 1, "routed", by="DISKOMINFO", unit="PUPR")) == []


def test_giving_it_to_a_unit_of_one_category_alone_tells_the_category(region: Path) -> None:
    told = updated("a", 1, "routed", by="DISKOMINFO", category="drainase_banjir")
    (row,) = rows(region, received("a"), told)
    assert (row.category, row.weight) == ("air_bersih", 0.5)


def test_a_return_takes_the_confirmation_back_and_leaves_a_correction(region: Path) -> None:
    steps = [updated("a", 1, "routed", by="DISKOMINFO"), updated("a", 2, "returned", by="PDAM")]
    assert rows(region, received("a"), *steps) == []
    corrected = updated("a", 1, "corrected", by="DISKOMINFO")
    assert [row.weight for row in rows(region, received("a"), corrected, steps[1])] == [1.0]


def test_the_last_correction_counts_whatever_the_order_of_the_lines(region: Path) -> None:
    first = updated("a", 2, "corrected", category="drainase_banjir", by="DISKOMINFO")
    last = updated("a", 3, "corrected", category="jalan_jembatan", by="DISKOMINFO")
    assert [row.category for row in rows(region, last, first, received("a"))] == ["jalan_jembatan"]


def test_complaint_with_a_rights_request_gives_no_training_row(region: Path) -> None:
    told = updated("a", 2, "corrected", by="DISKOMINFO")
    asked = updated("a", 3, "noted", note="rights_requested")
    assert len(rows(region, received("a"), told)) == 1
    assert rows(region, received("a"), told, asked) == []


def test_erased_and_secret_complaints_are_left_out(region: Path) -> None:
    told = [updated(key, 2, "corrected", by="DISKOMINFO") for key in ("a", "b")]
    tombstone = json.dumps({"topic": "complaint.received.v1", "key": "a", "payload": None}).encode()
    assert rows(region, received("a"), tombstone, received("b", rahasia=True), *told) == []


def test_complaint_that_became_confidential_gives_no_training_row(region: Path) -> None:
    told = updated("a", 2, "corrected", by="DISKOMINFO", rahasia=True)
    assert rows(region, received("a"), told) == []


def test_lines_of_kcat_are_read_and_texts_are_masked(region: Path) -> None:
    given = received("a", text="hubungi 081234567890")
    printed = json.dumps({"topic": "t", "partition": 0, "offset": 3, "key": "a", "payload": given.decode()}).encode()
    (row,) = rows(region, printed, b"", updated("a", 2, "corrected", by="DISKOMINFO"))
    assert row.text == "hubungi [TELEPON]"


def test_a_corrected_type_is_on_the_row_of_a_unit_that_let_the_category_pass(region: Path) -> None:
    told = updated("a", 2, "corrected", note="type_corrected", type="permintaan_informasi", by="PDAM")
    (row,) = rows(region, received("a"), told)
    assert (row.category, row.weight, row.type) == ("air_bersih", 0.5, "permintaan_informasi")


def test_a_type_that_triage_corrects_waits_for_what_it_is_about(region: Path) -> None:
    told = updated("a", 2, "corrected", note="type_corrected", type="aspirasi", lane="triage", by="DISKOMINFO")
    assert rows(region, received("a"), told) == []
    category = updated("a", 3, "corrected", category="drainase_banjir", by="DISKOMINFO")
    (row,) = rows(region, received("a"), told, category)
    assert (row.category, row.weight, row.type) == ("drainase_banjir", 1.0, "aspirasi")


def test_another_urgency_says_nothing_of_the_category(region: Path) -> None:
    assert rows(region, received("a"), updated("a", 2, "corrected", note="urgency_changed", by="PDAM")) == []


def test_rejection_by_a_person_gives_a_row_of_the_unknown_category(region: Path) -> None:
    (row,) = rows(region, received("a"), updated("a", 2, "rejected", status="rejected", by="DISKOMINFO"))
    assert (row.category, row.weight, row.spam) == ("lainnya", 0.5, None)


def test_a_category_that_was_corrected_stays_though_it_is_rejected(region: Path) -> None:
    told = [
        updated("a", 2, "corrected", by="DISKOMINFO"),
        updated("a", 3, "rejected", status="rejected", by="DISKOMINFO"),
    ]
    assert [(row.category, row.weight) for row in rows(region, received("a"), *told)] == [("air_bersih", 1.0)]


def test_a_rejection_that_was_taken_back_or_is_of_a_parent_is_no_row(region: Path) -> None:
    rejected = updated("a", 2, "rejected", status="rejected", by="DISKOMINFO")
    undone = updated("a", 3, "returned", note="undone", by="DISKOMINFO")
    of_parent = updated("b", 2, "rejected", status="merged", by="DISKOMINFO")
    assert rows(region, received("a"), received("b"), rejected, undone, of_parent) == []


def test_spam_flag_is_confirmed_by_rejection_and_cleared_by_routing(region: Path) -> None:
    flagged = [line for key in ("a", "b") for line in (received(key), classified(key, spam=True))]
    told = [updated("a", 2, "rejected", status="rejected", by="DISKOMINFO"), updated("b", 2, "routed", by="DISKOMINFO")]
    assert [row.spam for row in rows(region, *flagged, *told)] == [True, False]


def test_a_rejected_text_is_masked_and_a_row_has_nothing_else_of_its_reporter(region: Path) -> None:
    told = updated("a", 2, "rejected", status="rejected", by="DISKOMINFO", reason="nomor 081234567890 milik Andi")
    (row,) = rows(region, received("a", text="transfer ke 081234567890"), told)
    assert json.loads(msgspec.json.encode(row)) == {
        "text": "transfer ke [TELEPON]", "category": "lainnya", "weight": 0.5, "ticket": TICKETS["a"],
    }  # fmt: skip


def test_a_line_that_is_no_event_is_named(region: Path) -> None:
    with pytest.raises(CollectError, match="line 2"):
        rows(region, received("a"), b'{"no": "event"}')


def test_rules_of_the_region_add_leads(region: Path, tmp_path: Path) -> None:
    (tmp_path / "routing.yaml").write_text("rules: [{when: {category: air_bersih}, lead: DINKES, reason: r}]")
    leads = leads_of(load(tmp_path, "routing").routing, load_training(region))
    assert leads["air_bersih"] == {"PDAM", "DINKES"}


def test_the_command_writes_rows_that_train_reads(region: Path, tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(received("a") + b"\n" + received("b") + b"\n")
    told = [updated(key, 2, "corrected", by="DISKOMINFO") for key in ("a", "b")]
    (tmp_path / "u").write_bytes(b"\n".join(told))
    arguments = ["collect", "--received", str(tmp_path / "r"), "--updated", str(tmp_path / "u")]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "o"), "--region", str(region)])
    counts = {"corrected": 2, "confirmed": 0, "rejected": 0, "types": 0}
    assert json.loads(result.stdout) == {"rows": 2, **counts}
    assert {"text", "category", "weight", "ticket"} == set(json.loads((tmp_path / "o").read_text().splitlines()[0]))
