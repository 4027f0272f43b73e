"""The command `provision`: the contracts' topics, users and ACLs on a Kafka cluster that is not `lapor up`'s own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lapor.errors import Refused
from lapor.options import REGION, CaFile, Json, err
from lapor.processes import credentials
from lapor.servers import acls, kafka
from lapor.servers import provision as cluster
from lapor.system.wanted import wanted


def provision(
    bootstrap: Annotated[str, typer.Option(envvar="KAFKA_BOOTSTRAP_SERVERS", metavar="HOST:PORT,…")],
    password: Annotated[
        str, typer.Option(envvar="KAFKA_PASSWORD", metavar="", help="Better in the variable: options are seen by all.")
    ],
    accounts: Annotated[
        Path, typer.Option(metavar="FILE", help="Passwords of services and units; missing ones are made. Mode 0600.")
    ],
    username: Annotated[str, typer.Option(envvar="KAFKA_USERNAME", help="A super user.")] = kafka.ADMIN,
    ca_file: CaFile = None,
    region: Annotated[Path, typer.Option(envvar="REGION_DIR", metavar="DIR")] = REGION,
    replication: Annotated[int, typer.Option(min=1, help="Replicas of a new topic.")] = 1,
    as_json: Json = False,
) -> None:
    """Create the topics, users and ACLs of the contracts on a cluster. Running it again repairs what differs.

    `lapor up` does it for its own broker; this is for a cluster that runs elsewhere.

    Examples:

        lapor provision --bootstrap kafka-1:9093 --ca-file ca.pem --accounts accounts.json --replication 3
    """
    wants = wanted(region)
    passwords = {username: password, **credentials.read(accounts).principals}
    if bad := credentials.faults({f"the password of {name}": secret for name, secret in passwords.items()}):
        raise Refused(
            f"No account was given its password, because {', '.join(bad)}. Put your own into {accounts} and "
            "KAFKA_PASSWORD: `openssl rand -hex 24` makes one."
        )
    client = kafka.client_settings(bootstrap, username, password, ca_file)
    cluster.refuse_removed_units(client, wants.units)
    kept = credentials.complete(accounts, acls.principals(wants.topics, wants.units), (), wants.kabupaten)
    done = cluster.provision(client, list(wants.topics), wants.units, kept.principals, replication)
    if as_json:
        typer.echo(json.dumps(asdict(done)))
    else:
        err.print(
            f"{done.topics} topics ({done.topics_created} new), {done.users} users, {done.acls} ACLs "
            f"({done.acls_created} new, {done.acls_deleted} taken away)",
            highlight=False,
        )
