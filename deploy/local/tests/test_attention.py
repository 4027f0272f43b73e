"""The problems that `lapor status` reads from the services' metrics."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lapor.commands import status
from lapor.processes import state
from lapor.processes.data_dir import DataDir
from lapor.processes.ports import HOST, any_free
from lapor.processes.state import Entry, State
from lapor.system import attention

METRICS = b"""\
# HELP lapor_outbox_oldest_seconds Age of the oldest row waiting
# TYPE lapor_outbox_oldest_seconds gauge
lapor_outbox_oldest_seconds{service="router"} 312.5
lapor_outbox_parked{service="router"} 2.0
lapor_outbox_failing_seconds{error="ProgramLimitExceededError",service="router"} 76.0
lapor_decide_bugs_in_a_row{service="router"} 10.0
lapor_consumer_lag_records{service="router"} 7.0
"""


class Metrics(BaseHTTPRequestHandler):
    """The metrics of a router in trouble."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/metrics" else 404)
        self.end_headers()
        self.wfile.write(METRICS)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    """A data folder where the router answers and the others are away."""
    server = ThreadingHTTPServer((HOST, 0), Metrics)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    away = any_free()
    found = DataDir(tmp_path)
    found.ports.write_text(json.dumps(dict.fromkeys(attention.OWNERS, away) | {"router": server.server_port}))
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_waiting_outbox_records_are_read_from_the_service_itself(data: DataDir) -> None:
    found = attention.Outbox(parked=2, oldest_s=312.5, error="ProgramLimitExceededError", bugs=10)
    assert attention.outboxes(data) == {"router": found}


def test_a_process_that_left_says_why(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    data.logs.mkdir()
    assert attention.why_it_left(data, "router") == ""
    lines = ({"event": "leaving", "reason": "batch not finished", "error": "OSError()"}, {"event": "started"}, 7)
    data.log("router").write_text("\n".join(map(json.dumps, lines)) + "\nno JSON\n")
    assert attention.why_it_left(data, "router") == "batch not finished: OSError()"
    here = State(pid=os.getpid(), started=state.started_at(os.getpid()) or 0, region="r")
    here.processes += [Entry(name="router", state="restarting", restarts=5), Entry(name="kafka", state="ready")]
    assert list(status._gone(data, here)) == [
        "router left by itself, 5 times by now: batch not finished: OSError() (lapor logs router)"
    ]


def test_problems_that_need_a_person_are_described_in_words() -> None:
    sound = attention.Outbox(parked=0, oldest_s=3.0)
    failing = attention.Outbox(parked=0, oldest_s=312.5, error="ProgramLimitExceededError", bugs=10)
    outboxes = {"intake-sms": sound, "router": attention.Outbox(parked=2, oldest_s=312.5), "sla-monitor": failing}
    assert list(attention.sentences(outboxes, {"classifier": 1})) == [
        "classifier: 1 dead letter (lapor dlq list, then replay or dismiss)",
        "router: 2 records can never be published (docs/runbook.md, a parked row)",
        "router: a record has been waiting for 5m12s: behind a parked one, or Kafka is slow (lapor logs router)",
        "sla-monitor: a record has been waiting for 5m12s: publishing fails with ProgramLimitExceededError "
        "(lapor logs sla-monitor)",
        "sla-monitor: its rules failed at 10 events in a row, and it goes no further (lapor logs sla-monitor)",
    ]
