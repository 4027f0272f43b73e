"""The command `republish`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Annotated, TypeAlias

import psycopg
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from chassis.database import OUTAGES
from chassis.republish import Waits, moment
from chassis.republish import republish as publish_again
from contracts.topics import CLASSIFIED, RECEIVED, comes_again, unit_of
from lapor.errors import Refused
from lapor.kafka.principal import Principal, principal
from lapor.kafka.reader import marks
from lapor.options import DATA, Data, Json, err
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from lapor.system.rewinding import rewind
from lapor.system.wanted import wanted

#: Topic and partition, to an offset.
Places: TypeAlias = Mapping[tuple[str, int], int]
_CONSUMED = "SELECT topic, partition, next_offset FROM consumed"


def republish(
    since: Annotated[datetime, typer.Option(parser=moment, metavar="TIME", help="Since when: 2026-03-17T10:00+08:00")],
    topic: Annotated[str | None, typer.Option(metavar="TOPIC", help="Only what was published on it.")] = None,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Publish again what services published since TIME, for a Kafka that has lost it: its disk, or records of a topic.

    Nothing need be stopped: a service that has read beyond the present end of a topic is stopped by this, and reads
    again. Events have the ids, keys and order that they had, so consumers skip those that they know. Units' own events
    are not kept here. On a server each service has a command of its own: docs/runbook.md.

    Examples:

        lapor republish --since 2026-03-17T10:00+08:00

        lapor republish --since 2026-03-17T10:00+08:00 --topic unit.pupr.routed.v1
    """
    where = DataDir(data)
    databases: Mapping[str, str] = addresses.env(where)["databases"]  # type: ignore[assignment]
    topics = {each.name: each.producers for each in wanted(addresses.running(where).region).topics}
    publishers = _publishers(topics, topic, list(databases)) if topic else list(databases)
    known = _known(databases)  # before the ends: no service can have read beyond an end that is looked up later
    if behind := _read_further(_ends(principal("auditor", where), topics), known):
        err.print(f"Kafka has lost what {', '.join(behind)} read: they read again first", highlight=False)
        rewind(where, behind)
    counts = asyncio.run(_republish({name: databases[name] for name in publishers}, since, topic))
    if as_json:
        typer.echo(json.dumps({"republished": sum(counts.values())}))
    else:
        for name, many in counts.items():
            err.print(f"{name}: {many} published again", highlight=False)


def _publishers(topics: Mapping[str, Sequence[str]], topic: str, owners: Sequence[str]) -> list[str]:
    """Return those of ``owners`` that write ``topic`` and keep what they wrote.

    Raises:
        Refused: no owner does, or ``topics`` has no such topic.
    """
    if topic not in topics:
        raise Refused(f"There is no topic {topic!r}: contracts/README.md lists them, such as {RECEIVED}.")
    if topic == CLASSIFIED:
        raise Refused(f"The classifier keeps nothing: with --topic {RECEIVED} it reads those again, and says the same.")
    if unit_of(topic) in topics[topic]:
        raise Refused(f"{topic} is written by the unit alone: ask it to say again what was not answered.")
    publishers = [name for name in owners if name in topics[topic]]
    if not publishers or not comes_again(topic):
        raise Refused(f"{topic} is not kept: nothing that was promised depends on it.")
    return publishers


def _ends(auditor: Principal, topics: Collection[str]) -> Places:
    """Return the end offset of each partition of ``topics``. Raises Refused if a topic is missing."""
    if missing := sorted(set(topics) - set(auditor.topics())):
        raise Refused(f"{', '.join(missing)} is missing: `lapor down`, then `lapor up`, which makes it.")
    with closing(auditor.consumer()) as consumer:
        return {place: end for place, (_, end) in marks(auditor, consumer, topics).items()}


def _known(databases: Mapping[str, str]) -> Mapping[str, Places]:
    """Return by service the next offset of each partition it consumed. Raises Refused if a database is away."""
    known = {}
    for name, dsn in databases.items():
        try:
            with psycopg.connect(dsn, connect_timeout=10) as db:
                rows = db.execute(_CONSUMED).fetchall()
        except psycopg.Error as error:
            raise Refused(f"The database of {name} can't be used: {error}") from error
        known[name] = {(topic, partition): offset for topic, partition, offset in rows}
    return known


def _read_further(ends: Places, known: Mapping[str, Places]) -> list[str]:
    """Find the services that have read beyond the end of a topic. They would skip the records written there next."""
    return [
        name
        for name, places in known.items()
        if any(offset > ends.get(place, offset) for place, offset in places.items())
    ]


async def _republish(databases: Mapping[str, str], since: datetime, topic: str | None) -> dict[str, int]:
    """Publish again, and count events by service. Raises Refused if a database is away, or events wait for Kafka."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True) as shown:

        async def one(name: str, dsn: str) -> int:
            task = shown.add_task(name, total=None)
            return await publish_again(
                dsn, since, topic, lambda out, all_: shown.update(task, completed=out, total=all_)
            )

        done = await asyncio.gather(*(one(*each) for each in databases.items()), return_exceptions=True)
    wrong = []
    for name, how in zip(databases, done, strict=True):
        if isinstance(how, Waits):
            wrong.append(f"{name}: {how}; they go out when it runs and Kafka takes them (`lapor status`).")
        elif isinstance(how, OUTAGES):
            wrong.append(f"The database of {name} can't be used, nothing of it was published again: {how}")
        elif isinstance(how, BaseException):
            raise how
    if wrong:
        raise Refused(" ".join(wrong))
    return {name: how for name, how in zip(databases, done, strict=True) if isinstance(how, int)}
