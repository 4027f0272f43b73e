"""The proxy of deploy/proxy as Caddy runs it: TLS, who asks is who asks, and a complaint goes through it."""

from __future__ import annotations

import http.server
import json
import os
import ssl
import subprocess
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from harness import CLEAR, ROOT, System

from lapor.processes.ports import any_free
from testing.programs import program
from testing.waiting import until

pytestmark = pytest.mark.connected

HERE = ROOT / "deploy" / "proxy"


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the headers that it was sent."""

    def do_GET(self) -> None:
        """Say them."""
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def proxy(
    system: System, echo: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, int, ssl.SSLContext]]:
    """Caddy, with the website behind localhost and an echo behind grafana.localhost: its two ports, and its CA."""
    home, plain, tls = tmp_path_factory.mktemp("caddy"), any_free(), any_free()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CADDY": program("caddy", debian="caddy"),
        "CADDYFILE": str(HERE / "Caddyfile"),
        "HTTP_PORT": str(plain),
        "HTTPS_PORT": str(tls),
        "WEB_DOMAIN": "localhost",
        "WEB_PUBLIC_URL": "https://localhost",
        "ACME_EMAIL": "kominfo@contoh.id",
        "WEB_UPSTREAM": system.env["web_url"].removeprefix("http://"),
        "GRAFANA_UPSTREAM": f"127.0.0.1:{echo}",
    }
    with (home / "log").open("wb") as log:
        caddy = subprocess.Popen(["sh", HERE / "start.sh"], env=env, stdout=log, stderr=log)
    ca = home / ".local/share/caddy/pki/authorities/local/root.crt"
    try:
        until(ca.exists, 30, f"a CA: {(home / 'log').read_text()[-1000:]}")
        context = ssl.create_default_context(cafile=str(ca))
        until(lambda: _answers(f"https://localhost:{tls}/", context), 30, "the website behind TLS")
        yield plain, tls, context
    finally:
        caddy.terminate()
        caddy.wait(20)


def _answers(url: str, context: ssl.SSLContext) -> bool:
    try:
        return httpx.get(url, verify=context, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_a_complaint_goes_through_it(proxy: tuple[int, int, ssl.SSLContext], system: System) -> None:
    _, tls, context = proxy
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    url = f"https://localhost:{tls}/v1/complaints"
    answer = httpx.post(url, json={"text": CLEAR}, headers=headers, verify=context, timeout=20)
    assert answer.status_code == 202, answer.text
    assert system.unit_of(answer.json()["ticket"]) == "PDAM"


def test_plain_http_is_redirected_to_https(proxy: tuple[int, int, ssl.SSLContext]) -> None:
    plain, _, _ = proxy
    answer = httpx.get(f"http://localhost:{plain}/lapor", timeout=10)
    assert answer.status_code == 308
    assert answer.headers["Location"].startswith("https://localhost")


def test_nobody_can_say_to_be_somebody_else(proxy: tuple[int, int, ssl.SSLContext]) -> None:
    _, tls, context = proxy
    said = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http", "Host": f"grafana.localhost:{tls}"}
    with httpx.Client(verify=context, timeout=10) as client:
        extensions = {"sni_hostname": "grafana.localhost"}
        seen = client.get(f"https://127.0.0.1:{tls}/", headers=said, extensions=extensions).json()
    assert (seen["X-Forwarded-For"], seen["X-Forwarded-Proto"]) == ("127.0.0.1", "https")


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({}, ["WEB_DOMAIN is not set", "WEB_PUBLIC_URL is not https://WEB_DOMAIN", "ACME_EMAIL is no address"]),
        (
            {"WEB_DOMAIN": "https://lapor.id", "WEB_PUBLIC_URL": "https://lapor.id", "ACME_EMAIL": "a@b.id"},
            ["WEB_DOMAIN is no name", "WEB_PUBLIC_URL is not https://https://lapor.id"],
        ),
        (
            {"WEB_DOMAIN": "lapor.id", "WEB_PUBLIC_URL": "http://127.0.0.1:17080", "ACME_EMAIL": "a@b.id"},
            ["WEB_PUBLIC_URL is not https://lapor.id"],
        ),
    ],
)
def test_a_start_without_names_says_all_that_is_missing(
    given: dict[str, str], faults: list[str], tmp_path: Path
) -> None:
    env = {"PATH": os.environ["PATH"], "CADDY": "/bin/true", **given}
    done = subprocess.run(["sh", HERE / "start.sh"], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 78
    assert [line.strip().split(":")[0] for line in done.stderr.splitlines() if line.startswith("  ")] == [
        fault.split(":")[0] for fault in faults
    ]
    whole = {"WEB_DOMAIN": "lapor.id", "WEB_PUBLIC_URL": "https://lapor.id", "ACME_EMAIL": "a@b.id"}
    assert subprocess.run(["sh", HERE / "start.sh"], env=env | whole, timeout=120).returncode == 0
