"""The metrics every service has, and the small HTTP side door that shows them, ``/live`` and ``/ready``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import Counter, Gauge, Histogram, make_wsgi_app

BUILD = Gauge("lapor_build_info", "1; which version runs", ["service", "version"])
RECORDS = Counter("lapor_consumer_records", "Records read, by what became of them", ["service", "topic", "result"])
PROCESS_S = Histogram("lapor_consumer_process_seconds", "Time of one batch", ["service"])
LAG = Gauge("lapor_consumer_lag_records", "Records not yet read", ["group", "topic", "partition"])
LAG_S = Gauge("lapor_consumer_lag_seconds", "At most so old is the oldest record not yet read", ["group", "topic"])
PARTITIONS = Gauge("lapor_consumer_partitions", "Partitions assigned to this process", ["group"])
MISSING = Gauge("lapor_consumer_missing_topics", "Topics it should read that the cluster does not have", ["group"])
OUTBOX_PENDING = Gauge("lapor_outbox_pending", "Rows waiting to be published", ["service"])
OUTBOX_OLDEST_S = Gauge("lapor_outbox_oldest_seconds", "Age of the oldest row waiting", ["service"])
OUTBOX_FAILING_S = Gauge(
    "lapor_outbox_failing_seconds", "How long nothing could be published, by the error's class", ["service", "error"]
)
OUTBOX_PARKED = Gauge("lapor_outbox_parked", "Rows the broker refuses: somebody must look", ["service"])
DATABASE_BYTES = Gauge("lapor_database_bytes", "What the service's own database takes of its disk", ["service"])
CONNECTIONS = Gauge("lapor_database_connections", "Connections to the service's PostgreSQL, everybody's", ["service"])
CONNECTIONS_ALLOWED = Gauge(
    "lapor_database_connections_allowed", "How many it takes, but for those kept for its superuser", ["service"]
)
CERTIFICATE_ENDS = Gauge(
    "lapor_certificate_expires_timestamp_seconds", "When the certificate ends that a server shows", ["server"]
)
CERTIFICATE_LASTS_S = Gauge(
    "lapor_certificate_lifetime_seconds", "From its beginning to its end; 0 of one that has ended", ["server"]
)
DLQ_RECORDS = Counter("lapor_dlq_records", "Records put aside as unreadable or unhandled", ["service", "reason"])
DLQ_PENDING = Gauge("lapor_dlq_pending", "Dead letters that nobody has put back or dismissed", ["service"])
DLQ_LEFT_OUT = Counter(
    "lapor_dlq_left_out", "Records put aside without a dead letter: their unit sends too many", ["service", "topic"]
)
UNKNOWN_WORDS = Counter(
    "lapor_unknown_words", "Words read that this version does not know and passed over", ["service", "field"]
)
DELETED = Counter("lapor_retention_deleted", "Rows deleted because they were kept long enough", ["service", "table"])
REDELIVERIES = Counter("lapor_redeliveries", "Records seen before and left alone", ["service"])
#: This many failures in a row mean a bug in our rules or tables, not poison.
MAX_BUGS_IN_A_ROW = 10
DECIDE_BUGS = Gauge(
    "lapor_decide_bugs_in_a_row", "Failures of our own rules in a row; ten stop the service", ["service"]
)

#: Returns whether it holds, or a text that says why it does not.
Check = Callable[[], bool | str]


class Health:
    """Named checks. The service is ready when all of ``ready`` hold, and live when all of ``live`` do."""

    def __init__(self) -> None:
        self.ready: dict[str, Check] = {}
        self.live: dict[str, Check] = {}

    def failing(self, which: str) -> list[str]:
        """List the checks of ``ready`` or ``live`` that don't hold now, each with its reason if it gives one."""
        found: dict[str, bool | str] = {name: check() for name, check in getattr(self, which).items()}
        return [f"{name} ({it})" if isinstance(it, str) else name for name, it in found.items() if it is not True]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Scrapes are not news."""


def serve(host: str, port: int, health: Health) -> WSGIServer:
    """Serve ``/metrics``, ``/live`` and ``/ready`` from a thread, so that a blocked event loop still answers.

    Raises:
        OSError: the port is taken.
    """
    metrics: Any = make_wsgi_app()

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path in ("/live", "/ready"):
            failing = health.failing(path[1:])
            start_response("503 Service Unavailable" if failing else "200 OK", [("Content-Type", "text/plain")])
            return [("waiting for: " + ", ".join(failing) if failing else "ok").encode() + b"\n"]
        body: Iterable[bytes] = metrics(environ, start_response)
        return body

    server = make_server(host, port, app, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
