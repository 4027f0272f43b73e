"""Addresses and accounts of what runs."""

from __future__ import annotations

import json
from pathlib import Path

from lapor.processes import credentials, state
from lapor.processes.data_dir import DataDir
from lapor.system import installation


def env(data: DataDir) -> dict[str, object]:
    """Addresses and accounts of the running system, passwords included. Raises Refused if nothing runs."""
    now = state.running(data)
    kept = credentials.read(data.credentials)
    it = installation.Installation(
        data=data,
        region=Path(now.region),
        ports=json.loads(data.ports.read_text()),
        credentials=kept,
        overrides={},
    )
    owners = [service.name for service in installation.SERVICES if service.database]
    return {
        "bootstrap": it.broker.bootstrap,
        "web_url": it.url("web"),
        "sms_mo_url": it.url("sms", f"/sms/kannel/mo/{kept.shared['SMS_MO_TOKEN']}"),
        "sms_mo_token": kept.shared["SMS_MO_TOKEN"],
        "sent_url": it.url("standins", "/sent"),
        "standins_url": it.url("standins"),
        "prometheus_url": it.url("prometheus"),
        "x_mention_url": it.url("standins", "/x/mention"),
        "ready_urls": {service.name: it.url(service.name, "/ready") for service in installation.SERVICES},
        "principals": {name: {"username": name, "password": word} for name, word in kept.principals.items()},
        "databases": {name: it.dsn(name) for name in owners},
    }
