"""Addresses and accounts of the running system."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from lapor.errors import Refused
from lapor.processes import credentials, state
from lapor.processes.data_dir import DataDir
from lapor.servers.dump import Database
from lapor.system import installation


def running(data: DataDir) -> installation.Installation:
    """Return the installation that runs from ``data``. Raises Refused if nothing runs."""
    now = state.running(data)
    return installation.Installation(
        data=data,
        region=Path(now.region),
        ports=json.loads(data.ports.read_text()),
        credentials=credentials.read(data.credentials),
        overrides={},
    )


def databases(data: DataDir, servers: Sequence[str] | None = None) -> list[Database]:
    """Return the databases of the system that runs from ``data``, or those on ``servers``, each ``SERVICE=ADDRESS``.

    The intakes come first, and the services that watch others last: so a service's backup is never older than that of
    its upstream.

    Raises:
        Refused: nothing runs, or some of ``servers`` can't be parsed; the text names all of them.
    """
    owners = [service.name for service in installation.SERVICES if service.database]
    if not servers:
        admin = running(data).cluster.dsn()
        given = dict.fromkeys(owners, admin)
    else:
        wrong = [said for each in servers if (said := _fault(each, owners))]
        if wrong:
            raise Refused(" ".join(wrong))
        given = dict(each.split("=", 1) for each in servers)
    return [
        Database(service=name, name=installation.database_name(name), admin=given[name])
        for name in owners
        if name in given
    ]


def secret(data: DataDir, servers: Sequence[str] | None = None) -> UUID:
    """Return the secret of the system that runs from ``data``, or with ``servers`` the one in the environment.

    Raises:
        Refused: nothing runs, or the environment has no secret.
    """
    if not servers:
        return UUID(running(data).credentials.installation_namespace)
    named = "INSTALLATION_NAMESPACE"
    try:
        file = os.environ.get(f"{named}_FILE")
        return UUID(Path(file).read_text().strip() if file else os.environ.get(named, ""))
    except (OSError, ValueError) as error:
        raise Refused(f"{named}, or the file that {named}_FILE names, must hold the installation's UUID.") from error


def _fault(server: str, owners: Sequence[str]) -> str | None:
    name, _, address = server.partition("=")
    if name not in owners:
        return f"--server {name}: no service of this name has a database; {', '.join(owners)} have."
    try:
        conninfo_to_dict(address)
    except ProgrammingError as error:
        return f"--server {name}: its address can't be read ({str(error).strip()})."
    return None


def env(data: DataDir) -> dict[str, object]:
    """Return addresses and accounts of the running system, with passwords. Raises Refused if nothing runs."""
    it = running(data)
    kept = it.credentials
    owners = [service.name for service in installation.SERVICES if service.database]
    return {
        "bootstrap": it.broker.bootstrap,
        "web_url": it.url("web"),
        "desk_url": it.url("desk"),
        "sms_mo_url": it.url("sms", f"/sms/kannel/mo/{kept.shared['SMS_MO_TOKEN']}"),
        "sms_mo_token": kept.shared["SMS_MO_TOKEN"],
        "sent_url": it.url("standins", "/sent"),
        "standins_url": it.url("standins"),
        "prometheus_url": it.url("prometheus"),
        "x_mention_url": it.url("standins", "/x/mention"),
        "facebook_post_url": it.url("standins", "/graph/post"),
        "whatsapp_message_url": it.url("standins", "/whatsapp/message"),
        "facebook_message_url": it.url("standins", "/graph/message"),
        "ready_urls": {service.name: it.url(service.name, "/ready") for service in installation.SERVICES},
        "principals": {name: {"username": name, "password": word} for name, word in kept.principals.items()},
        "databases": {name: it.dsn(name) for name in owners},
    }
