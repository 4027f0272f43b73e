"""What an operator reads at eight o'clock, from what services say of themselves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from rich.console import Console

from lapor.commands.top import shown
from lapor.processes.ports import any_free
from lapor.system.morning import Alert, as_json, collect, firing, morning

CALM = """
lapor_complaints_open{unit="PUPR",kecamatan="Ganra",status="routed"} 2
lapor_complaints_open{unit="PUPR",kecamatan="Citta",status="in_progress"} 1
lapor_complaints_open{unit="PDAM",kecamatan="",status="resolved"} 0
lapor_complaints_waiting{waits_for="acknowledgement"} 2
lapor_complaints_waiting{waits_for="answer"} 1
lapor_complaints_oldest_seconds{waits_for="acknowledgement"} 7200
lapor_complaints_oldest_seconds{waits_for="answer"} 90000
lapor_intake_acknowledged_total{channel="sms"} 40
lapor_outbox_oldest_seconds{service="router"} 0.2
"""
BAD = """
lapor_emergencies_oldest_seconds{unit="PUPR"} 4200
lapor_emergencies_oldest_seconds{unit="PDAM"} 0
lapor_sla_overdue{unit="PDAM"} 3
lapor_complaints_at_risk{unit="PUPR",kecamatan="Ganra"} 2
lapor_unit_silent_seconds{unit="PDAM"} 200000
lapor_unit_silent_past_rhythm{unit="PDAM"} 1
lapor_unit_silent_past_rhythm{unit="PUPR"} 0
lapor_replies_total{channel="sms",result="refused"} 4
lapor_replies_total{channel="sms",result="sent"} 400
lapor_outbox_oldest_seconds{service="intake-sms"} 300
"""


@contextmanager
def answering(answer: dict[str, Any]) -> Iterator[str]:
    """A server that answers everything with ``answer``."""

    class Always(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Always) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def samples(text: str) -> list[Sample]:
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def screen(text: str, **more: Any) -> str:
    console = Console(file=StringIO(), width=100)
    console.print(shown(morning(samples(text), **more)))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_a_calm_morning_says_so() -> None:
    said = screen(CALM)
    assert "Tidak ada yang terlambat, diam, atau rusak." in said
    assert ["PUPR", "3"] == next(line.split() for line in said.splitlines() if line.startswith("PUPR"))
    assert "menunggu kata pertama unit" in said
    assert "2h00m" in said


def test_a_bad_morning_names_what_and_whose_worst_first() -> None:
    said = screen(CALM + BAD, away=["router"], dead_letters=2)
    for words in ("darurat tanpa kata pertama, PUPR: 1h10m", "3 laporan terlambat", "2 laporan hampir terlambat",
                  "biasanya: PDAM", "2 catatan tidak terbaca", "Kafka selama 5m00s", "4 kabar tidak sampai",
                  "tidak menjawab: router"):  # fmt: skip
        assert words in said
    assert said.index("\nPDAM") < said.index("\nPUPR")
    assert "Tidak ada yang" not in said


def test_the_same_as_an_object() -> None:
    told = as_json(morning(samples(CALM + BAD), away=["router"], dead_letters=2))
    assert (3, 2, ["PDAM"], 2, ["router"], 300) == tuple(
        told[name] for name in ("late", "at_risk", "silent_units", "dead_letters", "away", "outbox_oldest_s")
    )
    assert {"count": 2, "oldest_s": 7200} == told["waiting"]["acknowledgement"]
    assert {"count": 0, "oldest_s": 0} == told["waiting"]["disposition"]
    assert [{"channel": "sms", "accepted": 40, "untold": 4}] == told["channels"]
    assert {"PUPR": 4200} == told["emergencies"]
    first = told["units"][0]
    assert ("PDAM", 0, 3, 200000) == (first["unit"], first["open"], first["late"], first["silent_s"])


def test_what_prometheus_calls_for_is_shown_the_urgent_first_and_once() -> None:
    def alert(name: str, severity: str, state: str = "firing") -> dict[str, Any]:
        labels, annotations = {"alertname": name, "severity": severity}, {"summary": f"{name} katanya"}
        return {"labels": labels, "annotations": annotations, "state": state}

    told = [alert("Late", "mail"), alert("Down", "page"), alert("Down", "page"), alert("Soon", "page", "pending")]
    with answering({"status": "success", "data": {"alerts": told}}) as url:
        found = firing(url)
    assert [Alert("Down", "page", "Down katanya"), Alert("Late", "mail", "Late katanya")] == found
    said = screen(CALM, alerts=found)
    assert said.index("Memanggil operator") < said.index("Down katanya (Down)") < said.index("Late katanya (Late)")
    assert [{"name": "Down", "severity": "page", "summary": "Down katanya"}] == as_json(
        morning(samples(CALM), alerts=(found or [])[:1])
    )["alerts"]


def test_without_prometheus_nobody_knows_of_alerts() -> None:
    assert firing(f"http://127.0.0.1:{any_free()}") is None
    assert as_json(morning(samples(CALM)))["alerts"] is None


@pytest.mark.parametrize("service", ["router", "intake-web"])
def test_who_does_not_answer_is_away(service: str) -> None:
    found, away = collect({service: f"http://127.0.0.1:{any_free()}/metrics"})
    assert ([], [service]) == (found, away)
