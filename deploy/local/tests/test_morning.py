"""The figures that an operator reads at eight o'clock, from the services' metrics."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from rich.console import Console

from lapor.commands.top import shown
from lapor.kafka.worklist import Item
from lapor.processes.ports import any_free
from lapor.system.morning import Alert, as_json, collect, firing, morning
from testing.events import a_snapshot

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
lapor_emergencies_waiting{unit="PUPR"} 2
lapor_complaints_late{unit="PDAM",kecamatan="Ganra"} 2
lapor_complaints_late{unit="PDAM",kecamatan=""} 1
lapor_complaints_reopened{unit="PDAM"} 1
lapor_complaints_unheard{unit="PDAM"} 5
lapor_desk_citizens_untold 4
lapor_ratings_total{stars="4"} 6
lapor_ratings_total{stars="5"} 1
lapor_ratings_total{stars="1"} 9
lapor_intake_last_complaint_timestamp_seconds{channel="sms"} 1000
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
    """Run a server that answers every request with ``answer``."""

    class Always(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: Any) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Always) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def samples(text: str) -> list[Sample]:
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def screen(text: str, *, urgent: Sequence[tuple[str, Item]] = (), width: int = 100, **more: Any) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(shown(morning(samples(text), at_s=8200, **more), urgent))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_a_calm_morning_says_so() -> None:
    said = screen(CALM)
    assert "Tidak ada laporan yang terlambat" in said
    assert ["PUPR", "3"] == next(line.split() for line in said.splitlines() if line.startswith("PUPR"))
    assert "menunggu kata pertama unit" in said
    assert "2h00m" in said


def test_a_bad_morning_names_what_and_whose_worst_first() -> None:
    said = screen(CALM + BAD, away=["router"], dead_letters=2)
    for words in ("2 laporan darurat menunggu kata pertama, terlama di PUPR: 1h10m", "3 laporan terbuka lewat tanggal",
                  "2 laporan mendekati batas", "biasanya: PDAM", "1 laporan dibuka lagi", "5 laporan dengan balasan",
                  "4 pesan tidak sampai", "7 hasil dinilai baik oleh pelapornya (4 atau 5), sejak layanan mulai",
                  "2 catatan tidak terbaca", "Kafka selama 5m00s", "tidak menjawab: router"):  # fmt: skip
        assert words in said
    assert ["sms", "40", "2h00m", "4"] == said.splitlines()[-1].split()
    assert said.index("\nPDAM") < said.index("\nPUPR")
    assert "Tidak ada" not in said


def test_it_is_not_said_that_all_is_well_where_who_knows_is_away() -> None:
    assert "Tidak ada" not in screen("", away=["router"])
    assert "Tidak ada" in screen("")


def test_the_same_as_an_object() -> None:
    told = as_json(morning(samples(CALM + BAD), away=["router"], dead_letters=2))
    assert (3, 2, ["PDAM"], 2, ["router"], 300) == tuple(
        told[name] for name in ("late", "at_risk", "silent_units", "dead_letters", "away", "outbox_oldest_s")
    )
    assert (1, 5, 4, 7) == tuple(told[name] for name in ("reopened", "unheard", "untold", "confirmed"))
    assert {"count": 2, "oldest_s": 7200} == told["waiting"]["acknowledgement"]
    assert {"count": 0, "oldest_s": 0} == told["waiting"]["disposition"]
    assert [{"channel": "sms", "accepted": 40, "untold": 4, "quiet_s": -1000}] == told["channels"]
    assert {"PUPR": 4200} == told["emergencies"]
    first = told["units"][0]
    assert ("PDAM", 0, 3, 200000) == (first["unit"], first["open"], first["late"], first["silent_s"])


def test_firing_alerts_are_shown_once_with_the_most_urgent_first() -> None:
    def alert(name: str, severity: str, state: str = "firing") -> dict[str, Any]:
        labels = {"alertname": name, "severity": severity}
        annotations = {"summary": f"{name} katanya", "action": "Lihat lognya.", "runbook": f"docs/x.md#{name}"}
        return {"labels": labels, "annotations": annotations, "state": state}

    told = [alert("Late", "mail"), alert("Down", "page"), alert("Down", "page"), alert("Soon", "page", "pending")]
    with answering({"status": "success", "data": {"alerts": told}}) as url:
        found = firing(url)
    down = Alert("Down", "page", "Down katanya", "Lihat lognya.", "docs/x.md#Down")
    assert found
    assert [down, "Late katanya"] == [found[0], *(each.summary for each in found[1:])]
    said = screen(CALM, alerts=found)
    assert said.index("Memanggil operator") < said.index("Down katanya\n") < said.index("Late katanya\n")
    assert "\n  docs/x.md#Down: Lihat lognya.\n" in said
    assert [asdict(down)] == as_json(morning(samples(CALM), alerts=found[:1]))["alerts"]


def test_many_alarms_leave_room_for_the_rest() -> None:
    many = [Alert(f"A{n}", "page", f"Alarm {n}", "Lihat.", "docs/x.md#a") for n in range(9)]
    said = screen(CALM, alerts=many)
    assert ("Alarm 5" in said, "Alarm 6" in said, "dan 3 lagi" in said) == (True, False, True)


@pytest.mark.parametrize("width", [80, 120])
def test_the_most_urgent_complaints_are_named_with_their_unit_each_in_a_line(width: int) -> None:
    due = datetime.now(UTC) - timedelta(days=1)
    complaint = a_snapshot(ticket="SPG-S000-00001", urgency="darurat", deadline_at=due, reporters=4, supporters=20)
    lines = screen(CALM, urgent=[("DISDUKCAPIL", Item(complaint, "routed", ""))] * 10, width=width).splitlines()
    mine = [line for line in lines if line.startswith("SPG-")]
    assert 10 == len(mine)
    assert mine[0].startswith("SPG-S000-00001  DISDUKCAPIL  DARURAT · Baru · terlambat, ")
    assert max(map(len, lines)) <= width


def test_without_prometheus_nobody_knows_of_alerts() -> None:
    assert firing(f"http://127.0.0.1:{any_free()}") is None
    assert as_json(morning(samples(CALM)))["alerts"] is None


@pytest.mark.parametrize("service", ["router", "intake-web"])
def test_unresponsive_service_is_listed_as_away(service: str) -> None:
    found, away = collect({service: f"http://127.0.0.1:{any_free()}/metrics"})
    assert ([], [service]) == (found, away)
