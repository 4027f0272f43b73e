"""Until when the certificates are good that servers show to who connects to them."""

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

#: A certificate is made anew some times a year.
LOOK_EVERY_S = 600
#: PostgreSQL's question whether it can encrypt: its own length, and the code of SSLRequest.
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

    Its names are not compared: nothing is said to it, and whom they talk to all others check. What does not answer, has
    no TLS, or a certificate of nobody in ``trust``, leaves what was shown before. Of a certificate that has ended
    nothing can be read: it is shown as one that ends now.
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
    """When its certificate begins and ends. Raises OSError, and ValueError where it does not speak TLS."""
    with socket.create_connection((server.host, server.port), timeout=within_s) as line:
        if server.is_postgres:
            line.sendall(_SSL_REQUEST)
            if line.recv(1) != b"S":
                raise ValueError("it does not encrypt")
        with trust.wrap_socket(line, server_hostname=server.host) as encrypted:
            shown = encrypted.getpeercert() or {}
            with contextlib.suppress(OSError):
                encrypted.unwrap()  # a line that breaks off would be an error in the server's log
    return ssl.cert_time_to_seconds(str(shown["notBefore"])), ssl.cert_time_to_seconds(str(shown["notAfter"]))


def of_database(settings: DatabaseSettings) -> tuple[str, list[Server]] | None:
    """Give the CA that a service trusts with its database, and the servers of that; None where it asks for no TLS."""
    url = settings.database_url
    ca = dict(url.query_params()).get("sslrootcert")
    hosts = [Server(each["host"] or "", each["port"] or 5432, is_postgres=True) for each in url.hosts()]
    return (ca, hosts) if ca else None


async def watch_database(settings: DatabaseSettings) -> None:
    """For ever: look at the certificate of the service's own PostgreSQL, where there is TLS.

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
