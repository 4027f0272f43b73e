"""Kannel for one machine: Debian's own, between the services and the stand-in for the telephone network."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from lapor.processes.credentials import password
from lapor.processes.data_dir import write_private
from lapor.processes.ports import HOST
from lapor.processes.process import Process

#: Said where the program is missing.
GET_IT = "for a real SMS gateway: apt-get install kannel, then start again"
#: Names of the ports in its configuration: of the boxes, of the operator's line, and of the door that gets the SMS.
PORTS = ("admin", "smsbox", "sendsms", "smsc", "door")
_EXAMPLE = Path(__file__).parents[5] / "services" / "intake-sms" / "kannel.conf.example"


@dataclass(frozen=True, kw_only=True)
class Kannel:
    """One Kannel. ``ports``: by the names of ``PORTS``; ``line``: its group `smsc`, so how it reaches the operator."""

    directory: Path
    ports: Mapping[str, int]
    send_username: str
    send_password: str
    token: str
    line: str
    admin_password: str = field(default_factory=password)  # new at each start: its users read it from the file


def programs() -> tuple[str, str] | None:
    """Return the paths of bearerbox and smsbox; None where they are not installed."""
    where = f"{os.environ['PATH']}:/usr/sbin"  # not on every user's PATH
    found = [shutil.which(name, path=where) for name in ("bearerbox", "smsbox")]
    return (found[0], found[1]) if found[0] and found[1] else None


def network(port: int, username: str, secret: str, url: str) -> str:
    """Return the line to the stand-in for the telephone network, which speaks as one Kannel does to another."""
    return (
        f"smsc = http\nsystem-type = kannel\nsmsc-id = STANDIN\nport = {port}\nconnect-allow-ip = {HOST}\n"
        f'smsc-username = {username}\nsmsc-password = {secret}\nsend-url = "{url}"\n'
        f'dlr-url = "http://{HOST}:{port}/?username={username}&password={secret}"\n'
    )


def configuration(it: Kannel) -> str:
    """Fill in the example for operators, with ``line`` and short pauses between retries, as suits a demo."""
    head, rest = _EXAMPLE.read_text().split("group = smsc\n")
    _, after = rest.split("\n\n", 1)
    text = f"{head}group = smsc\n{it.line}\n{after}"
    return Template(text.replace("http-queue-delay = 10", "http-queue-delay = 1")).substitute(
        admin_port=it.ports["admin"],
        smsbox_port=it.ports["smsbox"],
        sendsms_port=it.ports["sendsms"],
        door_port=it.ports["door"],
        directory=it.directory.absolute(),
        admin_password=it.admin_password,
        send_username=it.send_username,
        send_password=it.send_password,
        token=it.token,
    )


def prepare(it: Kannel) -> None:
    """Write its configuration."""
    it.directory.mkdir(mode=0o700, exist_ok=True)
    write_private(config(it), configuration(it))


def processes(it: Kannel, paths: tuple[str, str]) -> tuple[Process, Process]:
    """Return bearerbox, which keeps messages on their way, and smsbox, to start after it. Call ``prepare`` first."""
    waited_for = ("admin", "smsbox", "smsc"), ("sendsms",)
    bearerbox, smsbox = (
        Process(
            name=name,
            command=(path, "-v", "4", str(config(it).absolute())),
            ready=_listen([it.ports[port] for port in ports]),
            ports=tuple(it.ports[port] for port in ports),
        )
        for name, path, ports in zip(("bearerbox", "smsbox"), paths, waited_for, strict=True)
    )
    return bearerbox, smsbox


def config(it: Kannel) -> Path:
    """Return the path of its configuration."""
    return it.directory / "kannel.conf"


def _listen(ports: list[int]) -> Callable[[], Awaitable[bool]]:
    """Make a check that is true when all ``ports`` accept connections: a real answer would need a password."""

    async def ready() -> bool:
        for port in ports:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(HOST, port), 2)
            except (OSError, TimeoutError):
                return False
            writer.close()
        return True

    return ready
