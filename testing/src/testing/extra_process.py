"""A second process of a running service: the same environment, with a slot and ports of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from lapor.processes.ports import HOST, any_free
from lapor.system.installation import database_name
from testing.waiting import until

#: Variables that name a port on which only one process can listen.
_PORTS = ("HTTP_PORT", "WEB_PORT", "DESK_PORT", "SMS_LISTEN_PORT")


class ExtraProcess:
    """Process ``slot`` of ``service``, started like the process ``like``. ``ports`` are its own, by variable."""

    def __init__(self, service: str, like: int, log: Path, slot: int = 1) -> None:
        lines = Path(f"/proc/{like}/environ").read_bytes().decode().split("\0")
        env = dict(line.split("=", 1) for line in lines if line)
        self.service, self.ports = service, {name: any_free() for name in _PORTS if name in env}
        env |= {"SLOT": str(slot), **{name: str(port) for name, port in self.ports.items()}}
        with log.open("ab") as out:
            command = [sys.executable, "-m", database_name(service), "run"]
            self.process = subprocess.Popen(command, env=env, stdout=out, stderr=out)  # noqa: S603

    def url(self, path: str, port: str = "HTTP_PORT") -> str:
        """Return an address of this process."""
        return f"http://{HOST}:{self.ports[port]}{path}"

    def is_ready(self) -> bool:
        """Whether it is ready.

        Raises:
            AssertionError: it has exited.
        """
        assert self.process.poll() is None, f"{self.service} left with {self.process.returncode}"  # noqa: S101
        try:
            return httpx.get(self.url("/ready"), timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def end(self, by: signal.Signals) -> int:
        """Send the signal and wait. Return the exit code: negative if a signal killed the process."""
        if self.process.poll() is None:
            os.kill(self.process.pid, by)
        return self.process.wait(60)


@contextmanager
def extra_processes(pids: dict[str, int], folder: Path) -> Iterator[dict[str, ExtraProcess]]:
    """Start a second process of each service, by the pid of the first, and wait until all are ready.

    Those that still run at the end are killed.
    """
    there = {name: ExtraProcess(name, pid, folder / f"{name}-1.log") for name, pid in pids.items()}
    try:
        for each in there.values():
            until(each.is_ready, 100, f"the second {each.service} is ready")
        yield there
    finally:
        for each in there.values():
            each.end(signal.SIGKILL)
