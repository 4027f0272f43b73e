"""Traces: a span for each hop of a complaint, joined by W3C Trace Context in the headers of records.

https://www.w3.org/TR/trace-context/. Off unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set. While off, OpenTelemetry is
not even imported (:mod:`chassis.otlp` does that), and no header is written or read. A span tells where a message was
and which complaint it is about; never what anybody said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from chassis.settings import ServiceSettings
from chassis.wire import TRACEPARENT, Message
from contracts import topics

if TYPE_CHECKING:
    from chassis.otlp import Otlp

#: Seconds. An older record is linked, and its trace ends there: backends look for a trace around its beginning.
PROMPT_S = 3600
#: The form of a complaint's id: a subject may be anything, since units write theirs themselves.
COMPLAINT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Kind = Literal["INTERNAL", "CLIENT", "PRODUCER", "CONSUMER"]


class Span:
    """The report of one hop; events that it causes carry its ``traceparent``. This class is off: it reports nothing."""

    traceparent = ""

    def about(self, subjects: Iterable[str]) -> None:
        """Name the complaint: the first of ``subjects`` that is a complaint's id, unless one is named already."""

    def fail(self, error: BaseException) -> None:
        """Report that it failed, with the error's class; the message may quote a citizen."""

    def end(self) -> None:
        """Send the report. A span that never ends, because its work was rolled back, is never reported."""


OFF = Span()
_otlp: Otlp | None = None


def start(service: str, settings: ServiceSettings) -> None:
    """Trace from now on, if an endpoint is set."""
    global _otlp
    if settings.otel_exporter_otlp_endpoint is not None:
        from chassis.otlp import Otlp

        _otlp = Otlp(service, str(settings.otel_exporter_otlp_endpoint), talks=settings.log_level == "DEBUG")


def stop() -> None:
    """Stop tracing. Send the remaining spans, if that takes only a moment."""
    global _otlp
    if _otlp is not None:
        _otlp.stop()
    _otlp = None


def begin(
    name: str,
    kind: Kind,
    attributes: Mapping[str, str | int],
    *,
    cause: str = "",
    prompt: bool = True,
    since_ns: int | None = None,
) -> Span:
    """Begin a hop in the trace of ``cause``, a traceparent; in a new one if it is empty or can't be read.

    A hop that is not ``prompt`` begins a new trace, which is linked to ``cause``.
    """
    return _otlp.begin(name, kind, attributes, cause, prompt, since_ns) if _otlp else OFF


def process(message: Message, since_ns: int) -> Span:
    """Begin the hop that handles ``message``, by OpenTelemetry's conventions for messaging.

    A unit is a stranger, who may name any trace; a dead letter is handled whenever somebody asks. Both are only linked,
    and so are records older than ``PROMPT_S``.
    """
    if _otlp is None:
        return OFF
    record = message.record
    of_unit = topics.unit_of(record.topic) is not None
    old = since_ns / 1e9 - record.timestamp_ms / 1e3 > PROMPT_S
    where: dict[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": record.topic,
        "messaging.destination.partition.id": str(record.partition),
        "messaging.kafka.offset": record.offset,
        "messaging.consumer.group.name": _otlp.service,
    }
    cause = dict(record.headers).get(TRACEPARENT, b"").decode("latin-1")
    prompt = not (of_unit or old or record.request)
    span = begin(f"process {record.topic}", "CONSUMER", where, cause=cause, prompt=prompt, since_ns=since_ns)
    if not of_unit:
        span.about([message.event.subject])
    return span


def timer(complaint_id: str) -> Span:
    """Begin the hop in which time alone changes a complaint: its cause is days ago, so the trace is new."""
    span = begin("timer", "INTERNAL", {})
    span.about([complaint_id])
    return span
