"""The command `rotate`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from chassis.settings import secret
from lapor.commands.restart import restart_and_wait
from lapor.errors import Refused
from lapor.options import Access, Json, err, with_access
from lapor.processes import credentials
from lapor.processes.data_dir import write_private
from lapor.servers import kafka, postgres
from lapor.servers import provision as cluster
from lapor.system import addresses, installation


@with_access
def rotate(
    name: Annotated[str, typer.Argument(metavar="SERVICE|UNIT|broker", help="Whose: router, PUPR.")],
    password: Annotated[
        str, typer.Option(envvar="KAFKA_PASSWORD", metavar="", help="With --bootstrap: that of Kafka's super user.")
    ] = "",
    *,
    access: Access,
    as_json: Json = False,
) -> None:
    """Give a unit or a service a new password. A unit's is printed, and its old one is refused from then on.

    A service gets one for its database too, and is restarted with both; nothing is lost while it restarts. On a server
    the passwords of services stand in files: docs/operations.md. There `broker` renews that of Kafka's super user.

    Examples:

        lapor rotate PUPR

        lapor rotate router
    """
    service = next((each for each in installation.SERVICES if each.name == name), None)
    if access.bootstrap and access.accounts:
        if service:
            raise Refused(
                f"On a server the password of {name} stands in a file: docs/operations.md says how to change it."
            )
        client = kafka.client_settings(access.bootstrap, kafka.ADMIN, password or _given(), access.ca_file)
        said = _renew_admin(client) if name == kafka.ADMIN else _renew(access.accounts, name, client)
        _report(name, said, as_json)
        return
    it = addresses.running(access.data)
    client = kafka.client_settings(it.broker.bootstrap, kafka.ADMIN, it.broker.password)
    said = _renew(access.data.credentials, name, client, service)
    if service is None:
        _report(name, said, as_json)
        return
    if service.database:
        renewed = credentials.read(access.data.credentials).databases
        postgres.provision(it.cluster, {service.module: renewed[service.module]})
    restart_and_wait(access.data, name)
    _report(name, None, as_json)


def _given() -> str:
    """Read the super user's password, in containers from its file. Raises: Refused."""
    try:
        return secret("KAFKA_PASSWORD") or ""
    except ValueError as error:
        raise Refused(f"KAFKA_PASSWORD: {error}.") from None


def _renew(path: Path, name: str, client: dict[str, str | int], service: installation.Service | None = None) -> str:
    """Store new passwords for ``name``, set the one for Kafka there, and return it.

    They are stored first: the next start sets a stored password again, but nobody knows one that is only set.

    Raises:
        Refused: nobody has that name, or Kafka does not take it.
    """
    kept = credentials.read(path)
    if name not in kept.principals:
        raise Refused(f"There is no unit or service called {name!r}; units are named as in units.yaml, such as PUPR.")
    kept.principals[name] = credentials.password()
    if service and service.database:
        kept.databases[service.module] = credentials.password()
    write_private(path, json.dumps(asdict(kept), indent=2) + "\n")
    cluster.set_password(client, name, kept.principals[name])
    return kept.principals[name]


def _renew_admin(client: dict[str, str | int]) -> str:
    """Give Kafka's super user another password. The broker's start can't: it only formats one into a new storage."""
    new = credentials.password()
    cluster.set_password(client, kafka.ADMIN, new)
    return new


def _report(name: str, password: str | None, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"name": name, **({"password": password} if password else {})}))
    elif password:
        err.print(f"{name}: the old password is refused from now on; the new one:", highlight=False)
        typer.echo(password)
    else:
        err.print(f"{name}: new passwords, and started again with them", highlight=False)
