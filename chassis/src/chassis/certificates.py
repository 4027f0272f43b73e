"""Shows how long the certificates of servers are valid, as their clients see them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from typing import NamedTuple

from chassis import metrics
from chassis.settings import DatabaseSettings

#: A certificate is renewed a few times a year.
LOOK_EVERY_S = 600
#: PostgreSQL's message that asks whether it can encrypt: its own length, and the code of SSLRequest.
#: https://www.postgresql.org/docs/current/protocol-message-formats.html
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_X509_V_ERR_CERT_HAS_EXPIRED = 10


class Server(NamedTuple):
    """Where a server listens, and whether it is a PostgreSQL, which is asked for TLS first."""

    host: str
    port: int
    is_postgres: bool = False


def show(server: Server, trust: ssl.SSLContext, within_s: float) -> None:
    """Show when the certificate of ``server`` ends and how long it lasts, in seconds. It blocks.

    Names are not compared: nothing is sent to the server, and every real client checks its name. The figures stay as
    they are if the server does not answer, has no TLS, or shows a certificate of nobody in ``trust``. An expired
    certificate can't be read: it is shown as one that ends now.
    """
    trust.check_hostname = False
    try:
        begins, ends = _validity(server, trust, within_s)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code != _X509_V_ERR_CERT_HAS_EXPIRED:
            return
        begins = ends = time.time()
    except (OSError, ValueError):
        return
    name = f"{server.host}:{server.port}"
    metrics.CERTIFICATE_ENDS.labels(name).set(ends)
    metrics.CERTIFICATE_LASTS_S.labels(name).set(ends - begins)


def _validity(server: Server, trust: ssl.SSLContext, within_s: float) -> tuple[float, float]:
    """Read when the server's certificate begins and ends.

    Raises:
        OSError: no connection; ValueError: it does not speak TLS.
    """
    with socket.create_connection((server.host, server.port), timeout=within_s) as line:
        if server.is_postgres:
            line.sendall(_SSL_REQUEST)
            if line.recv(1) != b"S":
                raise ValueError("it does not encrypt")
        with trust.wrap_socket(line, server_hostname=server.host) as encrypted:
            shown = encrypted.getpeercert() or {}
            with contextlib.suppress(OSError):
                encrypted.unwrap()  # without it the server would log an error
    return ssl.cert_time_to_seconds(str(shown["notBefore"])), ssl.cert_time_to_seconds(str(shown["notAfter"]))


def of_database(settings: DatabaseSettings) -> tuple[str, list[Server]] | None:
    """Return the CA that a service trusts for its database, and the database's servers; None if there is no TLS."""
    url = settings.database_url
    ca = dict(url.query_params()).get("sslrootcert")
    hosts = [Server(each["host"] or "", each["port"] or 5432, is_postgres=True) for each in url.hosts()]
    return (ca, hosts) if ca else None


async def watch_database(settings: DatabaseSettings) -> None:
    """Look at the certificate of the service's own PostgreSQL, if it has TLS, until cancelled.

    Raises:
        OSError: the CA can't be read.
    """
    found = of_database(settings)
    while True:
        if found:
            ca, servers = found
            for server in servers:
                await asyncio.to_thread(show, server, ssl.create_default_context(cafile=ca), settings.publish_timeout_s)
        await asyncio.sleep(LOOK_EVERY_S)
