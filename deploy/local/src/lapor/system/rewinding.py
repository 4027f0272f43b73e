"""Stopping services while their databases are replaced or Kafka's log was lost, and letting them read again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from lapor.errors import Refused
from lapor.options import err, wait_until
from lapor.processes import state
from lapor.processes.data_dir import DataDir
from lapor.processes.process import environment
from lapor.system import addresses, installation


def rewind(
    where: DataDir, names: Sequence[str], meanwhile: Callable[[], object] = lambda: None
) -> list[dict[str, Any]]:
    """Stop the services ``names``, call ``meanwhile``, rewind each to the offsets in its database, and start it.

    Return the offsets that they were rewound to.

    Raises:
        Refused: one does not stop, can't be rewound, or does not become ready; call this again.
    """
    it = addresses.running(where)
    services = [service for service in installation.SERVICES if service.name in names]
    with _held(where, [service.name for service in services]):
        meanwhile()
        err.print(
            "reading again what the databases do not know; Kafka must first know that they stopped", highlight=False
        )
        with ThreadPoolExecutor() as together:
            offsets = list(together.map(partial(_migrate_and_rewind, it), services))
    for service in services:
        limit = installation.READY_S + 40  # Kafka waits for a dead member until its session times out
        wait_until(
            lambda name=service.name: state.is_ready(state.running(where), name),  # type: ignore[misc]
            limit,
            f"{service.name} was rewound, and is not ready again; `lapor logs {service.name}` tells why.",
        )
    return offsets


@contextmanager
def _held(where: DataDir, names: Sequence[str]) -> Iterator[None]:
    """Stop these services, and let them start again after the body, unless it fails: then its work is half done."""
    where.held.mkdir(exist_ok=True)
    for name in names:
        (where.held / name).touch()
    for name in names:
        entry = state.entry(state.running(where), name)
        state.signal_group(entry, signal.Signals(entry.stop_signal))
        wait_until(
            lambda name=name: state.entry(state.running(where), name).state == "held",  # type: ignore[misc]
            entry.stop_timeout_s + 15,
            f"{name} does not stop: `lapor kill {name}`, then do this again.",
        )
    yield
    for name in names:
        (where.held / name).unlink()


def _migrate_and_rewind(it: installation.Installation, service: installation.Service) -> dict[str, Any]:
    """Migrate a service's database, and rewind the service to the offsets in it, as in containers."""
    _run(it, service, "migrate")
    rewound: dict[str, Any] = json.loads(_run(it, service, "rewind", "--json"))
    return rewound


def _run(it: installation.Installation, service: installation.Service, *command: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", service.module, *command],
        env=environment(installation.service_env(it, service)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Refused(f"{service.name} {command[0]} failed; mend it, and do this again: {done.stderr.strip()[-800:]}")
    return done.stdout
