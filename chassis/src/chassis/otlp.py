"""OpenTelemetry's own SDK, which sends spans by OTLP over HTTP. Only :mod:`chassis.tracing` imports it, when it is on.

Nothing waits for the backend: batches leave in a thread of their own, and excess spans are dropped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Link, SpanKind, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis import tracing
from chassis.wire import TRACEPARENT

log = logging.getLogger(__name__)

#: The most seconds that a stopping service spends on spans not yet sent; the SDK's own limit would be 30.
STOP_S = 2.0
_HEADERS = TraceContextTextMapPropagator()


class Otlp:
    """The tracer of ``service``. The SDK logs each batch that does not arrive only if it ``talks``."""

    def __init__(self, service: str, endpoint: str, *, talks: bool) -> None:
        self.service = service
        if not talks:
            logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        resource = Resource.create({"service.name": service, "service.namespace": "lapor"})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._exporter = Exporter(f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("lapor")

    def begin(
        self,
        name: str,
        kind: tracing.Kind,
        attributes: Mapping[str, str | int],
        cause: str,
        prompt: bool,
        since_ns: int | None,
    ) -> tracing.Span:
        """Begin a span, as :func:`chassis.tracing.begin`."""
        context = _HEADERS.extract({TRACEPARENT: cause})
        before = get_current_span(context).get_span_context()
        links = [Link(before)] if before.is_valid and not prompt else []
        parent = Context() if links else context
        return _Told(self._tracer.start_span(name, parent, SpanKind[kind], attributes, links, since_ns))

    def stop(self) -> None:
        """Send the remaining spans, for ``STOP_S`` at most, and not at all if nothing arrives anyway."""
        sending = threading.Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(0 if self._exporter.failing else STOP_S)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # a running export is not retried


class _Told(tracing.Span):
    def __init__(self, span: Any) -> None:
        self._span, self._named, at = span, False, span.get_span_context()
        if at.is_valid:
            self.traceparent = f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}"

    def about(self, subjects: Iterable[str]) -> None:
        if not self._named and (found := next(filter(tracing.COMPLAINT_ID.fullmatch, subjects), None)):
            self._named = True
            self._span.set_attribute("lapor.complaint_id", found)

    def fail(self, error: BaseException) -> None:
        self._span.set_attribute("error.type", type(error).__name__)
        self._span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        self._span.end()


class Exporter(OTLPSpanExporter):
    """Logs once that nothing arrives, and once that spans arrive again: the SDK's own writes lines for each batch."""

    failing = False

    def export(self, spans: Any) -> SpanExportResult:
        result = super().export(spans)
        if (failing := result is not SpanExportResult.SUCCESS) != self.failing:
            self.failing = failing
            log.warning("traces_not_exported" if failing else "traces_exported_again")
        return result
