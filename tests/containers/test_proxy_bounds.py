"""The proxy's own limits, on a real Caddy: headers, bodies, slow clients, and the number of open connections."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import os
import resource
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lapor.processes.ports import any_free
from testing.programs import program
from testing.waiting import PATIENCE, until

pytestmark = pytest.mark.connected

HERE = Path(__file__).parents[2] / "deploy" / "proxy"
FILES = 128


class Website(http.server.BaseHTTPRequestHandler):
    """Takes every request, and returns its size."""

    def do_GET(self) -> None:
        """Say nothing."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Say how many bytes came."""
        self._answer(str(len(self.rfile.read(int(self.headers["Content-Length"])))).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@dataclass(frozen=True)
class Proxy:
    """Where it listens, and the CA that its clients trust."""

    port: int
    trust: ssl.SSLContext

    def connect(self) -> ssl.SSLSocket:
        """Open a connection without sending a request."""
        plain = socket.create_connection(("127.0.0.1", self.port), 5)
        return self.trust.wrap_socket(plain, server_hostname="localhost")

    def ask(self, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        client = http.client.HTTPSConnection("localhost", self.port, context=self.trust, timeout=10)
        with contextlib.closing(client):
            client.request(method, "/", body, headers)
            answer = client.getresponse()
            return answer.status, answer.read()

    def answers(self) -> bool:
        """Whether it answers a citizen."""
        try:
            return self.ask()[0] == 200
        except (OSError, http.client.HTTPException):
            return False


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    website = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Website)
    threading.Thread(target=website.serve_forever, daemon=True).start()
    home, port = tmp_path_factory.mktemp("caddy"), any_free()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CADDY": program("caddy", debian="caddy"),
        "CADDYFILE": str(HERE / "Caddyfile"),
        "HTTP_PORT": str(any_free()),
        "HTTPS_PORT": str(port),
        "WEB_DOMAIN": "localhost",
        "WEB_PUBLIC_URL": "https://localhost",
        "ACME_EMAIL": "kominfo@contoh.id",
        "WEB_UPSTREAM": f"127.0.0.1:{website.server_port}",
        "GRAFANA_UPSTREAM": "127.0.0.1:9",
    }
    with (home / "log").open("wb") as log:
        caddy = subprocess.Popen(["sh", HERE / "start.sh"], env=env, stdout=log, stderr=log)
    resource.prlimit(caddy.pid, resource.RLIMIT_NOFILE, (FILES, FILES))  # as ulimits of compose.yml, and smaller
    ca = home / ".local/share/caddy/pki/authorities/local/root.crt"
    try:
        until(ca.exists, 30, f"a CA: {(home / 'log').read_text()[-1000:]}")
        found = Proxy(port, ssl.create_default_context(cafile=str(ca)))
        until(found.answers, 30, "the website behind TLS")
        yield found
    finally:
        caddy.terminate()
        caddy.wait(20)
        website.shutdown()
        website.server_close()


def test_a_head_has_at_most_16_kilobytes(proxy: Proxy) -> None:
    assert 200 == proxy.ask(said="x" * 8_000)[0]
    assert 431 == proxy.ask(said="x" * 32_000)[0]


def test_body_of_five_photos_is_accepted_and_a_larger_one_refused(proxy: Proxy) -> None:
    assert (200, b"52000000") == proxy.ask("POST", b"x" * 52_000_000)
    with contextlib.suppress(OSError):  # it may hang up before everything is sent
        assert proxy.ask("POST", b"x" * 64_000_000)[0] in (413, 502)


def test_slow_client_is_disconnected(proxy: Proxy) -> None:
    with proxy.connect() as slow:
        began = time.monotonic()
        slow.settimeout(PATIENCE * 14)
        slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        while slow.recv(1000):
            pass

        assert 8 < time.monotonic() - began


def test_idle_connections_block_citizens_only_for_seconds(proxy: Proxy) -> None:
    """More connections than it has files for: it waits, and does not die."""
    held = [socket.create_connection(("127.0.0.1", proxy.port), 5) for _ in range(2 * FILES)]
    try:
        until(proxy.answers, 30, "a citizen is answered")
    finally:
        for each in held:
            each.close()
    until(proxy.answers, 30, "citizens are answered")
