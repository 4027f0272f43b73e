"""Somebody is called: a real Alertmanager, configured as in containers, sends mails and calls a webhook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from promtool import RULES

from lapor.processes.ports import any_free
from monitoring.rules import sentences
from testing.programs import program
from testing.waiting import until

SCRIPT = Path(__file__).parents[1] / "alertmanager.sh"
SAID = {
    "summary": "Layanan router tidak menjawab",
    "title": "Layanan tidak menjawab",
    "action": "Lihat lognya.",
    "runbook": "docs/runbook.md#lapordown",
}
#: Instead of waiting half a minute for similar alerts, and a minute between two heartbeats.
SOON = {"ALERTMANAGER_WAIT": "1s", "ALERTMANAGER_BEAT": "2s"}


@dataclass
class Called:
    """The mails and webhook calls that arrived, and the addresses that receive them."""

    smtp: int
    webhook: str
    mails: list[EmailMessage] = field(default_factory=list)
    rings: list[dict[str, Any]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 taken"

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]

    def rung(self) -> list[str]:
        return [alert["labels"]["alertname"] for ring in self.rings for alert in ring["alerts"]]


@pytest.fixture
def called() -> Iterator[Called]:
    port = any_free()
    ours = Called(smtp=port, webhook="")

    class Phone(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            ours.rings.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Log nothing."""

    mail = Controller(ours, hostname="127.0.0.1", port=port)
    mail.start()
    with ThreadingHTTPServer(("127.0.0.1", 0), Phone) as phone:
        threading.Thread(target=phone.serve_forever, daemon=True).start()
        ours.webhook = f"http://127.0.0.1:{phone.server_port}/ring"
        yield ours
        phone.shutdown()
    mail.stop()


def _settings(folder: Path, **given: str) -> dict[str, str]:
    path = program("prometheus-alertmanager", "alertmanager", debian="prometheus-alertmanager")
    own = {"ALERTMANAGER": path, "ALERTMANAGER_FOLDER": str(folder), "ALERTMANAGER_DATA": str(folder / "data")}
    return {"PATH": os.environ["PATH"], **own, **given}


