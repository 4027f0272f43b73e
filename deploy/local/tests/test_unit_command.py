"""The output of `lapor unit` for people."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from contracts import codec
from contracts.topics import TOPICS_DIR
from lapor import __main__ as command
from lapor.commands import unit

TICKET = "SPG-S4K7-Q2MDN"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """PUPR was told about one complaint."""
    event = codec.decode((TOPICS_DIR / "unit.routed.v1/examples/routed.json").read_bytes())
    monkeypatch.setattr(unit, "principal", lambda code, *_: SimpleNamespace(name=code))
    monkeypatch.setattr(unit, "read_to_end", lambda *_: [SimpleNamespace(event=event)])


def said(capsys: Any, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr("sys.argv", ["lapor", "unit", *words])
    with pytest.raises(SystemExit):
        command.main()
    shown = capsys.readouterr()
    return str(shown.out + shown.err)


@pytest.mark.usefixtures("told")
def test_how_many_are_open_is_said_in_the_units_language(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "PUPR: 1 terbuka" in said(capsys, monkeypatch, "open", "PUPR")


@pytest.mark.usefixtures("told")
def test_a_complaint_is_shown_with_its_category_and_priority(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = said(capsys, monkeypatch, "show", "PUPR", TICKET).splitlines()

    assert ("kategori: jalan jembatan" in shown, any(line.startswith("prioritas: ") for line in shown)) == (True, True)


def test_a_complaint_is_shown_with_what_was_asked_and_how_often_it_was_reopened(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = codec.decode((TOPICS_DIR / "unit.routed.v1/examples/followed-up-answered.json").read_bytes())
    monkeypatch.setattr(unit, "principal", lambda code, *_: SimpleNamespace(name=code))
    monkeypatch.setattr(unit, "read_to_end", lambda *_: [SimpleNamespace(event=event)])

    shown = said(capsys, monkeypatch, "show", "PUPR", TICKET).splitlines()

    assert ("dibuka kembali: 1 kali" in shown, "ditanyakan: Tiang listrik nomor berapa? (sudah dijawab)" in shown) == (
        True,
        True,
    )
