"""A backend of traces for tests: receives the spans of OpenTelemetry's exporter, by OTLP over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, kw_only=True)
class Told:
    """A span as it arrived. ``at``, ``parent`` and each of ``links`` are trace and span id, as in a traceparent."""

    service: str
    name: str
    at: tuple[str, str]
    parent: tuple[str, str] | None
    links: tuple[tuple[str, str], ...]
    attributes: dict[str, Any]
    failed: bool


@dataclass
class Backend:
    """Keeps all spans in ``told``; ``raw`` are the requests' bytes."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        """Decode a request."""
        self.raw.append(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _plain(group.resource.attributes)["service.name"]
            self.told += [_told(service, span) for scope in group.scope_spans for span in scope.spans]


def place(traceparent: bytes | str) -> tuple[str, str]:
    """Return trace and span id in ``traceparent``."""
    text = traceparent.decode() if isinstance(traceparent, bytes) else traceparent
    _, trace, span, _ = text.split("-")
    return trace, span


@contextmanager
def otlp_backend(port: int = 0) -> Iterator[Backend]:
    """Run a backend on ``port`` of this machine, by default a free one."""
    backend = Backend()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            backend.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        backend.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield backend
        finally:
            server.shutdown()


def _told(service: str, span: Any) -> Told:
    trace = span.trace_id.hex()
    return Told(
        service=service,
        name=span.name,
        at=(trace, span.span_id.hex()),
        parent=(trace, span.parent_span_id.hex()) if span.parent_span_id else None,
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        attributes=_plain(span.attributes),
        failed=span.status.code == span.status.STATUS_CODE_ERROR,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