@contextmanager
def alertmanager(folder: Path, **given: str) -> Iterator[str]:
    """Run an Alertmanager with the variables ``given``, and yield its address."""
    port = any_free()
    command = ["sh", str(SCRIPT), f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, env=_settings(folder, **given), stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/-/ready", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    try:
        until(ready, 30, "Alertmanager is ready")
        yield url
    finally:
        running.terminate()
        running.wait(30)


def alert(url: str, name: str, severity: str, *instances: str) -> None:
    told = [
        {
            "labels": {"alertname": name, "severity": severity, "instance": each},
            "annotations": {**SAID, "summary": SAID["summary"].replace("router", each)},
        }
        for each in instances or ["router"]
    ]
    assert 200 == httpx.post(f"{url}/api/v2/alerts", json=told, trust_env=False).status_code


@pytest.mark.slow
def test_urgent_alerts_ring_and_mail_and_other_alerts_only_mail(called: Called, tmp_path: Path) -> None:
    mail = {"ALERT_MAIL_TO": "operator@contoh.id", "ALERT_MAIL_FROM": "lapor@contoh.id"}
    server = {"ALERT_SMTP_HOST": f"localhost:{called.smtp}", "ALERT_SMTP_TLS": "false"}
    docs = "https://git.contoh.id/lapor/blob/main/"
    with alertmanager(tmp_path, **mail, **server, ALERT_WEBHOOK_URL=called.webhook, DOCS_URL=docs, **SOON) as url:
        alert(url, "LaporDown", "page")
        alert(url, "LaporDeadLetters", "mail", "router", "classifier")
        until(lambda: called.rings and len(called.mails) == 2, 90, "both are told")
        shown = httpx.get(f"{url}/metrics", trust_env=False).text
    assert ["LaporDown"] == called.rung()
    # The two of the second alert came in one mail; pages wait only 5 s.
    rung, written = "[LAPOR!] Layanan router tidak menjawab", "[LAPOR!] Layanan tidak menjawab"
    assert sorted([rung, written]) == sorted(called.subjects())
    asked = set(re.findall(r"\balertmanager_\w+", (RULES / "alerts.yml").read_text()))
    assert asked
    assert {name for name in asked if f'\n{name}{{integration="email"' not in shown} == set()
    mail_of_it = called.mails[called.subjects().index(rung)]
    text = mail_of_it.get_body()
    assert text is not None
    assert "Lihat lognya." in text.get_content()
    assert f"{docs}docs/runbook.md#lapordown (LaporDown, sejak" in text.get_content()
    assert "operator@contoh.id" == mail_of_it["To"]


@pytest.mark.slow
def test_where_there_is_no_mail_all_goes_to_the_webhook(called: Called, tmp_path: Path) -> None:
    with alertmanager(tmp_path, ALERT_WEBHOOK_URL=called.webhook, **SOON) as url:
        alert(url, "LaporDeadLetters", "mail")
        until(lambda: called.rung() == ["LaporDeadLetters"], 90, "it is told")


@pytest.mark.slow
def test_while_kafka_does_not_answer_what_follows_from_it_calls_nobody(called: Called, tmp_path: Path) -> None:
    with alertmanager(tmp_path, ALERT_WEBHOOK_URL=called.webhook, **SOON) as url:
        alert(url, "LaporKafkaUnseen", "page", "prober")
        until(lambda: "LaporKafkaUnseen" in called.rung(), 90, "that Kafka is away is told")
        alert(url, "LaporOutboxStuck", "page")
        alert(url, "LaporLag", "page", "router", "classifier")
        alert(url, "LaporDiskFull", "page", "/")
        until(lambda: "LaporDiskFull" in called.rung(), 90, "what does not follow from it is told")
        quiet = httpx.get(f"{url}/api/v2/alerts", params={"inhibited": "true", "active": "false"}, trust_env=False)
    assert {"LaporKafkaUnseen", "LaporDiskFull"} == set(called.rung())
    assert {"LaporOutboxStuck", "LaporLag"} == {each["labels"]["alertname"] for each in quiet.json()}


def test_every_muted_alert_name_exists() -> None:
    quiet = re.findall(r'alertname=~?"([^"]+)"', SCRIPT.read_text())
    assert quiet
    assert [] == [name for each in quiet for name in each.split("|") if name not in sentences()]


@pytest.mark.slow
def test_heartbeat_is_repeated_and_sent_to_nobody_else(called: Called, tmp_path: Path) -> None:
    mail = {"ALERT_MAIL_TO": "a@contoh.id", "ALERT_MAIL_FROM": "b@contoh.id"}
    server = {"ALERT_SMTP_HOST": f"localhost:{called.smtp}", "ALERT_SMTP_TLS": "false"}
    with alertmanager(tmp_path, **mail, **server, ALERT_HEARTBEAT_URL=called.webhook, **SOON) as url:
        alert(url, "LaporWatching", "heartbeat")
        until(lambda: called.rung()[1:], 120, "it is told twice")
    assert {"LaporWatching"} == set(called.rung())
    assert [] == called.mails


MAIL_TO = {"ALERT_MAIL_TO": "a@contoh.id"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, ["ALERT_MAIL_TO and ALERT_WEBHOOK_URL are not set"]),
        (MAIL_TO, ["ALERT_MAIL_FROM is not set", "ALERT_SMTP_HOST is not set"]),
        ({"ALERT_WEBHOOK_URL": "http://x", "ALERT_SMTP_TLS": "ya"}, ["ALERT_SMTP_TLS is neither true nor false"]),
        ({"ALERT_WEBHOOK_URL": "http://x/'y"}, ["a quote or a backslash is in http://x/'y"]),
    ],
)
def test_a_call_that_nobody_would_hear_stops_the_start(given: dict[str, str], named: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(SCRIPT)], env=_settings(tmp_path, **given), capture_output=True, text=True, timeout=120
    )
    assert 78 == done.returncode
    assert [] == [words for words in named if words not in done.stderr]


def test_mail_password_is_required_with_a_user_and_kept_out_of_the_configuration(tmp_path: Path) -> None:
    mail = {**MAIL_TO, "ALERT_MAIL_FROM": "b@contoh.id", "ALERT_SMTP_HOST": "smtp:25"}
    file = tmp_path / "password"
    account = {"ALERT_SMTP_USERNAME": "lapor", "ALERT_SMTP_PASSWORD_FILE": str(file)}
    env = _settings(tmp_path, **mail, **account) | {"ALERTMANAGER": "echo"}
    file.write_text("")
    done = subprocess.run(["sh", str(SCRIPT)], env=env, capture_output=True, text=True, timeout=120)
    assert (78, True) == (done.returncode, "ALERT_SMTP_PASSWORD is not set" in done.stderr)
    file.write_text('it\'s "secret"\n')
    assert 0 == subprocess.run(["sh", str(SCRIPT)], env=env, capture_output=True, timeout=120).returncode
    assert str(file) in (tmp_path / "alertmanager.yml").read_text()
    assert "secret" not in (tmp_path / "alertmanager.yml").read_text()
    assert " {{ .Annotations.runbook }} (" in (tmp_path / "alertmanager.yml").read_text()  # no DOCS_URL, a path
    waits = re.findall(r"(\w+_(?:wait|interval)): (\w+)", (tmp_path / "alertmanager.yml").read_text())
    mailed = [("group_wait", "30s"), ("group_interval", "5m"), ("repeat_interval", "1d")]
    rung = [("group_wait", "5s"), ("repeat_interval", "1h")]
    watched = [("group_wait", "0s"), ("group_interval", "30s"), ("repeat_interval", "1m")]
    assert [*mailed, *rung, *watched] == waits
    check = [program("amtool", debian="prometheus-alertmanager"), "check-config", str(tmp_path / "alertmanager.yml")]
    assert 0 == subprocess.run(check, capture_output=True, timeout=120).returncode
