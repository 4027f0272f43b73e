"""A server that shows a certificate to each client, and says nothing."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: PostgreSQL's request for TLS, and its possible answers: https://www.postgresql.org/docs/current/protocol-flow.html
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@contextmanager
def showing(folder: Path | None, *, postgres: bool = False) -> Iterator[tuple[str, int]]:
    """Yield the address of a server with the cert.pem and key.pem of ``folder``; without a folder, a server without
    TLS.

    ``postgres``: clients first ask whether it encrypts, as they ask PostgreSQL.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    if folder:
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                line, _ = listening.accept()
                with line, contextlib.suppress(OSError):
                    line.settimeout(10)
                    _answer(line, context if folder else None, postgres)

        def answer_until_closed() -> None:
            with contextlib.suppress(OSError):
                answer()

        thread = threading.Thread(target=answer_until_closed, daemon=True)
        thread.start()
        yield listening.getsockname()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _answer(line: socket.socket, context: ssl.SSLContext | None, postgres: bool) -> None:
    if postgres:
        asked = line.recv(len(_SSL_REQUEST))
        line.sendall(b"S" if context and asked == _SSL_REQUEST else b"N")
    if context:
        with context.wrap_socket(line, server_side=True) as shown:
            shown.recv(1)
            shown.unwrap()
