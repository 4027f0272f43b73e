"""`lapor unit`: what a unit sends, and what it is told on a refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lapor.commands import unit
from lapor.commands.unit import evidence_of
from lapor.errors import Refused


def test_a_proof_carries_its_address_size_and_checksum(tmp_path: Path) -> None:
    (tmp_path / "foto.jpg").write_bytes(b"abc")

    found = evidence_of(f"{tmp_path}/foto.jpg=https://foto.example/1?a=b")

    assert ("https://foto.example/1?a=b", "image/jpeg", 3) == (found.url, found.media_type, found.bytes)
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == found.sha256


@pytest.mark.parametrize(
    "given", ["nowhere.jpg=https://foto.example/1", "{}", "{}=foto.example", "{}=http://foto.example/1"]
)
def test_invalid_proof_is_refused_with_a_remedy(tmp_path: Path, given: str) -> None:
    (tmp_path / "foto.jpg").write_bytes(b"abc")

    with pytest.raises(Refused, match=r"--proof .*such as"):
        evidence_of(given.format(tmp_path / "foto.jpg"))


def test_a_refusal_has_its_code_for_programs_and_its_sentence_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {"event_id": "1", "accepted": False, "reason": "sudah selesai", "code": "wrong_status", "masked": []}
    monkeypatch.setattr(unit, "principal", lambda *given: None)
    monkeypatch.setattr(unit, "send_reply", lambda *given: refused)

    done = CliRunner().invoke(unit.app, ["reply", "pupr", "SPG-S0AB-12CDW", "--action", "ask", "--json"])

    assert refused == json.loads(done.stdout)
    assert "PUPR can't ask SPG-S0AB-12CDW: sudah selesai (wrong_status)." == str(done.exception)
