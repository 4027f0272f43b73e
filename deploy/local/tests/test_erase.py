"""`lapor erase`: the triage unit orders it, and the command waits until the ledger says that it is done."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from contracts.events import UnitReplied
from lapor.commands import erase
from lapor.errors import Refused

TICKET = "SPG-S000-00007"
REGION = Path(__file__).parents[3] / "region" / "soppeng"
ACCEPTED = {"event_id": "1", "accepted": True}
ROW = {"ticket": TICKET, "done_at": "2026-03-02T02:00:00Z", "erased": {"intake-sms.notices": 2}}


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, UnitReplied]]:
    """The orders with their units; each is accepted, and done when the ledger is read the third time."""
    orders: list[tuple[str, UnitReplied]] = []
    looks = iter([{}, {TICKET: {**ROW, "done_at": None}}])

    def send(who: str, order: UnitReplied) -> dict[str, Any]:
        orders.append((who, order))
        return ACCEPTED

    monkeypatch.setattr(erase, "principal", lambda name, *_: name)
    monkeypatch.setattr(erase, "send_reply", send)
    monkeypatch.setattr(erase, "ledger", lambda auditor: next(looks, {TICKET: ROW}))
    return orders


def run(*words: str) -> Result:
    app = typer.Typer()
    app.command()(erase.erase)
    cluster = ["--bootstrap", "127.0.0.1:9", "--region", str(REGION)]
    return CliRunner().invoke(app, [*words, "--reason", "diminta", *cluster])


def test_the_triage_unit_orders_it_and_the_ledger_says_what_went(ordered: list[tuple[str, UnitReplied]]) -> None:
    done = run(TICKET, "--json")

    assert (0, ROW) == (done.exit_code, json.loads(done.stdout))
    assert [("DISKOMINFO", UnitReplied(ticket=TICKET, action="erase", reason="diminta"))] == ordered


def test_another_unit_may_order_it_and_a_ticket_is_read_as_people_write_it(
    ordered: list[tuple[str, UnitReplied]],
) -> None:
    done = run("spg s000 00007", "--by", "pupr")

    assert ("PUPR", 0) == (ordered[0][0], done.exit_code)
    assert f"{TICKET}: erased at 2026-03-02T02:00:00Z (intake-sms.notices 2)" in done.stderr


def test_an_order_that_is_refused_is_said_with_its_code(
    ordered: list[tuple[str, UnitReplied]], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"accepted": False, "reason": "bukan meja triase", "code": "not_triage"}
    monkeypatch.setattr(erase, "send_reply", lambda *_: refused)

    done = run(TICKET, "--by", "pupr")

    assert isinstance(done.exception, Refused)
    assert f"PUPR can't erase {TICKET}: bukan meja triase (not_triage)." == str(done.exception)


def test_slow_erasure_continues_and_is_reported_as_unfinished(
    ordered: list[tuple[str, UnitReplied]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "_PATIENCE_S", 0)
    monkeypatch.setattr(erase, "ledger", lambda auditor: {})

    done = run(TICKET)

    assert isinstance(done.exception, Refused)
    assert "the order is accepted, but not every service has done it" in str(done.exception)
