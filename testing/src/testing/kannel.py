"""A real Kannel in front of intake-sms, with the operator's line behind it: many citizens who write concurrently."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lapor.servers import kannel

_STARTED_S = 30


def configuration(directory: Path, ports: Mapping[str, int], token: str) -> str:
    """Return the operators' example configuration, with a fake line to the operator and timeouts fit for a test."""
    text = kannel.configuration(
        kannel.Kannel(
            directory=directory,
            ports=ports,
            send_username="lapor",
            send_password="s3nd",  # noqa: S106 - of a Kannel that lives for a moment
            token=token,
            line=f"smsc = fake\nsmsc-id = TSEL\nport = {ports['smsc']}\nconnect-allow-ip = 127.0.0.1\n",
            admin_password="adm1n",  # noqa: S106
        )
    )
    return text.replace("concatenated-mo-timeout = 1800", "concatenated-mo-timeout = 20")


def listens(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def boxes(programs: Sequence[str], directory: Path, ports: Mapping[str, int], token: str) -> Iterator[None]:
    """Run ``programs``, the paths of bearerbox and smsbox.

    Raises:
        TimeoutError: one does not start; its log in ``directory`` says why.
    """
    conf = directory / "kannel.conf"
    conf.write_text(configuration(directory, ports, token))
    conf.chmod(0o600)
    with contextlib.ExitStack() as running:
        for program, waited_for in zip(programs, (("smsbox", "smsc"), ("sendsms",)), strict=True):
            log = running.enter_context((directory / "boxes.log").open("ab"))
            child = running.enter_context(
                subprocess.Popen([program, "-v", "4", str(conf)], stdout=log, stderr=log, cwd=directory)  # noqa: S603
            )
            running.callback(child.kill)
            until = time.monotonic() + _STARTED_S
            while not all(listens(ports[name]) for name in waited_for):
                if time.monotonic() > until:
                    raise TimeoutError(f"{program} does not start")
                time.sleep(0.1)
        yield


class Line:
    """The operator's line to Kannel, as fakesmsc speaks it: many citizens, and the messages sent to them."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.got = 0
        threading.Thread(target=self._receive, daemon=True).start()

    def send(self, first: int, count: int) -> None:
        """Send an SMS from each of ``count`` citizens, each with different words."""
        lines = (f"0813{n:08} 1708 text SOPPENG lampu padam di gang {n}\n" for n in range(first, first + count))
        self.socket.sendall("".join(lines).encode())

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _receive(self) -> None:
        with contextlib.suppress(OSError):  # hung up
            while data := self.socket.recv(65536):
                self.got += data.count(b"\n")
